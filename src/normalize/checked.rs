//! What MySQL would refuse and can be told without it: missing columns, names used twice.

use std::collections::BTreeSet;

use crate::model::{ColumnName, KeyPart, KeyTarget, Table};
use crate::sql;

use super::NormalizeError;

/// A table needs at least one column; names must be ones that MySQL can hold.
pub(super) fn names(table: &Table) -> Result<(), NormalizeError> {
    if table.columns.is_empty() {
        return Err(NormalizeError::Invalid {
            path: table.name.to_string(),
            problem: "a table needs at least one column; add one".to_owned(),
        });
    }
    if !table.columns.iter().any(|column| column.visible) {
        return Err(NormalizeError::Invalid {
            path: table.name.to_string(),
            problem: "a table needs at least one visible column; make one visible".to_owned(),
        });
    }
    check(|| table.name.to_string(), table.name.as_str())?;
    for column in &table.columns {
        check(|| format!("{}.{}", table.name, column.name), column.name.as_str())?;
    }
    for index in &table.indexes {
        if let Some(name) = &index.name {
            check(|| format!("{}, index {name}", table.name), name.as_str())?;
        }
    }
    for name in table
        .foreign_keys
        .iter()
        .filter_map(|key| key.name.as_ref())
        .chain(table.checks.iter().filter_map(|check| check.name.as_ref()))
    {
        check(|| format!("{}, constraint {name}", table.name), name.as_str())?;
    }
    Ok(())
}

fn check(path: impl FnOnce() -> String, name: &str) -> Result<(), NormalizeError> {
    sql::check_identifier(name)
        .map_err(|problem| NormalizeError::Invalid { path: path(), problem: format!("{problem}; rename it") })
}

/// Every column that a key, a foreign key, a check or a generated column names must exist.
pub(super) fn columns_exist(table: &Table) -> Result<(), NormalizeError> {
    let missing = |path: String, column: &ColumnName| match table.column(column) {
        Some(_) => Ok(()),
        None => Err(NormalizeError::UnknownColumn { path, column: column.to_string() }),
    };
    let parts = |path: &str, parts: &[KeyPart]| -> Result<(), NormalizeError> {
        for part in parts {
            match &part.target {
                KeyTarget::Column { name, .. } => missing(path.to_owned(), name)?,
                KeyTarget::Expression(expression) => {
                    for name in sql::expression_columns(expression) {
                        missing(path.to_owned(), &name)?;
                    }
                }
            }
        }
        Ok(())
    };
    if let Some(key) = &table.primary_key {
        parts(&format!("{}, primary key", table.name), &key.parts)?;
    }
    for index in &table.indexes {
        let name = index.name.as_ref().map(ToString::to_string).unwrap_or_default();
        parts(&format!("{}, index {name}", table.name), &index.parts)?;
    }
    for key in &table.foreign_keys {
        let name = key.name.as_ref().map(ToString::to_string).unwrap_or_default();
        for column in &key.columns {
            missing(format!("{}, foreign key {name}", table.name), column)?;
        }
        if key.columns.len() != key.referenced_columns.len() {
            return Err(NormalizeError::Invalid {
                path: format!("{}, foreign key {name}", table.name),
                problem: "it names a different number of columns on both sides; make them as many".to_owned(),
            });
        }
    }
    for check in &table.checks {
        let name = check.name.as_ref().map(ToString::to_string).unwrap_or_default();
        for column in sql::expression_columns(&check.expression) {
            missing(format!("{}, check {name}", table.name), &column)?;
        }
    }
    for column in &table.columns {
        if let Some(generated) = &column.generated {
            for name in sql::expression_columns(&generated.expression) {
                missing(format!("{}.{}", table.name, column.name), &name)?;
            }
        }
    }
    Ok(())
}

/// Columns, indexes, foreign keys, checks and partitions: each name once, without regard to case.
pub(super) fn unique_names(table: &Table) -> Result<(), NormalizeError> {
    let path = table.name.to_string();
    once(&path, table.columns.iter().map(|column| column.name.folded()))?;
    once(&path, table.indexes.iter().filter_map(|index| index.name.as_ref()).map(|name| name.folded()))?;
    once(&path, table.foreign_keys.iter().filter_map(|key| key.name.as_ref()).map(|name| name.folded()))?;
    once(&path, table.checks.iter().filter_map(|check| check.name.as_ref()).map(|name| name.folded()))?;
    let partitions = table.partitioning.iter().flat_map(|partitioning| &partitioning.partitions);
    once(&path, partitions.map(|partition| partition.name.folded()))
}

fn once(path: &str, names: impl Iterator<Item = String>) -> Result<(), NormalizeError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            return Err(NormalizeError::DuplicateName { path: path.to_owned(), name });
        }
    }
    Ok(())
}
