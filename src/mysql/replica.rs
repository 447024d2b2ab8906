//! What a replica is doing, and waiting for a GTID on it. Never writes.

use std::time::{Duration, Instant};

use super::answer::Row;
use super::blockers::blockers_on;
use super::errant::{History, read_history};
use super::identity::{read_gtids, replica_status};
use super::masking::mask_replication;
use super::queries::GtidForm;
use super::session::Session;
use super::{Blocker, GtidSet, MysqlError, MysqlErrorKind, Server};
use crate::model::{Gtid, ServerUuid};

/// Whether a replication thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThreadState {
    /// It runs.
    Running,
    /// It tries to connect.
    Connecting,
    /// It is stopped.
    Stopped,
}

/// What a replica is doing. With several channels: the worst of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaState {
    /// Its `@@server_uuid`.
    pub server_uuid: ServerUuid,
    /// Whether a source is configured at all; without one it is not a replica (and the rest says little).
    pub has_source: bool,
    /// The source's UUID, once it has been connected to.
    pub source_uuid: Option<ServerUuid>,
    /// The thread that receives.
    pub receiver: ThreadState,
    /// The thread that applies.
    pub applier: ThreadState,
    /// The receiver's last error: number and text, values masked.
    pub receiver_error: Option<(u16, String)>,
    /// The applier's last error (a worker's own where there is one): number and text, values masked.
    pub applier_error: Option<(u16, String)>,
    /// Seconds behind, as the replica estimates them.
    pub lag_seconds: Option<u64>,
    /// `SOURCE_DELAY`.
    pub delay_seconds: u64,
    /// What the applier waits for, if it waits for a lock.
    pub waits: Option<ApplierWait>,
    /// Its channels, each with its replication filters.
    pub channels: Vec<Channel>,
    /// How long it waits before it tries to connect again (`SOURCE_CONNECT_RETRY`).
    pub connect_retry_seconds: u64,
    /// What it has executed, by who wrote it.
    pub history: History,
    /// `@@gtid_executed`.
    pub executed: GtidSet,
    /// `@@read_only`.
    pub read_only: bool,
}

impl ReplicaState {
    /// Of a server that follows nobody.
    pub(crate) fn alone(server_uuid: ServerUuid, executed: GtidSet, read_only: bool) -> Self {
        Self {
            server_uuid,
            has_source: false,
            source_uuid: None,
            receiver: ThreadState::Stopped,
            applier: ThreadState::Stopped,
            receiver_error: None,
            applier_error: None,
            lag_seconds: None,
            delay_seconds: 0,
            waits: None,
            channels: Vec::new(),
            connect_retry_seconds: 0,
            history: History::default(),
            executed,
            read_only,
        }
    }
}

/// What the applier waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplierWait {
    /// The thread's state, e.g. `Waiting for table metadata lock`, `Waiting for backup lock`.
    pub state: String,
    /// For how many seconds.
    pub seconds: u64,
    /// The table, `schema.table`, where performance_schema tells.
    pub table: Option<String>,
    /// Who holds the lock, where performance_schema tells.
    pub blockers: Vec<Blocker>,
}

/// One channel of a replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// The source's UUID, once it has been connected to.
    pub source_uuid: Option<ServerUuid>,
    /// The source's `@@server_id`, once it has been connected to.
    pub source_id: Option<String>,
    /// Replication filters.
    pub filters: Vec<Filter>,
}

/// A replication filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Its name, e.g. `Replicate_Do_DB`.
    pub name: String,
    /// Its rule.
    pub rule: String,
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// It has been executed.
    Reached,
    /// Not yet.
    TimedOut,
}

/// Looks at a replica. Needs REPLICATION CLIENT (else an error of kind Denied); without SELECT on performance_schema
/// the applier's waits and its workers' own errors are left out.
pub async fn observe(server: &Server) -> Result<ReplicaState, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let row = session.query_row(session.queries().replica_facts, &[]).await?;
    let executed = read_gtids(session, &session.text(&row, 1)?)?;
    let server_uuid = ServerUuid(session.text(&row, 0)?.to_lowercase());
    let history = match session.queries().gtids {
        GtidForm::Set => History::named(executed.clone(), server_uuid.0.clone()),
        GtidForm::Positions => read_history(session).await?,
    };
    let read_only = session.text(&row, 2)? != "0";
    let alone = ReplicaState { history, ..ReplicaState::alone(server_uuid, executed, read_only) };
    let channels = replica_status(session).await?;
    if channels.is_empty() {
        return Ok(alone);
    }
    // The worst of the channels counts.
    let mut state =
        ReplicaState { has_source: true, receiver: ThreadState::Running, applier: ThreadState::Running, ..alone };
    for channel in &channels {
        read_channel(&mut state, channel);
    }
    if state.applier_error.is_some()
        && let Some(error) = worker_error(session).await?
    {
        state.applier_error = Some(error);
    }
    if state.applier == ThreadState::Running {
        state.waits = applier_wait(session).await?;
    }
    Ok(state)
}

/// Waits until the replica has executed all of these GTIDs, in slices of a second at most, so that dropping the future
/// leaves nothing behind.
pub async fn wait_for_gtids(server: &Server, gtids: &[Gtid], timeout: Duration) -> Result<WaitOutcome, MysqlError> {
    let until = Instant::now() + timeout;
    let set = GtidSet::of(gtids).map_err(|error| MysqlError::unexpected(server.address(), error.to_string()))?;
    let set = set.to_string();
    let mut lease = server.session().await?;
    let session = lease.get()?;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        // A timeout of 0 means for ever; fractions of a second are understood.
        let slice = format!("{:.3}", left.as_secs_f64().clamp(0.001, 1.0));
        // The function takes numbers; a string in their place is read as one.
        let row = session.query_row("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ? + 0.0)", &[&set, &slice]).await?;
        if session.text(&row, 0)? == "0" {
            return Ok(WaitOutcome::Reached);
        }
        if Instant::now() >= until {
            return Ok(WaitOutcome::TimedOut);
        }
    }
}

/// One row of SHOW REPLICA STATUS, by the names of either age ("Replica_", "Slave_").
fn read_channel(state: &mut ReplicaState, row: &Row) {
    let thread = |text: &str| match text {
        "Yes" => ThreadState::Running,
        "Connecting" => ThreadState::Connecting,
        _ => ThreadState::Stopped,
    };
    let either = |one: &str, other: &str| field(row, one).or_else(|| field(row, other)).unwrap_or_default();
    state.receiver = state.receiver.max(thread(&either("Replica_IO_Running", "Slave_IO_Running")));
    state.applier = state.applier.max(thread(&either("Replica_SQL_Running", "Slave_SQL_Running")));
    let error = |number: &str, text: &str| {
        let number: u16 = field(row, number)?.parse().ok().filter(|number| *number != 0)?;
        Some((number, mask_replication(number, &field(row, text).unwrap_or_default())))
    };
    state.receiver_error = state.receiver_error.take().or_else(|| error("Last_IO_Errno", "Last_IO_Error"));
    state.applier_error = state.applier_error.take().or_else(|| error("Last_SQL_Errno", "Last_SQL_Error"));
    let lag = either("Seconds_Behind_Source", "Seconds_Behind_Master").parse().ok();
    state.lag_seconds = state.lag_seconds.max(lag);
    state.delay_seconds =
        state.delay_seconds.max(field(row, "SQL_Delay").and_then(|delay| delay.parse().ok()).unwrap_or_default());
    let uuid = either("Source_UUID", "Master_UUID");
    if state.source_uuid.is_none() && !uuid.is_empty() {
        state.source_uuid = Some(ServerUuid(uuid.to_lowercase()));
    }
    let retry = field(row, "Connect_Retry").and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    state.connect_retry_seconds = state.connect_retry_seconds.max(retry);
    let filters = FILTERS.iter().filter_map(|name| {
        let rule = field(row, name).filter(|rule| !rule.is_empty())?;
        Some(Filter { name: (*name).to_owned(), rule })
    });
    let id = either("Source_Server_Id", "Master_Server_Id");
    state.channels.push(Channel {
        source_uuid: (!uuid.is_empty()).then(|| ServerUuid(uuid.to_lowercase())),
        source_id: (!id.is_empty() && id != "0").then_some(id),
        filters: filters.collect(),
    });
}

/// Columns of SHOW REPLICA STATUS that leave something out.
const FILTERS: [&str; 10] = [
    "Replicate_Do_DB",
    "Replicate_Ignore_DB",
    "Replicate_Do_Table",
    "Replicate_Ignore_Table",
    "Replicate_Wild_Do_Table",
    "Replicate_Wild_Ignore_Table",
    "Replicate_Rewrite_DB",
    "Replicate_Do_Domain_Ids",
    "Replicate_Ignore_Domain_Ids",
    "Replicate_Ignore_Server_Ids",
];

/// A column by name, whatever its place: it differs by version.
pub(super) fn field(row: &Row, name: &str) -> Option<String> {
    let bytes = row.value(row.place(name)?).ok()??;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

async fn worker_error(session: &mut Session) -> Result<Option<(u16, String)>, MysqlError> {
    let rows = match session.query(include_str!("queries/applier_errors.sql"), &[]).await {
        Ok(rows) => rows,
        Err(error) if error.session_lives() => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let number = u16::try_from(session.number(row, 0)?).unwrap_or_default();
    Ok(Some((number, mask_replication(number, &session.lossy(row, 1)?))))
}

async fn applier_wait(session: &mut Session) -> Result<Option<ApplierWait>, MysqlError> {
    let rows = match session.query(session.queries().applier_waits, &[]).await {
        Ok(rows) => rows,
        Err(error) if error.session_lives() => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let (schema, table) = (session.optional(row, 2)?, session.optional(row, 3)?);
    let mut wait = ApplierWait {
        state: session.lossy(row, 0)?,
        seconds: session.lossy(row, 1)?.parse().unwrap_or_default(),
        table: None,
        blockers: Vec::new(),
    };
    if let Some((schema, table)) = schema.zip(table) {
        match blockers_on(session, &schema, &[&table]).await {
            Ok(mut blockers) => {
                blockers.retain(|blocker| blocker.granted && !blocker.user.starts_with("thread/sql/"));
                wait.blockers = blockers;
            }
            Err(error) if error.kind == MysqlErrorKind::Denied => {}
            Err(error) => return Err(error),
        }
        wait.table = Some(format!("{schema}.{table}"));
    }
    Ok(Some(wait))
}
