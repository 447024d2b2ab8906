//! Manifests out: a table as a minimal, readable Table object. Planning an exported table is empty.

use thiserror::Error;

use super::Table;
use crate::model;

/// Why a table cannot be written as a structured manifest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// Something in it has no field in a manifest.
    #[error("table `{table}`: {what} has no field in a Table manifest; export it with `--format sql`")]
    NotRepresentable {
        /// The table.
        table: String,
        /// What.
        what: String,
    },
}

/// The Table object that declares this table in this Database.
///
/// # Errors
/// When something in the table has no field in a manifest.
pub fn to_manifest(table: &model::Table, database: &str) -> Result<Table, ExportError> {
    let _ = (table, database);
    todo!()
}

/// The Table object as YAML, fields in the order of the reference.
pub fn to_yaml(table: &Table) -> String {
    let _ = table;
    todo!()
}
