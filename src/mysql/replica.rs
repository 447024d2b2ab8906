//! What a replica is doing, and waiting for a GTID on it. Never writes.

use std::time::Duration;

use super::{Blocker, GtidSet, MysqlError, Server};
use crate::model::{Gtid, ServerUuid};

/// Whether a replication thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// It runs.
    Running,
    /// It tries to connect.
    Connecting,
    /// It is stopped.
    Stopped,
}

/// What a replica is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaState {
    /// Its `@@server_uuid`.
    pub server_uuid: ServerUuid,
    /// Whether a source is configured at all; without one it is not a replica (and the rest says little).
    pub has_source: bool,
    /// The source's UUID, once it has been connected to.
    pub source_uuid: Option<ServerUuid>,
    /// The thread that receives.
    pub receiver: ThreadState,
    /// The thread that applies.
    pub applier: ThreadState,
    /// The receiver's last error: number and text, values masked.
    pub receiver_error: Option<(u16, String)>,
    /// The applier's last error (a worker's own where there is one): number and text, values masked.
    pub applier_error: Option<(u16, String)>,
    /// Seconds behind, as the replica estimates them.
    pub lag_seconds: Option<u64>,
    /// `SOURCE_DELAY`.
    pub delay_seconds: u64,
    /// What the applier waits for, if it waits for a lock.
    pub waits: Option<ApplierWait>,
    /// Replication filters.
    pub filters: Vec<Filter>,
    /// `@@gtid_executed`.
    pub executed: GtidSet,
    /// `@@read_only`.
    pub read_only: bool,
}

/// What the applier waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplierWait {
    /// The thread's state, e.g. `Waiting for table metadata lock`, `Waiting for backup lock`.
    pub state: String,
    /// For how many seconds.
    pub seconds: u64,
    /// Who holds the lock, where performance_schema tells.
    pub blockers: Vec<Blocker>,
}

/// A replication filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Its name, e.g. `REPLICATE_DO_DB`.
    pub name: String,
    /// Its rule.
    pub rule: String,
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// It has been executed.
    Reached,
    /// Not yet.
    TimedOut,
}

/// Looks at a replica.
pub async fn observe(_server: &Server) -> Result<ReplicaState, MysqlError> {
    todo!()
}

/// Waits until the replica has executed this GTID, in short slices, so that dropping the future leaves nothing behind.
pub async fn wait_for_gtid(_server: &Server, _gtid: &Gtid, _timeout: Duration) -> Result<WaitOutcome, MysqlError> {
    todo!()
}
