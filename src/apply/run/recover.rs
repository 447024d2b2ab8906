//! After a lost connection: asks the server what became of the statement (invariant 7), and waits for it as long as it
//! runs. With patience, for the server may be restarting.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::journal::{Journal, Progress};
use super::super::{Role, RunFailure};
use super::attempt::{Errand, opening, settings};
use super::{Shared, guard, readback};
use crate::mysql::{self, DdlOpenError, DdlSession, MysqlError, RunningDdl};

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(300);

/// What became of a statement whose connection was lost.
pub(super) enum Fate {
    /// Executed.
    Committed {
        /// Whether it was found running.
        adopted: bool,
    },
    /// Not executed, not running: a new session under the same slot, to send the same pair again.
    NotExecuted { session: Box<DdlSession> },
}

enum Look {
    Committed,
    Running(u64),
    NotExecuted,
    /// Somebody else must finish first (a rollback, another lane).
    Wait,
}

pub(super) async fn recover<J: Journal>(
    shared: &Shared<'_, J>,
    errand: &Errand<'_>,
    connection: u64,
    slot: u8,
    lost: MysqlError,
) -> Result<Fate, RunFailure> {
    let why = lost.message.clone();
    shared.journal.lock().await.progress(Progress::Reconnecting { statement: errand.place, why }).await;
    let mut last = lost;
    let mut deadline = Instant::now() + shared.options.reconnect_within;
    let mut adopted = false;
    loop {
        match look(shared, errand, connection).await {
            Ok(Ok(Look::Committed)) => return Ok(Fate::Committed { adopted }),
            Ok(Ok(Look::Running(connection))) => {
                if !adopted {
                    let progress = Progress::Adopted { statement: errand.place, connection };
                    shared.journal.lock().await.progress(progress).await;
                }
                adopted = true;
                // A statement that runs is waited for, however long it takes.
                deadline = Instant::now() + shared.options.reconnect_within;
            }
            Ok(Ok(Look::NotExecuted)) => match reopen(shared, slot).await {
                Ok(Some(session)) => return Ok(Fate::NotExecuted { session: Box::new(session) }),
                Ok(None) => {}
                Err(RunFailure::Server { source, .. }) => last = source,
                Err(failure) => return Err(failure),
            },
            Ok(Ok(Look::Wait)) => {}
            Ok(Err(error)) => last = error,
            Err(failure) => return Err(failure),
        }
        if Instant::now() >= deadline {
            return Err(RunFailure::Ambiguous { table: errand.table.as_str().to_owned(), source: last });
        }
        sleep(PAUSE).await;
    }
}

/// `Err`: the run must stop; `Ok(Err)`: the server does not answer yet.
async fn look<J>(
    shared: &Shared<'_, J>,
    errand: &Errand<'_>,
    connection: u64,
) -> Result<Result<Look, MysqlError>, RunFailure> {
    let primary = shared.connections.primary();
    let identity = match mysql::identify(primary).await {
        Ok(identity) => identity,
        Err(error) => return Ok(Err(error)),
    };
    let expected = &shared.approved.planned.proposal.baseline.server_uuid;
    if identity.server_uuid.0 != *expected {
        return Err(RunFailure::WrongServer { expected: expected.clone(), actual: identity.server_uuid.0 });
    }
    match shared.connections.role(&identity) {
        Role::Active => {}
        role @ (Role::Standby | Role::Fenced(_)) => return Err(RunFailure::NotWritable { role }),
    }
    Ok(ask(shared, errand, connection).await)
}

async fn ask<J>(shared: &Shared<'_, J>, errand: &Errand<'_>, connection: u64) -> Result<Look, MysqlError> {
    let primary = shared.connections.primary();
    // Running first: a statement that commits between the two questions is then seen as committed.
    let running = mysql::running(primary, shared.gtid_source.as_deref()).await?;
    if let Some(gtid) = &errand.gtid
        && mysql::was_executed(primary, gtid).await?
    {
        return Ok(Look::Committed);
    }
    if let Some(session) = running.iter().find(|session| is_ours(errand, connection, session)) {
        return Ok(Look::Running(session.connection_id));
    }
    match (&errand.gtid, &errand.before) {
        (Some(_), _) => Ok(Look::NotExecuted),
        // Without a GTID the definitions tell; a table that changed to anything else is found by the read-back.
        (None, before) => {
            let name = readback::resulting(errand.statement);
            let now = mysql::show_create_table(primary, name).await?;
            if readback::verdict(shared, errand, now.clone()).is_none() && Some(&now) != before.as_ref() {
                return Ok(Look::Committed);
            }
            let still = mysql::show_create_table(primary, &errand.table).await?;
            Ok(if Some(&still) == before.as_ref() { Look::NotExecuted } else { Look::Wait })
        }
    }
}

fn is_ours(errand: &Errand<'_>, connection: u64, session: &RunningDdl) -> bool {
    match (&errand.gtid, &session.gtid) {
        (Some(chosen), Some(owned)) => owned.eq_ignore_ascii_case(&chosen.to_string()),
        (_, None) | (None, Some(_)) => {
            !session.idle
                && session.connection_id == connection
                && session
                    .statement
                    .as_ref()
                    .is_some_and(|text| !text.is_empty() && errand.sql.starts_with(text.trim_end_matches(['.', ' '])))
        }
    }
}

/// The slot again; `None` while somebody still holds it.
async fn reopen<J>(shared: &Shared<'_, J>, slot: u8) -> Result<Option<DdlSession>, RunFailure> {
    let primary = shared.connections.primary();
    let mut guard = shared.guard.lock().await;
    let held = match guard.as_mut() {
        Some(guard) => guard.is_held().await,
        None => false,
    };
    if !held {
        drop(guard.take());
        match guard::take(primary).await {
            Ok(taken) => *guard = Some(taken),
            // Another lane's session, or the lost one in its rollback.
            Err(RunFailure::SchemaBusy { .. }) => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
    let Some(guard) = guard.as_mut() else { return Ok(None) };
    match DdlSession::open(primary, guard, settings(shared, slot)).await {
        Ok(session) => Ok(Some(session)),
        Err(DdlOpenError::SlotHeld { .. }) => Ok(None),
        Err(error) => Err(opening(primary.schema().as_str(), error)),
    }
}
