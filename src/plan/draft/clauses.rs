//! From some differences of one table to the clauses of one `ALTER TABLE`.
//!
//! What goes comes first (keys before the columns they use), then the columns from left to right, so that `AFTER` always
//! names a column that stands already, then keys and options. A column that is renamed and changed at once needs
//! `CHANGE`: after `RENAME COLUMN a TO b` no other clause of the statement may say `b`, except `AFTER`.

use crate::diff::{PartitionChange, TableChange, same_default};
use crate::model::{AlterClause, Column, ColumnDefault, ColumnName, DataType, Dialect, ForeignKey, Position};

/// What a statement does with one column that stays.
#[derive(Default)]
struct ColumnWork<'a> {
    renamed_from: Option<&'a ColumnName>,
    modified: Option<(&'a Column, &'a Column, &'a Column)>,
    moved: Option<(&'a Column, &'a Position)>,
}

/// The clauses, in the order in which they are said.
pub(super) fn clauses(changes: &[TableChange], dialect: Dialect) -> Vec<AlterClause> {
    let mut removals = Vec::new();
    let mut columns = Vec::new();
    let mut additions = Vec::new();
    let mut last = Vec::new();
    let mut settled: Vec<&ColumnName> = Vec::new();
    for change in changes {
        match change {
            TableChange::AddColumn { written, position, .. } => {
                columns.push(AlterClause::AddColumn { column: written.clone(), position: position.clone() });
            }
            TableChange::DropColumn { column } => removals.push(AlterClause::DropColumn(column.name.clone())),
            TableChange::RenameColumn { to, .. } => push_column(to, changes, dialect, &mut settled, &mut columns),
            TableChange::ModifyColumn { desired, .. } => {
                push_column(&desired.name, changes, dialect, &mut settled, &mut columns);
            }
            TableChange::MoveColumn { written, .. } => {
                push_column(&written.name, changes, dialect, &mut settled, &mut columns)
            }
            TableChange::ReplaceColumn { live, written, position, .. } => {
                removals.push(AlterClause::DropColumn(live.name.clone()));
                columns.push(AlterClause::AddColumn { column: written.clone(), position: position.clone() });
            }
            TableChange::AddPrimaryKey(key) => additions.push(AlterClause::AddPrimaryKey(key.clone())),
            TableChange::DropPrimaryKey(_) => removals.push(AlterClause::DropPrimaryKey),
            TableChange::ChangePrimaryKey { desired, .. } => {
                removals.push(AlterClause::DropPrimaryKey);
                additions.push(AlterClause::AddPrimaryKey(desired.clone()));
            }
            TableChange::AddIndex(index) => additions.push(AlterClause::AddIndex(index.clone())),
            TableChange::DropIndex(index) => {
                removals.extend(index.name.clone().map(AlterClause::DropIndex));
            }
            TableChange::ChangeIndex { live, desired } => {
                removals.extend(live.name.clone().map(AlterClause::DropIndex));
                additions.push(AlterClause::AddIndex(desired.clone()));
            }
            TableChange::RenameIndex { from, to } => {
                additions.extend(to.name.clone().map(|to| AlterClause::RenameIndex { from: from.clone(), to }));
            }
            TableChange::SetIndexVisibility { index, visible } => {
                additions.push(AlterClause::AlterIndexVisibility { index: index.clone(), visible: *visible });
            }
            TableChange::AddForeignKey(key) => additions.push(AlterClause::AddForeignKey(key.clone())),
            TableChange::DropForeignKey(key) => {
                removals.extend(drop_foreign_key(key));
            }
            TableChange::ChangeForeignKey { live, desired } => {
                removals.extend(drop_foreign_key(live));
                additions.push(AlterClause::AddForeignKey(desired.clone()));
            }
            TableChange::AddCheck(check) => additions.push(AlterClause::AddCheck(check.clone())),
            TableChange::DropCheck(check) => removals.extend(check.name.clone().map(AlterClause::DropCheck)),
            TableChange::ChangeCheck { live, desired } => {
                removals.extend(live.name.clone().map(AlterClause::DropCheck));
                additions.push(AlterClause::AddCheck(desired.clone()));
            }
            TableChange::SetCheckEnforced { check } => {
                additions
                    .extend(check.name.clone().map(|name| AlterClause::AlterCheck { name, enforced: check.enforced }));
            }
            TableChange::Options(options) => {
                last.push(AlterClause::Options { set: options.set.clone(), reset: options.reset.clone() });
            }
            TableChange::Partitions(partitions) => last.push(partition_clause(partitions)),
        }
    }
    // Keys go before the columns they stand on.
    removals.sort_by_key(|clause| matches!(clause, AlterClause::DropColumn(_)));
    removals.into_iter().chain(columns).chain(additions).chain(last).collect()
}

/// `DROP FOREIGN KEY`.
pub(super) fn drop_foreign_key(key: &ForeignKey) -> Option<AlterClause> {
    key.name.clone().map(AlterClause::DropForeignKey)
}

fn partition_clause(change: &PartitionChange) -> AlterClause {
    match change {
        PartitionChange::PartitionBy { desired, .. } => AlterClause::PartitionBy(desired.clone()),
        PartitionChange::Remove { .. } => AlterClause::RemovePartitioning,
        PartitionChange::Add(partitions) => AlterClause::AddPartitions(partitions.clone()),
        PartitionChange::AddCount(count) => AlterClause::AddPartitionCount(*count),
        PartitionChange::Drop(names) => AlterClause::DropPartitions(names.clone()),
        PartitionChange::Reorganize { from, into, lost: _ } => {
            AlterClause::ReorganizePartitions { from: from.clone(), into: into.clone() }
        }
        PartitionChange::Coalesce(count) => AlterClause::CoalescePartitions(*count),
    }
}

/// One clause for all that happens to a column that stays, at the place of its first change.
fn push_column<'a>(
    name: &'a ColumnName,
    changes: &'a [TableChange],
    dialect: Dialect,
    settled: &mut Vec<&'a ColumnName>,
    out: &mut Vec<AlterClause>,
) {
    if settled.contains(&name) {
        return;
    }
    settled.push(name);
    let mut work = ColumnWork::default();
    for change in changes {
        if let TableChange::RenameColumn { from, to } = change
            && to == name
        {
            work.renamed_from = Some(from);
        } else if let TableChange::ModifyColumn { live, desired, written } = change
            && desired.name == *name
        {
            work.modified = Some((live, desired, written));
        } else if let TableChange::MoveColumn { written, position } = change
            && written.name == *name
        {
            work.moved = Some((written, position));
        }
    }
    let position = work.moved.map(|(_, position)| position.clone());
    let definition = work.modified.map(|(_, _, written)| written).or(work.moved.map(|(written, _)| written));
    out.extend(match (work.renamed_from, definition) {
        (Some(from), Some(column)) => {
            Some(AlterClause::ChangeColumn { from: from.clone(), column: Box::new(column.clone()), position })
        }
        (Some(from), None) => Some(AlterClause::RenameColumn { from: from.clone(), to: name.clone() }),
        (None, Some(column)) => Some(match (work.modified, &position) {
            (Some((live, desired, written)), None) if !changes.iter().any(sets_characters) => {
                modify(live, desired, written, dialect)
            }
            (Some(_) | None, _) => AlterClause::ModifyColumn { column: Box::new(column.clone()), position },
        }),
        (None, None) => None,
    });
}

/// Whether the table gets another character set or collation: columns that do not name theirs take it.
pub(super) fn sets_characters(change: &TableChange) -> bool {
    if let TableChange::Options(options) = change {
        options.set.character_set.is_some() || options.set.collation.is_some()
    } else {
        false
    }
}

/// `ALTER COLUMN` where only the default or the visibility changes, else `MODIFY`, which repeats everything.
fn modify(live: &Column, desired: &Column, written: &Column, dialect: Dialect) -> AlterClause {
    let mut other_default = live.clone();
    other_default.default.clone_from(&desired.default);
    if other_default == *desired && !same_default(live.default.as_ref(), desired.default.as_ref()) {
        let default = match &desired.default {
            // `SET DEFAULT` takes no CURRENT_TIMESTAMP.
            Some(ColumnDefault::CurrentTimestamp(_)) => None,
            // Error 1101 for these types, even for NULL.
            Some(ColumnDefault::Null)
                if matches!(
                    desired.data_type,
                    DataType::Json | DataType::Vector { .. } | DataType::Geometry { .. }
                ) =>
            {
                None
            }
            Some(ColumnDefault::Null) => Some(Some(ColumnDefault::Null)),
            // 1101: SET DEFAULT takes `('x')` for a literal, which these types cannot have; MODIFY does not.
            Some(ColumnDefault::Expression(_)) if takes_no_literal(&desired.data_type) => None,
            Some(ColumnDefault::Literal(_) | ColumnDefault::Expression(_)) => {
                Some(written.default.clone().or_else(|| desired.default.clone()))
            }
            // DROP DEFAULT on a nullable column leaves one that an INSERT may not leave out; MODIFY gives DEFAULT NULL.
            None if desired.nullable == Some(true) => None,
            None => Some(None),
        };
        if let Some(default) = default {
            return AlterClause::AlterColumnDefault { column: written.name.clone(), default };
        }
    }
    let mut other_visibility = live.clone();
    other_visibility.visible = desired.visible;
    if live.visible != desired.visible && other_visibility == *desired && dialect.alters_visibility() {
        return AlterClause::AlterColumnVisibility { column: written.name.clone(), visible: desired.visible };
    }
    AlterClause::ModifyColumn { column: Box::new(written.clone()), position: None }
}

/// Types that have defaults as expressions only.
fn takes_no_literal(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Text { .. }
            | DataType::Blob { .. }
            | DataType::Json
            | DataType::Geometry { .. }
            | DataType::Vector { .. }
    )
}
