//! Time zones, where a plan depends on them. Of a server in UTC with replicas in UTC nothing is asked.

use std::borrow::Cow;

use super::super::moments::{Moments, UTC};
use super::compare::refuse;
use crate::apply::Connections;
use crate::diff::{Change, ChangeSet, ReplicaZone};
use crate::model::{DesiredTable, ServerZone};
use crate::mysql::{self, MysqlError, Server};
use crate::plan::proposal::{Refusal, RefusalReason};
use crate::rules;

/// Desired tables whose moments are all in the server's time zone, and those that cannot be brought into it.
pub(super) struct InZone<'d> {
    pub(super) desired: Cow<'d, [DesiredTable]>,
    pub(super) refusals: Vec<Refusal>,
    /// From the server's time zone, in which manifests are read, to UTC, in which definitions are compared.
    pub(super) to_utc: Moments,
}

/// Brings the moments of scripts that set a time zone of their own into the server's.
pub(super) async fn in_zone<'d>(
    primary: &Server,
    zone: Option<&ServerZone>,
    desired: &'d [DesiredTable],
) -> Result<InZone<'d>, MysqlError> {
    let own = zone.map_or(UTC, |zone| zone.session.as_str());
    let shown = zone.map_or("UTC", |zone| zone.name.as_str());
    let mut refusals = Vec::new();
    let mut all = Cow::Borrowed(desired);
    let is_foreign = |declared: &DesiredTable| declared.time_zone.as_deref().is_some_and(|zone| zone != own);
    if desired.iter().any(is_foreign) {
        let mut brought = Vec::with_capacity(desired.len());
        for declared in desired {
            let Some(theirs) = declared.time_zone.as_deref().filter(|_| is_foreign(declared)) else {
                brought.push(declared.clone());
                continue;
            };
            let moments = Moments::converted(primary, std::iter::once(&declared.table), theirs, own).await?;
            let mut table = declared.table.clone();
            if rules::has_bound_in_a_zone(&table) {
                let problem = format!(
                    "a partition's bound is computed in the time zone {theirs}, which the script sets, and the server's is \
                     {shown}; write the bound as the number that it is"
                );
                refusals.push(refuse(declared, RefusalReason::InvalidDefinition, &problem));
            } else if moments.write(&mut table) {
                brought.push(DesiredTable { table, time_zone: None, ..declared.clone() });
            } else {
                let problem = format!(
                    "the server cannot convert a default of a TIMESTAMP column from the time zone {theirs}, which the \
                     script sets, to its own, {shown}; write it in the server's time zone, or load the time zone tables"
                );
                refusals.push(refuse(declared, RefusalReason::InvalidDefinition, &problem));
            }
        }
        all = Cow::Owned(brought);
    }
    let to_utc = Moments::converted(primary, all.iter().map(|declared| &declared.table), own, UTC).await?;
    Ok(InZone { desired: all, refusals, to_utc })
}

/// The time zones of the replicas, where a change depends on them. What cannot be asked now is looked at before the first
/// statement.
pub(super) async fn of_replicas(
    connections: &Connections,
    changes: &ChangeSet,
    zone: Option<&ServerZone>,
) -> Vec<ReplicaZone> {
    let converts = |change: &Change| match change {
        Change::AlterTable(difference) => difference.changes.iter().any(rules::converts),
        Change::CreateTable { .. } | Change::DropTable { .. } | Change::RenameTable { .. } => false,
    };
    let mut changed = changes.changes.iter();
    let depends = if zone.is_some_and(|zone| zone.changes.is_some()) {
        changed.any(|change| converts(change) || rules::table_in_a_zone(change).is_some())
    } else {
        changed.any(converts)
    };
    if !depends {
        return Vec::new();
    }
    let replicas = connections.replicas().map(|(target, server)| async move {
        let own = mysql::identify(server).await?.facts.time_zone;
        let reads_alike = reads_alike(server, zone).await?;
        Ok::<_, MysqlError>(ReplicaZone { name: target.name.clone(), own, reads_alike })
    });
    futures::future::join_all(replicas).await.into_iter().filter_map(Result::ok).collect()
}

/// Whether the time zone in which statements run is on this server what it is on the primary.
pub(in crate::apply) async fn reads_alike(server: &Server, zone: Option<&ServerZone>) -> Result<bool, MysqlError> {
    // Every server knows offsets.
    let Some((zone, changes)) = zone.and_then(|zone| Some((zone, zone.changes?))) else { return Ok(true) };
    Ok(mysql::zone_offsets(server, &zone.session).await?.is_some_and(|offsets| offsets.digest == changes))
}
