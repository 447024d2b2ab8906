//! The changes themselves: closed enums, so that nobody downstream can forget one.

use crate::model::{
    Check, Column, ColumnName, ForeignKey, Index, IndexName, Partition, PartitionName, PartitionValue, Partitioning,
    Position, PrimaryKey, Table, TableName, TableOptions,
};

/// All that differs between live and desired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// What differs, sorted by table.
    pub changes: Vec<Change>,
    /// Tables for which there is no way from live to desired.
    pub refusals: Vec<Refusal>,
    /// Columns that are dropped although another one says that it was they.
    pub former: Vec<FormerName>,
    /// Foreign keys that stay, but stand aside for the time of the change. Whoever orders the changes fills it in.
    pub paused: Vec<PausedKey>,
}

/// A foreign key that is dropped and comes back as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedKey {
    /// Its table (desired name).
    pub table: TableName,
    /// The key.
    pub key: ForeignKey,
}

/// A column that is dropped and stands in another one's `renamedFrom`, which carries nothing over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerName {
    /// The table (desired name).
    pub table: TableName,
    /// The column that is dropped.
    pub dropped: ColumnName,
    /// The column that says it was the dropped one.
    pub claimed_by: ColumnName,
    /// What that one is made of; `None`: it exists already.
    pub from_elsewhere: Option<ColumnName>,
}

impl ChangeSet {
    /// Whether live and desired are the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.refusals.is_empty()
    }
}

/// A table that cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The table (desired name).
    pub table: TableName,
    /// Why.
    pub reason: RefusalReason,
    /// What and where, and what to do.
    pub message: String,
}

/// Why a comparison ends in a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The manifest contradicts itself.
    InvalidDefinition,
    /// A referenced table or column is missing.
    MissingReference,
    /// MySQL has no way from live to desired.
    NotConvertible,
    /// Two manifests name one table.
    Conflict,
}

/// One change of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The table does not exist.
    CreateTable {
        /// What to create: as written, with engine, character set and collation filled in.
        table: Box<Table>,
        /// Its canonical form.
        canonical: Box<Table>,
    },
    /// The table is declared absent.
    DropTable {
        /// What is lost.
        live: Box<Table>,
    },
    /// The table exists under another name. Every other change of this table uses the desired name.
    RenameTable {
        /// The live name.
        from: TableName,
        /// The desired name.
        to: TableName,
    },
    /// The definition differs.
    AlterTable(Box<TableDifference>),
}

/// What differs within one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDifference {
    /// Live, canonical, as it is after this change set's renames of tables.
    pub live: Table,
    /// Desired, canonical.
    pub desired: Table,
    /// What differs; never empty.
    pub changes: Vec<TableChange>,
}

/// One difference within a table. Columns are named as desired unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableChange {
    /// A column is missing.
    AddColumn {
        /// As it is to be written into a statement.
        written: Box<Column>,
        /// Its canonical form.
        column: Box<Column>,
        /// Where; `None`: last.
        position: Option<Position>,
    },
    /// A column is too many.
    DropColumn {
        /// What is lost.
        column: Box<Column>,
    },
    /// A column has another name now.
    RenameColumn {
        /// The live name.
        from: ColumnName,
        /// The desired name.
        to: ColumnName,
    },
    /// A column's definition differs, name and place apart.
    ModifyColumn {
        /// Live, already under its desired name.
        live: Box<Column>,
        /// Desired, canonical.
        desired: Box<Column>,
        /// As it is to be written into a statement.
        written: Box<Column>,
    },
    /// A column stands elsewhere.
    MoveColumn {
        /// As it is to be written into a statement.
        written: Box<Column>,
        /// Where it goes.
        position: Position,
    },
    /// A generated column must be dropped and added again, because MySQL cannot turn one kind into the other.
    ReplaceColumn {
        /// Live, already under its desired name.
        live: Box<Column>,
        /// Desired, canonical.
        desired: Box<Column>,
        /// As it is to be written into a statement.
        written: Box<Column>,
        /// Where; `None`: last.
        position: Option<Position>,
    },
    /// The primary key is missing.
    AddPrimaryKey(PrimaryKey),
    /// The primary key is too many.
    DropPrimaryKey(PrimaryKey),
    /// The primary key differs.
    ChangePrimaryKey {
        /// Live.
        live: PrimaryKey,
        /// Desired.
        desired: PrimaryKey,
    },
    /// An index is missing; its name is absent where MySQL is to make one up.
    AddIndex(Box<Index>),
    /// An index is too many.
    DropIndex(Box<Index>),
    /// An index has the same content under another name.
    RenameIndex {
        /// The live name.
        from: IndexName,
        /// The desired index.
        to: Box<Index>,
    },
    /// An index of the same name differs.
    ChangeIndex {
        /// Live.
        live: Box<Index>,
        /// Desired.
        desired: Box<Index>,
    },
    /// An index is to be hidden or shown.
    SetIndexVisibility {
        /// The index, under its desired name.
        index: IndexName,
        /// Visible or not.
        visible: bool,
    },
    /// A foreign key is missing; its name is absent where MySQL is to make one up.
    AddForeignKey(ForeignKey),
    /// A foreign key is too many.
    DropForeignKey(ForeignKey),
    /// A foreign key of the same name differs.
    ChangeForeignKey {
        /// Live.
        live: ForeignKey,
        /// Desired.
        desired: ForeignKey,
    },
    /// A check is missing; its name is absent where MySQL is to make one up.
    AddCheck(Check),
    /// A check is too many.
    DropCheck(Check),
    /// A check of the same name has another condition.
    ChangeCheck {
        /// Live.
        live: Check,
        /// Desired.
        desired: Check,
    },
    /// A check is to be enforced, or not.
    SetCheckEnforced {
        /// The check, as it is to be.
        check: Check,
    },
    /// Table options differ.
    Options(OptionsChange),
    /// Partitioning differs.
    Partitions(PartitionChange),
}

/// Options that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionsChange {
    /// Options that get a value.
    pub set: Box<TableOptions>,
    /// Options that get their removing value, named as in `SHOW CREATE TABLE`.
    pub reset: Vec<String>,
}

/// Partitioning that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionChange {
    /// The table is to be partitioned, or otherwise than it is: every row moves.
    PartitionBy {
        /// Live, if it is partitioned.
        live: Option<Box<Partitioning>>,
        /// Desired, as it is to be written.
        desired: Box<Partitioning>,
        /// Whether rows can have values for which there is no partition: one of them makes the statement fail (1526).
        without_place: bool,
    },
    /// The table is no longer to be partitioned.
    Remove {
        /// Live.
        live: Box<Partitioning>,
    },
    /// Partitions are missing at the end (RANGE) or anywhere (LIST).
    Add(Vec<Partition>),
    /// HASH or KEY partitions are missing.
    AddCount(u32),
    /// Partitions are too many: their rows are lost.
    Drop(Vec<PartitionName>),
    /// Partitions are cut otherwise; rows stay, but those with a value in `lost`.
    Reorganize {
        /// Live partitions that are replaced.
        from: Vec<PartitionName>,
        /// What replaces them.
        into: Vec<Partition>,
        /// Values of the live LIST partitions that no new one has: MySQL deletes their rows and gives no error.
        lost: Vec<Vec<PartitionValue>>,
    },
    /// HASH or KEY partitions are too many; rows stay.
    Coalesce(u32),
}
