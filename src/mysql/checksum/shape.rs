//! How the rows of one table are read: the checksum of a row, and the key along which the table is cut into parts. Pure.

use std::fmt;

use super::columns::bytes_of;
use super::range::{Kept, Key, KeyColumn, KeyRange};
use crate::model::{Column, ColumnName, DataType, Flavour, IndexKind, KeyPart, KeyTarget, Table, TableName};
use crate::sql::quote_identifier;

/// A row whose checksum cannot be computed counts as this, which is longer than any checksum.
const MARK: &str = "REPEAT('x', 33)";
/// The hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// How rows of a table are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowShape {
    table: TableName,
    /// The bytes of a row, of all its columns: invisible and generated ones too.
    bytes: String,
    key: Option<Key>,
    /// Whether no two rows can be the same.
    distinct: bool,
}

/// Why a table's rows cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReadable {
    /// Its rows are not on the server itself.
    Elsewhere,
}

impl fmt::Display for NotReadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => formatter.write_str("its engine keeps the rows elsewhere"),
        }
    }
}

impl RowShape {
    /// Of a table as the server shows it.
    pub fn of(table: &Table, flavour: Flavour) -> Result<Self, NotReadable> {
        let engine = table.options.engine.as_deref().unwrap_or_default().to_lowercase();
        if ["federated", "mrg_myisam", "merge", "connect", "spider", "ndbcluster"].contains(&engine.as_str()) {
            return Err(NotReadable::Elsewhere);
        }
        let columns: Vec<String> = table.columns.iter().map(|column| bytes_of(column, flavour)).collect();
        let (key, distinct) = key_of(table);
        Ok(Self { table: table.name.clone(), bytes: format!("CONCAT({})", columns.join(", ',', ")), key, distinct })
    }

    /// Whose rows.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// Whether the table can be read in parts.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Row count, count of checksums, checksums: what comes behind SELECT.
    ///
    /// Rows that are all distinct are joined by XOR, in which the same row twice would cancel itself out; where that may be,
    /// a sum stands beside it. MySQL takes the XOR of all 256 bits; MariaDB's is of numbers, of which there are two.
    pub(super) fn sums(&self, flavour: Flavour) -> String {
        let bytes = &self.bytes;
        let half = |side: &str| format!("CAST(CONV({side}(SHA2({bytes}, 256), 16), 16, 10) AS UNSIGNED)");
        let sum = if self.distinct { String::new() } else { format!(", SUM({})", half("LEFT")) };
        match flavour {
            Flavour::Mysql => {
                format!("COUNT(*), COUNT(*), HEX(BIT_XOR(COALESCE(UNHEX(SHA2({bytes}, 256)), {MARK}))){sum}")
            }
            Flavour::Mariadb => {
                format!("COUNT(*), COUNT({bytes}), BIT_XOR({}), BIT_XOR({}){sum}", half("LEFT"), half("RIGHT"))
            }
        }
    }

    /// Whether checksums are of rows without one alone, which the server joins without an error.
    pub(super) fn is_marked(&self, sums: &[String]) -> bool {
        sums.iter().any(|sum| sum.len() > DIGITS)
    }

    /// The index and the condition of a range: what comes behind the table.
    pub(super) fn within(&self, range: &KeyRange) -> String {
        match &self.key {
            Some(key) => key.within(range),
            None => String::new(),
        }
    }
}

/// The key along which the table is cut: the primary key, else a unique key without NULL, else as much of the beginning of
/// one as has an order that literals can follow. And whether the table has a key that keeps its rows apart at all.
fn key_of(table: &Table) -> (Option<Key>, bool) {
    let primary = table.primary_key.iter().map(|key| (Some("PRIMARY".to_owned()), key.parts.as_slice()));
    let unique = table.indexes.iter().filter(|index| index.kind == IndexKind::Unique).map(|index| {
        let name = index.name.as_ref().filter(|_| index.visible).map(|name| name.as_str().to_owned());
        (name, index.parts.as_slice())
    });
    let candidates: Vec<_> = primary.chain(unique).filter(|(_, parts)| keeps_apart(table, parts)).collect();
    let distinct = !candidates.is_empty();
    let mut best: Option<Key> = None;
    for (name, parts) in candidates {
        let Some(name) = name else { continue };
        let columns: Vec<KeyColumn> = parts.iter().map_while(|part| key_column(table, part)).collect();
        if columns.is_empty() {
            continue;
        }
        if columns.len() == parts.len() {
            return (Some(Key { index: name, columns }), distinct);
        }
        best.get_or_insert(Key { index: name, columns });
    }
    (best, distinct)
}

/// Whether no part of the key can be NULL, so that no two rows are the same in all columns.
fn keeps_apart(table: &Table, parts: &[KeyPart]) -> bool {
    parts.iter().all(|part| match &part.target {
        KeyTarget::Column { name, .. } => column(table, name).is_some_and(|column| column.nullable == Some(false)),
        KeyTarget::Expression(_) => false,
    })
}

fn column<'t>(table: &'t Table, name: &ColumnName) -> Option<&'t Column> {
    table.columns.iter().find(|column| column.name.same(name))
}

/// A part of a key with an order that a literal can follow through the index; `None`: an expression, a prefix, or a type
/// that is compared in another way than it is sorted.
fn key_column(table: &Table, part: &KeyPart) -> Option<KeyColumn> {
    let KeyTarget::Column { name, length: None } = &part.target else { return None };
    let kept = match &column(table, name)?.data_type {
        DataType::Integer { .. } | DataType::Decimal { .. } | DataType::Year => Kept::Number,
        DataType::Date | DataType::Time { .. } | DataType::DateTime { .. } | DataType::Timestamp { .. } => Kept::Time,
        DataType::Char { .. } | DataType::VarChar { .. } => Kept::Characters,
        DataType::Binary { .. } | DataType::VarBinary { .. } => Kept::Bytes,
        // ENUM and SET are sorted by number and compared by text; BIT is compared without the index; floating-point
        // numbers are rounded where they become text.
        DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Bit { .. }
        | DataType::Float { .. }
        | DataType::Text { .. }
        | DataType::Blob { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => return None,
    };
    Some(KeyColumn { name: quote_identifier(name.as_str()), kept, descending: part.descending })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;
    use crate::sql::parse_create_table;

    fn shape(columns: &str) -> RowShape {
        let table = parse_create_table(&format!("CREATE TABLE t ({columns})"), Dialect::NEWEST).unwrap();
        RowShape::of(&table, Flavour::Mysql).unwrap()
    }

    fn key(columns: &str) -> Option<String> {
        shape(columns).key.map(|key| format!("{} {}", key.index, key.order()))
    }

    #[test]
    fn a_table_is_cut_along_its_primary_key_else_a_unique_one_without_null() {
        assert_eq!(key("id int NOT NULL, PRIMARY KEY (id DESC)").as_deref(), Some("PRIMARY `id` DESC"));
        let unique = "a int NOT NULL, b varchar(5), UNIQUE KEY b (b), UNIQUE KEY a (a)";
        assert_eq!(key(unique).as_deref(), Some("a `a`"));
        assert_eq!(key("a int, UNIQUE KEY a (a)"), None);
        assert_eq!(key("a int NOT NULL, UNIQUE KEY a (a) INVISIBLE"), None);
        assert!(shape("a int NOT NULL, UNIQUE KEY a (a) INVISIBLE").distinct);
    }

    #[test]
    fn a_key_is_followed_as_far_as_it_has_an_order() {
        let mixed = "a int NOT NULL, e enum('x','y') NOT NULL, PRIMARY KEY (a, e)";
        assert_eq!(key(mixed).as_deref(), Some("PRIMARY `a`"));
        let whole =
            "a int NOT NULL, e enum('x','y') NOT NULL, b binary(16) NOT NULL, PRIMARY KEY (a, e), UNIQUE KEY b (b)";
        assert_eq!(key(whole).as_deref(), Some("b `b`"));
        assert_eq!(key("e enum('x') NOT NULL, PRIMARY KEY (e)"), None);
        assert_eq!(key("b text NOT NULL, PRIMARY KEY (b(10))"), None);
        assert!(shape("b text NOT NULL, PRIMARY KEY (b(10))").distinct);
    }

    #[test]
    fn rows_that_may_be_the_same_are_summed_too() {
        assert!(shape("a int, UNIQUE KEY a (a)").sums(Flavour::Mysql).contains("SUM("));
        assert!(!shape("a int NOT NULL, PRIMARY KEY (a)").sums(Flavour::Mysql).contains("SUM("));
    }

    #[test]
    fn rows_that_are_elsewhere_are_not_read() {
        let table = parse_create_table("CREATE TABLE t (a int) ENGINE=FEDERATED", Dialect::NEWEST).unwrap();
        assert_eq!(RowShape::of(&table, Flavour::Mysql), Err(NotReadable::Elsewhere));
    }
}
