//! Foreign keys: named ones by name, unnamed ones by content.

use crate::model::{ColumnName, ConstraintName, ForeignKey, Table};

use super::change::TableChange;

/// Whether two foreign keys are the same, names apart.
pub(crate) fn same_content(live: &ForeignKey, desired: &ForeignKey, lower_case_table_names: u8) -> bool {
    let ForeignKey {
        name: _,
        // As written only.
        index_name: _,
        columns,
        referenced_schema,
        referenced_table,
        referenced_columns,
        on_delete,
        on_update,
    } = live;
    same_columns(columns, &desired.columns)
        && *referenced_schema == desired.referenced_schema
        && referenced_table.same(&desired.referenced_table, lower_case_table_names)
        && same_columns(referenced_columns, &desired.referenced_columns)
        && *on_delete == desired.on_delete
        && *on_update == desired.on_update
}

fn same_columns(live: &[ColumnName], desired: &[ColumnName]) -> bool {
    live.len() == desired.len() && live.iter().zip(desired).all(|(live, desired)| live.same(desired))
}

fn same_name(one: Option<&ConstraintName>, other: Option<&ConstraintName>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (Some(_) | None, _) => false,
    }
}

/// Compares foreign keys.
pub(super) fn changes(live: &Table, desired: &Table, written: &Table, lower_case_table_names: u8) -> Vec<TableChange> {
    let is_named = |key: &ForeignKey| {
        written.foreign_keys.iter().any(|written| same_name(written.name.as_ref(), key.name.as_ref()))
    };
    let same = |one: &ForeignKey, other: &ForeignKey| same_content(one, other, lower_case_table_names);
    let mut free: Vec<&ForeignKey> = live.foreign_keys.iter().collect();
    let mut changes = Vec::new();
    let mut missing = Vec::new();
    for key in desired.foreign_keys.iter().filter(|key| is_named(key)) {
        match free.iter().position(|found| same_name(found.name.as_ref(), key.name.as_ref())) {
            Some(at) => {
                let found = free.remove(at);
                if !same(found, key) || found.name != key.name {
                    changes.push(TableChange::ChangeForeignKey { live: found.clone(), desired: key.clone() });
                }
            }
            None => missing.push(key.clone()),
        }
    }
    for key in desired.foreign_keys.iter().filter(|key| !is_named(key)) {
        let exact = free.iter().position(|found| same(found, key) && same_name(found.name.as_ref(), key.name.as_ref()));
        match exact.or_else(|| free.iter().position(|found| same(found, key))) {
            Some(at) => {
                free.remove(at);
            }
            None => missing.push(ForeignKey { name: None, ..key.clone() }),
        }
    }
    changes.extend(missing.into_iter().map(TableChange::AddForeignKey));
    changes.extend(free.into_iter().map(|key| TableChange::DropForeignKey(key.clone())));
    changes
}
