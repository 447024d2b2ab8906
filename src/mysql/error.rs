//! What can go wrong when talking to a server, told apart by what a caller does about it.
//!
//! Invariant: no row value and no password. Messages of the server that quote values are replaced by a text of our
//! own under the same number; statements are kept only when they are DDL.

use std::fmt;

/// What went wrong. Decide on [`MysqlError::kind`]; the rest is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// Refused, no route, or no answer in time.
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

impl fmt::Display for MysqlError {
    fn fmt(&self, _formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
