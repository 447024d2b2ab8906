//! New constraints whose names belong to constraints of other tables that keep them: the server refuses the statement (1826,
//! 3822), and a rehearsal does not show it where the other table is none of the plan's.

use std::collections::BTreeSet;

use super::super::observe::Observed;
use super::compare::{declared, refuse};
use crate::diff::{Change, ChangeSet, Desired, TableChange};
use crate::model::{ConstraintName, Table, TableName};
use crate::mysql::{self, MysqlError, Server};
use crate::plan::proposal::{Refusal, RefusalReason};

/// A name that a table is to get.
struct New<'a> {
    table: &'a TableName,
    name: &'a ConstraintName,
}

/// Refusals of the tables that get a name which another one keeps. Asks the server only where CHECK constraints are added.
pub(super) async fn refusals(
    primary: &Server,
    observed: &Observed,
    open: &[Desired],
    changes: &ChangeSet,
) -> Result<Vec<Refusal>, MysqlError> {
    let mut refusals = Vec::new();
    let mut refuse_where_taken = |new: &New<'_>, kind: &str, holder: &TableName, number: u16, kept: bool| {
        if kept && let Some(declared) = declared(open, new.table) {
            let message = format!(
                "the name `{}` of its {kind} belongs to one of table `{holder}`, which keeps it, and a schema has it once \
                 (error {number}): give it another name, or declare `{holder}` without it",
                new.name
            );
            refusals.push(refuse(declared, RefusalReason::NotConvertible, &message));
        }
    };
    for new in foreign_keys(changes) {
        let edges = observed.edges.iter().filter(|edge| edge.schema == *primary.schema() && edge.name.same(new.name));
        for edge in edges {
            let kept = keeps(changes, new.table, &edge.child, |table| {
                table.foreign_keys.iter().any(|key| key.name.as_ref().is_some_and(|name| name.same(new.name)))
            });
            refuse_where_taken(&new, "foreign key", &edge.child, 1826, kept);
        }
    }
    let checks = if observed.facts().dialect().checks_are_named_per_table() { Vec::new() } else { checks(changes) };
    if checks.is_empty() || !observed.exists {
        return Ok(refusals);
    }
    let names: BTreeSet<&str> = checks.iter().map(|new| new.name.as_str()).collect();
    let held = mysql::checks_named(primary, &names.into_iter().collect::<Vec<_>>()).await?;
    for new in checks {
        for (_, holder) in held.iter().filter(|(name, _)| name.same(new.name)) {
            let kept = keeps(changes, new.table, holder, |table| {
                table.checks.iter().any(|check| check.name.as_ref().is_some_and(|name| name.same(new.name)))
            });
            refuse_where_taken(&new, "CHECK constraint", holder, 3822, kept);
        }
    }
    Ok(refusals)
}

/// Whether a table still has the name after the changes. One that is renamed takes generated names with it.
fn keeps(changes: &ChangeSet, wants: &TableName, holder: &TableName, has: impl Fn(&Table) -> bool) -> bool {
    if holder == wants {
        return false;
    }
    changes.changes.iter().all(|change| match change {
        Change::DropTable { live } => live.name != *holder,
        Change::AlterTable(difference) if difference.desired.name == *holder => has(&difference.desired),
        Change::AlterTable(_) | Change::CreateTable { .. } => true,
        Change::RenameTable { from, .. } => from != holder,
    })
}

fn foreign_keys(changes: &ChangeSet) -> Vec<New<'_>> {
    let mut all = Vec::new();
    for change in &changes.changes {
        match change {
            Change::CreateTable { canonical, .. } => {
                let keys = canonical.foreign_keys.iter();
                all.extend(keys.filter_map(|key| Some(New { table: &canonical.name, name: key.name.as_ref()? })));
            }
            Change::AlterTable(difference) => all.extend(difference.changes.iter().filter_map(|change| {
                let TableChange::AddForeignKey(key) = change else { return None };
                Some(New { table: &difference.desired.name, name: key.name.as_ref()? })
            })),
            Change::DropTable { .. } | Change::RenameTable { .. } => {}
        }
    }
    all
}

fn checks(changes: &ChangeSet) -> Vec<New<'_>> {
    let mut all = Vec::new();
    for change in &changes.changes {
        match change {
            Change::CreateTable { canonical, .. } => {
                let checks = canonical.checks.iter();
                all.extend(checks.filter_map(|check| Some(New { table: &canonical.name, name: check.name.as_ref()? })));
            }
            Change::AlterTable(difference) => all.extend(difference.changes.iter().filter_map(|change| {
                let TableChange::AddCheck(check) = change else { return None };
                Some(New { table: &difference.desired.name, name: check.name.as_ref()? })
            })),
            Change::DropTable { .. } | Change::RenameTable { .. } => {}
        }
    }
    all
}
