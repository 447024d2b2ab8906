//! Findings on a change set: what a reviewer should know, one rule per file, each with a page in `docs/rules`.

mod loss;

pub(crate) use loss::loses_values;

use crate::diff::{ChangeSet, LiveSchema};
use crate::model::TableName;

/// Something that a reviewer should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, e.g. `TW001`.
    pub code: &'static str,
    /// How grave.
    pub level: Level,
    /// Where: `table`, or `table.column`.
    pub path: String,
    /// What.
    pub problem: String,
    /// Why it matters.
    pub why: String,
    /// What to do instead.
    pub instead: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For information.
    Note,
    /// Think again.
    Warning,
    /// Will fail or lose data.
    Error,
}

/// What one statement will cost, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementCost {
    /// The table.
    pub table: TableName,
    /// How the table is changed.
    pub work: Work,
    /// Whether writes wait meanwhile.
    pub blocks_writes: bool,
    /// Predicted stall of the replica.
    pub replica_stall_seconds: u64,
    /// Rows, as the server estimates them.
    pub rows: u64,
}

/// How much of a table a statement touches, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The definition only.
    Metadata,
    /// Reads the table, e.g. to build an index.
    Index,
    /// Writes the table anew, in place.
    Rebuild,
    /// Writes the table anew, row by row through the server.
    Copy,
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// What differs.
    pub changes: &'a ChangeSet,
    /// What is live.
    pub live: &'a LiveSchema,
    /// What the statements cost, in order.
    pub costs: &'a [StatementCost],
}

/// All findings, sorted by path, then code.
pub fn findings(review: Review<'_>) -> Vec<Finding> {
    let _ = review;
    Vec::new()
}
