//! What is known of a replica besides its definitions: whether changes go on coming, and whether it has transactions of its
//! own. Only reads.

use std::time::Duration;

use super::super::Connections;
use super::super::verdict::Subject;
use crate::model::TableName;
use crate::mysql::{self, History, MysqlError, ReplicaState, Server, TableKind, ThreadState};

/// How much longer than `SOURCE_CONNECT_RETRY` a replica may take to come back to a primary that was started again.
const RECONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// How long the primary is given to have what its replica has already: a replica may receive a transaction before the
/// primary has committed it.
const COMMITS_WITHIN: Duration = Duration::from_millis(300);

/// What the replicas are judged by; `tables` empty: all base tables.
pub(super) async fn subject(connections: &Connections, tables: &[TableName]) -> Result<Subject, MysqlError> {
    let primary = connections.primary();
    let log = mysql::source_log(primary).await?;
    let tables = if tables.is_empty() {
        let all = mysql::list_tables(primary).await?;
        all.into_iter().filter(|table| table.kind == TableKind::BaseTable).map(|table| table.name).collect()
    } else {
        tables.to_vec()
    };
    Ok(Subject { schema: connections.target().schema.as_str().to_owned(), tables, log })
}

/// Which of the two could not be asked.
pub(super) enum ObserveError {
    /// The primary.
    Primary(MysqlError),
    /// The replica.
    Replica(MysqlError),
}

/// A replica's state. One that lost its source because the source was started again tries anew every
/// `SOURCE_CONNECT_RETRY` seconds, and is well until then: its error is left out.
pub(super) async fn observe(connections: &Connections, server: &Server) -> Result<ReplicaState, ObserveError> {
    let mut state = mysql::observe(server).await.map_err(ObserveError::Replica)?;
    if state.receiver == ThreadState::Connecting && state.receiver_error.is_some() {
        let up = mysql::uptime(connections.primary()).await.map_err(ObserveError::Primary)?;
        if up < Duration::from_secs(state.connect_retry_seconds) + RECONNECTS_WITHIN {
            state.receiver_error = None;
        }
    }
    Ok(state)
}

/// The transactions that the replica has and the primary lacks, which is asked twice before any are found.
pub(super) async fn errant(connections: &Connections, state: &ReplicaState) -> Result<Option<String>, MysqlError> {
    if state.history == History::default() {
        return Ok(None);
    }
    let several = state.channels.len() > 1;
    let primary = mysql::history(connections.primary()).await?;
    if state.history.beyond(&primary, several).is_none() {
        return Ok(None);
    }
    tokio::time::sleep(COMMITS_WITHIN).await;
    let primary = mysql::history(connections.primary()).await?;
    Ok(state.history.beyond(&primary, several))
}
