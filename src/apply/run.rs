//! Runs an approved plan: under the slot locks, on the baseline it was computed for, one journalled statement after another.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Approved, Connections, Journal, JournalEntry, ReplicaReport, RunError, StatementReport};
use crate::model::Gtid;

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// How long a statement may wait for a metadata lock (and with it everybody behind it).
    pub lock_wait_timeout: Duration,
    /// How often a statement that could not begin is tried again.
    pub retries: u32,
    /// Over how many connections independent tables may run, 1 to 4.
    pub parallel: usize,
    /// Stops the run after the statements that are running.
    pub cancel: CancellationToken,
    /// What an earlier run wrote down and did not finish: the same GTIDs are used again, which makes repeating harmless.
    pub known: Vec<JournalEntry>,
    /// How long after the last statement the replicas are waited for within the run; zero: only until they were asked once.
    pub verify_within: Duration,
    /// How long a server that went away is waited for.
    pub reconnect_within: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            lock_wait_timeout: Duration::from_secs(5),
            retries: 10,
            parallel: 4,
            cancel: CancellationToken::new(),
            known: Vec::new(),
            verify_within: Duration::from_secs(60),
            reconnect_within: Duration::from_secs(300),
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How many statements the approved proposal has.
    pub total: usize,
    /// What was executed, by place in the proposal.
    pub statements: Vec<StatementReport>,
    /// The GTIDs of what was executed, where they are known: what a replica must have.
    pub gtids: Vec<Gtid>,
    /// Per replica what it was when the run ended; see [`super::verify`] for those that have not arrived.
    pub replicas: Vec<ReplicaReport>,
    /// Whether it was cancelled before the last statement.
    pub cancelled: bool,
}

impl Report {
    /// Whether every statement was executed.
    pub fn complete(&self) -> bool {
        !self.cancelled && self.statements.len() == self.total
    }
}

/// Runs an approved plan.
///
/// Guarantees: nothing is sent before the slot locks are held, the server is the baseline's and writable, the required
/// replicas are healthy and the live definitions are the baseline's; each statement is journalled before it is sent and
/// executed at most once, through lost connections and restarts of the server.
pub async fn run<J: Journal>(
    connections: &Connections,
    approved: Approved,
    journal: &mut J,
    options: &RunOptions,
) -> Result<Report, RunError> {
    let _ = (connections, approved, journal, options);
    todo!()
}
