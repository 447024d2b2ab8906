//! Who is in the way of a metadata lock. Names sessions, never what they read or wrote.

use std::time::Duration;

use super::{MysqlError, Server};
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

/// A transaction that has been open for long: it will block DDL on every table it touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldTransaction {
    /// The connection.
    pub connection_id: u64,
    /// Its user.
    pub user: String,
    /// Its host.
    pub host: String,
    /// Seconds since it began.
    pub seconds: u64,
    /// Tables of the schema on which it holds a metadata lock, sorted; empty where performance_schema does not tell.
    pub tables: Vec<TableName>,
}

/// Other sessions with a metadata lock on these tables of the server's schema, longest first.
/// Needs SELECT on performance_schema (else an error of kind Denied).
pub async fn blockers(_server: &Server, _tables: &[TableName]) -> Result<Vec<Blocker>, MysqlError> {
    todo!()
}

/// Transactions older than this, oldest first. Needs PROCESS (else an error of kind Denied).
pub async fn old_transactions(_server: &Server, _older_than: Duration) -> Result<Vec<OldTransaction>, MysqlError> {
    todo!()
}
