//! The DDL statements that this project generates; `sql` prints and parses them, and nothing else ever runs.

use super::{
    Check, Column, ColumnDefault, ColumnName, ConstraintName, ForeignKey, Index, IndexName, Partition, PartitionName,
    Partitioning, PrimaryKey, Table, TableName, TableOptions,
};

/// One DDL statement, within the session's current schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// `CREATE TABLE`
    CreateTable(Box<Table>),
    /// `ALTER TABLE`
    AlterTable(AlterTable),
    /// `DROP TABLE` of exactly one table (a drop of several may take two GTIDs).
    DropTable(TableName),
    /// `RENAME TABLE from TO to`
    RenameTable {
        /// The live name.
        from: TableName,
        /// The desired name.
        to: TableName,
    },
}

/// `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlterTable {
    /// The table.
    pub table: TableName,
    /// What changes, in order. A partition clause of the stand-alone kind is the only one.
    pub clauses: Vec<AlterClause>,
    /// `ALGORITHM=`
    pub algorithm: Option<Algorithm>,
    /// `LOCK=`; never with INSTANT (error 1221).
    pub lock: Option<Lock>,
}

/// One clause of an `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlterClause {
    /// `ADD COLUMN`
    AddColumn {
        /// The column.
        column: Box<Column>,
        /// Where; `None`: last.
        position: Option<Position>,
    },
    /// `DROP COLUMN`
    DropColumn(ColumnName),
    /// `MODIFY COLUMN`: repeats the whole definition.
    ModifyColumn {
        /// The whole definition.
        column: Box<Column>,
        /// Where; `None`: stays.
        position: Option<Position>,
    },
    /// `CHANGE COLUMN from …`: rename and change at once.
    ChangeColumn {
        /// The live name.
        from: ColumnName,
        /// The whole definition.
        column: Box<Column>,
        /// Where; `None`: stays.
        position: Option<Position>,
    },
    /// `RENAME COLUMN from TO to`
    RenameColumn {
        /// The live name.
        from: ColumnName,
        /// The desired name.
        to: ColumnName,
    },
    /// `ALTER COLUMN c SET DEFAULT` / `DROP DEFAULT` (`None`)
    AlterColumnDefault {
        /// The column.
        column: ColumnName,
        /// The default; `None` drops it.
        default: Option<ColumnDefault>,
    },
    /// `ALTER COLUMN c SET VISIBLE|INVISIBLE`
    AlterColumnVisibility {
        /// The column.
        column: ColumnName,
        /// Visible or not.
        visible: bool,
    },
    /// `ADD PRIMARY KEY`
    AddPrimaryKey(PrimaryKey),
    /// `DROP PRIMARY KEY`
    DropPrimaryKey,
    /// `ADD [UNIQUE|FULLTEXT|SPATIAL] KEY`
    AddIndex(Box<Index>),
    /// `DROP KEY`
    DropIndex(IndexName),
    /// `RENAME KEY from TO to`
    RenameIndex {
        /// The live name.
        from: IndexName,
        /// The desired name.
        to: IndexName,
    },
    /// `ALTER INDEX i VISIBLE|INVISIBLE`
    AlterIndexVisibility {
        /// The index.
        index: IndexName,
        /// Visible or not.
        visible: bool,
    },
    /// `ADD CONSTRAINT … FOREIGN KEY`
    AddForeignKey(ForeignKey),
    /// `DROP FOREIGN KEY`
    DropForeignKey(ConstraintName),
    /// `ADD CONSTRAINT … CHECK`
    AddCheck(Check),
    /// `DROP CHECK`
    DropCheck(ConstraintName),
    /// `ALTER CHECK c [NOT] ENFORCED`
    AlterCheck {
        /// The constraint.
        name: ConstraintName,
        /// Enforced or not.
        enforced: bool,
    },
    /// Table options, only those that are `Some`; removal is said with MySQL's own removing values
    /// (`KEY_BLOCK_SIZE=0`, `COMPRESSION=''`, `ROW_FORMAT=DEFAULT`, `COMMENT=''`, `STATS_PERSISTENT=DEFAULT` …), listed in `reset`.
    Options {
        /// What is set.
        set: Box<TableOptions>,
        /// Names of options (as in SHOW CREATE TABLE, e.g. `ROW_FORMAT`) to be set to their removing value.
        reset: Vec<String>,
    },
    /// `CONVERT TO CHARACTER SET … COLLATE …`
    ConvertTo {
        /// Character set.
        character_set: String,
        /// Collation.
        collation: String,
    },
    /// `PARTITION BY …`; last, without a comma before it.
    PartitionBy(Box<Partitioning>),
    /// `REMOVE PARTITIONING`; last, without a comma before it.
    RemovePartitioning,
    /// `ADD PARTITION (…)`; stands alone.
    AddPartitions(Vec<Partition>),
    /// `ADD PARTITION PARTITIONS n` (HASH, KEY); stands alone.
    AddPartitionCount(u32),
    /// `DROP PARTITION a, b`; stands alone.
    DropPartitions(Vec<PartitionName>),
    /// `REORGANIZE PARTITION a, b INTO (…)`; stands alone.
    ReorganizePartitions {
        /// Live partitions that are replaced.
        from: Vec<PartitionName>,
        /// What replaces them.
        into: Vec<Partition>,
    },
    /// `COALESCE PARTITION n`; stands alone.
    CoalescePartitions(u32),
    /// `FORCE`: rebuild.
    Force,
    /// `ORDER BY a, b`: the order in which a copy reads and numbers the rows; last in the list.
    OrderBy(Vec<ColumnName>),
}

/// `FIRST` or `AFTER column`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// `FIRST`
    First,
    /// `AFTER column`
    After(ColumnName),
}

/// `ALGORITHM=`, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Metadata only.
    Instant,
    /// In place; may rebuild.
    Inplace,
    /// Copies the table; writes wait.
    Copy,
}

/// `LOCK=`, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// Reads and writes go on.
    None,
    /// Reads go on.
    Shared,
    /// Nothing goes on.
    Exclusive,
}
