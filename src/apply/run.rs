//! Runs an approved plan: under the slot locks, on the baseline it was computed for, one journalled statement after
//! another, independent tables beside each other.

mod attempt;
mod away;
mod decide;
mod guard;
mod lanes;
mod readback;
mod recover;
mod replicas;
mod start;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use super::journal::{Journal, JournalEntry};
use super::{Approved, Connections, ReplicaReport, RunError, RunFailure, StatementReport, span};
use crate::model::Gtid;

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// How long a statement may wait for a metadata lock (and with it everybody behind it).
    pub lock_wait_timeout: Duration,
    /// How often a statement that could not begin is tried again.
    pub retries: u32,
    /// Over how many connections independent tables may run, 1 to 4.
    pub parallel: usize,
    /// Stops the run after the statements that are running.
    pub cancel: CancellationToken,
    /// What an earlier run wrote down and did not finish: the same GTIDs are used again, which makes repeating harmless.
    pub known: Vec<JournalEntry>,
    /// How long after the last statement the replicas are waited for within the run; zero: they are asked once.
    pub verify_within: Duration,
    /// How long a server that went away is waited for.
    pub reconnect_within: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            lock_wait_timeout: Duration::from_secs(5),
            retries: 10,
            parallel: 4,
            cancel: CancellationToken::new(),
            known: Vec::new(),
            verify_within: Duration::from_secs(60),
            reconnect_within: Duration::from_secs(300),
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How many statements the approved proposal has.
    pub total: usize,
    /// What was executed, by place in the proposal.
    pub statements: Vec<StatementReport>,
    /// The GTIDs of what was executed, where they are known: what a replica must have.
    pub gtids: Vec<Gtid>,
    /// Per replica what it was when the run ended; see [`super::verify`] for those that have not arrived.
    pub replicas: Vec<ReplicaReport>,
    /// Whether it was cancelled before the last statement.
    pub cancelled: bool,
    /// Foreign keys that were dropped for the time of a change and are not there again: the statements that add them. They
    /// are still declared, so that the next plan adds them.
    pub away: Vec<String>,
}

impl Report {
    /// Whether every required replica has arrived.
    pub fn verified(&self) -> bool {
        self.replicas.iter().filter(|replica| replica.required).all(|replica| replica.verdict.arrived())
    }
}

/// What the lanes of one run share.
struct Shared<'a, J> {
    connections: &'a Connections,
    approved: &'a Approved,
    options: &'a RunOptions,
    journal: Mutex<&'a mut J>,
    guard: Mutex<guard::Guard>,
    /// The UUID of chosen GTIDs; `None` where they cannot be chosen.
    gtid_source: Option<String>,
    next_gtid: AtomicU64,
    /// GTIDs of an earlier run by place, not executed.
    reserved: BTreeMap<usize, Gtid>,
    /// A lane has failed: the others stop after their statement.
    stop: AtomicBool,
    done: Mutex<Vec<StatementReport>>,
}

/// Runs an approved plan.
///
/// Guarantees: nothing is sent before the slot locks are held, the server is the baseline's and writable, the required
/// replicas are healthy and the live definitions are the baseline's; each statement is journalled before it is sent and
/// executed at most once, through lost connections and restarts of the server.
///
/// Assumes that it is awaited to its end: a dropped run leaves what is running to the server, to be found by
/// [`super::resume`].
pub async fn run<J: Journal>(
    connections: &Connections,
    approved: Approved,
    journal: &mut J,
    options: &RunOptions,
) -> Result<Report, RunError> {
    let span = info_span!("apply", statements = approved.planned.statements.len());
    let ran = run_all(connections, approved, journal, options).instrument(span.clone()).await;
    span::ended(&span, ran)
}

async fn run_all<J: Journal>(
    connections: &Connections,
    approved: Approved,
    journal: &mut J,
    options: &RunOptions,
) -> Result<Report, RunError> {
    let total = approved.total;
    let refuse = |cause: RunFailure| RunError { report: Report { total, ..Report::default() }, statement: None, cause };
    if approved.planned.statements.is_empty() {
        return Ok(Report { total, ..Report::default() });
    }
    connections.expect_run(approved.planned.statements.len().min(options.parallel), 0);
    let started = match start::start(connections, &approved, options).await {
        Ok(started) => started,
        Err(failure) => {
            connections.dismiss().await;
            return Err(refuse(failure));
        }
    };
    let shared = Shared {
        connections,
        approved: &approved,
        options,
        journal: Mutex::new(journal),
        guard: Mutex::new(started.guard),
        gtid_source: started.gtid_source,
        next_gtid: AtomicU64::new(started.next_gtid),
        reserved: started.reserved,
        stop: AtomicBool::new(false),
        done: Mutex::new(Vec::new()),
    };
    let (events, replicas) = replicas::followers(&shared);
    let lanes = async {
        let outcome = run_lanes(&shared, &events).await;
        // The followers end when nobody can tell them anything more.
        drop(events);
        if let Some(guard) = shared.guard.lock().await.take() {
            guard.release().await;
        }
        outcome
    };
    let (outcome, replicas) = tokio::join!(lanes, replicas);
    connections.dismiss().await;

    let mut statements = shared.done.into_inner();
    statements.sort_by_key(|statement| statement.statement);
    let gtids = statements.iter().filter_map(|statement| statement.gtid.clone()).collect();
    let cancelled = outcome.is_ok() && statements.len() < approved.planned.statements.len();
    let executed = |at: &usize| {
        let place = approved.places.get(*at).copied().unwrap_or(*at);
        statements.iter().any(|done| done.statement == place)
    };
    let executed = (0..approved.planned.statements.len()).filter(executed).collect();
    let away = away::away(&approved.planned.statements, &executed, approved.planned.facts.dialect());
    let report = Report { total, statements, gtids, replicas, cancelled, away };
    match outcome {
        Ok(()) => Ok(report),
        Err((place, cause)) => Err(RunError { report, statement: Some(place), cause }),
    }
}

/// Where a lane stopped, and why.
type Stopped = (usize, RunFailure);

/// Each worker takes the next lane until there is none; the first failure (by place) is the run's.
async fn run_lanes<J: Journal>(shared: &Shared<'_, J>, events: &replicas::Events) -> Result<(), Stopped> {
    let planned = &shared.approved.planned;
    let lanes = lanes::lanes(&planned.statements, &planned.proposal.statements, planned.facts.lower_case_table_names);
    let workers = shared.options.parallel.clamp(1, usize::from(crate::mysql::SLOTS)).min(lanes.len().max(1));
    let queue = Mutex::new(lanes.into_iter());
    let working = (1..=workers).map(|slot| {
        let queue = &queue;
        async move {
            let mut worker = attempt::Worker::new(shared, u8::try_from(slot).unwrap_or(1));
            let mut unread = None;
            let outcome = loop {
                let lane = queue.lock().await.next();
                let ended = lane.is_none();
                // The last table of a lane is read back while the next lane, which has nothing to do with it, begins.
                let (read, next) = tokio::join!(
                    attempt::read_back(shared, unread.take()),
                    worker.lane(lane.as_deref().unwrap_or_default(), events)
                );
                match (read, next) {
                    (Err(stopped), _) | (Ok(()), Err(stopped)) => {
                        shared.stop.store(true, std::sync::atomic::Ordering::SeqCst);
                        break Err(stopped);
                    }
                    (Ok(()), Ok(_)) if ended => break Ok(()),
                    (Ok(()), Ok(executed)) => unread = executed,
                }
            };
            worker.close().await;
            outcome
        }
    });
    let mut failures: Vec<Stopped> =
        futures::future::join_all(working).await.into_iter().filter_map(Result::err).collect();
    failures.sort_by_key(|(place, _)| *place);
    match failures.into_iter().next() {
        Some(first) => Err(first),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Approval, PlanOptions, Silent, observe, plan, resume, verify};

    fn sendable<T: Send>(_: &T) {}

    /// The controller runs everything within spawned tasks.
    #[expect(dead_code, reason = "only compiled")]
    async fn everything_can_be_spawned(connections: Connections, options: RunOptions) -> Option<()> {
        let observing = observe(&connections, &[], false);
        sendable(&observing);
        let observed = observing.await.ok()?;
        let plan_options = PlanOptions::default();
        let planning = plan(&connections, &observed, &[], &plan_options);
        sendable(&planning);
        let approved = planning.await.ok()?.approve(Approval::Digest(String::new())).ok()?;
        let mut journal = Silent;
        let running = run(&connections, approved, &mut journal, &options);
        sendable(&running);
        running.await.ok()?;
        sendable(&verify(&connections, &[], &[], tokio::time::Instant::now()));
        sendable(&resume(&connections, &[]));
        Some(())
    }
}
