//! Names of CHECK constraints that move from one table to another. MySQL has one such name in a schema once (error 3822), so
//! that the constraint that has it goes before the one that gets it: by itself, and only where the order between the tables
//! would have it go later. The table that loses it, if it is dropped, still goes last. On MariaDB these names are the
//! table's own.
//! <https://dev.mysql.com/doc/refman/9.0/en/create-table-check-constraints.html>

use std::collections::BTreeMap;

use super::Tables;
use crate::diff::TableChange;
use crate::model::{Check, ConstraintName, Dialect, TableName};

/// The checks that go before everything else, by table.
pub(super) fn early_checks(
    tables: &Tables<'_>,
    order: &[&TableName],
    dialect: Dialect,
) -> BTreeMap<TableName, Vec<Check>> {
    let mut early: BTreeMap<TableName, Vec<Check>> = BTreeMap::new();
    if dialect.checks_are_named_per_table() {
        return early;
    }
    let place = |name: &TableName| order.iter().position(|other| *other == name).unwrap_or(order.len());
    let wanted = wanted(tables);
    for (holder, check) in held(tables) {
        let Some(name) = &check.name else { continue };
        let is_first = |other: &TableName| other != holder && place(other) < place(holder);
        if wanted.iter().any(|(other, wanted)| wanted.same(name) && is_first(other)) {
            early.entry(holder.clone()).or_default().push(check.clone());
        }
    }
    early
}

/// Checks that go, with their tables or by themselves.
fn held<'a>(tables: &Tables<'a>) -> Vec<(&'a TableName, &'a Check)> {
    let mut held = Vec::new();
    for (name, table) in &tables.dropped {
        held.extend(table.checks.iter().map(|check| (*name, check)));
    }
    for (name, difference) in &tables.altered {
        for change in &difference.changes {
            if let TableChange::DropCheck(check) = change {
                held.push((*name, check));
            }
        }
    }
    held
}

/// Names of checks that come.
fn wanted<'a>(tables: &Tables<'a>) -> Vec<(&'a TableName, &'a ConstraintName)> {
    let mut wanted = Vec::new();
    for (name, (_, canonical)) in &tables.created {
        wanted.extend(canonical.checks.iter().filter_map(|check| Some((*name, check.name.as_ref()?))));
    }
    for (name, difference) in &tables.altered {
        for change in &difference.changes {
            if let TableChange::AddCheck(check) = change {
                wanted.extend(check.name.as_ref().map(|wanted| (*name, wanted)));
            }
        }
    }
    wanted
}
