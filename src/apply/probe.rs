//! The drift probe: one cheap query whose answer is compared with the last one's.

use super::{ApplyError, Connections, Role};
use crate::model::{ServerUuid, TableName};

/// What a schema looked like from afar. Equal probes: very probably nothing moved (see MYSQL facts on CREATE_TIME: reread
/// everything now and then all the same).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Who answered.
    pub server_uuid: ServerUuid,
    /// Which of the four cases it is in.
    pub role: Role,
    /// Base tables with their CREATE_TIME, sorted.
    pub tables: Vec<(TableName, String)>,
}

impl Probe {
    /// Tables that appeared, vanished or moved between two probes, sorted.
    pub fn moved_since(&self, earlier: &Self) -> Vec<TableName> {
        let mut moved: Vec<TableName> = self
            .tables
            .iter()
            .filter(|entry| !earlier.tables.contains(entry))
            .chain(earlier.tables.iter().filter(|entry| !self.tables.contains(entry)))
            .map(|(name, _)| name.clone())
            .collect();
        moved.sort();
        moved.dedup();
        moved
    }
}

/// Asks the primary.
pub async fn probe(connections: &Connections) -> Result<Probe, ApplyError> {
    let _ = connections;
    todo!()
}
