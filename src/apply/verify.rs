//! Waits for statements on the replicas and compares definitions there with the primary's.

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Connections, Verdict};
use crate::model::{Gtid, TableName};

/// What one replica is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaReport {
    /// Its name.
    pub name: String,
    /// Its `@@server_uuid`, where it could be asked.
    pub server_uuid: Option<String>,
    /// Whether nothing starts while it is unhealthy.
    pub required: bool,
    /// What it is.
    pub verdict: Verdict,
    /// The verdict for people.
    pub message: String,
    /// When it was seen to have executed everything.
    pub reached_at: Option<Timestamp>,
    /// When its definitions were seen to be the primary's.
    pub matched_at: Option<Timestamp>,
}

/// Waits until every replica has executed `gtids` (all that the primary has, where none is given) and its definitions of
/// `tables` (all base tables, where none is given) are the primary's; at `deadline` says for each what it is.
pub async fn verify(
    connections: &Connections,
    tables: &[TableName],
    gtids: &[Gtid],
    deadline: Instant,
) -> Vec<ReplicaReport> {
    let _ = (connections, tables, gtids, deadline);
    todo!()
}
