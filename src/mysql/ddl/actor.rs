//! The task that owns a DDL session.
//!
//! While it is idle it says every few seconds that it lives (`wait_timeout` is short, so that a vanished node does not
//! hold the slot for hours). While a statement runs it watches its own slot from another connection: a keepalive tells
//! of the next hop only, and an answer that a proxy swallowed would be waited for for ever.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{DdlFailure, DdlOpenError};
use crate::model::{Gtid, ServerUuid};
use crate::mysql::session::Session;
use crate::mysql::slots::{HEARTBEAT, holder, slot_name};
use crate::mysql::{MysqlError, MysqlErrorKind, Server};

/// How often a running statement's slot is looked at, and how many looks in a row decide that the session is gone.
const WATCH: Duration = Duration::from_secs(10);
const GONE_AFTER: u32 = 2;
const UNREACHABLE_AFTER: u32 = 6;

type Reply = oneshot::Sender<Result<(), DdlFailure>>;

/// What the task is asked for.
#[derive(Debug)]
pub(super) enum Command {
    /// Run a statement.
    Execute { sql: String, gtid: Option<Gtid>, zone: Option<String>, reply: Reply },
    /// Allow zero dates as defaults, or not.
    ZeroDates { allowed: bool, reply: Reply },
    /// End.
    Close { reply: oneshot::Sender<()> },
}

/// The task's state.
pub(super) struct Actor {
    session: Session,
    server: Server,
    slot: u8,
    server_uuid: ServerUuid,
}

impl Actor {
    pub(super) fn new(session: Session, server: Server, slot: u8, server_uuid: ServerUuid) -> Self {
        Self { session, server, slot, server_uuid }
    }

    /// Asserts what must hold, and starts the task.
    pub(super) async fn start(mut self) -> Result<mpsc::Sender<Command>, DdlOpenError> {
        self.assert().await?;
        let (commands, received) = mpsc::channel(1);
        tokio::spawn(self.serve(received));
        Ok(commands)
    }

    async fn serve(mut self, mut commands: mpsc::Receiver<Command>) {
        while self.session.usable() {
            let command = match tokio::time::timeout(HEARTBEAT, commands.recv()).await {
                Ok(Some(command)) => command,
                Ok(None) => break,
                Err(_) => {
                    let id = self.session.id();
                    match holder(&mut self.session, self.server.schema(), self.slot).await {
                        Ok(found) if found == id => continue,
                        Ok(_) | Err(_) => return,
                    }
                }
            };
            match command {
                Command::Execute { sql, gtid, zone, reply } => {
                    // A caller that has gone away does not need the answer; the statement is finished all the same.
                    let _ = reply.send(self.execute(&sql, gtid.as_ref(), zone.as_deref()).await);
                }
                Command::ZeroDates { allowed, reply } => {
                    let _ = reply.send(self.session.zero_dates(allowed).await.map_err(DdlFailure::Failed));
                }
                Command::Close { reply } => {
                    self.session.close().await;
                    let _ = reply.send(());
                    return;
                }
            }
        }
        if self.session.usable() {
            self.session.close().await;
        }
    }

    async fn execute(&mut self, sql: &str, gtid: Option<&Gtid>, zone: Option<&str>) -> Result<(), DdlFailure> {
        let not_sent = |error: MysqlError| DdlFailure::Failed(error.running(sql));
        self.assert().await.map_err(|error| not_sent(self.as_mysql_error(error)))?;
        self.session.run_in(zone).await.map_err(not_sent)?;
        if let Some(gtid) = gtid {
            let source = uuid::Uuid::parse_str(&gtid.source)
                .map_err(|_| not_sent(MysqlError::unexpected(self.server.address(), "a GTID that is none")))?;
            let text = format!("SET @@SESSION.gtid_next = '{source}:{}'", gtid.number);
            let statement = self.session.statement(text).map_err(not_sent)?;
            self.session.send(statement).await.map_err(not_sent)?;
        }
        let answer = self.watched(sql).await;
        if self.session.usable() && self.session.leave_zone().await.is_err() {
            self.session.spoil();
        }
        if gtid.is_some() && self.session.usable() {
            // After a failure the session still owns the number (error 1790 otherwise); a statement that was carried
            // out is not undone by trouble here, and the session is then not used again.
            let mut undone = Ok(());
            if answer.is_err() {
                undone = self.session.query("ROLLBACK", &[]).await.map(drop);
            }
            if undone.is_ok() {
                undone = self.session.query("SET @@SESSION.gtid_next = 'AUTOMATIC'", &[]).await.map(drop);
            }
            if undone.is_err() {
                self.session.spoil();
            }
        }
        answer.map_err(|error| match error.kind {
            MysqlErrorKind::ConnectionLost => DdlFailure::Ambiguous(error),
            MysqlErrorKind::LoginRefused
            | MysqlErrorKind::UnknownHost
            | MysqlErrorKind::Unreachable
            | MysqlErrorKind::Tls
            | MysqlErrorKind::UnknownSchema
            | MysqlErrorKind::Deadlock
            | MysqlErrorKind::LockWaitTimeout
            | MysqlErrorKind::AlgorithmRefused
            | MysqlErrorKind::Denied
            | MysqlErrorKind::ReadOnly
            | MysqlErrorKind::Interrupted
            | MysqlErrorKind::NoSuchTable
            | MysqlErrorKind::DataRefused
            | MysqlErrorKind::Refused
            | MysqlErrorKind::Unexpected => DdlFailure::Failed(error),
        })
    }

    /// Runs the statement, and looks after it from another connection while it runs.
    async fn watched(&mut self, sql: &str) -> Result<(), MysqlError> {
        let (server, slot, id) = (self.server.clone(), self.slot, self.session.id());
        let running = self.session.ddl(sql);
        tokio::select! {
            // The answer first: when both are there, the statement's own counts.
            biased;
            answer = running => answer,
            reason = until_gone(&server, slot, id) => Err(MysqlError::new(
                server.address(),
                MysqlErrorKind::ConnectionLost,
                reason,
                "",
            ).running(sql)),
        }
    }

    /// That the session holds its slot on the right, writable, logging server.
    async fn assert(&mut self) -> Result<(), DdlOpenError> {
        let text = self.session.queries().ddl_assert;
        let (session, server) = (&mut self.session, self.server.address().to_owned());
        let row = session.query_row(text, &[&slot_name(self.server.schema(), self.slot)]).await?;
        let (id, used) = (session.number(&row, 0)?, session.optional_number(&row, 1)?);
        if id != session.id() {
            return Err(DdlOpenError::Multiplexed { server });
        }
        if used != Some(id) {
            let connection_id = used.unwrap_or_default();
            return Err(DdlOpenError::SlotHeld { server, slot: self.slot, connection_id });
        }
        if session.text(&row, 2)? != "0" {
            return Err(DdlOpenError::ReadOnly { server });
        }
        if session.text(&row, 3)? == "1" && session.text(&row, 4)? != "1" {
            return Err(DdlOpenError::NotLogged { server });
        }
        let found = ServerUuid(session.text(&row, 5)?.to_lowercase());
        if found != self.server_uuid {
            return Err(DdlOpenError::OtherServer { server, found, expected: self.server_uuid.clone() });
        }
        Ok(())
    }

    fn as_mysql_error(&self, error: DdlOpenError) -> MysqlError {
        let (kind, message) = match error {
            DdlOpenError::Mysql(error) => return error,
            DdlOpenError::ReadOnly { .. } => (MysqlErrorKind::ReadOnly, "the server has become read_only".to_owned()),
            DdlOpenError::OtherServer { found, expected, .. } => {
                (MysqlErrorKind::Refused, format!("this is now server {found}, not {expected}"))
            }
            DdlOpenError::NotLogged { .. } => {
                (MysqlErrorKind::Refused, "the statement would not be written to the binary log".to_owned())
            }
            DdlOpenError::Multiplexed { .. } => {
                (MysqlErrorKind::Refused, "the session was moved to another connection, by a proxy".to_owned())
            }
            DdlOpenError::SlotHeld { slot, connection_id, .. } => {
                (MysqlErrorKind::Refused, format!("slot {slot} is no longer ours (held by connection {connection_id})"))
            }
        };
        MysqlError::new(self.server.address(), kind, message, "the statement was not sent; plan again")
    }
}

/// Ends when the session that runs the statement is known to be gone, or the server is not to be reached for a minute.
async fn until_gone(server: &Server, slot: u8, id: u64) -> &'static str {
    let (mut gone, mut unreachable) = (0, 0);
    loop {
        tokio::time::sleep(WATCH).await;
        match look(server, slot).await {
            Ok(found) if found == id => (gone, unreachable) = (0, 0),
            Ok(_) => (gone, unreachable) = (gone + 1, 0),
            Err(_) => unreachable += 1,
        }
        if gone >= GONE_AFTER {
            return "the session is gone from the server, and its answer never came";
        }
        if unreachable >= UNREACHABLE_AFTER {
            return "the server has not been reachable for a minute while the statement ran";
        }
    }
}

async fn look(server: &Server, slot: u8) -> Result<u64, MysqlError> {
    holder(server.session().await?.get()?, server.schema(), slot).await
}
