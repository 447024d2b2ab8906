//! What must hold before the first statement: locks, server, replicas, baseline. Nothing is changed here but a schema
//! that is to be made.

use std::collections::BTreeMap;

use super::super::{Approved, Connections, Role, RunFailure, look, plan, verify};
use super::{RunOptions, guard};
use crate::model::{Gtid, ServerZone, TableName};
use crate::mysql::{self, Capability, GtidMode, GtidSet, MysqlError, Server, ServerRole, WriterGuard};
use crate::plan::proposal::BaselineZone;
use crate::plan::{ABSENT, fingerprint};

/// A run that may begin.
pub(super) struct Started {
    pub(super) guard: guard::Guard,
    pub(super) gtid_source: Option<String>,
    pub(super) next_gtid: u64,
    pub(super) reserved: BTreeMap<usize, Gtid>,
}

pub(super) async fn start(
    connections: &Connections,
    approved: &Approved,
    options: &RunOptions,
) -> Result<Started, RunFailure> {
    let primary = connections.primary();
    let taken = guard::take(primary).await?;
    match checked(connections, approved, options).await {
        Ok((gtid_source, next_gtid, reserved)) => Ok(Started { guard: Some(taken), gtid_source, next_gtid, reserved }),
        Err(failure) => {
            release(taken).await;
            Err(failure)
        }
    }
}

async fn release(guard: WriterGuard) {
    guard.release().await;
}

type Chosen = (Option<String>, u64, BTreeMap<usize, Gtid>);

async fn checked(connections: &Connections, approved: &Approved, options: &RunOptions) -> Result<Chosen, RunFailure> {
    let primary = connections.primary();
    let planned = &approved.planned;
    let names: Vec<TableName> =
        planned.proposal.baseline.fingerprints.iter().map(|entry| TableName::new(entry.table.as_str())).collect();
    // Of a schema that is to be made there is nothing to read yet.
    let early = async {
        match planned.create_schema {
            true => None,
            false => {
                Some(tokio::join!(mysql::show_create_tables(primary, &names), verify::definitions(connections, &names)))
            }
        }
    };
    let (identity, capabilities, replicas, early) = tokio::join!(
        mysql::identify(primary),
        mysql::capabilities(primary, ServerRole::Primary),
        verify::health(connections, &names),
        early
    );
    let identity = identity.map_err(|source| asking(primary, source))?;
    let expected = &planned.proposal.baseline.server_uuid;
    if identity.server_uuid.0 != *expected {
        return Err(RunFailure::WrongServer { expected: expected.clone(), actual: identity.server_uuid.0 });
    }
    match connections.role(&identity) {
        Role::Active => {}
        role @ (Role::Standby | Role::Fenced(_)) => return Err(RunFailure::NotWritable { role }),
    }
    for (target, verdict) in replicas {
        if let Some(verdict) = verdict
            && target.required
        {
            return Err(RunFailure::ReplicaUnhealthy { name: target.name, verdict: Box::new(verdict) });
        }
    }
    let zone = identity.facts.time_zone.as_ref();
    if planned.in_a_zone && zone.map(BaselineZone::from) != planned.proposal.baseline.time_zone {
        return Err(RunFailure::TimeZoneMoved {
            expected: in_words(planned.facts.time_zone.as_ref()),
            actual: in_words(zone),
        });
    }
    time_zones_alike(connections, approved).await?;
    if planned.create_schema {
        mysql::create_schema(primary, connections.target().create_schema.as_ref())
            .await
            .map_err(|source| asking(primary, source))?;
    }
    let (live, theirs) = match early {
        Some(read) => read,
        None => (mysql::show_create_tables(primary, &names).await, Vec::new()),
    };
    let live = live.map_err(|source| asking(primary, source))?;
    let tables = moved(approved, &live);
    if !tables.is_empty() {
        return Err(RunFailure::BaselineMoved { tables });
    }
    // Invariant 6: a change that meets another definition on a replica would stop its applier, or be lost there.
    for (target, server, theirs) in &theirs {
        if let Some(verdict) = verify::divergence(connections, target, server, &live, theirs).await {
            return Err(RunFailure::ReplicaUnhealthy { name: target.name.clone(), verdict: Box::new(verdict) });
        }
    }
    if approved.places.len() == approved.total {
        look::stop(connections, approved).await?;
    }
    let capabilities = capabilities.map_err(|source| asking(primary, source))?;
    let can_choose =
        identity.gtid_mode == GtidMode::On && identity.log_bin && capabilities.can(Capability::ChooseGtids);
    if !can_choose {
        return Ok((None, 1, BTreeMap::new()));
    }
    let executed = mysql::executed_gtids(primary).await.map_err(|source| asking(primary, source))?;
    let source = mysql::gtid_source(&identity.server_uuid, primary.schema().as_str());
    let reserved = reserved(approved, options, &source, &executed);
    let highest = executed.highest(&source).unwrap_or(0);
    let highest = options
        .known
        .iter()
        .filter_map(|entry| entry.gtid.as_ref())
        .filter(|gtid| gtid.source == source)
        .map(|gtid| gtid.number)
        .fold(highest, u64::max);
    Ok((Some(source), highest + 1, reserved))
}

/// What a statement computes in a time zone that is not the same on a required replica would differ there, or stop its
/// applier.
async fn time_zones_alike(connections: &Connections, approved: &Approved) -> Result<(), RunFailure> {
    let planned = &approved.planned;
    let Some(zone) = planned.facts.time_zone.as_ref().filter(|_| planned.in_a_zone) else { return Ok(()) };
    for (target, server) in connections.replicas().filter(|(target, _)| target.required) {
        let alike = plan::reads_alike(server, Some(zone)).await.map_err(|source| asking(server, source))?;
        if !alike {
            return Err(RunFailure::Unfit {
                why: format!(
                    "replica {} does not have the time zone {} as the primary has it, and the statements compute values \
                     in it (TW029): they would differ there. Give all servers the same time zone by name or offset \
                     (SET PERSIST time_zone = ...), with the same time zone tables; nothing was run",
                    target.name, zone.name
                ),
            });
        }
    }
    Ok(())
}

fn in_words(zone: Option<&ServerZone>) -> String {
    zone.map_or_else(|| "UTC".to_owned(), |zone| zone.name.clone())
}

/// GTIDs that an earlier run wrote down for statements of this plan, and that the server has not executed.
fn reserved(approved: &Approved, options: &RunOptions, source: &str, executed: &GtidSet) -> BTreeMap<usize, Gtid> {
    options
        .known
        .iter()
        .filter(|entry| approved.places.contains(&entry.statement))
        .filter_map(|entry| Some((entry.statement, entry.gtid.clone()?)))
        .filter(|(_, gtid)| gtid.source == source && !executed.contains(gtid))
        .collect()
}

/// Invariant 4: tables whose live definitions (in the order of the baseline) are not those that the plan was computed for.
fn moved(approved: &Approved, live: &verify::Definitions) -> Vec<String> {
    let fingerprints = &approved.planned.proposal.baseline.fingerprints;
    fingerprints
        .iter()
        .zip(live)
        .filter(|(entry, (_, text))| text.as_deref().map_or_else(|| ABSENT.to_owned(), fingerprint) != entry.sha256)
        .map(|(entry, _)| entry.table.clone())
        .collect()
}

fn asking(primary: &Server, source: MysqlError) -> RunFailure {
    RunFailure::Server {
        doing: format!("looking at {} before the first statement; nothing was run", primary.address()),
        source,
    }
}
