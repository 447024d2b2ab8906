//! The order in which a server numbers the rows that exist, when a column begins to count (`AUTO_INCREMENT`).
//!
//! A copy reads the rows in the order in which the engine has them. In an InnoDB table with a key of its own (the primary
//! key, or the first unique one without NULL) this is the order of that key, the same on every server. Without one it is
//! the order in which the server wrote the rows, and two transactions at the same time are written in another order by a
//! replica. `ORDER BY` fixes it, as far as the columns tell rows apart.
//! <https://dev.mysql.com/doc/refman/9.0/en/replication-features-auto-increment.html>

use crate::diff::{TableChange, TableDifference};
use crate::model::{Column, ColumnName, DataType, IndexKind, KeyPart, KeyTarget, Table};

use super::uniqueness::unique_keys;

/// What the order of the rows is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowOrder {
    /// That of the key by which the table is stored.
    Key,
    /// Fixed by an `ORDER BY` of these columns: rows that it leaves beside each other are equal in every column.
    Columns(Vec<ColumnName>),
    /// Each server's own, as far as these columns (which may be none) do not tell rows apart.
    Own(Vec<ColumnName>),
}

/// The column that begins to count with this change.
pub(crate) fn begins_to_count(change: &TableChange) -> Option<&Column> {
    if let TableChange::AddColumn { column, .. } | TableChange::ReplaceColumn { desired: column, .. } = change {
        column.auto_increment.then_some(column)
    } else if let TableChange::ModifyColumn { live, desired, .. } = change {
        (desired.auto_increment && !live.auto_increment).then_some(desired)
    } else {
        None
    }
}

/// Whether a change numbers rows in an order that each server has of its own.
pub(crate) fn numbers_by_chance(difference: &TableDifference, change: &TableChange) -> bool {
    begins_to_count(change).is_some_and(|column| matches!(order_of_rows(difference, column), RowOrder::Own(_)))
}

/// In which order `column` of the desired table numbers the rows that exist.
pub(crate) fn order_of_rows(difference: &TableDifference, column: &Column) -> RowOrder {
    let live = &difference.live;
    // A column that stands already numbers only rows that have NULL there: 0 stays 0 (NO_AUTO_VALUE_ON_ZERO).
    if live.column(&column.name).is_some_and(|found| found.nullable == Some(false)) {
        return RowOrder::Key;
    }
    let innodb = live.options.engine.as_deref() == Some("InnoDB");
    if innodb && unique_keys(live).any(|key| stores_rows(key.parts, live)) {
        return RowOrder::Key;
    }
    let known = || live.columns.iter().filter(|column| column.generated.is_none());
    let sorted: Vec<ColumnName> =
        known().filter(|column| is_sorted(&column.data_type)).map(|column| column.name.clone()).collect();
    if !takes_order(difference, column) {
        return RowOrder::Own(Vec::new());
    }
    // No two rows agree in a unique key without NULL.
    let unique = unique_keys(live).find(|key| {
        let sorted = |part: &KeyPart| whole_column(part, live).is_some_and(|column| is_sorted(&column.data_type));
        stores_rows(key.parts, live) && key.parts.iter().all(sorted)
    });
    if let Some(key) = unique {
        let name = |part: &KeyPart| whole_column(part, live).map(|column| column.name.clone());
        return RowOrder::Columns(key.parts.iter().filter_map(name).collect());
    }
    if known().all(|column| tells_apart(&column.data_type)) { RowOrder::Columns(sorted) } else { RowOrder::Own(sorted) }
}

/// Whether a first statement can do nothing but number the rows, in an order that it names. The server ignores
/// `ORDER BY` where the table then has a key by which InnoDB stores it (warning 1105).
fn takes_order(difference: &TableDifference, column: &Column) -> bool {
    let live = &difference.live;
    let is_renamed = difference.changes.iter().any(|change| {
        if let TableChange::RenameColumn { from, to } = change { [from, to].contains(&&column.name) } else { false }
    });
    let replaced = difference.changes.iter().any(|change| {
        if let TableChange::ReplaceColumn { desired, .. } = change { desired.name.same(&column.name) } else { false }
    });
    let was = live.column(&column.name);
    let becomes_key =
        was.is_some() && unique_keys(live).any(|key| key.parts.iter().any(|part| whole_column(part, live) == was));
    // 1075: there can be one only.
    let another = live.columns.iter().any(|column| column.auto_increment);
    !is_renamed && !replaced && !becomes_key && !another
}

/// Whether rows can be stored in the order of these parts: whole columns that are never NULL.
fn stores_rows(parts: &[KeyPart], table: &Table) -> bool {
    parts.iter().all(|part| {
        whole_column(part, table).is_some_and(|column| column.nullable == Some(false) && !column.is_virtual())
    })
}

fn whole_column<'a>(part: &KeyPart, table: &'a Table) -> Option<&'a Column> {
    match &part.target {
        KeyTarget::Column { name, length: None } => table.column(name),
        KeyTarget::Column { length: Some(_), .. } | KeyTarget::Expression(_) => None,
    }
}

/// Characters and bytes that the server sorts by as a whole: `max_sort_length` is 1,024 bytes by default, and a character
/// can weigh several of them.
const MAX_SORTED_CHARACTERS: u32 = 64;
const MAX_SORTED_BYTES: u32 = 1_000;

/// Whether the server sorts by the whole value.
fn is_sorted(data_type: &DataType) -> bool {
    match data_type {
        DataType::Char { length, .. } | DataType::VarChar { length, .. } => *length <= MAX_SORTED_CHARACTERS,
        DataType::Float { .. } => true,
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Text { .. }
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Blob { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => tells_apart(data_type),
    }
}

/// Whether two values that sort alike are the same bytes: not so for letters that a collation takes for equal, for spaces
/// at the end where it fills up with them, and for the two zeros of floating point.
fn tells_apart(data_type: &DataType) -> bool {
    match data_type {
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Enum { .. }
        | DataType::Set { .. } => true,
        DataType::Binary { length } | DataType::VarBinary { length } => *length <= MAX_SORTED_BYTES,
        // CHAR has no spaces at its end.
        DataType::Char { length, characters } => {
            *length <= MAX_SORTED_CHARACTERS
                && characters.collation.as_deref().is_some_and(|name| name.ends_with("_bin"))
        }
        DataType::VarChar { length, characters } => {
            *length <= MAX_SORTED_CHARACTERS && characters.collation.as_deref() == Some("utf8mb4_0900_bin")
        }
        DataType::Float { .. }
        | DataType::Text { .. }
        | DataType::Blob { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => false,
    }
}

/// Whether an index other than a full-text or spatial one begins with this column: a column that counts needs one.
pub(crate) fn has_key(table: &Table, column: &ColumnName) -> bool {
    let first = |parts: &[KeyPart]| {
        parts.first().is_some_and(|part| matches!(&part.target, KeyTarget::Column { name, .. } if name.same(column)))
    };
    let primary = table.primary_key.iter().any(|key| first(&key.parts));
    let plain = |kind| match kind {
        IndexKind::Plain | IndexKind::Unique => true,
        IndexKind::Fulltext | IndexKind::Spatial => false,
    };
    primary || table.indexes.iter().any(|index| plain(index.kind) && first(&index.parts))
}
