//! Why something did not happen, and what is to be done: each error has a category (event reason, metric label) and a
//! disposition.

use std::time::Duration;

use super::journal::describe_blockers;
use super::{Report, Role, Verdict};
use crate::mysql::{Blocker, MysqlError, MysqlErrorKind};
use crate::plan::proposal::{Refusal, Risk};

/// What kind of trouble: closed, for event reasons, metric labels and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// A server could not be reached, or the connection broke.
    Unreachable,
    /// User or password are wrong.
    AccessDenied,
    /// TLS could not be agreed on.
    Tls,
    /// A privilege is missing.
    PrivilegeMissing,
    /// The schema does not exist.
    SchemaMissing,
    /// The primary is read-only or fenced.
    NotWritable,
    /// Another server answers behind the primary's name.
    WrongServer,
    /// A required replica is broken, lagging beyond its limit or unobservable.
    ReplicaUnhealthy,
    /// Another writer holds the schema.
    SchemaBusy,
    /// Live definitions moved since the plan was computed.
    BaselineMoved,
    /// A metadata lock could not be had; nothing was done.
    LockTimeout,
    /// The lock for a statement's last step could not be had, and its work was rolled back.
    LockTimeoutAfterWork,
    /// The server refused the algorithm or lock that the plan names.
    AlgorithmRefused,
    /// A statement failed.
    StatementFailed,
    /// What became of a statement could not be found out in time.
    Ambiguous,
    /// The table after a statement is not what was rehearsed.
    UnexpectedResult,
    /// The journal could not be written.
    Journal,
    /// This program is wrong.
    Bug,
}

/// What is to be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// Try again later; it may pass by itself.
    Retry,
    /// A person has to change something first.
    WaitForUser,
    /// A defect of this program: report it.
    Bug,
}

/// Why observing or planning failed as a whole (a single table's trouble is a refusal, not an error).
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The schema is missing and is not to be made.
    #[error("schema `{schema}` does not exist on {server}; create it, or allow its creation (createIfMissing)")]
    SchemaMissing {
        /// The schema.
        schema: String,
        /// The server.
        server: String,
    },
    /// What this program generated is not what it meant.
    #[error("internal error: {what}; please report it")]
    Bug {
        /// What was wrong.
        what: String,
    },
    /// A server said no, or nothing.
    #[error("{doing}")]
    Server {
        /// What was being done, and where.
        doing: String,
        /// What it said.
        #[source]
        source: MysqlError,
    },
}

/// Why a plan is not approved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApprovalError {
    /// Some tables are refused; nothing runs.
    #[error("{} table(s) are refused", .refusals.len())]
    Refused {
        /// Which, and why.
        refusals: Vec<Refusal>,
    },
    /// Another digest than the plan's.
    #[error(
        "the plan's digest is {actual}, not {given}: it was computed from other definitions or manifests; look at it again"
    )]
    DigestDiffers {
        /// What was approved.
        given: String,
        /// What the plan has.
        actual: String,
    },
    /// The policy lets less through.
    #[error("the plan's risk is {risk:?} and the policy lets through no more than {max_risk:?}; it waits for a person")]
    RiskTooHigh {
        /// The plan's.
        risk: Risk,
        /// The policy's.
        max_risk: Risk,
    },
    /// What is left to do is not what is left of the approved plan.
    #[error("what is left to do is no longer what is left of the approved plan: {difference}")]
    RemainderDiffers {
        /// Where they part.
        difference: String,
    },
}

/// Why a run stopped, with all that was done before.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.position())]
pub struct RunError {
    /// What was done.
    pub report: Report,
    /// The statement at which it stopped (its place in the proposal); `None` before the first.
    pub statement: Option<usize>,
    /// Why.
    #[source]
    pub cause: RunFailure,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunFailure {
    /// The primary may not be written to; nothing was done.
    #[error("the primary is {role}")]
    NotWritable {
        /// What it is.
        role: Role,
    },
    /// Another server answers; nothing was done.
    #[error("the plan was computed for server {expected}, and {actual} answers; nothing was done")]
    WrongServer {
        /// The baseline's server_uuid.
        expected: String,
        /// The server_uuid that answers.
        actual: String,
    },
    /// A required replica is not healthy.
    #[error("required replica {name} is not healthy: {verdict}; nothing starts until it is")]
    ReplicaUnhealthy {
        /// Its name.
        name: String,
        /// What it is.
        verdict: Box<Verdict>,
    },
    /// Something between us and the server, or its settings, makes DDL unsafe.
    #[error("{why}")]
    Unfit {
        /// What, and what to do.
        why: String,
    },
    /// Another writer holds the schema's slot locks.
    #[error("another session works on schema `{schema}` ({by}); wait for it")]
    SchemaBusy {
        /// The schema.
        schema: String,
        /// Who.
        by: String,
    },
    /// Live definitions are not the plan's baseline: it is superseded.
    #[error("the definition of {} changed since the plan was computed; plan again", .tables.join(", "))]
    BaselineMoved {
        /// Which tables.
        tables: Vec<String>,
    },
    /// The server's time zone is not the plan's: it is superseded.
    #[error("the server's time zone changed from {expected} to {actual} since the plan was computed; plan again")]
    TimeZoneMoved {
        /// When the plan was computed.
        expected: String,
        /// Now.
        actual: String,
    },
    /// A metadata lock could not be had within all retries; nothing of the statement was done.
    #[error("table {table} stayed locked through {attempts} attempts of {wait:?}{}", named(.blockers))]
    LockTimeout {
        /// The table.
        table: String,
        /// How often it was tried.
        attempts: u32,
        /// How long each attempt waited.
        wait: Duration,
        /// Who held it last.
        blockers: Vec<Blocker>,
    },
    /// The lock timeout came after the work had begun and was rolled back: a person decides.
    #[error("the statement on {table} was rolled back after {after:?} of work because the lock for its last step could not be had{}; look for old transactions, then run again", named(.blockers))]
    LockTimeoutAfterWork {
        /// The table.
        table: String,
        /// How long it had worked.
        after: Duration,
        /// Who held the lock.
        blockers: Vec<Blocker>,
    },
    /// The server refuses the algorithm or lock that the plan names: a new plan is needed.
    #[error("the server no longer accepts the plan's algorithm or lock for {table}: {message}; plan again")]
    AlgorithmRefused {
        /// The table.
        table: String,
        /// The server's words.
        message: String,
    },
    /// The server refused or rolled back a statement.
    #[error("the statement on {table} failed with error {number}: {message}; nothing of it was done")]
    StatementFailed {
        /// The table.
        table: String,
        /// MySQL's error number.
        number: u16,
        /// The server's words.
        message: String,
    },
    /// Rows were found that a statement would fail on: it was not begun.
    #[error("{finding}: {count} {counted} in the way in {table}; correct that, and run it again")]
    RowsInTheWay {
        /// The table.
        table: String,
        /// Which finding asked.
        finding: String,
        /// How many.
        count: u64,
        /// What was counted.
        counted: &'static str,
    },
    /// A statement would delete rows or leave them without a partition, and no person approved exactly this plan: it was not
    /// begun.
    #[error(
        "{finding}: {} in {table}, and no person has approved exactly this plan; nothing was run. If these rows may go, \
         run it with --approve {digest}; in a cluster, have the Database ask for a person (spec.approval.from) and approve \
         the Plan",
        deleted(*count)
    )]
    RowsDeleted {
        /// The table.
        table: String,
        /// Which finding asked.
        finding: String,
        /// How many rows; `None`: they could not be counted.
        count: Option<u64>,
        /// The plan's digest.
        digest: String,
    },
    /// The connection was lost and what became of the statement could not be found out in time.
    #[error(
        "the connection was lost while the statement on {table} ran and the server has not said what became of it; it will be looked up again"
    )]
    Ambiguous {
        /// The table.
        table: String,
        /// What went wrong last.
        #[source]
        source: MysqlError,
    },
    /// After a statement the table is not what was expected.
    #[error("after its statement table {table} is not what was planned: {difference}")]
    UnexpectedResult {
        /// The table.
        table: String,
        /// What differs.
        difference: String,
    },
    /// The journal could not be written: without it nothing is sent.
    #[error("the journal could not be written before the statement; nothing of it was sent")]
    Journal(#[source] super::JournalError),
    /// A server said no, or nothing, outside of a statement.
    #[error("{doing}")]
    Server {
        /// What was being done, and where.
        doing: String,
        /// What it said.
        #[source]
        source: MysqlError,
    },
    /// What this program generated is not what it meant.
    #[error("internal error: {what}; please report it")]
    Bug {
        /// What was wrong.
        what: String,
    },
}

fn deleted(count: Option<u64>) -> String {
    match count {
        Some(1) => "1 row would be lost".to_owned(),
        Some(count) => format!("{count} rows would be lost"),
        None => "rows that could not be counted could be lost".to_owned(),
    }
}

fn named(blockers: &[Blocker]) -> String {
    if blockers.is_empty() {
        return String::new();
    }
    format!("; in the way: {}", describe_blockers(blockers))
}

impl RunError {
    fn position(&self) -> String {
        let Some(index) = self.statement else { return "nothing was run".to_owned() };
        let executed = |at| self.report.statements.iter().any(|done| done.statement == at);
        let mut text = stopped(index, self.report.total, executed);
        for key in &self.report.away {
            text.push_str(&format!("; {}", key_is_away(key)));
        }
        text
    }
}

/// What is said of a foreign key that a run has dropped and not added again, by the statement that adds it.
pub fn key_is_away(key: &str) -> String {
    format!("a foreign key that was dropped for the change is missing, and the next plan adds it again: {key}")
}

/// Independent tables run side by side, so that what follows may have been executed and what comes before it not.
fn stopped(index: usize, total: usize, executed: impl Fn(usize) -> bool) -> String {
    let (done, open): (Vec<usize>, Vec<usize>) = (0..total).filter(|at| *at != index).partition(|at| executed(*at));
    let mut text = format!("stopped at statement {} of {total}", index + 1);
    for (what, places) in [("executed", done), ("not run", open)] {
        if !places.is_empty() {
            text.push_str(&format!("; {what}: {}", numbers(&places)));
        }
    }
    text
}

/// Places, counted from one, as people write them: `1, 3 to 5`.
fn numbers(places: &[usize]) -> String {
    let runs = places.chunk_by(|one, next| one + 1 == *next);
    let named = runs.filter_map(|run| match run {
        [] => None,
        [only] => Some((only + 1).to_string()),
        [first, .., last] => Some(format!("{} to {}", first + 1, last + 1)),
    });
    named.collect::<Vec<_>>().join(", ")
}

impl Category {
    /// The kind of trouble that a server's answer is.
    pub fn of(error: &MysqlError) -> Self {
        match error.kind {
            MysqlErrorKind::LoginRefused => Self::AccessDenied,
            MysqlErrorKind::UnknownHost | MysqlErrorKind::Unreachable | MysqlErrorKind::ConnectionLost => {
                Self::Unreachable
            }
            MysqlErrorKind::Tls => Self::Tls,
            MysqlErrorKind::UnknownSchema => Self::SchemaMissing,
            MysqlErrorKind::Deadlock | MysqlErrorKind::LockWaitTimeout => Self::LockTimeout,
            MysqlErrorKind::AlgorithmRefused => Self::AlgorithmRefused,
            MysqlErrorKind::Denied => Self::PrivilegeMissing,
            MysqlErrorKind::ReadOnly => Self::NotWritable,
            MysqlErrorKind::Interrupted
            | MysqlErrorKind::NoSuchTable
            | MysqlErrorKind::DataRefused
            | MysqlErrorKind::Refused => Self::StatementFailed,
            MysqlErrorKind::Unexpected => Self::Bug,
        }
    }

    /// Its name in CamelCase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "Unreachable",
            Self::AccessDenied => "AccessDenied",
            Self::Tls => "Tls",
            Self::PrivilegeMissing => "PrivilegeMissing",
            Self::SchemaMissing => "SchemaMissing",
            Self::NotWritable => "NotWritable",
            Self::WrongServer => "WrongServer",
            Self::ReplicaUnhealthy => "ReplicaUnhealthy",
            Self::SchemaBusy => "SchemaBusy",
            Self::BaselineMoved => "BaselineMoved",
            Self::LockTimeout => "LockTimeout",
            Self::LockTimeoutAfterWork => "LockTimeoutAfterWork",
            Self::AlgorithmRefused => "AlgorithmRefused",
            Self::StatementFailed => "StatementFailed",
            Self::Ambiguous => "Ambiguous",
            Self::UnexpectedResult => "UnexpectedResult",
            Self::Journal => "Journal",
            Self::Bug => "Bug",
        }
    }

    /// What is to be done about this kind of trouble.
    pub fn disposition(self) -> Disposition {
        match self {
            Self::Unreachable
            | Self::ReplicaUnhealthy
            | Self::SchemaBusy
            | Self::BaselineMoved
            | Self::LockTimeout
            | Self::AlgorithmRefused
            | Self::Ambiguous
            | Self::Journal => Disposition::Retry,
            Self::AccessDenied
            | Self::Tls
            | Self::PrivilegeMissing
            | Self::SchemaMissing
            | Self::NotWritable
            | Self::WrongServer
            | Self::LockTimeoutAfterWork
            | Self::StatementFailed
            | Self::UnexpectedResult => Disposition::WaitForUser,
            Self::Bug => Disposition::Bug,
        }
    }
}

impl RunFailure {
    /// What kind of trouble.
    pub fn category(&self) -> Category {
        match self {
            Self::NotWritable { .. } | Self::Unfit { .. } => Category::NotWritable,
            Self::WrongServer { .. } => Category::WrongServer,
            Self::ReplicaUnhealthy { .. } => Category::ReplicaUnhealthy,
            Self::SchemaBusy { .. } => Category::SchemaBusy,
            Self::BaselineMoved { .. } | Self::TimeZoneMoved { .. } => Category::BaselineMoved,
            Self::LockTimeout { .. } => Category::LockTimeout,
            Self::LockTimeoutAfterWork { .. } => Category::LockTimeoutAfterWork,
            Self::AlgorithmRefused { .. } => Category::AlgorithmRefused,
            Self::StatementFailed { .. } | Self::RowsInTheWay { .. } | Self::RowsDeleted { .. } => {
                Category::StatementFailed
            }
            Self::Ambiguous { .. } => Category::Ambiguous,
            Self::UnexpectedResult { .. } => Category::UnexpectedResult,
            Self::Journal(_) => Category::Journal,
            Self::Server { source, .. } => Category::of(source),
            Self::Bug { .. } => Category::Bug,
        }
    }

    /// What is to be done.
    pub fn disposition(&self) -> Disposition {
        self.category().disposition()
    }
}

impl ApplyError {
    /// What kind of trouble.
    pub fn category(&self) -> Category {
        match self {
            Self::SchemaMissing { .. } => Category::SchemaMissing,
            Self::Bug { .. } => Category::Bug,
            Self::Server { source, .. } => Category::of(source),
        }
    }

    /// What is to be done.
    pub fn disposition(&self) -> Disposition {
        self.category().disposition()
    }

    /// Wraps a server's answer with what was being done.
    pub(super) fn server(doing: impl Into<String>) -> impl FnOnce(MysqlError) -> Self {
        let doing = doing.into();
        move |source| Self::Server { doing, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_executed_and_what_not_is_told_apart() {
        let executed = |at: usize| [0, 2, 3, 4].contains(&at);
        assert_eq!(stopped(1, 8, executed), "stopped at statement 2 of 8; executed: 1, 3 to 5; not run: 6 to 8");
        assert_eq!(stopped(0, 1, |_| false), "stopped at statement 1 of 1");
        assert_eq!(stopped(1, 2, |at| at == 0), "stopped at statement 2 of 2; executed: 1");
    }
}
