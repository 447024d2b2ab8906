//! From (live, desired) to typed changes: says what differs, no opinion about it, no order of execution.
//!
//! Both sides are canonical ([`crate::normalize`], or read back from the server). Names that a manifest did not give
//! (unnamed indexes, foreign keys and checks, the index that a foreign key implies) are matched by content, so that
//! names which MySQL made up never cause a change.

mod change;
mod checks;
mod circles;
mod columns;
mod foreign_keys;
mod indexes;
mod options;
mod order;
mod partitions;
mod references;
mod renames;

pub use change::*;
pub(crate) use circles::{EXCHANGE, rename_circles};
pub(crate) use columns::same_default;
pub(crate) use indexes::serves;
pub(crate) use partitions::untouched_partitions;

use std::collections::BTreeMap;

use crate::model::{
    Check, ColumnName, Dependants, DesiredTable, Ensure, Expression, ForeignKeyEdge, Index, KeyTarget, ServerFacts,
    ServerZone, Table, TableName,
};
use crate::sql;

/// What is live in one schema, as far as the plan may look: the named tables, and every foreign key from or to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSchema {
    /// The named tables that exist (under their live names, `renamed_from` candidates included).
    pub tables: BTreeMap<TableName, LiveTable>,
    /// Foreign keys of the schema whose child or parent is one of them; children outside the group included.
    pub foreign_keys: Vec<ForeignKeyEdge>,
    /// What names tables and columns of the schema in a text of its own; looked at only where something goes or gets
    /// another name or type.
    pub dependants: Dependants,
    /// The server's time zone, where it is not UTC.
    pub time_zone: Option<ServerZone>,
    /// Whether a copy of a table (`ALGORITHM=COPY`) reads TIMESTAMP values as the clock of the session shows them.
    pub copies_by_clock: bool,
    /// The replicas' time zones; looked at only where a change computes values in one.
    pub replica_zones: Vec<ReplicaZone>,
}

/// The time zone of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaZone {
    /// The replica's name.
    pub name: String,
    /// Its own clients' time zone, where it is not UTC.
    pub own: Option<ServerZone>,
    /// Whether the time zone in which statements run is there what it is on the primary.
    pub reads_alike: bool,
}

/// One live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTable {
    /// Its canonical definition ([`crate::normalize::live`]).
    pub table: Table,
    /// What it has been through.
    pub history: History,
}

/// What forbids INSTANT to add or drop columns and does not show in a definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// It has as many row versions as InnoDB keeps.
    pub versions_spent: bool,
    /// A FULLTEXT index that is gone has left its hidden column behind.
    pub hidden_column: bool,
}

impl History {
    /// Whether INSTANT can no longer add or drop a column that has values.
    pub fn forbids_instant(self) -> bool {
        self.versions_spent || self.hidden_column
    }
}

/// One manifest with the canonical form of its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// As declared.
    pub declared: DesiredTable,
    /// Canonical: from [`crate::normalize::desired`], or better from the server. Without meaning for `Ensure::Absent`.
    pub canonical: Table,
}

/// Compares the live schema with all manifests of one change group.
pub fn tables(live: &LiveSchema, desired: &[Desired], server: &ServerFacts) -> ChangeSet {
    let case = server.lower_case_table_names;
    let mut set = ChangeSet::default();
    let mut renamed = renames::apply(live, desired, server);
    set.refusals.append(&mut renamed.refusals);
    let circles = rename_circles(desired.iter().map(|item| &item.declared), case);
    set.refusals.extend(circles.iter().map(circles::Circle::refusal));
    let mut sorted: Vec<&Desired> = desired.iter().collect();
    sorted.sort_by(|one, other| one.declared.table.name.cmp(&other.declared.table.name));
    for (index, item) in sorted.iter().enumerate() {
        let name = &item.declared.table.name;
        let twice = sorted.iter().take(index).find(|other| other.declared.table.name.same(name, case));
        if let Some(other) = twice {
            set.refusals.push(Refusal {
                table: name.clone(),
                reason: RefusalReason::Conflict,
                message: format!(
                    "{}: table `{name}` is declared at {} too; remove one of the two",
                    item.declared.origin, other.declared.origin
                ),
            });
            continue;
        }
        if set.refusals.iter().any(|refusal| refusal.table == *name) {
            continue;
        }
        match (item.declared.ensure, renamed.tables.get(name)) {
            (Ensure::Absent, None) => {}
            (Ensure::Absent, Some(live)) => set.changes.push(Change::DropTable { live: Box::new(live.clone()) }),
            (Ensure::Present, None) => set.changes.push(Change::CreateTable {
                table: Box::new(written_for_create(item)),
                canonical: Box::new(item.canonical.clone()),
            }),
            (Ensure::Present, Some(live)) => {
                if let Some(from) = renamed.table_names.get(name) {
                    set.changes.push(Change::RenameTable { from: from.clone(), to: name.clone() });
                }
                let columns = renamed.columns.get(name).map(Vec::as_slice).unwrap_or_default();
                match difference(live, item, columns, server) {
                    Ok(None) => {}
                    Ok(Some(difference)) => {
                        set.former.extend(former_names(&item.declared, &difference, columns));
                        set.changes.push(Change::AlterTable(Box::new(difference)));
                    }
                    Err(refusal) => set.refusals.push(Refusal {
                        message: format!("{}: table `{name}`: {}", item.declared.origin, refusal.message),
                        ..refusal
                    }),
                }
            }
        }
    }
    references::check(&sorted, case, &mut set);
    set
}

/// Columns that are dropped although another one says that it was they.
fn former_names(
    declared: &DesiredTable,
    difference: &TableDifference,
    renames: &[(ColumnName, ColumnName)],
) -> Vec<FormerName> {
    let claim = |column: &ColumnName| {
        let said = declared.column_renames.iter().find(|(_, from)| from.iter().any(|from| from.same(column)))?;
        let from_elsewhere = renames.iter().find(|(_, to)| to.same(&said.0)).map(|(from, _)| from.clone());
        Some(FormerName {
            table: difference.desired.name.clone(),
            dropped: column.clone(),
            claimed_by: said.0.clone(),
            from_elsewhere,
        })
    };
    difference
        .changes
        .iter()
        .filter_map(|change| if let TableChange::DropColumn { column } = change { claim(&column.name) } else { None })
        .collect()
}

/// The table as the manifest has it; engine, character set and collation are always said, because a replica's defaults
/// may be others.
fn written_for_create(item: &Desired) -> Table {
    let mut table = item.declared.table.clone();
    table.options.engine.clone_from(&item.canonical.options.engine);
    table.options.character_set.clone_from(&item.canonical.options.character_set);
    table.options.collation.clone_from(&item.canonical.options.collation);
    // A parent named with its schema may be in this very schema, which the server's answer tells: the name must then not
    // stand in a statement that also runs in a scratch schema.
    for key in table.foreign_keys.iter_mut().filter(|key| key.referenced_schema.is_some()) {
        let here = item.canonical.foreign_keys.iter().any(|canonical| {
            canonical.referenced_schema.is_none()
                && canonical.referenced_table == key.referenced_table
                && canonical.columns.len() == key.columns.len()
                && canonical.columns.iter().zip(&key.columns).all(|(one, other)| one.same(other))
        });
        if here {
            key.referenced_schema = None;
        }
    }
    table
}

/// Columns that are dropped, for good or to be added anew, and what MySQL does to what hangs on them.
struct Gone {
    any: bool,
    replaced: Vec<ColumnName>,
}

impl Gone {
    fn of(changes: &[TableChange]) -> Self {
        let replaced: Vec<ColumnName> = changes
            .iter()
            .filter_map(|change| {
                if let TableChange::ReplaceColumn { desired, .. } = change { Some(desired.name.clone()) } else { None }
            })
            .collect();
        let dropped = changes.iter().any(|change| matches!(change, TableChange::DropColumn { .. }));
        Self { any: dropped || !replaced.is_empty(), replaced }
    }

    fn replaces(&self, name: &ColumnName) -> bool {
        self.replaced.iter().any(|replaced| replaced.same(name))
    }

    fn replaces_in(&self, expression: &Expression) -> bool {
        sql::expression_columns(expression).iter().any(|name| self.replaces(name))
    }

    /// Whether a check stands in the way of a replaced column (3959), or goes with it: MySQL drops with a column every
    /// check that names no other column, one that names none at all included.
    fn takes_check(&self, expression: &Expression) -> bool {
        self.replaces_in(expression) || (self.any && sql::expression_columns(expression).is_empty())
    }
}

/// Behind an expression in an index stands a hidden column, which goes with the index.
fn drops_hidden_column(change: &TableChange) -> bool {
    if let TableChange::DropIndex(live) | TableChange::ChangeIndex { live, .. } = change {
        live.parts.iter().any(|part| matches!(part.target, KeyTarget::Expression(_)))
    } else {
        false
    }
}

fn difference(
    live: &Table,
    item: &Desired,
    renames: &[(ColumnName, ColumnName)],
    server: &ServerFacts,
) -> Result<Option<TableDifference>, Refusal> {
    let case = server.lower_case_table_names;
    let desired = &item.canonical;
    let written = &item.declared.table;
    let names_renamed = |expression: &Expression| {
        sql::expression_columns(expression).iter().any(|name| renames.iter().any(|(_, to)| to.same(name)))
    };
    let mut changes = columns::changes(live, desired, written, renames, server.dialect());
    let mut gone = Gone::of(&changes);
    // Kept, indexes would show the table's former KEY_BLOCK_SIZE as their own.
    let blocks_shown = live.options.key_block_size.is_some()
        && (live.options.engine != desired.options.engine
            || live.options.key_block_size != desired.options.key_block_size);
    let index_aside = |index: &Index| {
        blocks_shown
            || index.parts.iter().any(|part| match &part.target {
                KeyTarget::Expression(expression) => names_renamed(expression) || gone.replaces_in(expression),
                KeyTarget::Column { name, .. } => gone.replaces(name),
            })
    };
    let indexes = indexes::changes(live, desired, written, &index_aside);
    gone.any |= indexes.iter().any(drops_hidden_column);
    let check_aside = |check: &Check| names_renamed(&check.expression) || gone.takes_check(&check.expression);
    changes.extend(indexes::primary_key(live, desired, blocks_shown));
    changes.extend(indexes);
    changes.extend(foreign_keys::changes(live, desired, written, case));
    changes.extend(checks::changes(live, desired, written, &check_aside));
    let options = options::changes(live, desired).map_err(|refusal| Refusal {
        table: desired.name.clone(),
        reason: refusal.reason,
        message: refusal.message,
    })?;
    changes.extend(options);
    changes.extend(partitions::changes(live, desired, written, item.declared.partitions));
    Ok((!changes.is_empty()).then(|| TableDifference { live: live.clone(), desired: desired.clone(), changes }))
}
