//! What can be said of a replica, and the pure decision which of it to say.

mod filters;
mod judge;

use std::fmt;
use std::time::Duration;

use super::journal::describe_blocker;
use crate::mysql::Blocker;

pub(super) use filters::Subject;
pub(super) use judge::{judge_absence, judge_error, judge_filters, judge_health, judge_standing};

/// How much of a set of GTIDs is shown, in characters.
const SHOWN_GTIDS: usize = 300;

/// What a replica is, with regard to some changes. Closed: conditions, exit codes and metrics decide on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has executed all, and its definitions are the primary's.
    Arrived,
    /// Its applier works (or sleeps on purpose) and has not got there.
    Lagging {
        /// Seconds behind the primary, where the replica says so.
        behind: Option<Duration>,
        /// `SOURCE_DELAY`, if one is set.
        delay: Option<Duration>,
    },
    /// Its applier waits for a lock that a session on the replica holds.
    ApplierBlocked {
        /// What it waits for, in the server's words.
        state: String,
        /// Who holds it, as far as the account may see.
        by: Vec<Blocker>,
    },
    /// Its applier or receiver has stopped.
    ApplierStopped {
        /// The error that stopped it; 0 when somebody stopped it.
        number: u32,
        /// The server's words.
        message: String,
    },
    /// It has executed all, but these tables differ from the primary's.
    Diverged {
        /// Which, each with what differs.
        tables: Vec<String>,
    },
    /// It cannot be asked.
    Unobservable {
        /// Why.
        why: String,
    },
    /// A replication filter, its own or the primary's, keeps the schema or some of its tables out.
    Filtered {
        /// Which filter.
        filter: String,
        /// The tables that it keeps out; empty: the whole schema.
        tables: Vec<String>,
    },
    /// Its definitions are the primary's, and it has transactions that the primary lacks.
    Errant {
        /// Which.
        gtids: String,
    },
}

/// [`Verdict`] without its details: reasons, labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerdictReason {
    /// See [`Verdict::Arrived`].
    Arrived,
    /// See [`Verdict::Lagging`].
    Lagging,
    /// See [`Verdict::ApplierBlocked`].
    ApplierBlocked,
    /// See [`Verdict::ApplierStopped`].
    ApplierStopped,
    /// See [`Verdict::Diverged`].
    Diverged,
    /// See [`Verdict::Unobservable`].
    Unobservable,
    /// See [`Verdict::Filtered`].
    Filtered,
    /// See [`Verdict::Errant`].
    Errant,
}

impl VerdictReason {
    /// The reason in CamelCase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrived => "Arrived",
            Self::Lagging => "Lagging",
            Self::ApplierBlocked => "ApplierBlocked",
            Self::ApplierStopped => "ApplierStopped",
            Self::Diverged => "Diverged",
            Self::Unobservable => "Unobservable",
            Self::Filtered => "Filtered",
            Self::Errant => "Errant",
        }
    }
}

impl Verdict {
    /// Which, without details.
    pub fn reason(&self) -> VerdictReason {
        match self {
            Self::Arrived => VerdictReason::Arrived,
            Self::Lagging { .. } => VerdictReason::Lagging,
            Self::ApplierBlocked { .. } => VerdictReason::ApplierBlocked,
            Self::ApplierStopped { .. } => VerdictReason::ApplierStopped,
            Self::Diverged { .. } => VerdictReason::Diverged,
            Self::Unobservable { .. } => VerdictReason::Unobservable,
            Self::Filtered { .. } => VerdictReason::Filtered,
            Self::Errant { .. } => VerdictReason::Errant,
        }
    }

    /// Whether everything is there and equal, and nothing is wrong with the replica.
    pub fn arrived(&self) -> bool {
        self.reason() == VerdictReason::Arrived
    }

    /// Whether the changes are there and go on coming, whatever else is wrong: of a replica with transactions of its own,
    /// too ([decision 25](https://github.com/tablewright/tablewright/blob/main/docs/decisions/0025-errant-transactions.md)).
    pub fn holds(&self) -> bool {
        match self.reason() {
            VerdictReason::Arrived | VerdictReason::Errant => true,
            VerdictReason::Lagging
            | VerdictReason::ApplierBlocked
            | VerdictReason::ApplierStopped
            | VerdictReason::Diverged
            | VerdictReason::Unobservable
            | VerdictReason::Filtered => false,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrived => formatter.write_str("arrived and equal to the primary"),
            Self::Lagging { behind, delay } => {
                formatter.write_str("lagging")?;
                if let Some(behind) = behind {
                    write!(formatter, ", {} s behind the primary", behind.as_secs())?;
                }
                if let Some(delay) = delay {
                    write!(formatter, ", delayed on purpose by {} s", delay.as_secs())?;
                }
                Ok(())
            }
            Self::ApplierBlocked { state, by } => {
                write!(formatter, "its applier is blocked ({state})")?;
                for (index, blocker) in by.iter().enumerate() {
                    formatter.write_str(if index == 0 { " by " } else { "; " })?;
                    formatter.write_str(&describe_blocker(blocker))?;
                }
                Ok(())
            }
            Self::ApplierStopped { number: 0, message } => write!(formatter, "replication is stopped: {message}"),
            Self::ApplierStopped { number, message } => {
                write!(formatter, "its applier stopped with error {number}: {message}")
            }
            Self::Diverged { tables } => write!(formatter, "its definitions differ: {}", tables.join("; ")),
            Self::Unobservable { why } => write!(formatter, "it cannot be observed: {why}"),
            Self::Filtered { filter, tables } if tables.is_empty() => {
                write!(formatter, "a replication filter keeps the schema out: {filter}")
            }
            Self::Filtered { filter, tables } => {
                write!(formatter, "a replication filter keeps tables out ({}): {filter}", tables.join(", "))
            }
            Self::Errant { gtids } => {
                let shown: String = gtids.chars().take(SHOWN_GTIDS).collect();
                let more = if shown.len() < gtids.len() { " and more" } else { "" };
                write!(
                    formatter,
                    "its definitions are the primary's, but it has executed transactions that the primary lacks: {shown}{more}"
                )
            }
        }
    }
}
