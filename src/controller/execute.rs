//! Runs one Plan in a task of its own, client required: a reconciliation never sits for the length of an ALTER.
//!
//! SQL that is stored in the cluster is compared with, never executed: what runs was computed by this process, from the
//! manifests and the live definitions, and is what was approved or what is left of it.
//!
//! Before the first statement the Plan carries its finalizer and says `Applying`: whoever is killed after that leaves
//! behind what a successor needs to take the run up ([`Task::adopt`]).

use std::time::Duration;

use jiff::Timestamp;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::event::Events;
use super::journal::{Notes, PlanJournal, SeenBy};
use super::standing::stand;
use crate::api::{ApprovalHow, Phase, Plan, PlanStatus, Reason, StatementState, labels};
use crate::apply::{
    ApplyError, Approval, ApprovalError, Connections, JournalEntry, PlanOptions, Planned, Remainder, Report, RunError,
    RunOptions, StatementState as Found, observe, plan, resume, run,
};
use crate::model::{DesiredTable, Gtid};
use crate::plan::proposal::Proposal;
use crate::telemetry::{Metrics, chain};

/// How long the replicas are waited for within a run; longer waits are the worker's.
const VERIFY_WITHIN: Duration = Duration::from_secs(10);
/// How often a statement that still runs on the server is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// All that a run needs.
pub(crate) struct Task {
    pub(crate) client: Client,
    pub(crate) plan: Plan,
    /// What is to be in its status.
    pub(crate) status: PlanStatus,
    pub(crate) connections: Connections,
    pub(crate) desired: Vec<DesiredTable>,
    pub(crate) options: PlanOptions,
    /// What this process computed a moment ago, if it did.
    pub(crate) fresh: Option<Planned>,
    /// It was running when its controller ended, or its last try stopped on the way.
    pub(crate) adopt: bool,
    /// Find out what became of it, and start nothing.
    pub(crate) only_look: bool,
    pub(crate) lock_wait_timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) cancel: CancellationToken,
    pub(crate) notes: Notes,
    pub(crate) metrics: Metrics,
    pub(crate) events: Events,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum End {
    /// Every statement was executed.
    Complete(Report),
    /// Nothing was left to do: an earlier run had done it all.
    WasDone,
    /// It was stopped between statements.
    Stopped,
    /// What would be done now is not what was approved.
    Differs(ApprovalError),
    /// It failed.
    Failed(RunError),
    /// The primary could not be asked.
    Server(ApplyError),
    /// The Plan could not be written.
    Api(kube::Error),
}

/// A run that ended, with the journal as it is.
pub(crate) struct Ended {
    pub(crate) journal: PlanJournal,
    pub(crate) end: End,
}

/// Runs it to its end.
pub(crate) async fn execute(task: Task) -> Ended {
    let namespace = task.plan.namespace().unwrap_or_default();
    let api: Api<Plan> = Api::namespaced(task.client.clone(), &namespace);
    let mut plan = task.plan.clone();
    let end = match prepare(&api, &mut plan).await {
        Ok(()) => None,
        Err(error) => Some(End::Api(error)),
    };
    let seen_by = SeenBy { notes: task.notes.clone(), metrics: task.metrics.clone(), events: task.events.clone() };
    let mut journal = PlanJournal::new(api, plan.clone(), task.status.clone(), seen_by);
    let end = match end {
        Some(end) => end,
        None => act(task, &mut journal).await,
    };
    Ended { journal, end }
}

/// The finalizer: from now on deleting the Plan's Tables does not take its journal away.
async fn prepare(api: &Api<Plan>, plan: &mut Plan) -> Result<(), kube::Error> {
    if plan.finalizers().iter().any(|finalizer| finalizer == labels::RUNNING) {
        return Ok(());
    }
    let mut finalizers = plan.finalizers().to_vec();
    finalizers.push(labels::RUNNING.to_owned());
    // The resource version guards the list of finalizers, which a merge patch replaces whole.
    let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": plan.resource_version()}});
    let params = PatchParams { field_manager: Some(labels::FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    *plan = api.patch(&plan.name_any(), &params, &Patch::Merge(&patch)).await?;
    Ok(())
}

async fn act(task: Task, journal: &mut PlanJournal) -> End {
    let proposal = task.plan.spec.proposal.clone();
    say(journal, Phase::Applying, Reason::Applying, &format!("{} statement(s)", proposal.statements.len()));
    if let Err(error) = journal.write().await {
        return End::Api(error);
    }
    let known = entries(&proposal, journal);
    if task.adopt
        && let Err(error) = wait_for_running(&task, &known, &proposal).await
    {
        return End::Server(error);
    }
    let planned = match task.fresh {
        Some(planned) if !task.adopt => planned,
        _ => match compute(&task.connections, &task.desired, &task.options).await {
            Ok(planned) => planned,
            Err(error) => return End::Server(error),
        },
    };
    let same = planned.proposal().digest == proposal.digest;
    let approval = if same || !task.adopt {
        Approval::Digest(proposal.digest.clone())
    } else {
        if planned.is_in_sync() {
            mark_done(journal, &(0..proposal.statements.len()).collect::<Vec<_>>());
            return End::WasDone;
        }
        let done = done(&proposal, planned.proposal());
        mark_done(journal, &done);
        Approval::Remainder(Remainder { digest: proposal.digest.clone(), proposal, done })
    };
    if task.only_look || task.cancel.is_cancelled() {
        return End::Stopped;
    }
    let by_policy = journal.status.approval.as_ref().is_some_and(|approval| approval.how == ApprovalHow::Policy);
    let approved = match planned.approve(approval) {
        Ok(approved) if by_policy => approved.by_policy(),
        Ok(approved) => approved,
        Err(error) => return End::Differs(error),
    };
    let options = RunOptions {
        lock_wait_timeout: task.lock_wait_timeout,
        retries: task.retries,
        cancel: task.cancel,
        known,
        verify_within: VERIFY_WITHIN,
        ..RunOptions::default()
    };
    match run(&task.connections, approved, journal, &options).await {
        Ok(report) if report.cancelled => End::Stopped,
        Ok(report) => End::Complete(report),
        Err(error) => End::Failed(error),
    }
}

/// Sets phase and conditions; they are written with the next write.
pub(crate) fn say(journal: &mut PlanJournal, phase: Phase, reason: Reason, message: &str) {
    let generation = journal.plan().meta().generation.unwrap_or_default();
    stand(&mut journal.status, generation, phase, reason, message, Timestamp::now());
}

async fn compute(
    connections: &Connections,
    desired: &[DesiredTable],
    options: &PlanOptions,
) -> Result<Planned, ApplyError> {
    let observed = observe(connections, desired, false).await?;
    plan(connections, &observed, desired, options).await
}

/// A statement that still runs on the server is waited for, never started again.
async fn wait_for_running(task: &Task, known: &[JournalEntry], proposal: &Proposal) -> Result<(), ApplyError> {
    if known.is_empty() {
        return Ok(());
    }
    let mut told = false;
    loop {
        let found = resume(&task.connections, known).await?;
        let running = found.iter().find_map(|found| match found.state {
            Found::Running { connection, .. } => Some((found.entry.statement, connection)),
            Found::Committed | Found::NotStarted | Found::AskDefinitions => None,
        });
        let Some((statement, connection)) = running else { return Ok(()) };
        if !told {
            told = true;
            let table = proposal.statements.get(statement).map(|statement| statement.table.as_str());
            tracing::info!(plan = %task.plan.name_any(), table, connection, "adopting a statement that still runs");
            task.notes.adopted(connection);
        }
        tokio::select! {
            () = task.cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// What an earlier run sent and did not see the end of.
fn entries(proposal: &Proposal, journal: &PlanJournal) -> Vec<JournalEntry> {
    let statements = proposal.statements.iter().zip(&journal.status.statements).enumerate();
    statements
        .filter(|(_, (_, entry))| entry.state == StatementState::Running)
        .map(|(place, (statement, entry))| JournalEntry {
            statement: place,
            sql: statement.sql.clone(),
            table: statement.table.clone(),
            gtid: entry.gtid.as_deref().and_then(parse_gtid),
            connection: entry.connection_id.and_then(|id| u64::try_from(id).ok()).unwrap_or_default(),
            started_at: entry.started_at.as_ref().map(|time| time.0),
        })
        .collect()
}

/// `UUID:number`, as [`Gtid`] prints itself.
pub(crate) fn parse_gtid(text: &str) -> Option<Gtid> {
    let (source, number) = text.rsplit_once(':')?;
    Some(Gtid { source: source.to_owned(), number: number.parse().ok()? })
}

/// Statements of the approved proposal that would not be sent any more. The journal is not asked: what is left to do is
/// what the live definitions say, and it may run only if it is exactly the rest of what was approved.
fn done(approved: &Proposal, now: &Proposal) -> Vec<usize> {
    let left = |sql: &str| now.statements.iter().any(|statement| statement.sql == sql);
    let statements = approved.statements.iter().enumerate();
    statements.filter(|(_, statement)| !left(&statement.sql)).map(|(place, _)| place).collect()
}

fn mark_done(journal: &mut PlanJournal, places: &[usize]) {
    for place in places {
        if let Some(entry) = journal.status.statements.get_mut(*place) {
            entry.state = StatementState::Done;
        }
    }
}

impl End {
    /// In one line, for logs.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Complete(report) => format!("{} statement(s) executed", report.statements.len()),
            Self::WasDone => "everything had been executed".to_owned(),
            Self::Stopped => "stopped between statements".to_owned(),
            Self::Differs(error) => chain(error).to_string(),
            Self::Failed(error) => chain(error).to_string(),
            Self::Server(error) => chain(error).to_string(),
            Self::Api(error) => chain(error).to_string(),
        }
    }
}

/// Takes the finalizer away: the journal has ended.
pub(crate) async fn let_go(api: &Api<Plan>, plan: &Plan) -> Result<Option<Plan>, kube::Error> {
    let finalizers: Vec<&String> = plan.finalizers().iter().filter(|name| *name != labels::RUNNING).collect();
    if finalizers.len() == plan.finalizers().len() {
        return Ok(None);
    }
    let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": plan.resource_version()}});
    let params = PatchParams { field_manager: Some(labels::FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    match api.patch(&plan.name_any(), &params, &Patch::Merge(&patch)).await {
        Ok(plan) => Ok(Some(plan)),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
