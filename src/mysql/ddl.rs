//! A session that runs DDL on the primary, one statement at a time, under its own slot lock.
//!
//! The session lives in a task of its own: dropping a future of the caller does not abandon a running statement (the
//! server would go on with it anyway); only [`Canceller::kill_query`] stops it.

use std::time::Duration;

use super::{MysqlError, Server, WriterGuard};
use crate::model::{Gtid, SchemaDefaults, ServerUuid};

/// How a DDL session is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DdlSettings {
    /// Which slot, 1 to [`SLOTS`](super::SLOTS).
    pub slot: u8,
    /// The server that the plan was computed for; another one behind the same name is refused.
    pub server_uuid: ServerUuid,
    /// `lock_wait_timeout`.
    pub lock_wait_timeout: Duration,
}

/// Why a DDL session was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DdlOpenError {
    /// It is another server than the plan was computed for.
    #[error("{server} is now server {found}, and the plan was computed for {expected}; nothing was run")]
    OtherServer {
        /// `host:port`.
        server: String,
        /// `@@server_uuid` now.
        found: ServerUuid,
        /// As planned.
        expected: ServerUuid,
    },
    /// It is read_only.
    #[error("{server} is read_only; nothing was run")]
    ReadOnly {
        /// `host:port`.
        server: String,
    },
    /// `sql_log_bin` is off for this session: replicas would not get the change.
    #[error("{server} would not write this session's statements to its binary log (sql_log_bin=0); nothing was run")]
    NotLogged {
        /// `host:port`.
        server: String,
    },
    /// Something between us and the server does not keep one session on one connection.
    #[error(
        "{server} does not keep a session on one connection (a multiplexing proxy?): locks cannot hold; connect to the \
         server itself"
    )]
    Multiplexed {
        /// `host:port`.
        server: String,
    },
    /// The slot is held by another session.
    #[error("{server}: slot {slot} is held by connection {connection_id}; nothing was run")]
    SlotHeld {
        /// `host:port`.
        server: String,
        /// The slot.
        slot: u8,
        /// By whom; 0 when it was free again a moment later.
        connection_id: u64,
    },
    /// The server could not be asked.
    #[error("the DDL session could not be opened")]
    Mysql(#[source] MysqlError),
}

/// Why a statement did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DdlFailure {
    /// The server refused it and changed nothing.
    #[error("the statement was refused")]
    Failed(#[source] MysqlError),
    /// The connection was lost: the server alone knows.
    #[error("the connection was lost while the statement ran; what became of it has to be asked of the server")]
    Ambiguous(#[source] MysqlError),
}

/// A session that runs DDL.
#[derive(Debug)]
pub struct DdlSession {}

/// Stops a running statement from another connection.
#[derive(Clone, Debug)]
pub struct Canceller {}

impl Canceller {
    /// `KILL QUERY`: the statement is rolled back and its `execute` answers with kind Interrupted, unless it was faster.
    pub async fn kill_query(&self) -> Result<(), MysqlError> {
        todo!()
    }
}

impl DdlSession {
    /// Opens a session: takes the slot over from the guard, asserts server_uuid, writability, sql_log_bin and that the
    /// session stays on its connection, and selects the schema.
    pub async fn open(
        _server: &Server,
        _guard: &mut WriterGuard,
        _settings: DdlSettings,
    ) -> Result<Self, DdlOpenError> {
        todo!()
    }

    /// The server's id of this connection.
    pub fn connection_id(&self) -> u64 {
        todo!()
    }

    /// Stops what runs here, from another connection.
    pub fn canceller(&self) -> Canceller {
        todo!()
    }

    /// Switches `foreign_key_checks` for what follows (on when opened): plans say so where cycles need it.
    pub async fn foreign_key_checks(&mut self, _on: bool) -> Result<(), DdlFailure> {
        todo!()
    }

    /// Runs one statement, under this GTID if one is given. With a GTID that has been executed already, the server
    /// skips the statement and reports success: always read back.
    pub async fn execute(&mut self, _sql: &str, _gtid: Option<&Gtid>) -> Result<(), DdlFailure> {
        todo!()
    }

    /// The next GTID of this source on this server: one above the highest executed. Counting on from there is the
    /// caller's, while it holds the slots.
    pub async fn next_gtid(&mut self, _source: &str) -> Result<Gtid, MysqlError> {
        todo!()
    }

    /// Closes the session and frees its slot (which goes back to nobody: the guard does not take it again).
    pub async fn close(self) {
        todo!()
    }
}

/// The UUID under which the DDL of one database on one server runs: a name-based one (v5) of both, so that it is never
/// the same on two servers.
pub fn gtid_source(_server_uuid: &ServerUuid, _database: &str) -> String {
    todo!()
}

/// Whether this GTID has been executed there (primary or replica).
pub async fn was_executed(_server: &Server, _gtid: &Gtid) -> Result<bool, MysqlError> {
    todo!()
}

/// `CREATE SCHEMA IF NOT EXISTS` with these defaults (the server's own where `None`).
pub async fn create_schema(_server: &Server, _defaults: Option<&SchemaDefaults>) -> Result<(), MysqlError> {
    todo!()
}
