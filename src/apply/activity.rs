//! What the primary and its replicas do at this moment that concerns a change of some tables.

use std::time::Duration;

use super::{ApplyError, Connections};
use crate::model::TableName;
use crate::mysql::{self, ServerRole};

pub use crate::mysql::{Activity, LongestStatement, SessionActivity, SessionKind, Unseen};

/// How long a server may take to answer: whoever asks looks at a screen.
const PATIENCE: Duration = Duration::from_secs(4);

/// One server's answer.
#[derive(Debug)]
pub struct ServerActivity {
    /// The replica's name; `None`: the primary.
    pub replica: Option<String>,
    /// What it does, or why it cannot be asked.
    pub seen: Result<Activity, ApplyError>,
}

/// Asks all servers at once: the primary first, then the replicas in the target's order.
pub async fn activity(connections: &Connections, tables: &[TableName]) -> Vec<ServerActivity> {
    let primary = connections.primary();
    let primary = std::iter::once((None, primary, ServerRole::Primary));
    let replicas =
        connections.replicas().map(|(target, server)| (Some(target.name.clone()), server, ServerRole::Replica));
    let asked = primary.chain(replicas).map(|(replica, server, role)| async move {
        let seen = mysql::activity(server, role, tables, PATIENCE).await;
        let doing = format!("looking at what {} does", server.address());
        ServerActivity { replica, seen: seen.map_err(ApplyError::server(doing)) }
    });
    futures::future::join_all(asked).await
}
