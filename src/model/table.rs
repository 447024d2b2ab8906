//! A table and its options.

use super::{
    Check, Column, ColumnDefault, ColumnName, DataType, ForeignKey, Index, IndexKind, KeyPart, KeyTarget, Literal,
    Partitioning, PrimaryKey, TableName,
};

/// One table's definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Columns, in order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Secondary indexes, in order of definition (SHOW CREATE TABLE's order when canonical).
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints, those written with a column included.
    pub checks: Vec<Check>,
    /// Table options.
    pub options: TableOptions,
    /// `PARTITION BY`.
    pub partitioning: Option<Partitioning>,
}

impl Table {
    /// A table without columns yet.
    pub fn new(name: TableName) -> Self {
        Self {
            name,
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            options: TableOptions::default(),
            partitioning: None,
        }
    }

    /// Whether a column's default is a date with zeros for the month or the day. MySQL's strict mode of today refuses every
    /// statement on such a table (error 1067), also one that leaves the column alone.
    pub fn has_zero_date(&self) -> bool {
        self.columns.iter().any(|column| {
            let dated =
                matches!(column.data_type, DataType::Date | DataType::DateTime { .. } | DataType::Timestamp { .. });
            dated
                && match &column.default {
                    Some(ColumnDefault::Literal(literal)) => is_zero_date(literal),
                    Some(_) | None => false,
                }
        })
    }

    /// The first column whose type the server has and tables here cannot have, with the type's name.
    pub fn unmodelled_type(&self) -> Option<(&ColumnName, &str)> {
        self.columns.iter().find_map(|column| {
            if let DataType::Unmodelled { name } = &column.data_type {
                Some((&column.name, name.as_str()))
            } else {
                None
            }
        })
    }

    /// Whether the primary key or a UNIQUE key is over exactly these columns, each as a whole.
    pub fn has_unique_key_over(&self, columns: &[ColumnName]) -> bool {
        let is_over = |parts: &[KeyPart]| {
            let has = |part: &KeyPart| match &part.target {
                KeyTarget::Column { name, length: None } => columns.iter().any(|column| column.same(name)),
                KeyTarget::Column { .. } | KeyTarget::Expression(_) => false,
            };
            parts.len() == columns.len() && parts.iter().all(has)
        };
        self.primary_key.iter().any(|key| is_over(&key.parts))
            || self.indexes.iter().any(|index| index.kind == IndexKind::Unique && is_over(&index.parts))
    }

    /// The column of this name, compared as the server does.
    pub fn column(&self, name: &ColumnName) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.same(name))
    }
}

fn is_zero_date(literal: &Literal) -> bool {
    match literal {
        Literal::String(text) | Literal::Temporal { text, keyword: _ } => {
            let date = text.trim().split([' ', 'T']).next().unwrap_or_default();
            let parts: Vec<&str> = date.split(|character: char| !character.is_ascii_digit()).collect();
            let zero = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte == b'0');
            // Written together, as in 20200100, or apart.
            match parts.as_slice() {
                [digits] => digits.len() >= 8 && (&digits[4..6] == "00" || &digits[6..8] == "00") || zero(digits),
                [_, rest @ ..] => rest.iter().any(zero),
                [] => false,
            }
        }
        Literal::Number(number) => number.bytes().all(|byte| byte == b'0'),
        Literal::Introduced { literal, character_set: _ } => is_zero_date(literal),
        Literal::Hex(_) | Literal::Bits(_) => false,
    }
}

/// Table options, each `None` when nothing was said or the value is MySQL's "remove" value
/// (`KEY_BLOCK_SIZE=0`, `COMPRESSION=''`, `ROW_FORMAT=DEFAULT`, `CONNECTION=''` …).
/// Names of engines keep SHOW CREATE TABLE's spelling when canonical (`InnoDB`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TableOptions {
    /// `ENGINE`. Canonical always `Some`.
    pub engine: Option<String>,
    /// `DEFAULT CHARSET`, lower case. Canonical always `Some`.
    pub character_set: Option<String>,
    /// `COLLATE`, lower case. Canonical always `Some`.
    pub collation: Option<String>,
    /// `COMMENT`, unescaped.
    pub comment: Option<String>,
    /// `AUTO_INCREMENT`: the counter; never compared unless a manifest gives it.
    pub auto_increment: Option<u64>,
    /// `ROW_FORMAT`, upper case.
    pub row_format: Option<String>,
    /// `KEY_BLOCK_SIZE`.
    pub key_block_size: Option<u32>,
    /// `COMPRESSION`.
    pub compression: Option<String>,
    /// `ENCRYPTION`: `Y` or `N`.
    pub encryption: Option<String>,
    /// `TABLESPACE`.
    pub tablespace: Option<String>,
    /// `STORAGE DISK|MEMORY`, upper case.
    pub storage: Option<String>,
    /// `AUTOEXTEND_SIZE`, bytes.
    pub autoextend_size: Option<u64>,
    /// `DATA DIRECTORY`.
    pub data_directory: Option<String>,
    /// `INDEX DIRECTORY`.
    pub index_directory: Option<String>,
    /// `STATS_PERSISTENT`: 0 or 1.
    pub stats_persistent: Option<u8>,
    /// `STATS_AUTO_RECALC`: 0 or 1.
    pub stats_auto_recalc: Option<u8>,
    /// `STATS_SAMPLE_PAGES`.
    pub stats_sample_pages: Option<u32>,
    /// `AVG_ROW_LENGTH`.
    pub avg_row_length: Option<u64>,
    /// `MIN_ROWS`.
    pub min_rows: Option<u64>,
    /// `MAX_ROWS`.
    pub max_rows: Option<u64>,
    /// `PACK_KEYS`: 0 or 1.
    pub pack_keys: Option<u8>,
    /// `CHECKSUM=1`.
    pub checksum: Option<u8>,
    /// `DELAY_KEY_WRITE=1`.
    pub delay_key_write: Option<u8>,
    /// `INSERT_METHOD` (MERGE).
    pub insert_method: Option<String>,
    /// `UNION=(…)` (MERGE).
    pub union: Vec<TableName>,
    /// `CONNECTION` (FEDERATED): may hold a password, therefore never shown.
    pub connection: Option<String>,
    /// `ENGINE_ATTRIBUTE`.
    pub engine_attribute: Option<String>,
    /// `SECONDARY_ENGINE_ATTRIBUTE`.
    pub secondary_engine_attribute: Option<String>,
    /// `SECONDARY_ENGINE`.
    pub secondary_engine: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_dates_are_seen_however_they_are_written() {
        let text = |text: &str| is_zero_date(&Literal::String(text.to_owned()));
        for zero in ["0000-00-00 00:00:00", "2020-01-00 00:00:00", "2020-00-10", "0000-00-00", "20200100", "0"] {
            assert!(text(zero), "{zero}");
        }
        for date in ["0000-01-01", "2020-01-10 00:00:00", "20200110", "2020-10-20T00:00:00", ""] {
            assert!(!text(date), "{date}");
        }
        assert!(is_zero_date(&Literal::Number("0".to_owned())));
    }
}
