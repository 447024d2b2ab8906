//! The journal of a run, in the Plan's status. Client required.
//!
//! Guaranteed: [`Journal::intend`] has reached the API server before a statement is sent whose outcome could not be told
//! afterwards. That of a CREATE, DROP, RENAME or INSTANT statement can: it is there or it is not, as the definitions say;
//! it, and all else, is written at most once a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;

use super::condition::cut;
use super::event::Events;
use super::patch::{Written, status};
use super::wake::Wake;
use crate::api::{Plan, PlanReplicaStatus, PlanStatus, Reason, StatementState};
use crate::apply::{self, FailedHow, JournalError, Progress, ReplicaReport, StatementOutcome};
use crate::model::Gtid;
use crate::plan::proposal::AlgorithmName;
use crate::telemetry::{DdlAlgorithm, DdlFailure, DdlFailureLabels, DdlLabels, Metrics};

/// How often a status may be written when nothing depends on it.
const QUIET: Duration = Duration::from_secs(1);

/// What a run says of itself while it goes on: for the Tables' messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// Shared between a run and its Database's worker.
#[derive(Clone)]
pub(crate) struct Notes {
    note: Arc<Mutex<Option<Note>>>,
    wake: Arc<Wake>,
}

impl Notes {
    pub(crate) fn new(wake: Arc<Wake>) -> Self {
        Self { note: Arc::default(), wake }
    }

    pub(crate) fn get(&self) -> Option<Note> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A statement was found running.
    pub(crate) fn adopted(&self, connection: u64) {
        self.set(Some(Note {
            reason: Reason::Applying,
            message: format!("the statement still runs on the server (connection {connection}) and is waited for"),
        }));
    }

    fn set(&self, note: Option<Note>) {
        let mut standing = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        if *standing != note {
            *standing = note;
            self.wake.ring();
        }
    }
}

/// Who else learns what a run says.
pub(crate) struct SeenBy {
    pub(crate) notes: Notes,
    pub(crate) metrics: Metrics,
    pub(crate) events: Events,
}

/// Writes one Plan's status.
pub(crate) struct PlanJournal {
    api: Api<Plan>,
    plan: Plan,
    /// What is to be in the status.
    pub(crate) status: PlanStatus,
    seen_by: SeenBy,
    written: Option<Instant>,
}

impl PlanJournal {
    /// `status` is what is to be in the Plan's status; what is there now is in `plan`.
    pub(crate) fn new(api: Api<Plan>, plan: Plan, mut status: PlanStatus, seen_by: SeenBy) -> Self {
        status.statements.resize_with(plan.spec.proposal.statements.len(), Default::default);
        Self { api, plan, status, seen_by, written: None }
    }

    /// The Plan as it was last seen or written.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Writes what is to be in the status now.
    pub(crate) async fn write(&mut self) -> Result<(), kube::Error> {
        match status(&self.api, &self.plan, self.plan.status.as_ref(), &self.status).await? {
            Written::Unchanged => {}
            Written::Changed(plan) => self.plan = *plan,
            // Kept by its finalizer, a running Plan can be gone only if somebody forced it.
            Written::Gone => tracing::warn!(plan = ?self.plan.metadata.name, "a running Plan is gone"),
        }
        self.written = Some(Instant::now());
        Ok(())
    }

    async fn write_quietly(&mut self) {
        if self.written.is_some_and(|at| at.elapsed() < QUIET) {
            return;
        }
        if let Err(error) = self.write().await {
            tracing::debug!(error = %crate::telemetry::chain(&error), "journal not written; the next write has it");
        }
    }

    fn count(&self, reason: DdlFailure) {
        self.seen_by.metrics.ddl_failures.get_or_create(&DdlFailureLabels { reason }).inc();
    }

    /// `None` also where the statement names none.
    fn algorithm(&self, statement: usize) -> Option<AlgorithmName> {
        self.plan.spec.proposal.statements.get(statement).and_then(|statement| statement.algorithm)
    }

    fn told_by_definitions(&self, statement: usize) -> bool {
        match self.plan.spec.proposal.statements.get(statement).map(|statement| statement.algorithm) {
            Some(None | Some(AlgorithmName::Instant)) => true,
            Some(Some(AlgorithmName::Inplace | AlgorithmName::Copy)) | None => false,
        }
    }

    /// Takes down what replicas are.
    pub(crate) fn replicas(&mut self, reports: &[ReplicaReport]) {
        for report in reports {
            let entry = PlanReplicaStatus {
                name: report.name.clone(),
                reached_at: report.reached_at.map(seconds),
                matched_at: report.matched_at.map(seconds),
                message: (!report.verdict.arrived()).then(|| cut(&report.message)),
            };
            match self.status.replicas.iter_mut().find(|known| known.name == report.name) {
                Some(known) => *known = entry,
                None => self.status.replicas.push(entry),
            }
        }
        self.status.replicas.sort_by(|one, other| one.name.cmp(&other.name));
    }
}

/// Who is in the way, without the seconds: a status that counts them would be written every moment.
fn who(blocker: &apply::Blocker) -> String {
    match blocker.connection_id {
        Some(connection) => format!("connection {connection} of {}@{} ({})", blocker.user, blocker.host, blocker.state),
        None => blocker.user.clone(),
    }
}

/// As the API server keeps it.
fn seconds(at: Timestamp) -> Time {
    Time(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

impl apply::Journal for PlanJournal {
    async fn intend(&mut self, statement: usize, gtid: Option<&Gtid>, connection: u64) -> Result<(), JournalError> {
        let durable = !self.told_by_definitions(statement);
        if let Some(entry) = self.status.statements.get_mut(statement) {
            entry.state = StatementState::Running;
            entry.connection_id = i64::try_from(connection).ok();
            entry.started_at = Some(seconds(Timestamp::now()));
            entry.gtid = gtid.map(ToString::to_string);
            entry.attempts = Some(entry.attempts.unwrap_or(0).saturating_add(1));
            entry.error = None;
        }
        if durable {
            self.write().await.map_err(|source| JournalError {
                what: "the Plan's status could not be written".to_owned(),
                source: Some(Box::new(source)),
            })
        } else {
            self.write_quietly().await;
            Ok(())
        }
    }

    async fn finished(&mut self, statement: usize, outcome: &StatementOutcome) -> Result<(), JournalError> {
        if let Some(entry) = self.status.statements.get_mut(statement) {
            match outcome {
                StatementOutcome::Done(report) => {
                    entry.state = StatementState::Done;
                    entry.gtid = report.gtid.as_ref().map(ToString::to_string).or(entry.gtid.take());
                    entry.started_at.get_or_insert(seconds(report.started_at));
                    entry.finished_at = Some(seconds(report.finished_at));
                    entry.attempts = i32::try_from(report.attempts).ok();
                    let took = report.finished_at.duration_since(report.started_at);
                    let algorithm = match self.algorithm(statement) {
                        Some(AlgorithmName::Instant) => DdlAlgorithm::Instant,
                        Some(AlgorithmName::Inplace) => DdlAlgorithm::Inplace,
                        Some(AlgorithmName::Copy) => DdlAlgorithm::Copy,
                        None => DdlAlgorithm::None,
                    };
                    self.seen_by
                        .metrics
                        .ddl_seconds
                        .get_or_create(&DdlLabels { algorithm })
                        .observe(took.as_secs_f64());
                }
                StatementOutcome::Failed { how, message } => {
                    entry.state = StatementState::Failed;
                    entry.finished_at = Some(seconds(Timestamp::now()));
                    entry.error = Some(cut(message));
                    match how {
                        FailedHow::Refused => self.count(DdlFailure::Failed),
                        FailedHow::LockTimeout => self.count(DdlFailure::LockWaitTimeout),
                        // Nothing was tried.
                        FailedHow::NotSent => {}
                    }
                }
                // Counted when the connection was lost.
                StatementOutcome::Unknown { message } => entry.error = Some(cut(message)),
            }
        }
        self.seen_by.notes.set(None);
        self.write_quietly().await;
        Ok(())
    }

    async fn progress(&mut self, progress: Progress) {
        let note = match progress {
            Progress::WaitingForLock { table, blockers, .. } => {
                let by: Vec<String> = blockers.iter().map(who).collect();
                let by = if by.is_empty() { String::new() } else { format!(", held by {}", by.join("; ")) };
                Some(Note {
                    reason: Reason::LockWaitTimeout,
                    message: format!("the statement waits for a metadata lock on {table}{by}"),
                })
            }
            Progress::Retrying { table, attempt, after, why, .. } => {
                self.count(DdlFailure::LockWaitTimeout);
                Some(Note {
                    reason: Reason::LockWaitTimeout,
                    message: format!("the statement on {table} is tried again (attempt {attempt}) in {after:?}: {why}"),
                })
            }
            Progress::Reconnecting { why, .. } => {
                // However the server decides: that it had to be asked is what is counted.
                self.count(DdlFailure::Ambiguous);
                let reason = Reason::PrimaryUnreachable;
                let message =
                    format!("the connection was lost ({why}); the server is asked what became of the statement");
                self.seen_by.events.tell(&self.plan, "Run", reason, &message);
                Some(Note { reason, message })
            }
            Progress::Adopted { connection, .. } => Some(Note {
                reason: Reason::Applying,
                message: format!("the statement still runs on the server (connection {connection}) and is waited for"),
            }),
            Progress::ReplicaReached { replica, at, .. } => {
                if let Some(known) = self.status.replicas.iter_mut().find(|known| known.name == replica) {
                    known.reached_at = Some(seconds(at));
                }
                return;
            }
            Progress::ReplicaReport(report) => {
                self.replicas(&[report]);
                return;
            }
            Progress::ReplicaWaiting { replica, verdict } => Some(Note {
                reason: super::verdict::reason(&verdict),
                message: format!("replica {replica}: {}", super::verdict::lasting(&verdict)),
            }),
        };
        self.seen_by.notes.set(note);
    }
}
