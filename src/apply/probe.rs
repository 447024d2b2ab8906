//! The drift probe: one cheap query whose answer is compared with the last one's.

use super::{ApplyError, Connections, Role};
use crate::model::{ServerUuid, TableName};
use crate::mysql::{self, TableKind};

/// What a schema looked like from afar. Equal probes: very probably nothing moved (CREATE_TIME has a resolution of one
/// second and misses renames: reread everything now and then all the same).
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
        let absent_from = |entries: &[(TableName, String)], others: &[(TableName, String)]| -> Vec<TableName> {
            entries.iter().filter(|entry| others.binary_search(entry).is_err()).map(|(name, _)| name.clone()).collect()
        };
        let mut moved = absent_from(&self.tables, &earlier.tables);
        moved.extend(absent_from(&earlier.tables, &self.tables));
        moved.sort();
        moved.dedup();
        moved
    }
}

/// Asks the primary.
pub async fn probe(connections: &Connections) -> Result<Probe, ApplyError> {
    let primary = connections.primary();
    let identity = connections.identify().await?;
    let listed = mysql::list_tables(primary).await.map_err(ApplyError::server(format!(
        "listing the tables of `{}` on {}",
        primary.schema(),
        primary.address()
    )))?;
    let mut tables: Vec<(TableName, String)> = listed
        .into_iter()
        .filter(|table| table.kind == TableKind::BaseTable)
        .map(|table| (table.name, table.created.unwrap_or_default()))
        .collect();
    tables.sort();
    Ok(Probe { role: connections.role(&identity), server_uuid: identity.server_uuid, tables })
}

/// What the primary has executed and whom it follows, with its `@@server_uuid`, all from one session: behind a name that
/// moves, two sessions may be on two servers. Needs REPLICATION CLIENT.
pub async fn history(connections: &Connections) -> Result<mysql::ReplicaState, ApplyError> {
    let primary = connections.primary();
    mysql::observe(primary)
        .await
        .map_err(ApplyError::server(format!("looking at the history of {}", primary.address())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(tables: &[(&str, &str)]) -> Probe {
        Probe {
            server_uuid: ServerUuid("p".to_owned()),
            role: Role::Active,
            tables: tables.iter().map(|(name, created)| (TableName::new(*name), (*created).to_owned())).collect(),
        }
    }

    #[test]
    fn what_appeared_vanished_or_moved_is_named_once() {
        let earlier = probe(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let later = probe(&[("a", "1"), ("b", "2"), ("d", "2")]);
        assert_eq!(later.moved_since(&earlier), ["b".into(), "c".into(), "d".into()]);
        assert_eq!(earlier.moved_since(&earlier), []);
    }
}
