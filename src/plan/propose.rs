//! From a draft and the chosen algorithms to the proposal.

use std::collections::BTreeMap;

use crate::diff::{ChangeSet, LiveSchema};
use crate::model::TableName;

use super::draft::{Candidate, Draft};
use super::proposal::{ApprovalWay, Baseline, DatabaseReference, Finding, Proof, Proposal};

/// What was chosen for one statement of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Algorithm and lock.
    pub candidate: Candidate,
    /// Whether the rehearsal saw the table written anew; `None`: not known, the static expectation counts.
    pub rebuilds: Option<bool>,
}

/// A table's size, as the server estimates it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSize {
    /// Rows.
    pub rows: u64,
    /// Bytes of data and indexes.
    pub bytes: u64,
}

/// All that goes into a proposal.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The Database (on the command line: the schema's name).
    pub database: DatabaseReference,
    /// Tables that the plan brings to their desired state, by their desired names.
    pub tables: Vec<TableName>,
    /// What differs.
    pub changes: &'a ChangeSet,
    /// What is live.
    pub live: &'a LiveSchema,
    /// The statements.
    pub draft: &'a Draft,
    /// One per statement; empty: what the draft expects.
    pub chosen: &'a [Chosen],
    /// Sizes of live tables, by live name; a table without an entry counts as empty.
    pub sizes: &'a BTreeMap<TableName, TableSize>,
    /// What the plan is computed for.
    pub baseline: Baseline,
    /// Ways in which it may be approved.
    pub approval_via: Vec<ApprovalWay>,
    /// How it was proved.
    pub proof: Proof,
    /// Findings from elsewhere (data checks, missing privileges).
    pub findings: Vec<Finding>,
}

/// Why no proposal could be made: each is a defect of ours, and nothing runs.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The number of choices is not the number of statements.
    #[error("{chosen} algorithms were chosen for {statements} statements; this is a defect, please report it")]
    ChoiceCount {
        /// Given.
        chosen: usize,
        /// Needed.
        statements: usize,
    },
    /// A rendered statement does not parse back as the same one (invariant 4).
    #[error(
        "table `{table}`: the statement `{sql}` does not parse back as what was meant; this is a defect, please report it"
    )]
    NotParsedBack {
        /// The table.
        table: String,
        /// The rendered text.
        sql: String,
        /// What the parser says, if it could not parse it at all.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// Renders, checks and rates every statement. Deterministic: the same input gives the same bytes.
pub fn propose(request: &Request<'_>) -> Result<Proposal, ProposeError> {
    let _ = request;
    todo!()
}
