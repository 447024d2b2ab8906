//! `PARTITION BY`.

use super::{ColumnName, Expression, PartitionName};

/// How a table is partitioned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partitioning {
    /// The scheme.
    pub scheme: PartitionScheme,
    /// `PARTITIONS n` for HASH and KEY without a list.
    pub count: Option<u32>,
    /// `SUBPARTITION BY`.
    pub subpartitioning: Option<Subpartitioning>,
    /// The partitions, in order; empty when only a count is given.
    pub partitions: Vec<Partition>,
}

/// The partitioning function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PartitionScheme {
    /// `RANGE (expression)`
    Range(Expression),
    /// `RANGE COLUMNS (columns)`
    RangeColumns(Vec<ColumnName>),
    /// `LIST (expression)`
    List(Expression),
    /// `LIST COLUMNS (columns)`
    ListColumns(Vec<ColumnName>),
    /// `[LINEAR] HASH (expression)`
    Hash {
        /// `LINEAR`
        linear: bool,
        /// The expression.
        expression: Expression,
    },
    /// `[LINEAR] KEY [ALGORITHM = n] (columns)`; no columns: the primary key.
    Key {
        /// `LINEAR`
        linear: bool,
        /// `ALGORITHM = 1|2`; SHOW CREATE TABLE prints only 1.
        algorithm: Option<u8>,
        /// The columns.
        columns: Vec<ColumnName>,
    },
}

/// `SUBPARTITION BY HASH|KEY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subpartitioning {
    /// `Hash` or `Key`.
    pub scheme: PartitionScheme,
    /// `SUBPARTITIONS n`.
    pub count: Option<u32>,
}

/// One partition or subpartition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    /// Its name.
    pub name: PartitionName,
    /// `VALUES …`; none for HASH, KEY and subpartitions.
    pub values: Option<PartitionValues>,
    /// `ENGINE`; SHOW CREATE TABLE always prints it.
    pub engine: Option<String>,
    /// `COMMENT`, unescaped; empty when there is none.
    pub comment: String,
    /// `DATA DIRECTORY`
    pub data_directory: Option<String>,
    /// `INDEX DIRECTORY`
    pub index_directory: Option<String>,
    /// `MAX_ROWS`
    pub max_rows: Option<u64>,
    /// `MIN_ROWS`
    pub min_rows: Option<u64>,
    /// `TABLESPACE`
    pub tablespace: Option<String>,
    /// Subpartitions given by name.
    pub subpartitions: Vec<Partition>,
}

impl Partition {
    /// The bound of a RANGE partition, a value per column; empty for others.
    pub fn bounds(&self) -> &[PartitionBound] {
        match &self.values {
            Some(PartitionValues::LessThan(bounds)) => bounds,
            Some(PartitionValues::In(_)) | None => &[],
        }
    }

    /// The values of a LIST partition, each of them a value per column; empty for others.
    pub fn listed(&self) -> &[Vec<PartitionValue>] {
        match &self.values {
            Some(PartitionValues::In(entries)) => entries,
            Some(PartitionValues::LessThan(_)) | None => &[],
        }
    }
}

/// `VALUES LESS THAN` or `VALUES IN`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PartitionValues {
    /// `VALUES LESS THAN (…)`, one bound per column.
    LessThan(Vec<PartitionBound>),
    /// `VALUES IN (…)`: each entry one value per column.
    In(Vec<Vec<PartitionValue>>),
}

/// One bound of a range.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PartitionBound {
    /// `MAXVALUE`
    MaxValue,
    /// A value.
    Value(PartitionValue),
}

/// A value of a partition: an expression's text (a literal in canonical form).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PartitionValue {
    /// `NULL`
    Null,
    /// Anything else, as text.
    Expression(Expression),
}
