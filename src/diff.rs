//! From (live, desired) to typed changes: says what differs, no opinion about it, no order of execution.
//!
//! Both sides are canonical ([`crate::normalize`], or read back from the server). Names that a manifest did not give
//! (unnamed indexes, foreign keys and checks, the index that a foreign key implies) are matched by content, so that
//! names which MySQL made up never cause a change.

mod change;

pub use change::*;

use std::collections::BTreeMap;

use crate::model::{DesiredTable, ForeignKeyEdge, ServerFacts, Table, TableName};

/// What is live in one schema, as far as the plan may look: the named tables, and every foreign key from or to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSchema {
    /// The named tables that exist (under their live names, `renamed_from` candidates included).
    pub tables: BTreeMap<TableName, LiveTable>,
    /// Foreign keys of the schema whose child or parent is one of them; children outside the group included.
    pub foreign_keys: Vec<ForeignKeyEdge>,
}

/// One live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTable {
    /// Its canonical definition ([`crate::normalize::live`]).
    pub table: Table,
}

/// One manifest with the canonical form of its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// As declared.
    pub declared: DesiredTable,
    /// Canonical: from [`crate::normalize::desired`], or better from the server. Without meaning for `Ensure::Absent`.
    pub canonical: Table,
}

/// Compares the live schema with all manifests of one change group.
pub fn tables(live: &LiveSchema, desired: &[Desired], server: &ServerFacts) -> ChangeSet {
    let _ = (live, desired, server);
    todo!()
}
