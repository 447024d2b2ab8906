//! The order between tables, and the foreign keys that must be away for a while.
//!
//! Renames come first (every later statement uses desired names), then CHECK constraints whose names other tables get are
//! dropped, then tables are created and altered, parents before the children that refer to them, then foreign keys of a
//! cycle, and drops last, children before parents. A foreign key that stands in the way of a change goes directly before it;
//! one that stays declared comes back in the statement that changes its table, or directly after the last of the tables that
//! it waits for.
//! <https://dev.mysql.com/doc/refman/9.0/en/create-table-foreign-keys.html>

mod names;

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Change, ChangeSet, History, LiveSchema, TableChange, TableDifference};
use crate::model::{Column, ColumnName, ConstraintName, DataType, Dialect, ForeignKey, Table, TableName};

use super::super::proposal::{Refusal, RefusalReason};
use super::kind::{Context, Kind, kind};
use super::own_key;

/// One step of the whole.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// `RENAME TABLE`
    Rename { from: TableName, to: TableName },
    /// Foreign keys dropped before anything else.
    DropForeignKeys { table: TableName, changes: Vec<TableChange>, paused: Vec<ForeignKey> },
    /// CHECK constraints dropped before anything else, because another table gets their names.
    DropChecks { table: TableName, changes: Vec<TableChange> },
    /// `CREATE TABLE`, without the foreign keys that come later.
    Create { table: Box<Table>, canonical: Box<Table> },
    /// The rest of a table's differences.
    Alter { difference: Box<TableDifference>, changes: Vec<TableChange>, again: Vec<ForeignKey> },
    /// Foreign keys added after everything else.
    AddForeignKeys { table: TableName, changes: Vec<TableChange>, again: Vec<ForeignKey> },
    /// `DROP TABLE`
    Drop { live: Box<Table> },
}

struct Tables<'a> {
    created: BTreeMap<&'a TableName, (&'a Table, &'a Table)>,
    altered: BTreeMap<&'a TableName, &'a TableDifference>,
    dropped: BTreeMap<&'a TableName, &'a Table>,
    renames: Vec<(&'a TableName, &'a TableName)>,
}

/// Orders all changes.
pub(super) fn steps(changes: &ChangeSet, live: &LiveSchema, dialect: Dialect) -> (Vec<Step>, Vec<Refusal>) {
    let mut tables =
        Tables { created: BTreeMap::new(), altered: BTreeMap::new(), dropped: BTreeMap::new(), renames: Vec::new() };
    for change in &changes.changes {
        match change {
            Change::CreateTable { table, canonical } => {
                tables.created.insert(&table.name, (table, canonical));
            }
            Change::DropTable { live } => {
                tables.dropped.insert(&live.name, live);
            }
            Change::RenameTable { from, to } => tables.renames.push((from, to)),
            Change::AlterTable(difference) => {
                tables.altered.insert(&difference.desired.name, difference);
            }
        }
    }
    let refusals = outsiders(&tables, live, dialect);
    let mut steps: Vec<Step> =
        tables.renames.iter().map(|(from, to)| Step::Rename { from: (*from).clone(), to: (*to).clone() }).collect();

    let EarlyDrops { early, paused, replaced, needs } = early_drops(&tables, live, dialect);
    let mut gone: BTreeSet<(TableName, usize)> = BTreeSet::new();
    // What must be away for the change of a table (of any, without one) goes directly before it: what a foreign key
    // protects is unprotected for no longer than need be, and not for ever where a statement before that fails.
    let mut dropping = |before: Option<&TableName>| -> Vec<Step> {
        let mut steps = Vec::new();
        for (name, keys) in &early {
            let is_due = |place: &usize| {
                let needs = needs.get(&(name.clone(), *place));
                before.is_none_or(|table| needs.is_some_and(|needs| needs.contains(table)))
            };
            let due: Vec<usize> =
                (0..keys.len()).filter(is_due).filter(|at| gone.insert((name.clone(), *at))).collect();
            let due = keys.iter().enumerate().filter(|(at, _)| due.contains(at)).map(|(_, key)| key.clone());
            let comes_back = |key: &ForeignKey| paused.get(name).is_some_and(|keys| keys.contains(key));
            let (paused, keys) = due.partition::<Vec<_>, _>(comes_back);
            if !paused.is_empty() || !keys.is_empty() {
                let changes = keys.into_iter().map(TableChange::DropForeignKey).collect();
                steps.push(Step::DropForeignKeys { table: name.clone(), changes, paused });
            }
        }
        steps
    };

    let (order, deferred) = topological(&tables);
    let early_checks = names::early_checks(&tables, &order, dialect);
    for (table, checks) in &early_checks {
        let changes = checks.iter().cloned().map(TableChange::DropCheck).collect();
        steps.push(Step::DropChecks { table: table.clone(), changes });
    }
    let mut late: BTreeMap<TableName, Vec<TableChange>> = BTreeMap::new();
    let mut back: BTreeMap<TableName, Vec<ForeignKey>> = BTreeMap::new();
    for (name, keys) in &paused {
        if !tables.altered.contains_key(name) {
            back.insert(name.clone(), keys.clone());
        }
    }
    let mut open: BTreeSet<&TableName> = order.iter().copied().collect();
    for name in order {
        let later =
            |key: &ForeignKey| deferred.get(name).is_some_and(|parents| parents.contains(&key.referenced_table));
        steps.extend(dropping(Some(name)));
        let mut alone = Vec::new();
        if let Some((table, canonical)) = tables.created.get(name) {
            let mut now = (*table).clone();
            let (postponed, kept) = now.foreign_keys.into_iter().partition::<Vec<_>, _>(|key| later(key));
            now.foreign_keys = kept;
            steps.push(Step::Create { table: Box::new(now), canonical: Box::new((*canonical).clone()) });
            if !postponed.is_empty() {
                let postponed = postponed.into_iter().map(TableChange::AddForeignKey);
                late.entry(name.clone()).or_default().extend(postponed);
            }
        } else if let Some(difference) = tables.altered.get(name) {
            let gone = early.get(name).map(Vec::as_slice).unwrap_or_default();
            let swapped = replaced.get(name).map(Vec::as_slice).unwrap_or_default();
            let mut now = Vec::new();
            for change in &difference.changes {
                if let TableChange::DropForeignKey(key) = change
                    && gone.contains(key)
                {
                    continue;
                }
                if let TableChange::DropCheck(check) = change
                    && early_checks.get(name).is_some_and(|checks| checks.contains(check))
                {
                    continue;
                }
                let change = if let TableChange::ChangeForeignKey { live, desired } = change
                    && swapped.contains(live)
                {
                    TableChange::AddForeignKey(desired.clone())
                } else {
                    change.clone()
                };
                if let TableChange::AddForeignKey(key) = &change {
                    if later(key) {
                        late.entry(name.clone()).or_default().push(change);
                        continue;
                    }
                    if own_key::waits(difference, key) {
                        alone.push(change);
                        continue;
                    }
                }
                now.push(change);
            }
            // A key that was away comes back in the same statement, where its parent is ready by then.
            let (later_again, again) = paused
                .get(name)
                .cloned()
                .unwrap_or_default()
                .into_iter()
                .partition::<Vec<_>, _>(|key| later(key) || now.is_empty() || own_key::waits(difference, key));
            if !later_again.is_empty() {
                back.insert(name.clone(), later_again);
            }
            if !now.is_empty() {
                steps.push(Step::Alter { difference: Box::new((*difference).clone()), changes: now, again });
            }
        }
        open.remove(name);
        // Keys come back as soon as all that they wait for is done, those of one table together.
        let is_ready = |table: &TableName, keys: &[ForeignKey]| {
            let waits = |key: &ForeignKey| key.referenced_schema.is_none() && open.contains(&key.referenced_table);
            !open.contains(table) && !keys.iter().any(waits)
        };
        let ready: Vec<TableName> =
            back.iter().filter(|(table, keys)| is_ready(table, keys)).map(|(table, _)| table.clone()).collect();
        for table in ready {
            let again = back.remove(&table).unwrap_or_default();
            let changes = if table == *name { std::mem::take(&mut alone) } else { Vec::new() };
            steps.push(Step::AddForeignKeys { table, changes, again });
        }
        if !alone.is_empty() {
            steps.push(Step::AddForeignKeys { table: name.clone(), changes: alone, again: Vec::new() });
        }
    }
    for (table, again) in back {
        steps.push(Step::AddForeignKeys { table, changes: Vec::new(), again });
    }
    for (table, changes) in late {
        steps.push(Step::AddForeignKeys { table, changes, again: Vec::new() });
    }
    steps.extend(dropping(None));
    steps.extend(drops(&tables));
    (steps, refusals)
}

/// Whether a foreign key cannot stay while this column changes (1832, 1833, 3780): its type changes otherwise than by
/// growing, or it becomes NOT NULL in a statement that copies the table.
fn disturbs(live: &Column, desired: &Column, copies: bool) -> bool {
    let grows = match (&live.data_type, &desired.data_type) {
        (DataType::VarChar { length, characters }, DataType::VarChar { length: longer, characters: wanted }) => {
            longer >= length && characters == wanted
        }
        (DataType::VarBinary { length }, DataType::VarBinary { length: longer }) => longer >= length,
        (one, other) => one == other,
    };
    let tightened = live.nullable == Some(true) && desired.nullable == Some(false);
    !grows || (tightened && copies) || live.generated != desired.generated
}

/// Columns of a table that no foreign key survives.
fn disturbed_columns(difference: &TableDifference, dialect: Dialect) -> Vec<ColumnName> {
    let context = Context { difference, dialect, history: History::default() };
    let copies = difference.changes.iter().any(|change| kind(change, &context) == Kind::Copy);
    difference
        .changes
        .iter()
        .filter_map(|change| {
            if let TableChange::ModifyColumn { live, desired, .. } = change {
                disturbs(live, desired, copies).then(|| desired.name.clone())
            } else if let TableChange::DropColumn { column: gone } | TableChange::ReplaceColumn { desired: gone, .. } =
                change
            {
                Some(gone.name.clone())
            } else {
                None
            }
        })
        .collect()
}

/// Whether a change takes away an index that a foreign key may stand on.
fn drops_index(difference: &TableDifference) -> bool {
    difference.changes.iter().any(|change| {
        matches!(
            change,
            TableChange::DropIndex(_)
                | TableChange::ChangeIndex { .. }
                | TableChange::DropPrimaryKey(_)
                | TableChange::ChangePrimaryKey { .. }
        )
    })
}

fn touches(columns: &[ColumnName], disturbed: &[ColumnName]) -> bool {
    columns.iter().any(|column| disturbed.iter().any(|other| other.same(column)))
}

type Keys = BTreeMap<TableName, Vec<ForeignKey>>;

/// Foreign keys that go before the rest of their table's changes.
#[derive(Default)]
struct EarlyDrops {
    /// All of them.
    early: Keys,
    /// Those that come back unchanged.
    paused: Keys,
    /// Those that come back changed.
    replaced: Keys,
    /// The tables for whose change each of them, by its table and its place there, must be away.
    needs: BTreeMap<(TableName, usize), BTreeSet<TableName>>,
}

fn early_drops(tables: &Tables<'_>, live: &LiveSchema, dialect: Dialect) -> EarlyDrops {
    let EarlyDrops { mut early, mut paused, mut replaced, mut needs } = EarlyDrops::default();
    let disturbed: BTreeMap<&TableName, Vec<ColumnName>> =
        tables.altered.iter().map(|(name, difference)| (*name, disturbed_columns(difference, dialect))).collect();
    let none: Vec<ColumnName> = Vec::new();
    let disturbed_in = |name: &TableName| disturbed.get(name).unwrap_or(&none);
    let added_names: Vec<(TableName, ConstraintName)> = added_names(tables);
    let parent_in_the_way = |key: &ForeignKey| {
        key.referenced_schema.is_none()
            && (touches(&key.referenced_columns, disturbed_in(&key.referenced_table))
                || tables.altered.get(&key.referenced_table).is_some_and(|parent| drops_index(parent)))
    };
    let wanted_elsewhere = |name: &TableName, key: &ForeignKey| -> Vec<TableName> {
        let is_it = |wanted: &ConstraintName| key.name.as_ref().is_some_and(|name| name.same(wanted));
        added_names
            .iter()
            .filter(|(table, wanted)| table != name && is_it(wanted))
            .map(|(table, _)| table.clone())
            .collect()
    };
    let mut goes = |name: &TableName, key: &ForeignKey, own: bool| {
        let keys = early.entry(name.clone()).or_default();
        let mut tables: BTreeSet<TableName> = wanted_elsewhere(name, key).into_iter().collect();
        if own {
            tables.insert(name.clone());
        }
        if parent_in_the_way(key) {
            tables.insert(key.referenced_table.clone());
        }
        needs.insert((name.clone(), keys.len()), tables);
        keys.push(key.clone());
    };
    for (name, difference) in &tables.altered {
        let own = disturbed_in(name);
        for change in &difference.changes {
            if let TableChange::ChangeForeignKey { live, .. } = change {
                // 1826: dropped and added under one name in one statement.
                goes(name, live, true);
                replaced.entry((*name).clone()).or_default().push(live.clone());
            } else if let TableChange::DropForeignKey(key) = change
                && (parent_in_the_way(key) || !wanted_elsewhere(name, key).is_empty())
            {
                // Its own table may be changed before the other one, and its columns may go with it (1828).
                goes(name, key, true);
            }
        }
        for key in staying(difference) {
            // 3780 and 1833: both sides change while the key is away.
            let parent = key.referenced_schema.is_none()
                && touches(&key.referenced_columns, disturbed_in(&key.referenced_table));
            let child = touches(&key.columns, own);
            if child || parent {
                goes(name, &key, child);
                paused.entry((*name).clone()).or_default().push(key);
            }
        }
    }
    // Children that are named but do not differ themselves.
    for (name, table) in &live.tables {
        let handled = tables.altered.contains_key(name)
            || tables.dropped.contains_key(name)
            || tables.renames.iter().any(|(from, _)| *from == name);
        if handled {
            continue;
        }
        for key in &table.table.foreign_keys {
            if key.referenced_schema.is_none() && touches(&key.referenced_columns, disturbed_in(&key.referenced_table))
            {
                goes(name, key, false);
                paused.entry(name.clone()).or_default().push(key.clone());
            }
        }
    }
    for (name, table) in &tables.dropped {
        for key in &table.foreign_keys {
            let cyclic = tables.dropped.contains_key(&key.referenced_table)
                && key.referenced_table != **name
                && reaches(tables, &key.referenced_table, name);
            // Its name may be another table's before this one goes (1826).
            if parent_in_the_way(key) || cyclic || !wanted_elsewhere(name, key).is_empty() {
                goes(name, key, false);
            }
        }
    }
    EarlyDrops { early, paused, replaced, needs }
}

fn added_names(tables: &Tables<'_>) -> Vec<(TableName, ConstraintName)> {
    let mut names = Vec::new();
    for (name, difference) in &tables.altered {
        for change in &difference.changes {
            if let TableChange::AddForeignKey(key) = change {
                names.extend(key.name.clone().map(|key| ((*name).clone(), key)));
            }
        }
    }
    for (name, (_, table)) in &tables.created {
        names.extend(table.foreign_keys.iter().filter_map(|key| key.name.clone().map(|key| ((*name).clone(), key))));
    }
    names
}

/// Live foreign keys of a table that are neither dropped nor changed.
fn staying(difference: &TableDifference) -> Vec<ForeignKey> {
    let goes = |key: &ForeignKey| {
        difference.changes.iter().any(|change| {
            if let TableChange::DropForeignKey(live) | TableChange::ChangeForeignKey { live, .. } = change {
                live == key
            } else {
                false
            }
        })
    };
    difference.live.foreign_keys.iter().filter(|key| !goes(key)).cloned().collect()
}

/// Whether one dropped table refers to another, directly or not.
fn reaches(tables: &Tables<'_>, from: &TableName, to: &TableName) -> bool {
    let mut seen: BTreeSet<&TableName> = BTreeSet::new();
    let mut open: Vec<&TableName> = vec![from];
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if !seen.insert(name) {
            continue;
        }
        if let Some(table) = tables.dropped.get(name) {
            open.extend(table.foreign_keys.iter().map(|key| &key.referenced_table));
        }
    }
    false
}

/// Created and altered tables, parents first, and per table the parents whose foreign keys must wait because of a cycle.
fn topological<'a>(tables: &Tables<'a>) -> (Vec<&'a TableName>, BTreeMap<&'a TableName, BTreeSet<TableName>>) {
    let mut waits_for: BTreeMap<&TableName, BTreeSet<&TableName>> = BTreeMap::new();
    for (name, (table, _)) in &tables.created {
        waits_for.insert(name, table.foreign_keys.iter().map(|key| &key.referenced_table).collect());
    }
    for (name, difference) in &tables.altered {
        let mut parents: BTreeSet<&TableName> = difference
            .changes
            .iter()
            .filter_map(|change| {
                if let TableChange::AddForeignKey(key) | TableChange::ChangeForeignKey { desired: key, .. } = change {
                    Some(&key.referenced_table)
                } else {
                    None
                }
            })
            .collect();
        // A key that was away comes back with its parent ready.
        for key in &difference.live.foreign_keys {
            if tables.altered.contains_key(&key.referenced_table) {
                parents.insert(&key.referenced_table);
            }
        }
        waits_for.insert(name, parents);
    }
    let all: BTreeSet<&TableName> = waits_for.keys().copied().collect();
    for (name, parents) in &mut waits_for {
        parents.retain(|parent| all.contains(parent) && parent != name);
    }
    let mut order = Vec::new();
    let mut deferred: BTreeMap<&TableName, BTreeSet<TableName>> = BTreeMap::new();
    while !waits_for.is_empty() {
        let ready = waits_for.iter().find(|(_, parents)| parents.is_empty()).map(|(name, _)| *name);
        // In a cycle, the first by name goes ahead and its keys follow.
        let Some(next) = ready.or_else(|| waits_for.keys().next().copied()) else { break };
        let missing = waits_for.remove(next).unwrap_or_default();
        if !missing.is_empty() {
            deferred.insert(next, missing.into_iter().cloned().collect());
        }
        for parents in waits_for.values_mut() {
            parents.remove(next);
        }
        order.push(next);
    }
    (order, deferred)
}

/// Dropped tables, children first.
fn drops(tables: &Tables<'_>) -> Vec<Step> {
    let mut left: BTreeMap<&TableName, &Table> = tables.dropped.clone();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let free = left
            .keys()
            .find(|name| {
                !left.iter().any(|(child, table)| {
                    child != *name && table.foreign_keys.iter().any(|key| key.referenced_table == ***name)
                })
            })
            .copied();
        // In a cycle the foreign keys are gone already.
        let Some(next) = free.or_else(|| left.keys().next().copied()) else { break };
        if let Some(table) = left.remove(next) {
            steps.push(Step::Drop { live: Box::new(table.clone()) });
        }
    }
    steps
}

/// Children that no manifest names and that stand in the way: they are not touched, so the parent is refused.
fn outsiders(tables: &Tables<'_>, live: &LiveSchema, dialect: Dialect) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for edge in &live.foreign_keys {
        let outside = edge.child_schema.is_some() || !live.tables.contains_key(&edge.child);
        if edge.parent_schema.is_some() || !outside {
            continue;
        }
        let desired_name =
            tables.renames.iter().find(|(from, _)| **from == edge.parent).map_or(&edge.parent, |(_, to)| *to);
        let child = match &edge.child_schema {
            Some(schema) => format!("{schema}.{}", edge.child),
            None => edge.child.to_string(),
        };
        let problem = if tables.dropped.contains_key(&edge.parent) {
            Some(format!("table `{}` cannot be dropped", edge.parent))
        } else {
            tables
                .altered
                .get(desired_name)
                .filter(|difference| touches(&edge.parent_columns, &disturbed_columns(difference, dialect)))
                .map(|_| format!("the columns of `{}` that it refers to cannot be changed or dropped", edge.parent))
        };
        if let Some(problem) = problem {
            refusals.push(Refusal {
                table: desired_name.to_string(),
                reason: RefusalReason::NotConvertible,
                message: format!(
                    "{problem}: foreign key `{}` of table `{child}`, which no manifest here names, refers to it; \
                     declare that table too, or drop its foreign key first",
                    edge.name
                ),
            });
        }
    }
    refusals
}
