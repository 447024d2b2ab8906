//! What a manifest asks for: a table as written, and how to get there.

use std::fmt;

use super::{ColumnName, Table, TableName};

/// One table that a manifest declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredTable {
    /// The table as written; with [`Ensure::Absent`] only its name means anything.
    pub table: Table,
    /// Whether it is to exist.
    pub ensure: Ensure,
    /// Names under which it may exist now; the first that is live is renamed.
    pub renamed_from: Vec<TableName>,
    /// Per column (by its desired name) the names under which it may exist now.
    pub column_renames: Vec<(ColumnName, Vec<ColumnName>)>,
    /// Whether partition lists are compared.
    pub partitions: PartitionManagement,
    /// Whether an AUTO_INCREMENT counter that is given counts for a table that exists. In SQL it is the start value of a new
    /// table: every dump holds one.
    pub manages_counter: bool,
    /// The time zone in which its moments are written (the one that a script sets); `None`: the server's own.
    pub time_zone: Option<String>,
    /// Where it was declared, for messages.
    pub origin: Origin,
}

impl DesiredTable {
    /// A table that is to exist as written, without renames.
    pub fn present(table: Table, origin: Origin) -> Self {
        Self {
            table,
            ensure: Ensure::Present,
            renamed_from: Vec::new(),
            column_renames: Vec::new(),
            partitions: PartitionManagement::All,
            manages_counter: false,
            time_zone: None,
            origin,
        }
    }
}

/// Whether a table is to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ensure {
    /// It is to exist.
    Present,
    /// It is to be dropped: destructive.
    Absent,
}

/// What of the partitioning is managed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionManagement {
    /// Scheme and list.
    All,
    /// The scheme only: the list rotates at run time.
    Scheme,
}

/// Where something was declared: `file:line:column`, or a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In a file (`-` for standard input); line and column from 1.
    File {
        /// Path as the user gave it.
        path: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
    },
    /// A Kubernetes object.
    Object {
        /// Kind.
        kind: String,
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// Nowhere: `--prune` declares absent what no manifest names.
    Prune,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(formatter, "{path}:{line}:{column}"),
            Self::Object { kind, namespace, name } => write!(formatter, "{kind} {namespace}/{name}"),
            Self::Prune => formatter.write_str("--prune"),
        }
    }
}
