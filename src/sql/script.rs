//! `.sql` files: which tables they declare.

use super::{Located, SqlError};
use crate::model::{AlterTable, Index, SchemaName, Table, TableName, Version};

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptStatement {
    /// `CREATE TABLE`.
    CreateTable {
        /// The schema that qualifies the name.
        schema: Option<SchemaName>,
        /// The table.
        table: Box<Table>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX … ON table`.
    CreateIndex {
        /// The schema that qualifies the table.
        schema: Option<SchemaName>,
        /// The table.
        table: TableName,
        /// The index.
        index: Box<Index>,
    },
    /// `ALTER TABLE`.
    AlterTable {
        /// The schema that qualifies the table.
        schema: Option<SchemaName>,
        /// The change.
        alter: Box<AlterTable>,
    },
    /// Not about the definition of a table.
    Skipped {
        /// Its first words, for a note.
        what: String,
        /// Why.
        reason: SkipReason,
    },
}

/// Why a statement of a script says nothing about tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Session housekeeping of dumps: `SET`, `USE`, `LOCK TABLES`, `DROP TABLE IF EXISTS`, executable comments.
    Housekeeping,
    /// Rows: `INSERT`, `UPDATE`, `SELECT` …
    Data,
    /// Objects that this project does not manage: views, triggers, routines, accounts, schemas.
    OtherObject,
}

/// Parses a script. All statements that are wrong are reported, each with its place.
pub fn parse_script(text: &str, version: Version) -> Result<Vec<Located<ScriptStatement>>, Vec<SqlError>> {
    let _ = (text, version);
    todo!()
}

/// The tables that a script declares: `CREATE INDEX` and `ALTER TABLE … ADD` are folded into the table they belong to.
pub fn fold_script(statements: Vec<Located<ScriptStatement>>) -> Result<Vec<Located<Table>>, Vec<SqlError>> {
    let _ = statements;
    todo!()
}
