//! What can go wrong when talking to a server, told apart by what a caller does about it.
//!
//! Invariant: no row value and no password. Messages of the server that quote values are replaced by a text of our
//! own under the same number ([`super::masking`]); statements are kept only when they are DDL. For the same reason
//! there is no `#[source]`: the driver's own error would carry the unmasked text.

mod login;

use std::fmt;
use std::io;

use sqlx::mysql::MySqlDatabaseError;

use super::answer::Unanswered;
use super::masking::mask;

/// What went wrong. Decide on [`MysqlError::kind`]; the rest is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MysqlError {
    /// `host:port`.
    pub server: String,
    /// The DDL text that was running, if one was.
    pub statement: Option<String>,
    /// What a caller decides on.
    pub kind: MysqlErrorKind,
    /// The server's error number, where it answered.
    pub code: Option<u16>,
    /// What happened, without any value.
    pub message: String,
    /// What to do about it; empty where nobody can say.
    pub next_step: String,
}

/// What a caller decides on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MysqlErrorKind {
    /// User name or password refused (1045), or the account is locked or expired.
    LoginRefused,
    /// The host name does not resolve.
    UnknownHost,
    /// Refused, no route, no answer in time, or no free connection.
    Unreachable,
    /// TLS could not be agreed on, or the certificate was not accepted.
    Tls,
    /// The schema does not exist (1049).
    UnknownSchema,
    /// The connection was lost while a statement may have been running: what became of it is ambiguous.
    ConnectionLost,
    /// 1213: rolled back whole; the statement can be repeated.
    Deadlock,
    /// 1205: a lock was not granted in time.
    LockWaitTimeout,
    /// The server refuses the algorithm or lock that the statement names; nothing was changed.
    AlgorithmRefused,
    /// A privilege is missing.
    Denied,
    /// The server is read_only or super_read_only.
    ReadOnly,
    /// KILL QUERY or a time limit stopped it; the server rolled it back.
    Interrupted,
    /// The table does not exist.
    NoSuchTable,
    /// The data contradict the change: duplicates, values out of range, orphans.
    DataRefused,
    /// All else that the server refuses.
    Refused,
    /// An answer that this version does not understand.
    Unexpected,
}

/// What is said of a connection that the other end closed.
const CLOSED: &str = "the server closed the connection";

/// What is said of an answer that the driver does not understand.
const BROKE_OFF: &str = "the answer broke off";

/// How much of a statement an error shows.
const SHOWN_STATEMENT: usize = 300;

impl fmt::Display for MysqlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.server, self.message)?;
        if let Some(code) = self.code {
            write!(formatter, " (error {code})")?;
        }
        if let Some(statement) = &self.statement {
            let shown: String = statement.chars().take(SHOWN_STATEMENT).collect();
            let cut = if shown.len() < statement.len() { " …" } else { "" };
            write!(formatter, ", in: {shown}{cut}")?;
        }
        if !self.next_step.is_empty() {
            write!(formatter, "; {}", self.next_step)?;
        }
        Ok(())
    }
}

impl std::error::Error for MysqlError {}

impl MysqlError {
    /// An error of our own making.
    pub(super) fn new(
        server: &str,
        kind: MysqlErrorKind,
        message: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Self {
        Self {
            server: server.to_owned(),
            statement: None,
            kind,
            code: None,
            message: message.into(),
            next_step: next_step.into(),
        }
    }

    /// An answer that we do not understand.
    pub(super) fn unexpected(server: &str, message: impl Into<String>) -> Self {
        Self::new(server, MysqlErrorKind::Unexpected, message, "please report this with the server's version")
    }

    /// With the DDL text that was running.
    pub(super) fn running(mut self, statement: &str) -> Self {
        self.statement = Some(statement.to_owned());
        self
    }

    /// Whether the session that gave this error can still be used: the server answered.
    pub(super) fn session_lives(&self) -> bool {
        self.code.is_some() && self.kind != MysqlErrorKind::ConnectionLost
    }

    /// Why a statement on an open connection has no whole answer. But for what the server refuses, what became of it is
    /// ambiguous, and the connection is not used again.
    pub(super) fn from_answer(server: &str, error: &Unanswered) -> Self {
        let (message, next_step) = match error {
            Unanswered::Driver(error) => return Self::from_statement(server, error),
            Unanswered::Lost(text) => return Self::lost(server, text),
            Unanswered::Malformed => return Self::lost(server, BROKE_OFF),
            Unanswered::TooLong(bytes) => (
                format!("the answer was broken off after {bytes} bytes: nothing that is asked for is so long"),
                "is this the right server, and what stands between?",
            ),
            Unanswered::Silent(silence) => (
                format!("no answer for {} s, long after the server should have given up", silence.as_secs()),
                "the server hangs, or something on the way lost the connection; look at its process list",
            ),
        };
        Self::new(server, MysqlErrorKind::ConnectionLost, message, next_step)
    }

    /// The stream is in a state that we do not know.
    fn lost(server: &str, reason: &str) -> Self {
        Self::new(server, MysqlErrorKind::ConnectionLost, format!("the connection was lost: {reason}"), "")
    }

    /// What the driver says of a statement on an open connection.
    fn from_statement(server: &str, error: &sqlx::Error) -> Self {
        if let Some(refusal) = refusal(error) {
            return Self::from_refusal(server, refusal);
        }
        match io_error(error) {
            Some(io) => Self::lost(server, &io_text(io)),
            None => Self::lost(server, BROKE_OFF),
        }
    }

    /// What a server refuses.
    fn from_refusal(server: &str, refusal: &MySqlDatabaseError) -> Self {
        let code = refusal.number();
        let kind = kind_of(code);
        Self {
            server: server.to_owned(),
            statement: None,
            kind,
            code: Some(code),
            message: mask(code, refusal.code().unwrap_or_default(), refusal.message()),
            next_step: next_step(kind, code).to_owned(),
        }
    }
}

/// What the server refuses, where it is that.
fn refusal(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

fn io_error(error: &sqlx::Error) -> Option<&io::Error> {
    if let sqlx::Error::Io(io) = error { Some(io) } else { None }
}

/// The text of an I/O error; these never hold values. What TLS makes of a closed connection is said more simply.
pub(in crate::mysql) fn io_text(io: &io::Error) -> String {
    if io.kind() == io::ErrorKind::UnexpectedEof {
        return CLOSED.to_owned();
    }
    io.to_string()
}

/// Whether rows contradict the change: docs/rules/errors.md says of each number when a statement ends with it, and which
/// rule counts the rows beforehand.
pub fn contradicted_by_rows(code: u16) -> bool {
    matches!(
        code,
        1022 | 1048
            | 1062
            | 1138
            | 1169
            | 1216
            | 1217
            | 1264
            | 1265
            | 1292
            | 1365..=1367
            | 1406
            | 1411
            | 1416
            | 1441
            | 1451
            | 1452
            | 1525
            | 1526
            | 1586
            | 1690
            | 1859
            | 1916
            | 3140
            | 3141
            | 3143
            | 3144
            | 3156..=3158
            | 3643
            | 3673
            | 3751
            | 3752
            | 3819
            | 3903..=3905
            | 3907
            | 3908
            | 4025
            | 4037
            | 4038
            | 6136
    )
}

/// The numbers are those of the manual's "Server Error Message Reference".
fn kind_of(code: u16) -> MysqlErrorKind {
    match code {
        1045 | 1698 => MysqlErrorKind::LoginRefused,
        1049 => MysqlErrorKind::UnknownSchema,
        // Shutdown, killed by KILL CONNECTION, disconnected for inactivity; 1927 is MariaDB's.
        1053 | 1077..=1079 | 1152 | 1158..=1161 | 1927 | 3169 | 4031 => MysqlErrorKind::ConnectionLost,
        1213 => MysqlErrorKind::Deadlock,
        1205 => MysqlErrorKind::LockWaitTimeout,
        1221 | 1800 | 1845 | 1846 | 1847 | 4092 => MysqlErrorKind::AlgorithmRefused,
        1044 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 | 3530 => MysqlErrorKind::Denied,
        1290 | 1792 | 1836 | 3100 => MysqlErrorKind::ReadOnly,
        1317 | 3024 | 1969 => MysqlErrorKind::Interrupted,
        1051 | 1146 => MysqlErrorKind::NoSuchTable,
        _ if contradicted_by_rows(code) => MysqlErrorKind::DataRefused,
        _ => MysqlErrorKind::Refused,
    }
}

fn next_step(kind: MysqlErrorKind, code: u16) -> &'static str {
    match kind {
        MysqlErrorKind::LoginRefused => "check the user name and the password",
        MysqlErrorKind::UnknownSchema => "create the schema first, or check its name",
        MysqlErrorKind::Denied => "grant the account what is missing",
        MysqlErrorKind::LockWaitTimeout => {
            "another session holds a lock on the table; end its transaction, or try again when it has ended"
        }
        MysqlErrorKind::Deadlock => "try again",
        MysqlErrorKind::AlgorithmRefused if code == 4092 => {
            "the table has the most INSTANT row versions there can be; rebuild it (OPTIMIZE TABLE), then plan again"
        }
        MysqlErrorKind::AlgorithmRefused => "plan again: the live table does not take this algorithm or lock",
        MysqlErrorKind::ReadOnly => "this server takes no writes: was it demoted? Check which server is the primary",
        MysqlErrorKind::DataRefused => "correct the rows that contradict the change, then try again",
        MysqlErrorKind::Interrupted => "it was stopped on purpose or by a time limit; nothing was changed",
        MysqlErrorKind::UnknownHost
        | MysqlErrorKind::Unreachable
        | MysqlErrorKind::Tls
        | MysqlErrorKind::ConnectionLost
        | MysqlErrorKind::NoSuchTable
        | MysqlErrorKind::Refused
        | MysqlErrorKind::Unexpected => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_what_and_what_to_do() {
        let error = MysqlError {
            server: "db:3306".to_owned(),
            statement: Some("ALTER TABLE `t` ADD COLUMN `a` int".to_owned()),
            kind: MysqlErrorKind::LockWaitTimeout,
            code: Some(1205),
            message: "Lock wait timeout exceeded; try restarting transaction".to_owned(),
            next_step: "end it".to_owned(),
        };
        assert_eq!(
            error.to_string(),
            "db:3306: Lock wait timeout exceeded; try restarting transaction (error 1205), in: ALTER TABLE `t` \
             ADD COLUMN `a` int; end it"
        );
    }

    #[test]
    fn a_cut_statement_shows_that_it_is_cut() {
        let error = MysqlError::unexpected("db:3306", "x").running(&"é".repeat(400));
        assert!(error.to_string().contains(&format!("{} …", "é".repeat(300))));
    }
}
