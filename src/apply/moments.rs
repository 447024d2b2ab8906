//! Moments: literal defaults of TIMESTAMP columns. Their texts mean another moment in each time zone; the server converts
//! them, which alone knows its zones.

use std::collections::BTreeMap;

use super::{ApplyError, Connections, Observed};
use crate::model::{ColumnDefault, Literal, ServerZone, Table};
use crate::mysql::{self, MysqlError, Server};
use crate::normalize;

/// As a session's `time_zone`.
pub(super) const UTC: &str = "+00:00";

/// Texts of moments, each with the same moment in another time zone.
#[derive(Debug, Default)]
pub(super) struct Moments(BTreeMap<String, String>);

impl Moments {
    /// The moments of these tables, converted by this server. One that it cannot convert is left out: it is no time, or the
    /// server does not know a zone.
    pub(super) async fn converted<'t>(
        server: &Server,
        tables: impl Iterator<Item = &'t Table>,
        from: &str,
        to: &str,
    ) -> Result<Self, MysqlError> {
        let mut texts: Vec<String> = tables.flat_map(|table| &table.columns).filter_map(normalize::moment).collect();
        if texts.is_empty() || from == to {
            return Ok(Self::default());
        }
        texts.sort();
        texts.dedup();
        mysql::converted(server, &texts, from, to).await.map(Self)
    }

    /// Writes the moments of a table as they are in the other time zone; says whether all were known.
    pub(super) fn write(&self, table: &mut Table) -> bool {
        let mut known = true;
        for column in &mut table.columns {
            let Some(text) = normalize::moment(column) else { continue };
            match self.0.get(&text) {
                Some(other) => column.default = Some(ColumnDefault::Literal(Literal::String(other.clone()))),
                None => known = false,
            }
        }
        known
    }
}

/// Live tables, whose moments were read in UTC, as the server's own clients are shown them: what a manifest says.
pub async fn in_the_servers_zone(
    connections: &Connections,
    observed: &Observed,
    tables: &mut [Table],
) -> Result<(), ApplyError> {
    let Some(ServerZone { session, .. }) = &observed.facts().time_zone else { return Ok(()) };
    let primary = connections.primary();
    let moments = Moments::converted(primary, tables.iter(), UTC, session)
        .await
        .map_err(ApplyError::server(format!("converting defaults of TIMESTAMP columns on {}", primary.address())))?;
    for table in tables {
        moments.write(table);
    }
    Ok(())
}
