//! Observe, decide, run, verify: what the command line and the controller share.
//!
//! ```text
//! Connections::open -> observe -> plan -> Planned::approve -> run (with a Journal) -> verify
//!                                   ^                          |
//!                                   +------ resume <-----------+   after a controller or a server was killed
//! ```
//!
//! It decides and orchestrates; it does not parse, compare, render, or speak the protocol. What it holds:
//!
//! * [`run`] takes an [`Approved`] and nothing else, and an [`Approved`] comes from [`Planned::approve`] only: SQL that was
//!   stored somewhere is compared with, never executed.
//! * A plan runs only on the server and the definitions it was computed for; both are looked at again under the slot locks.
//! * Every statement is journalled, with its GTID, before it is sent.
//! * A lost connection is decided by the server: by GTID where possible, else by process list and definitions.
//! * The replica is only read.

mod activity;
mod connections;
mod error;
mod journal;
mod look;
mod moments;
mod observe;
mod plan;
mod planned;
mod probe;
mod resume;
mod role;
mod rows_compared;
mod run;
mod span;
mod split;
mod target;
mod verdict;
mod verify;

#[cfg(test)]
mod tests;

pub use activity::{Activity, LongestStatement, ServerActivity, SessionActivity, SessionKind, Unseen, activity};
pub use connections::Connections;
pub use error::{ApplyError, ApprovalError, Category, Disposition, RunError, RunFailure, key_is_away};
pub use journal::{
    FailedHow, Journal, JournalEntry, JournalError, Progress, Silent, StatementOutcome, StatementReport,
    describe_blocker,
};
pub use look::RowBounds;
pub use moments::in_the_servers_zone;
pub use observe::{Observed, Survey, observe, survey};
pub use plan::plan;
pub use planned::{Approval, Approved, PlanOptions, Planned, Remainder};
pub use probe::{Probe, history, probe};
pub use resume::{Resumed, StatementState, resume};
pub use role::{Fence, Role, RoleSetting};
pub use rows_compared::{
    ChunkRows, RowLimits, RowsProgress, RowsReason, RowsReport, RowsVerdict, compare_rows, rewritten_tables,
};
pub use run::{Report, RunOptions, run};
pub use target::{ReplicaTarget, Target};
pub use verdict::{Verdict, VerdictReason};
pub use verify::{ReplicaReport, verify};

pub use crate::mysql::{Blocker, Capabilities, Endpoint};
