//! The server's canonical form of a table, computed without asking a server.
//!
//! It is the fast path: two tables that come out equal here are equal on the server; where they differ, the server is
//! asked (a temporary or scratch table is created and read back). So every rule here may leave something as written,
//! but must never turn two tables that the server tells apart into the same one.
//!
//! One quirk per file, each with its why.

mod attributes;
mod character_sets;
mod characters;
mod checked;
mod constraints;
mod decimal;
mod defaults;
mod features;
mod foreign_keys;
mod generated_key;
mod indexes;
mod json;
mod keys;
mod nullability;
mod options;
mod partitions;
mod temporal;
mod types;
mod written;

pub use characters::{has_default_collation, without_inherited};
pub use defaults::moment;
pub use generated_key::with_generated_key;
pub use written::{in_words_of, unsaid_actions};

use crate::model::{SchemaDefaults, ServerFacts, Table};

/// Why a table has no canonical form: the server would refuse it too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NormalizeError {
    /// A character set that MySQL does not have.
    #[error("{path}: there is no character set `{character_set}`; use one that SHOW CHARACTER SET lists")]
    UnknownCharacterSet {
        /// Table or table.column.
        path: String,
        /// As written.
        character_set: String,
    },
    /// A collation that MySQL does not have.
    #[error("{path}: there is no collation `{collation}`; use one that SHOW COLLATION lists")]
    UnknownCollation {
        /// Table or table.column.
        path: String,
        /// As written.
        collation: String,
    },
    /// A collation of another character set.
    #[error("{path}: collation `{collation}` does not belong to character set `{character_set}`; name one that does")]
    CollationMismatch {
        /// Table or table.column.
        path: String,
        /// As written.
        collation: String,
        /// As written.
        character_set: String,
    },
    /// Something names a column that the table does not have.
    #[error("{path}: the table has no column `{column}`; add it or correct the name")]
    UnknownColumn {
        /// Table and index or constraint.
        path: String,
        /// The missing column.
        column: String,
    },
    /// Two things of one table have the same name.
    #[error("{path}: the name `{name}` is used twice; rename one of them")]
    DuplicateName {
        /// Table.
        path: String,
        /// The name.
        name: String,
    },
    /// Anything else that MySQL refuses.
    #[error("{path}: {problem}")]
    Invalid {
        /// Table or table.column.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// The canonical form of a table as written.
pub fn desired(written: &Table, server: &ServerFacts, schema: &SchemaDefaults) -> Result<Table, NormalizeError> {
    let dialect = server.dialect();
    let mut table = written.clone();
    checked::names(&table)?;
    features::check(&table, dialect)?;
    options::desired(&mut table, server, schema)?;
    json::columns(&mut table, dialect);
    attributes::spaced(&mut table, dialect);
    characters::columns(&mut table, server)?;
    types::columns(&mut table, dialect);
    nullability::columns(&mut table, dialect)?;
    defaults::columns(&mut table, dialect)?;
    keys::prefixes(&mut table, dialect);
    foreign_keys::references(&mut table);
    indexes::names_and_implied(&mut table);
    indexes::sort(&mut table);
    constraints::names(&mut table, dialect);
    partitions::desired(&mut table);
    checked::columns_exist(&table)?;
    checked::unique_names(&table)?;
    Ok(table)
}

/// The canonical form of a table as `SHOW CREATE TABLE` printed it and `sql` parsed it: effective character sets and
/// collations are filled in. Never fails: what the server printed, it has.
pub fn live(parsed: &Table, server: &ServerFacts, schema: &SchemaDefaults) -> Table {
    let mut table = parsed.clone();
    // A character set that this build does not know stays as printed; it still equals itself.
    let _ = options::desired(&mut table, server, schema);
    characters::live(&mut table, server);
    types::columns(&mut table, server.dialect());
    nullability::live(&mut table);
    foreign_keys::references(&mut table);
    partitions::desired(&mut table);
    table
}
