//! What must hold before the first statement: locks, server, replicas, baseline. Nothing is changed here but a schema
//! that is to be made.

use std::collections::BTreeMap;

use super::super::{Approved, Connections, Role, RunFailure, verify};
use super::{RunOptions, guard};
use crate::model::{Gtid, TableName};
use crate::mysql::{self, Capability, GtidMode, GtidSet, MysqlError, Server, ServerRole, WriterGuard};
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

/// The tables of the plan as the primary has them, in the order of the baseline.
type Live = Vec<(TableName, Option<String>)>;

type Chosen = (Option<String>, u64, BTreeMap<usize, Gtid>);

async fn checked(connections: &Connections, approved: &Approved, options: &RunOptions) -> Result<Chosen, RunFailure> {
    let primary = connections.primary();
    let planned = &approved.planned;
    let (identity, capabilities, replicas) = tokio::join!(
        mysql::identify(primary),
        mysql::capabilities(primary, ServerRole::Primary),
        verify::health(connections)
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
    if planned.create_schema {
        mysql::create_schema(primary, connections.target().create_schema.as_ref())
            .await
            .map_err(|source| asking(primary, source))?;
    }
    let live = baseline_holds(primary, approved).await?;
    replicas_agree(connections, &live).await?;
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

/// Invariant 4: the live definitions are those that the plan was computed for.
async fn baseline_holds(primary: &Server, approved: &Approved) -> Result<Live, RunFailure> {
    let fingerprints = &approved.planned.proposal.baseline.fingerprints;
    let names: Vec<TableName> = fingerprints.iter().map(|entry| TableName::new(entry.table.as_str())).collect();
    let live = mysql::show_create_tables(primary, &names).await.map_err(|source| asking(primary, source))?;
    let moved: Vec<String> = fingerprints
        .iter()
        .zip(&live)
        .filter(|(entry, (_, text))| text.as_deref().map_or_else(|| ABSENT.to_owned(), fingerprint) != entry.sha256)
        .map(|(entry, _)| entry.table.clone())
        .collect();
    if moved.is_empty() { Ok(live) } else { Err(RunFailure::BaselineMoved { tables: moved }) }
}

/// Invariant 6: a change that meets another definition on a replica would stop its applier, or be lost there.
async fn replicas_agree(connections: &Connections, live: &Live) -> Result<(), RunFailure> {
    let asked = connections.replicas().filter(|(target, _)| target.required).map(|(target, server)| async move {
        verify::divergence(connections, target, server, live).await.map(|verdict| (target.name.clone(), verdict))
    });
    match futures::future::join_all(asked).await.into_iter().flatten().next() {
        Some((name, verdict)) => Err(RunFailure::ReplicaUnhealthy { name, verdict: Box::new(verdict) }),
        None => Ok(()),
    }
}

fn asking(primary: &Server, source: MysqlError) -> RunFailure {
    RunFailure::Server {
        doing: format!("looking at {} before the first statement; nothing was run", primary.address()),
        source,
    }
}
