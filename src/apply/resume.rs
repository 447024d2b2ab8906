//! After a controller was killed: what became of the statements that it wrote down.

use std::time::Duration;

use super::{ApplyError, Connections, JournalEntry};

/// What a statement of an interrupted run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementState {
    /// Executed.
    Committed,
    /// Still running on the server: adopt it (wait, never start it again).
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
pub async fn resume(connections: &Connections, entries: &[JournalEntry]) -> Result<Vec<Resumed>, ApplyError> {
    let _ = (connections, entries);
    todo!()
}
