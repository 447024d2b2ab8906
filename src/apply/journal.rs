//! The journal: what a run writes down before and after each statement, and tells while it waits.
//!
//! Guarantee: [`Journal::intend`] has returned before its statement is sent. Whoever is killed in between finds in the
//! journal everything that the server must be asked (see [`super::resume`]).

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::{ReplicaReport, Verdict};
use crate::model::Gtid;
use crate::mysql::Blocker;

/// Where a run is written down. The command line keeps it in memory, the controller in `Plan.status`.
pub trait Journal: Send {
    /// Writes down that `statement` (its place in the proposal) is about to be sent on `connection` under `gtid`.
    /// Must be durable when it returns; an error keeps the statement from being sent.
    fn intend(
        &mut self,
        statement: usize,
        gtid: Option<&Gtid>,
        connection: u64,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Writes down what became of `statement`. Need not be durable at once: the server knows.
    fn finished(
        &mut self,
        statement: usize,
        outcome: &StatementOutcome,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Tells of waiting and of replicas. Never awaited for long, never fails.
    fn progress(&mut self, progress: Progress) -> impl Future<Output = ()> + Send;
}

/// The journal could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct JournalError {
    /// What failed.
    pub what: String,
    /// Why.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A journal that keeps nothing, for tests and for callers that have the report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Journal for Silent {
    async fn intend(&mut self, _: usize, _: Option<&Gtid>, _: u64) -> Result<(), JournalError> {
        Ok(())
    }

    async fn finished(&mut self, _: usize, _: &StatementOutcome) -> Result<(), JournalError> {
        Ok(())
    }

    async fn progress(&mut self, _: Progress) {}
}

/// What an earlier run wrote down about one statement and did not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its place in the proposal.
    pub statement: usize,
    /// Its exact text (from the proposal): compared with what the server runs, never executed.
    pub sql: String,
    /// Its table.
    pub table: String,
    /// The GTID that was chosen, if one was.
    pub gtid: Option<Gtid>,
    /// The connection on which it was sent.
    pub connection: u64,
    /// When it was sent, by the clock of whoever sent it.
    pub started_at: Option<Timestamp>,
}

/// What became of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementOutcome {
    /// Executed, and its table is as expected.
    Done(StatementReport),
    /// Failed; nothing of it was done.
    Failed {
        /// On which side.
        how: FailedHow,
        /// What and why.
        message: String,
    },
    /// The connection was lost and nobody knows yet.
    Unknown {
        /// What went wrong.
        message: String,
    },
}

/// How a statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedHow {
    /// The server refused it or rolled it back.
    Refused,
    /// It could not have its lock within all attempts.
    LockTimeout,
    /// It was not sent: what stood in the way stood there before it.
    NotSent,
}

/// One statement that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementReport {
    /// Its place in the proposal.
    pub statement: usize,
    /// Its table.
    pub table: String,
    /// The GTID under which it committed, where it is known.
    pub gtid: Option<Gtid>,
    /// The connection that ran it.
    pub connection: u64,
    /// When it was sent (first).
    pub started_at: Timestamp,
    /// When it was known to be done.
    pub finished_at: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// Whether it was found running or committed rather than sent by this run.
    pub adopted: bool,
}

/// What a run tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A statement waits for a metadata lock.
    WaitingForLock {
        /// Its place in the proposal.
        statement: usize,
        /// Its table.
        table: String,
        /// Who holds the lock, as far as the account may see.
        blockers: Vec<Blocker>,
    },
    /// A statement will be tried again.
    Retrying {
        /// Its place in the proposal.
        statement: usize,
        /// Its table.
        table: String,
        /// The attempt that comes, from 2.
        attempt: u32,
        /// After how long.
        after: Duration,
        /// Why the last one failed.
        why: String,
    },
    /// The connection was lost; the server is asked what became of the statement.
    Reconnecting {
        /// Its place in the proposal.
        statement: usize,
        /// What went wrong.
        why: String,
    },
    /// The statement still runs on the server under another connection and is waited for.
    Adopted {
        /// Its place in the proposal.
        statement: usize,
        /// The connection that runs it.
        connection: u64,
    },
    /// A replica has executed a statement.
    ReplicaReached {
        /// The replica's name.
        replica: String,
        /// The statement's place in the proposal.
        statement: usize,
        /// When this was seen.
        at: Timestamp,
    },
    /// A replica has executed all and its definitions are the primary's (or the last word on why not).
    ReplicaReport(ReplicaReport),
    /// A replica is not there yet.
    ReplicaWaiting {
        /// The replica's name.
        replica: String,
        /// Why.
        verdict: Verdict,
    },
}

/// Names a blocker for people: who, for how long, doing what.
pub fn describe_blocker(blocker: &Blocker) -> String {
    let Blocker { table, connection_id, user, host, seconds, state, lock: _, granted } = blocker;
    let who = match connection_id {
        Some(connection) if host.is_empty() => format!("connection {connection} ({user})"),
        Some(connection) => format!("connection {connection} ({user}@{host})"),
        None => user.clone(),
    };
    let what = if *granted { "holds" } else { "waits for" };
    format!("{who}, which {what} a lock on {table} for {seconds} s ({state})")
}

/// Names all blockers; empty without any.
pub(super) fn describe_blockers(blockers: &[Blocker]) -> String {
    blockers.iter().map(describe_blocker).collect::<Vec<_>>().join("; ")
}
