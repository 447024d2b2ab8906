//! Manifests in: files, directories and standard input to desired tables.
//!
//! Every table that can be read is returned, and every problem found on the way, each with where it stands, what it is and
//! what to do. Whoever gets a problem must touch nothing.
//!
//! `version` is the server's (or the one that is meant): executable comments and inline REFERENCES in SQL depend on it.

mod reader;
mod scalar;
mod suggest;
mod tree;

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use crate::model::{DesiredTable, Origin, Version};

use super::Table;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// The tables, in the order in which they were found (paths sorted within a directory).
    pub tables: Vec<DesiredTable>,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Problem>,
}

/// Something wrong in a manifest: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: file, line and column, or the object. `None` where it belongs to no place (no path given).
    pub origin: Option<Origin>,
    /// Where within the manifest, e.g. `spec.columns[3].type`; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do; empty where it is plain.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(formatter, "{origin}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(formatter, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// Reads files and directories (recursively); `-` is `stdin`.
pub fn read(paths: &[PathBuf], stdin: &mut dyn Read, version: Version) -> Manifests {
    let _ = (paths, stdin, version);
    todo!()
}

/// Reads YAML text (also JSON) with any number of documents; `path` is for messages.
pub fn read_yaml(path: &str, text: &str, version: Version) -> Manifests {
    let _ = (path, text, version);
    todo!()
}

/// Reads a script of CREATE TABLE statements; `path` is for messages.
pub fn read_sql(path: &str, text: &str, version: Version) -> Manifests {
    let _ = (path, text, version);
    todo!()
}

/// What a Table object declares.
///
/// # Errors
/// Everything that is wrong with it, in the order of its fields.
pub fn desired_table(table: &Table, version: Version) -> Result<DesiredTable, Vec<Problem>> {
    let _ = (table, version);
    todo!()
}
