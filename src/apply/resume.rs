//! After a controller was killed: what became of the statements that it wrote down.

use std::time::Duration;

use super::{ApplyError, Connections, JournalEntry};
use crate::mysql::{self, RunningDdl};

/// What a statement of an interrupted run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementState {
    /// Executed.
    Committed,
    /// Still running on the server: adopt it (wait and ask again, never start it again).
    Running {
        /// The connection that runs it.
        connection: u64,
        /// For how long.
        since: Option<Duration>,
    },
    /// Not executed and not running.
    NotStarted,
    /// Without a chosen GTID and no longer running: only the definitions can tell (plan again and look at what is left).
    AskDefinitions,
}

/// One statement of the journal and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// The entry.
    pub entry: JournalEntry,
    /// What it is.
    pub state: StatementState,
}

/// Asks the server what became of each journalled statement.
///
/// The answer is final only while nobody else works on the schema: a [`super::run`] takes the slot locks first.
pub async fn resume(connections: &Connections, entries: &[JournalEntry]) -> Result<Vec<Resumed>, ApplyError> {
    let primary = connections.primary();
    let doing = || format!("asking {} what became of earlier statements", primary.address());
    let identity = connections.identify().await?;
    let source = mysql::gtid_source(&identity.server_uuid, primary.schema().as_str());
    // Running first: a statement that commits in between is then seen as committed, never as not started.
    let running = mysql::running(primary, Some(&source)).await.map_err(ApplyError::server(doing()))?;
    let mut resumed = Vec::with_capacity(entries.len());
    for entry in entries {
        let executed = match &entry.gtid {
            Some(gtid) => Some(mysql::was_executed(primary, gtid).await.map_err(ApplyError::server(doing()))?),
            None => None,
        };
        resumed.push(Resumed { entry: entry.clone(), state: decide(entry, executed, &running) });
    }
    Ok(resumed)
}

fn decide(entry: &JournalEntry, executed: Option<bool>, running: &[RunningDdl]) -> StatementState {
    if executed == Some(true) {
        return StatementState::Committed;
    }
    match (running.iter().find(|session| runs(entry, session)), executed) {
        (Some(session), _) => StatementState::Running {
            connection: session.connection_id,
            since: Some(Duration::from_secs(session.seconds)),
        },
        (None, Some(_)) => StatementState::NotStarted,
        (None, None) => StatementState::AskDefinitions,
    }
}

/// Whether a session runs this statement: by its GTID, else by connection *and* text (ids start again after a crash).
fn runs(entry: &JournalEntry, session: &RunningDdl) -> bool {
    if let (Some(chosen), Some(owned)) = (&entry.gtid, &session.gtid) {
        return owned.eq_ignore_ascii_case(&chosen.to_string()) && !session.idle;
    }
    !session.idle
        && session.connection_id == entry.connection
        && session.statement.as_ref().is_some_and(|text| !text.is_empty() && entry.sql.starts_with(text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Gtid;

    fn entry(gtid: Option<u64>) -> JournalEntry {
        JournalEntry {
            statement: 0,
            sql: "ALTER TABLE `t` FORCE".to_owned(),
            table: "t".to_owned(),
            gtid: gtid.map(|number| Gtid { source: "u".to_owned(), number }),
            connection: 7,
            started_at: None,
        }
    }

    fn session(connection_id: u64, gtid: Option<&str>, statement: &str, idle: bool) -> RunningDdl {
        RunningDdl {
            connection_id,
            slot: Some(1),
            user: "u".to_owned(),
            host: "h".to_owned(),
            idle,
            state: String::new(),
            statement: Some(statement.to_owned()),
            seconds: 3,
            gtid: gtid.map(ToOwned::to_owned),
            stage: None,
        }
    }

    #[test]
    fn the_gtid_decides_where_there_is_one() {
        let other_connection = session(9, Some("U:4"), "ALTER TABLE `t` FORCE", false);
        assert_eq!(decide(&entry(Some(4)), Some(true), &[]), StatementState::Committed);
        assert!(matches!(
            decide(&entry(Some(4)), Some(false), std::slice::from_ref(&other_connection)),
            StatementState::Running { connection: 9, .. }
        ));
        assert_eq!(decide(&entry(Some(5)), Some(false), &[other_connection]), StatementState::NotStarted);
    }

    #[test]
    fn without_a_gtid_the_connection_id_alone_proves_nothing() {
        let ours = session(7, None, "ALTER TABLE `t` FO", false);
        let reused = session(7, None, "SELECT 1", false);
        let idle = session(7, None, "ALTER TABLE `t` FORCE", true);
        assert!(matches!(decide(&entry(None), None, &[ours]), StatementState::Running { connection: 7, .. }));
        assert_eq!(decide(&entry(None), None, &[reused]), StatementState::AskDefinitions);
        assert_eq!(decide(&entry(None), None, &[idle]), StatementState::AskDefinitions);
    }
}
