//! `SHOW CREATE TABLE` of many tables, fast: many statements in one message, over two sessions.
//!
//! Two sessions halve the time on a server with free cores, more do not help; and messages of many statements save the
//! round trips, so that distance to the server hardly counts.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::model::{SchemaName, TableName};
use crate::mysql::one_statement::Batch;
use crate::mysql::session::{Session, definition_text};
use crate::mysql::{MysqlError, MysqlErrorKind, Server};
use crate::sql::quote_identifier;

/// How many tables one message asks for at most.
const MOST: usize = 128;
/// Messages become smaller towards the end, so that two sessions finish together, but not smaller than this.
const LEAST: usize = 16;

/// One table's `SHOW CREATE TABLE`; `None` when it does not exist.
pub async fn show_create_table(server: &Server, name: &TableName) -> Result<Option<String>, MysqlError> {
    show_create_on(server.session().await?.get()?, server.schema(), name).await
}

/// The same on a session, in UTC.
pub(in crate::mysql) async fn show_create_on(
    session: &mut Session,
    schema: &SchemaName,
    name: &TableName,
) -> Result<Option<String>, MysqlError> {
    let statement = session.statement(show_create(schema, name))?;
    session.set_utc().await?;
    let shown = session.send(statement).await;
    if session.usable() {
        session.set_zone().await?;
    }
    match shown {
        Ok(rows) => {
            let row = rows.first().ok_or_else(|| MysqlError::unexpected(session.address(), "no definition"))?;
            definition_text(row, 1).map_err(|problem| MysqlError::unexpected(session.address(), problem))
        }
        Err(error) if error.kind == MysqlErrorKind::NoSuchTable => Ok(None),
        Err(error) => Err(error),
    }
}

/// Many tables' `SHOW CREATE TABLE`, in the order of `names`; `None` for one that does not exist (any more).
/// Views yield their `CREATE … VIEW` text: ask for base tables only.
pub async fn show_create_tables(
    server: &Server,
    names: &[TableName],
) -> Result<Vec<(TableName, Option<String>)>, MysqlError> {
    // A second session for one message would cost more than it saves.
    let queue = Queue { sessions: if names.len() > MOST { 2 } else { 1 }, taken: Mutex::new(0), names };
    let (one, other) = futures::future::join(worker(server, &queue), async {
        if queue.sessions > 1 { worker(server, &queue).await } else { Ok(Vec::new()) }
    })
    .await;
    let mut found: Vec<Option<String>> = vec![None; names.len()];
    for (at, text) in one?.into_iter().chain(other?) {
        if let Some(place) = found.get_mut(at) {
            *place = text;
        }
    }
    Ok(names.iter().cloned().zip(found).collect())
}

type Found = Vec<(usize, Option<String>)>;

/// The names that no session has taken yet.
struct Queue<'n> {
    sessions: usize,
    taken: Mutex<usize>,
    names: &'n [TableName],
}

impl Queue<'_> {
    /// Places of the next message; empty when all are taken.
    fn take(&self) -> Range<usize> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.names.len() - *taken;
        let share = if self.sessions == 1 { left } else { left / (2 * self.sessions) };
        let first = *taken;
        *taken += share.clamp(LEAST, MOST).min(left);
        first..*taken
    }
}

async fn worker(server: &Server, queue: &Queue<'_>) -> Result<Found, MysqlError> {
    let schema = server.schema();
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let mut all = Vec::new();
    loop {
        let next = queue.take();
        let Some(chunk) = queue.names.get(next.clone()).filter(|chunk| !chunk.is_empty()) else { return Ok(all) };
        all.extend(read(session, schema, next.start, chunk).await?);
    }
}

async fn read(
    session: &mut Session,
    schema: &SchemaName,
    first: usize,
    names: &[TableName],
) -> Result<Found, MysqlError> {
    let mut found: Found = Vec::with_capacity(names.len());
    while found.len() < names.len() {
        let rest = names.get(found.len()..).unwrap_or_default();
        let mut batch = Batch::default();
        for name in rest {
            batch.push(&session.statement(show_create(schema, name))?);
        }
        let mut garbled = None;
        let (_, result) = session
            .send_batch(batch, |_, row| match definition_text(&row, 1) {
                Ok(text) => found.push((first + found.len(), text)),
                Err(problem) => {
                    garbled.get_or_insert(problem);
                    found.push((first + found.len(), None));
                }
            })
            .await;
        if let Some(problem) = garbled {
            return Err(MysqlError::unexpected(session.address(), problem));
        }
        match result {
            // The server stops at the first statement that fails; go on behind it.
            Err(error) if error.kind == MysqlErrorKind::NoSuchTable => found.push((first + found.len(), None)),
            Err(error) => return Err(error),
            Ok(()) if found.len() < names.len() => {
                return Err(MysqlError::unexpected(session.address(), "fewer definitions than asked for"));
            }
            Ok(()) => {}
        }
    }
    Ok(found)
}

fn show_create(schema: &SchemaName, name: &TableName) -> String {
    format!("SHOW CREATE TABLE {}.{}", quote_identifier(schema.as_str()), quote_identifier(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_smaller_and_leave_nothing_out() {
        let names: Vec<TableName> = (0..1000).map(|number| TableName::new(format!("t{number}"))).collect();
        let sizes = |sessions: usize, count: usize| {
            let queue = Queue { sessions, taken: Mutex::new(0), names: &names[..count] };
            std::iter::from_fn(|| Some(queue.take().len()).filter(|size| *size > 0)).collect::<Vec<_>>()
        };
        let of_many = sizes(2, 1000);
        assert_eq!(of_many.iter().sum::<usize>(), 1000);
        assert!(of_many.is_sorted_by(|one, next| one >= next), "{of_many:?}");
        assert_eq!(of_many.first(), Some(&MOST));
        assert_eq!(sizes(1, 100), [100]);
        assert_eq!(sizes(1, 0), [0_usize; 0]);
    }
}
