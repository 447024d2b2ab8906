//! Who is in the way of a metadata lock. Names sessions, never what they read or wrote.

use std::collections::BTreeMap;

use super::answer::Row;
use super::session::Session;
use super::{MysqlError, MysqlErrorKind, Server};
use crate::model::TableName;

/// A session that holds (or waits ahead for) a metadata lock on a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// The table.
    pub table: TableName,
    /// The connection; `None` for a background thread (a replication applier).
    pub connection_id: Option<u64>,
    /// Its user, or the thread's name.
    pub user: String,
    /// Its host.
    pub host: String,
    /// Seconds since its transaction began, or in its present state.
    pub seconds: u64,
    /// `Sleep`, `Query`, … and the state.
    pub state: String,
    /// The lock it holds, e.g. `SHARED_READ`.
    pub lock: String,
    /// Whether it holds the lock (true) or waits for it.
    pub granted: bool,
}

/// Other sessions with a metadata lock on these tables of the server's schema, holders first, longest first. The DDL
/// session that waits is among them (leave it out by its connection id).
/// Needs SELECT on performance_schema (else an error of kind Denied).
pub async fn blockers(server: &Server, tables: &[TableName]) -> Result<Vec<Blocker>, MysqlError> {
    let names: Vec<&str> = tables.iter().map(TableName::as_str).collect();
    blockers_on(server.session().await?.get()?, server.schema().as_str(), &names).await
}

/// The same on a session, for any schema.
pub(super) async fn blockers_on(
    session: &mut Session,
    schema: &str,
    tables: &[&str],
) -> Result<Vec<Blocker>, MysqlError> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let rows = locks(session, schema, tables).await?;
    let ages = if rows.is_empty() { BTreeMap::new() } else { transaction_ages(session).await?.unwrap_or_default() };
    let mut out: Vec<Blocker> = Vec::with_capacity(rows.len());
    for row in &rows {
        let connection_id = session.optional_number(row, 1)?;
        let thread = session.lossy(row, 3)?;
        let user = session.lossy(row, 2)?;
        let in_state = session.lossy(row, 5)?.parse().unwrap_or_default();
        let age = connection_id.and_then(|id| ages.get(&id)).copied().unwrap_or_default();
        let is_applier = ["replica", "slave"].iter().any(|name| thread.contains(name));
        let blocker = Blocker {
            table: TableName::new(session.lossy(row, 0)?),
            connection_id,
            user: if user.is_empty() || is_applier { thread } else { user },
            host: session.lossy(row, 4)?,
            seconds: age.max(in_state),
            state: [session.lossy(row, 6)?, session.lossy(row, 7)?].join(" ").trim().to_owned(),
            lock: session.lossy(row, 8)?,
            granted: session.lossy(row, 9)? == "GRANTED",
        };
        if !out.contains(&blocker) {
            out.push(blocker);
        }
    }
    out.sort_by(|one, other| {
        (other.granted, other.seconds, one.connection_id).cmp(&(one.granted, one.seconds, other.connection_id))
    });
    Ok(out)
}

/// Rows of metadata locks, from the first source that the server has.
async fn locks(session: &mut Session, schema: &str, tables: &[&str]) -> Result<Vec<Row>, MysqlError> {
    let sources = session.queries().metadata_locks;
    for (at, source) in sources.iter().enumerate() {
        match session.query_in(source, &[schema], tables).await {
            // Unknown table: its plugin is not installed.
            Err(error) if error.code == Some(1109) && at + 1 < sources.len() => {}
            answer => return answer,
        }
    }
    Ok(Vec::new())
}

/// Seconds since the transaction of each connection began; `None` without PROCESS.
async fn transaction_ages(session: &mut Session) -> Result<Option<BTreeMap<u64, u64>>, MysqlError> {
    let rows = match session.query(include_str!("queries/transactions.sql"), &[]).await {
        Ok(rows) => rows,
        Err(error) if error.kind == MysqlErrorKind::Denied => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut ages = BTreeMap::new();
    for row in &rows {
        // A clock that was set back gives a negative age.
        ages.insert(session.number(row, 0)?, session.lossy(row, 1)?.parse().unwrap_or_default());
    }
    Ok(Some(ages))
}
