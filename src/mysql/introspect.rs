//! Reads definitions and sizes. Definitions are `SHOW CREATE TABLE` texts: nothing else is complete.

use super::{MysqlError, Server};
use crate::model::{ConstraintName, SchemaDefaults, SchemaName, TableName};

/// What a name in the schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableKind {
    /// A base table.
    BaseTable,
    /// A view.
    View,
    /// Something else (a system view, a sequence of MariaDB).
    Other,
}

/// One line of the drift probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTable {
    /// Its name.
    pub name: TableName,
    /// What it is.
    pub kind: TableKind,
    /// `CREATE_TIME`: moves with most DDL; a hint, to be compared for equality only.
    pub created: Option<String>,
}

/// What the server estimates of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table.
    pub name: TableName,
    /// Rows.
    pub rows: u64,
    /// Bytes of data.
    pub data_bytes: u64,
    /// Bytes of indexes.
    pub index_bytes: u64,
}

/// A foreign key, as locks follow it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignKeyEdge {
    /// The child's schema.
    pub schema: SchemaName,
    /// The child.
    pub child: TableName,
    /// The parent's schema.
    pub parent_schema: SchemaName,
    /// The parent.
    pub parent: TableName,
    /// The constraint.
    pub name: ConstraintName,
}

/// How many INSTANT row versions a table has (of 255), and how many columns InnoDB counts, hidden ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowVersions {
    /// The table.
    pub name: TableName,
    /// `TOTAL_ROW_VERSIONS`.
    pub versions: u32,
    /// `N_COLS`.
    pub columns: u32,
}

/// The schema's defaults; `None` when it does not exist.
pub async fn schema_defaults(_server: &Server) -> Result<Option<SchemaDefaults>, MysqlError> {
    todo!()
}

/// All tables and views with their CREATE_TIME, sorted by name: one cheap query.
pub async fn list_tables(_server: &Server) -> Result<Vec<LiveTable>, MysqlError> {
    todo!()
}

/// One table's `SHOW CREATE TABLE`; `None` when it does not exist.
pub async fn show_create_table(_server: &Server, _name: &TableName) -> Result<Option<String>, MysqlError> {
    todo!()
}

/// Many tables' `SHOW CREATE TABLE`, in the order of `names`; `None` for one that does not exist (any more).
/// Fast: pipelined over two sessions. Views yield their `CREATE … VIEW` text: ask for base tables only.
pub async fn show_create_tables(
    _server: &Server,
    _names: &[TableName],
) -> Result<Vec<(TableName, Option<String>)>, MysqlError> {
    todo!()
}

/// Sizes of these tables; one that does not exist is left out.
pub async fn sizes(_server: &Server, _names: &[TableName]) -> Result<Vec<TableSize>, MysqlError> {
    todo!()
}

/// All foreign keys whose child or parent is in the schema, sorted.
pub async fn foreign_key_edges(_server: &Server) -> Result<Vec<ForeignKeyEdge>, MysqlError> {
    todo!()
}

/// The actual ROW_FORMAT, upper case, of these tables (SHOW CREATE TABLE hides the default's meaning).
pub async fn row_formats(_server: &Server, _names: &[TableName]) -> Result<Vec<(TableName, String)>, MysqlError> {
    todo!()
}

/// Row versions of these tables; needs PROCESS (else an error of kind Denied).
pub async fn row_versions(_server: &Server, _names: &[TableName]) -> Result<Vec<RowVersions>, MysqlError> {
    todo!()
}
