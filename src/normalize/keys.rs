//! Key parts: a prefix as long as the whole column is no prefix; FULLTEXT indexes have none. InnoDB takes `USING HASH` and,
//! outside compressed tables, an index's KEY_BLOCK_SIZE, and forgets them.
//! <https://dev.mysql.com/doc/refman/9.0/en/column-indexes.html>

use crate::model::{DataType, Dialect, IndexAlgorithm, IndexKind, KeyPart, KeyTarget, Table};

/// Applies to the primary key and all indexes.
pub(super) fn prefixes(table: &mut Table, dialect: Dialect) {
    let Table { columns, options, primary_key, indexes, .. } = table;
    let full_length = |part: &KeyPart| match &part.target {
        KeyTarget::Column { name, length: Some(length) } => columns
            .iter()
            .find(|column| column.name.same(name))
            .and_then(|column| declared_length(&column.data_type))
            .is_some_and(|declared| declared == *length),
        KeyTarget::Column { length: None, .. } | KeyTarget::Expression(_) => false,
    };
    let spelled = |part: &mut KeyPart| {
        // The index shows the column's name as the column has it.
        if let KeyTarget::Column { name, .. } = &mut part.target
            && let Some(column) = columns.iter().find(|column| column.name.same(name))
        {
            *name = column.name.clone();
        }
    };
    let innodb = options.engine.as_deref() == Some("InnoDB") && dialect.innodb_forgets_index_options();
    let compressed = options.row_format.as_deref() == Some("COMPRESSED") || options.key_block_size.is_some();
    let forget = |algorithm: &mut Option<IndexAlgorithm>, key_block_size: &mut Option<u32>| {
        if innodb && *algorithm == Some(IndexAlgorithm::Hash) {
            *algorithm = None;
        }
        if *key_block_size == Some(0) || (innodb && !compressed) {
            *key_block_size = None;
        }
    };
    if let Some(key) = primary_key {
        for part in &mut key.parts {
            drop_prefix_if(part, full_length(part));
            spelled(part);
        }
        forget(&mut key.algorithm, &mut key.key_block_size);
    }
    for index in indexes {
        for part in &mut index.parts {
            drop_prefix_if(part, index.kind == IndexKind::Fulltext || full_length(part));
            spelled(part);
        }
        forget(&mut index.algorithm, &mut index.key_block_size);
    }
}

fn drop_prefix_if(part: &mut KeyPart, drop: bool) {
    if drop && let KeyTarget::Column { length, .. } = &mut part.target {
        *length = None;
    }
}

/// Length in the unit of key prefixes: characters, or bytes for binary types.
fn declared_length(data_type: &DataType) -> Option<u32> {
    match data_type {
        DataType::Char { length, .. }
        | DataType::VarChar { length, .. }
        | DataType::Binary { length }
        | DataType::VarBinary { length } => Some(*length),
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Text { .. }
        | DataType::Blob { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => None,
    }
}
