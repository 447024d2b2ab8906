//! One worker: its DDL session, and each statement from intention to read-back.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::Instrument;

use super::super::journal::{FailedHow, Journal, Progress, StatementOutcome, StatementReport};
use super::super::plan::After;
use super::super::{Fence, Role, RunFailure, span};
use super::away::away;
use super::decide::{Attempt, Next, Said, after_failure, jitter};
use super::recover::{Fate, recover};
use super::replicas::Events;
use super::{Shared, Stopped, readback};
use crate::model::{Gtid, Statement, TableName};
use crate::mysql::{self, Blocker, DdlFailure, DdlOpenError, DdlSession, DdlSettings, MysqlError, MysqlErrorKind};
use crate::plan::proposal::ProposedStatement;

/// Runs lanes over one DDL session.
pub(super) struct Worker<'s, 'a, J> {
    shared: &'s Shared<'a, J>,
    slot: u8,
    session: Option<DdlSession>,
    /// Whether the session lets definitions have zero dates.
    zero_dates: bool,
    /// The last statement's connection was lost and nobody knows yet what became of it.
    ambiguous: bool,
}

/// One statement on its way.
pub(super) struct Errand<'s> {
    pub(super) place: usize,
    pub(super) sql: &'s str,
    /// The time zone in which it runs; `None`: UTC.
    pub(super) zone: Option<&'s str>,
    /// Whether zero dates may stay.
    pub(super) zero_dates: bool,
    pub(super) statement: &'s Statement,
    pub(super) table: TableName,
    pub(super) locked: Vec<TableName>,
    pub(super) gtid: Option<Gtid>,
    pub(super) after: &'s After,
    /// The definition before, where no GTID can tell whether the statement was executed.
    pub(super) before: Option<Option<String>>,
}

/// How a statement ended that did not fail.
enum Done {
    Executed {
        attempts: u32,
        adopted: bool,
        connection: u64,
    },
    /// Cancelled while it waited to be tried again.
    NotStarted,
}

impl<'s, 'a, J: Journal> Worker<'s, 'a, J> {
    pub(super) fn new(shared: &'s Shared<'a, J>, slot: u8) -> Self {
        Self { shared, slot, session: None, zero_dates: false, ambiguous: false }
    }

    pub(super) async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }

    /// Runs the statements of a lane in order, until one fails or the run is to stop. Each is read back before the next;
    /// the last one executed is returned, to be read back by the caller.
    pub(super) async fn lane(&mut self, lane: &[usize], events: &Events) -> Result<Option<Errand<'s>>, Stopped> {
        let mut last = None;
        let planned = &self.shared.approved.planned;
        let mut executed = BTreeSet::new();
        for index in lane {
            read_back(self.shared, last.take()).await?;
            // What this lane has taken away for a time comes back, whatever has happened elsewhere.
            let owes = || !away(&planned.statements, &executed, planned.facts.dialect()).is_empty();
            if self.shared.options.cancel.is_cancelled() || (self.shared.stop.load(Ordering::SeqCst) && !owes()) {
                return Ok(None);
            }
            let place = self.shared.approved.places.get(*index).copied().unwrap_or(*index);
            match self.statement(*index, place, events).await.map_err(|failure| (place, failure))? {
                Some(errand) => {
                    executed.insert(*index);
                    last = Some(errand);
                }
                None => return Ok(None),
            }
        }
        Ok(last)
    }

    /// Runs one statement; `None` when it was not started because the run is to stop.
    async fn statement(
        &mut self,
        index: usize,
        place: usize,
        events: &Events,
    ) -> Result<Option<Errand<'s>>, RunFailure> {
        let planned = &self.shared.approved.planned;
        let (Some(proposed), Some(statement), Some(after)) =
            (planned.proposal.statements.get(index), planned.statements.get(index), planned.after.get(index))
        else {
            return Err(RunFailure::Bug { what: format!("the plan has no statement {index}") });
        };
        let span = span::statement(self.shared.connections, &planned.facts, statement, &proposed.table);
        if let Some(algorithm) = proposed.algorithm {
            span.record("tablewright.algorithm", tracing::field::debug(algorithm));
        }
        let sent = self.send(proposed, statement, after, place, events).instrument(span.clone()).await;
        let errand = span::ended(&span, sent)?;
        if let Some(gtid) = errand.as_ref().and_then(|errand| errand.gtid.as_ref()) {
            span.record("tablewright.gtid", tracing::field::display(gtid));
        }
        Ok(errand)
    }

    async fn send(
        &mut self,
        proposed: &'s ProposedStatement,
        statement: &'s Statement,
        after: &'s After,
        place: usize,
        events: &Events,
    ) -> Result<Option<Errand<'s>>, RunFailure> {
        let table = TableName::new(proposed.table.as_str());
        let mut locked: Vec<TableName> =
            proposed.locks.iter().map(|lock| TableName::new(lock.table.as_str())).collect();
        locked.push(table.clone());
        let gtid = match (self.shared.reserved.get(&place), &self.shared.gtid_source) {
            (Some(reserved), _) => Some(reserved.clone()),
            (None, Some(source)) => {
                Some(Gtid { source: source.clone(), number: self.shared.next_gtid.fetch_add(1, Ordering::SeqCst) })
            }
            (None, None) => None,
        };
        let primary = self.shared.connections.primary();
        let before = match gtid {
            Some(_) => None,
            None => Some(
                mysql::show_create_table(primary, &table)
                    .await
                    .map_err(|source| self.asking("reading the table before its statement", source))?,
            ),
        };
        let errand = Errand {
            place,
            sql: &proposed.sql,
            zone: proposed.time_zone.as_deref(),
            zero_dates: proposed.zero_dates,
            statement,
            table,
            locked,
            gtid,
            after,
            before,
        };
        let started_at = Timestamp::now();
        let ended = self.until_done(&errand).await;
        let outcome = match &ended {
            Ok(Done::NotStarted) => return Ok(None),
            Ok(Done::Executed { attempts, adopted, connection }) => {
                let report = StatementReport {
                    statement: place,
                    table: errand.table.as_str().to_owned(),
                    gtid: errand.gtid.clone(),
                    connection: *connection,
                    started_at,
                    finished_at: Timestamp::now(),
                    attempts: *attempts,
                    adopted: *adopted,
                };
                self.shared.done.lock().await.push(report.clone());
                events.executed(place, errand.gtid.clone());
                StatementOutcome::Done(report)
            }
            Err(failure) if self.ambiguous => StatementOutcome::Unknown { message: failure.to_string() },
            Err(failure) => outcome_of(failure),
        };
        if let Err(error) = self.shared.journal.lock().await.finished(place, &outcome).await {
            // The server knows what was done; the next run finds it out.
            tracing::warn!(statement = place, error = %error, "the outcome of a statement was not written down");
        }
        ended?;
        Ok(Some(errand))
    }

    async fn until_done(&mut self, errand: &Errand<'_>) -> Result<Done, RunFailure> {
        let options = self.shared.options;
        let mut tried = 0;
        let mut sent = 0;
        loop {
            let connection = self.session_id().await?;
            self.shared
                .journal
                .lock()
                .await
                .intend(errand.place, errand.gtid.as_ref(), connection)
                .await
                .map_err(RunFailure::Journal)?;
            sent += 1;
            let began = Instant::now();
            let mut blockers = Vec::new();
            let failure = match self.execute(errand, connection, &mut blockers).await {
                Ok(()) => return Ok(Done::Executed { attempts: sent, adopted: false, connection }),
                Err(failure) => failure,
            };
            let (said, error) = classify(failure);
            if said != Said::ConnectionLost {
                tried += 1;
            }
            let attempt = Attempt {
                number: tried,
                retries: options.retries,
                elapsed: began.elapsed(),
                lock_wait_timeout: options.lock_wait_timeout,
                jitter: jitter(),
            };
            let table = errand.table.as_str().to_owned();
            match after_failure(said, attempt) {
                Next::Retry { after } => {
                    let why = error.message.clone();
                    let progress =
                        Progress::Retrying { statement: errand.place, table, attempt: tried + 1, after, why };
                    self.shared.journal.lock().await.progress(progress).await;
                    tokio::select! {
                        () = tokio::time::sleep(after) => {}
                        () = options.cancel.cancelled() => return Ok(Done::NotStarted),
                    }
                }
                Next::AskServer => {
                    if let Some(lost) = self.session.take() {
                        lost.close().await;
                    }
                    self.ambiguous = true;
                    let fate = recover(self.shared, errand, connection, self.slot, error).await?;
                    self.ambiguous = false;
                    match fate {
                        Fate::Committed { adopted } => {
                            return Ok(Done::Executed { attempts: sent, adopted, connection });
                        }
                        Fate::NotExecuted { session } => {
                            self.session = Some(*session);
                            self.zero_dates = false;
                        }
                    }
                }
                Next::GiveUp => {
                    let wait = options.lock_wait_timeout;
                    return Err(RunFailure::LockTimeout { table, attempts: tried, wait, blockers });
                }
                Next::RolledBackAfterWork => {
                    let after = attempt.elapsed;
                    return Err(RunFailure::LockTimeoutAfterWork { table, after, blockers });
                }
                Next::AlgorithmRefused => {
                    return Err(RunFailure::AlgorithmRefused { table, message: error.message });
                }
                Next::Refused => {
                    return Err(RunFailure::StatementFailed {
                        table,
                        number: error.code.unwrap_or_default(),
                        message: error.message,
                    });
                }
            }
        }
    }

    /// The session's connection; opens it when there is none.
    async fn session_id(&mut self) -> Result<u64, RunFailure> {
        if let Some(session) = &self.session {
            return Ok(session.connection_id());
        }
        let mut guard = self.shared.guard.lock().await;
        let primary = self.shared.connections.primary();
        let Some(guard) = guard.as_mut() else {
            return Err(RunFailure::Bug { what: "the run has no writer lock".to_owned() });
        };
        let session = DdlSession::open(primary, guard, settings(self.shared, self.slot))
            .await
            .map_err(|error| opening(primary.schema().as_str(), error))?;
        let id = session.connection_id();
        self.session = Some(session);
        self.zero_dates = false;
        Ok(id)
    }

    /// Sends the statement, and tells who is in the way while it waits for a lock.
    async fn execute(
        &mut self,
        errand: &Errand<'_>,
        connection: u64,
        blockers: &mut Vec<Blocker>,
    ) -> Result<(), DdlFailure> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if self.zero_dates != errand.zero_dates {
            session.zero_dates(errand.zero_dates).await?;
            self.zero_dates = errand.zero_dates;
        }
        let first = Duration::from_secs(1).min(self.shared.options.lock_wait_timeout / 3);
        let mut watch = tokio::time::interval_at(tokio::time::Instant::now() + first, Duration::from_secs(2));
        watch.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut executing = std::pin::pin!(session.execute(errand.sql, errand.gtid.as_ref(), errand.zone));
        let mut may_look = true;
        loop {
            tokio::select! {
                ended = &mut executing => return ended,
                _ = watch.tick(), if may_look => {
                    match waits_for(self.shared, errand, connection).await {
                        Ok(found) if found.is_empty() => {}
                        Ok(found) => {
                            blockers.clone_from(&found);
                            let progress = Progress::WaitingForLock {
                                statement: errand.place,
                                table: errand.table.as_str().to_owned(),
                                blockers: found,
                            };
                            self.shared.journal.lock().await.progress(progress).await;
                        }
                        // Without the privilege blockers are not named; the statement goes on all the same.
                        Err(error) => may_look = error.kind != MysqlErrorKind::Denied,
                    }
                }
            }
        }
    }

    fn asking(&self, what: &str, source: MysqlError) -> RunFailure {
        RunFailure::Server { doing: format!("{what} on {}", self.shared.connections.primary().address()), source }
    }
}

/// Reads back what was executed, and written down as such, whatever is found now.
pub(super) async fn read_back<J>(shared: &Shared<'_, J>, executed: Option<Errand<'_>>) -> Result<(), Stopped> {
    match executed {
        Some(errand) => readback::check(shared, &errand).await.map_err(|failure| (errand.place, failure)),
        None => Ok(()),
    }
}

/// Who keeps this connection waiting for a metadata lock; empty while it works.
async fn waits_for<J>(
    shared: &Shared<'_, J>,
    errand: &Errand<'_>,
    connection: u64,
) -> Result<Vec<Blocker>, MysqlError> {
    let primary = shared.connections.primary();
    let running = mysql::running(primary, None).await?;
    let waiting =
        running.iter().any(|session| session.connection_id == connection && session.state.contains("metadata lock"));
    if !waiting {
        return Ok(Vec::new());
    }
    let ours: Vec<u64> = running.iter().map(|session| session.connection_id).collect();
    let found = mysql::blockers(primary, &errand.locked).await?;
    Ok(found
        .into_iter()
        .filter(|blocker| blocker.granted && blocker.connection_id.is_none_or(|id| !ours.contains(&id)))
        .collect())
}

/// How sessions of a run are opened.
pub(super) fn settings<J>(shared: &Shared<'_, J>, slot: u8) -> DdlSettings {
    DdlSettings {
        slot,
        server_uuid: crate::model::ServerUuid(shared.approved.planned.proposal.baseline.server_uuid.clone()),
        lock_wait_timeout: shared.options.lock_wait_timeout,
    }
}

/// What a session that was not opened means for the run.
pub(super) fn opening(schema: &str, error: DdlOpenError) -> RunFailure {
    match error {
        DdlOpenError::OtherServer { found, expected, .. } => {
            RunFailure::WrongServer { expected: expected.0, actual: found.0 }
        }
        DdlOpenError::ReadOnly { .. } => RunFailure::NotWritable { role: Role::Fenced(Fence::ReadOnly) },
        DdlOpenError::SlotHeld { slot, connection_id, .. } => {
            RunFailure::SchemaBusy { schema: schema.to_owned(), by: format!("connection {connection_id}, slot {slot}") }
        }
        unfit @ (DdlOpenError::NotLogged { .. } | DdlOpenError::Multiplexed { .. }) => {
            RunFailure::Unfit { why: unfit.to_string() }
        }
        DdlOpenError::Mysql(source) => {
            RunFailure::Server { doing: "opening a session for DDL; nothing was run on it".to_owned(), source }
        }
    }
}

fn classify(failure: DdlFailure) -> (Said, MysqlError) {
    match failure {
        DdlFailure::Ambiguous(error) => (Said::ConnectionLost, error),
        DdlFailure::Failed(error) => {
            let said = match error.kind {
                MysqlErrorKind::Deadlock => Said::Deadlock,
                MysqlErrorKind::LockWaitTimeout => Said::LockWaitTimeout,
                MysqlErrorKind::AlgorithmRefused => Said::AlgorithmRefused,
                MysqlErrorKind::ConnectionLost | MysqlErrorKind::Unreachable => Said::ConnectionLost,
                MysqlErrorKind::LoginRefused
                | MysqlErrorKind::UnknownHost
                | MysqlErrorKind::Tls
                | MysqlErrorKind::UnknownSchema
                | MysqlErrorKind::Denied
                | MysqlErrorKind::ReadOnly
                | MysqlErrorKind::Interrupted
                | MysqlErrorKind::NoSuchTable
                | MysqlErrorKind::DataRefused
                | MysqlErrorKind::Refused
                | MysqlErrorKind::Unexpected => Said::Refused,
            };
            (said, error)
        }
    }
}

fn outcome_of(failure: &RunFailure) -> StatementOutcome {
    let message = failure.to_string();
    let how = match failure {
        RunFailure::Ambiguous { .. } => return StatementOutcome::Unknown { message },
        RunFailure::StatementFailed { .. }
        | RunFailure::LockTimeoutAfterWork { .. }
        | RunFailure::AlgorithmRefused { .. }
        | RunFailure::UnexpectedResult { .. } => FailedHow::Refused,
        RunFailure::LockTimeout { .. } => FailedHow::LockTimeout,
        RunFailure::NotWritable { .. }
        | RunFailure::WrongServer { .. }
        | RunFailure::ReplicaUnhealthy { .. }
        | RunFailure::SchemaBusy { .. }
        | RunFailure::BaselineMoved { .. }
        | RunFailure::TimeZoneMoved { .. }
        | RunFailure::RowsInTheWay { .. }
        | RunFailure::RowsDeleted { .. }
        | RunFailure::Unfit { .. }
        | RunFailure::Journal(_)
        | RunFailure::Server { .. }
        | RunFailure::Bug { .. } => FailedHow::NotSent,
    };
    StatementOutcome::Failed { how, message }
}
