//! NULL or NOT NULL, and the DEFAULT NULL that follows.
//!
//! Columns of the primary key and AUTO_INCREMENT columns are NOT NULL (the latter even where NULL is written); others
//! are nullable when nothing is said. A nullable column about which nothing else was said has DEFAULT NULL, which SHOW
//! CREATE TABLE leaves out for TEXT and BLOB. A live column can be nullable and have no default at all (after `ALTER
//! COLUMN ... DROP DEFAULT`): an INSERT that leaves it out fails then, so the two are told apart.

use crate::model::{ColumnDefault, DataType, Dialect, KeyTarget, Table};

use super::NormalizeError;

/// Applies to the columns of a live table: what is not printed is not there.
pub(super) fn live(table: &mut Table) {
    for column in &mut table.columns {
        column.nullable = Some(column.nullable.unwrap_or(true));
    }
}

/// Applies to the columns of a desired table.
pub(super) fn columns(table: &mut Table, dialect: Dialect) -> Result<(), NormalizeError> {
    let primary: Vec<_> = table
        .primary_key
        .iter()
        .flat_map(|key| &key.parts)
        .filter_map(|part| match &part.target {
            KeyTarget::Column { name, .. } => Some(name.clone()),
            KeyTarget::Expression(_) => None,
        })
        .collect();
    for column in &mut table.columns {
        let in_primary = primary.iter().any(|name| name.same(&column.name));
        if in_primary && column.nullable == Some(true) {
            return Err(NormalizeError::Invalid {
                path: format!("{}.{}", table.name, column.name),
                problem: "a column of the primary key cannot be NULL; say NOT NULL, or use a unique index instead"
                    .to_owned(),
            });
        }
        let nullable = !in_primary && !column.auto_increment && column.nullable.unwrap_or(true);
        column.nullable = Some(nullable);
        if !nullable && column.default == Some(ColumnDefault::Null) && column.generated.is_none() {
            return Err(NormalizeError::Invalid {
                path: format!("{}.{}", table.name, column.name),
                problem: "a column that is NOT NULL cannot have DEFAULT NULL; drop one of the two".to_owned(),
            });
        }
        if !prints_default_null(&column.data_type, dialect) || column.generated.is_some() {
            if column.default == Some(ColumnDefault::Null) {
                column.default = None;
            }
        } else if nullable && column.default.is_none() {
            column.default = Some(ColumnDefault::Null);
        }
    }
    Ok(())
}

fn prints_default_null(data_type: &DataType, dialect: Dialect) -> bool {
    match data_type {
        DataType::Text { .. } | DataType::Blob { .. } => dialect.prints_null_of_texts(),
        DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Char { .. }
        | DataType::VarChar { .. }
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Unmodelled { .. } => true,
    }
}
