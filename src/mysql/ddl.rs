//! A session that runs DDL on the primary, one statement at a time, under its own slot lock.
//!
//! The session lives in a task of its own: dropping a future of the caller does not abandon a running statement (the
//! server would go on with it anyway); only [`Canceller::kill_query`] stops it. When the [`DdlSession`] is dropped, the
//! task ends after the statement that runs, and the slot is free.

mod actor;

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::identity::executed;
use super::scratch::create_schema_text;
use super::slots::{holder, take};
use super::{MysqlError, MysqlErrorKind, SLOTS, Server, WriterGuard};
use crate::model::{Gtid, SchemaDefaults, ServerUuid};
use actor::{Actor, Command};

/// How a DDL session is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DdlSettings {
    /// Which slot, 1 to [`SLOTS`].
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
    Mysql(#[from] MysqlError),
}

/// Why a statement did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DdlFailure {
    /// The server refused it, or it was never sent: it changed nothing.
    #[error("the statement was not carried out, and changed nothing")]
    Failed(#[source] MysqlError),
    /// The connection was lost: the server alone knows.
    #[error("the connection was lost while the statement ran; what became of it has to be asked of the server")]
    Ambiguous(#[source] MysqlError),
}

impl DdlFailure {
    /// The error itself.
    pub fn error(&self) -> &MysqlError {
        match self {
            Self::Failed(error) | Self::Ambiguous(error) => error,
        }
    }
}

/// A session that runs DDL.
#[derive(Debug)]
pub struct DdlSession {
    commands: mpsc::Sender<Command>,
    server: Server,
    connection_id: u64,
    slot: u8,
}

/// Stops a running statement from another connection.
#[derive(Clone, Debug)]
pub struct Canceller {
    server: Server,
    connection_id: u64,
    slot: u8,
}

impl Canceller {
    /// `KILL QUERY`: the statement is rolled back and its `execute` answers with kind Interrupted, unless it was faster.
    /// Does nothing when the connection no longer holds its slot: its id may be another's by now.
    pub async fn kill_query(&self) -> Result<(), MysqlError> {
        let mut lease = self.server.session().await?;
        let session = lease.get()?;
        if holder(session, self.server.schema(), self.slot).await? != self.connection_id {
            return Ok(());
        }
        match session.send(session.statement(format!("KILL QUERY {}", self.connection_id))?).await {
            // No such thread: it ended in between.
            Err(error) if error.code == Some(1094) => Ok(()),
            answer => answer.map(drop),
        }
    }
}

impl DdlSession {
    /// Opens a session: takes the slot over from the guard, asserts server_uuid, writability, sql_log_bin and that the
    /// session stays on its connection, and selects the schema.
    pub async fn open(server: &Server, guard: &mut WriterGuard, settings: DdlSettings) -> Result<Self, DdlOpenError> {
        let DdlSettings { slot, server_uuid, lock_wait_timeout } = settings;
        if !(1..=SLOTS).contains(&slot) {
            return Err(MysqlError::unexpected(server.address(), format!("there is no slot {slot}")).into());
        }
        let mut session = server.open().await?;
        session.fix_restricted_settings().await?;
        session.use_schema(server.schema()).await?;
        let seconds = lock_wait_timeout.as_secs().clamp(1, 31_536_000);
        let text = format!("SET @@SESSION.lock_wait_timeout = {seconds}, @@SESSION.wait_timeout = 60");
        session.send(session.statement(text)?).await?;
        guard.hand_over(slot).await?;
        let until = Instant::now() + Duration::from_secs(3);
        while !take(&mut session, server.schema(), slot, until).await? {
            if Instant::now() >= until {
                let connection_id = holder(&mut session, server.schema(), slot).await?;
                return Err(DdlOpenError::SlotHeld { server: server.address().to_owned(), slot, connection_id });
            }
        }
        let connection_id = session.id();
        let actor = Actor::new(session, server.clone(), slot, server_uuid);
        let commands = actor.start().await?;
        Ok(Self { commands, server: server.clone(), connection_id, slot })
    }

    /// The server's id of this connection.
    pub fn connection_id(&self) -> u64 {
        self.connection_id
    }

    /// Stops what runs here, from another connection.
    pub fn canceller(&self) -> Canceller {
        Canceller { server: self.server.clone(), connection_id: self.connection_id, slot: self.slot }
    }

    /// Lets definitions have zero dates as defaults (not when opened), or no longer.
    pub async fn zero_dates(&mut self, allowed: bool) -> Result<(), DdlFailure> {
        self.ask(|reply| Command::ZeroDates { allowed, reply }).await
    }

    /// Runs one statement, under this GTID if one is given, in this time zone (`None`: UTC). With a GTID that has been
    /// executed already, the server skips the statement and reports success: always read back.
    ///
    /// Before it is sent, the session asserts again that it holds its slot, that the server is the same and may be
    /// written. What is `Failed` changed nothing, and the session can be used on (unless the connection is lost).
    pub async fn execute(&mut self, sql: &str, gtid: Option<&Gtid>, zone: Option<&str>) -> Result<(), DdlFailure> {
        let (sql, gtid, zone) = (sql.to_owned(), gtid.cloned(), zone.map(str::to_owned));
        self.ask(|reply| Command::Execute { sql, gtid, zone, reply }).await
    }

    /// The next GTID of this source on this server: one above the highest executed. Counting on from there is the
    /// caller's, while it holds the slots.
    pub async fn next_gtid(&mut self, source: &str) -> Result<Gtid, MysqlError> {
        let mut lease = self.server.session().await?;
        let executed = executed(lease.get()?).await?;
        Ok(Gtid { source: source.to_lowercase(), number: executed.highest(source).unwrap_or_default() + 1 })
    }

    /// Closes the session and frees its slot (which goes back to nobody: the guard does not take it again).
    pub async fn close(self) {
        let (reply, closed) = oneshot::channel();
        if self.commands.send(Command::Close { reply }).await.is_ok() {
            let _ = closed.await;
        }
    }

    async fn ask(
        &mut self,
        command: impl FnOnce(oneshot::Sender<Result<(), DdlFailure>>) -> Command,
    ) -> Result<(), DdlFailure> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(command(reply)).await.is_err() {
            return Err(DdlFailure::Failed(self.gone("the DDL session was lost before this statement was sent")));
        }
        answer
            .await
            .unwrap_or_else(|_| Err(DdlFailure::Ambiguous(self.gone("the DDL session ended without an answer"))))
    }

    fn gone(&self, message: &str) -> MysqlError {
        MysqlError::new(self.server.address(), MysqlErrorKind::ConnectionLost, message, "")
    }
}

/// The UUID under which the DDL of one database on one server runs: a name-based one (v5) of both, so that it is never
/// the same on two servers.
pub fn gtid_source(server_uuid: &ServerUuid, database: &str) -> String {
    let name = format!("tablewright\0{}\0{database}", server_uuid.0);
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

/// Whether this GTID has been executed there (primary or replica).
pub async fn was_executed(server: &Server, gtid: &Gtid) -> Result<bool, MysqlError> {
    Ok(executed(server.session().await?.get()?).await?.contains(gtid))
}

/// `CREATE SCHEMA IF NOT EXISTS` with these defaults (the server's own where `None`); refused on a read_only server.
pub async fn create_schema(server: &Server, defaults: Option<&SchemaDefaults>) -> Result<(), MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let row = session.query_row("SELECT @@GLOBAL.read_only", &[]).await?;
    if session.text(&row, 0)? != "0" {
        return Err(MysqlError::new(
            server.address(),
            MysqlErrorKind::ReadOnly,
            "the server is read_only, the schema was not created",
            "check which server is the primary",
        ));
    }
    session.ddl(&create_schema_text(server.schema().as_str(), defaults, "IF NOT EXISTS ")?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gtid_sources_differ_by_server_and_database() {
        let (one, other) = (ServerUuid("a".to_owned()), ServerUuid("b".to_owned()));
        assert_eq!(gtid_source(&one, "d"), gtid_source(&one, "d"));
        assert_ne!(gtid_source(&one, "d"), gtid_source(&other, "d"));
        assert_ne!(gtid_source(&one, "d"), gtid_source(&one, "e"));
        assert_eq!(gtid_source(&one, "d").as_bytes()[14], b'5');
    }
}
