//! Replicas are compared in a task: a wait for a replica holds up nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::ResourceExt;

use tokio::task::JoinHandle;
use tracing::{Instrument, info_span};

use super::{Alarm, Gathered, Worker};
use crate::api::{Phase, Plan, Reason};
use crate::apply::{ReplicaReport, Verdict, verify};
use crate::controller::assess::Trouble;
use crate::controller::backoff::Backoff;
use crate::controller::dereference::positive;
use crate::controller::execute::parse_gtid;
use crate::controller::history::accepted;
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::controller::validate::Validated;
use crate::controller::view::{Live, View};
use crate::controller::wake::Wake;
use crate::model::{Gtid, TableName};
use crate::plan::ABSENT;

/// How long one check waits for the replicas.
const PATIENCE: Duration = Duration::from_secs(5);

/// The check that is under way, if one is.
pub(super) struct Checks {
    wake: Arc<Wake>,
    running: Option<Running>,
    backoff: Backoff,
    not_before: Option<Instant>,
    checked_at: Option<Instant>,
}

struct Running {
    task: JoinHandle<Vec<ReplicaReport>>,
    /// What was compared, with its fingerprint on the primary.
    tables: BTreeMap<ObjectKey, (TableName, Option<String>)>,
    /// Whose journal the result belongs to.
    plan: Option<ObjectKey>,
}

/// A check that ended.
pub(super) struct Checked {
    pub(super) plan: Option<ObjectKey>,
    pub(super) reports: Vec<ReplicaReport>,
}

impl Checks {
    pub(super) fn new(wake: Arc<Wake>) -> Self {
        Self {
            wake,
            running: None,
            backoff: Backoff::new(Duration::from_millis(500), Duration::from_secs(30)),
            not_before: None,
            checked_at: None,
        }
    }
}

impl Checks {
    /// Checks again no sooner than this: the replicas have arrived, and something else is waited for.
    pub(super) fn not_before(&mut self, wait: Duration) {
        self.not_before = Some(Instant::now() + wait);
    }
}

impl Worker {
    /// Starts a check where something is to be checked and none is under way.
    pub(super) fn check_replicas(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        alarm: &mut Alarm,
    ) {
        let database = &gathered.database;
        // A fenced primary is no measure for its replicas; only whether two are written still is asked.
        let split = trouble.is_some_and(|trouble| trouble.reason == Reason::SplitBrain);
        let fenced = trouble.is_some() && !split;
        if database.spec.replicas.is_empty() || fenced || self.checks.running.is_some() {
            return;
        }
        let Some(connections) = self.session.connections.clone() else { return };
        if let Some(at) = self.checks.not_before.filter(|at| *at > Instant::now()) {
            alarm.at(at);
            return;
        }
        let interval = positive(database.spec.drift.interval).max(Duration::from_secs(1));
        let (replicas, _) = Self::names_of_replicas(database);
        let moving = self.in_motion();
        let verifying = gathered.plans.values().find(|plan| phase(plan) == Some(Phase::Verifying));
        let named =
            |key: &ObjectKey| validated.candidates.get(key).map(|candidate| candidate.desired.table.name.clone());
        let mut tables: BTreeMap<ObjectKey, (TableName, Option<String>)> = self
            .views
            .iter()
            .filter(|(key, view)| {
                let open = view.stale || view.missing_replica(&replicas).is_some();
                is_comparable(view) && !moving.contains(*key) && open
            })
            .filter_map(|(key, view)| Some((key.clone(), (named(key)?, view.fingerprint.clone()))))
            .collect();
        if tables.is_empty() && verifying.is_none() {
            // Health alone: one table is enough, and moving numbers go to the metrics.
            let due = self.checks.checked_at.is_none_or(|at| at.elapsed() >= interval);
            if !due {
                if let Some(at) = self.checks.checked_at {
                    alarm.at(at + interval);
                }
                return;
            }
            // Without any Table nothing is compared, but what keeps a replica away is known before the first one.
            if !gathered.tables.is_empty() {
                let first = self.views.iter().find(|(key, view)| view.live == Live::InSync && !moving.contains(*key));
                let found = first.and_then(|(key, view)| Some((key.clone(), (named(key)?, view.fingerprint.clone()))));
                if found.is_none() && !split {
                    return;
                }
                tables.extend(found);
            }
        }
        // What was given up comes to no replica.
        let given_up = accepted(database);
        let mut gtids = verifying.map(|plan| gtids(plan)).unwrap_or_default();
        gtids.retain(|gtid| !given_up.contains(gtid));
        let mut names: BTreeSet<TableName> = tables.values().map(|(name, _)| name.clone()).collect();
        if let Some(plan) = verifying {
            names.extend(plan.spec.proposal.tables.iter().map(|table| TableName::from(table.as_str())));
        }
        let names: Vec<TableName> = names.into_iter().collect();
        let wake = self.checks.wake.clone();
        // What a Plan waits for belongs to its trace, the rest to the round that asks.
        let span = match verifying {
            Some(plan) => trace::of_plan(plan, info_span!(parent: None, "verify plan", plan = %plan.name_any())),
            None => info_span!("check replicas", tables = names.len()),
        };
        let check = async move {
            let reports = verify(&connections, &names, &gtids, tokio::time::Instant::now() + PATIENCE).await;
            wake.ring();
            reports
        };
        let task = tokio::spawn(check.instrument(span));
        self.checks.running = Some(Running { task, tables, plan: verifying.map(|plan| ObjectKey::of(plan.as_ref())) });
    }

    /// Takes the result of a check that has ended.
    pub(super) async fn take_checked(&mut self) -> Option<Checked> {
        if !self.checks.running.as_ref().is_some_and(|running| running.task.is_finished()) {
            return None;
        }
        let running = self.checks.running.take()?;
        // A panic in the task is a bug that has been printed; the check is made again.
        let reports = running.task.await.unwrap_or_default();
        self.checks.checked_at = Some(Instant::now());
        for (key, (name, fingerprint)) in &running.tables {
            let Some(view) = self.views.get_mut(key).filter(|view| view.fingerprint == *fingerprint) else { continue };
            view.stale = false;
            for report in &reports {
                match found(&report.verdict, name) {
                    // Once arrived, a definition stays where it is, however late the replica is later.
                    Found::Unknown if view.replicas.get(&report.name).is_some_and(Verdict::arrived) => {}
                    Found::Unknown => {
                        view.replicas.insert(report.name.clone(), report.verdict.clone());
                    }
                    Found::Is(verdict) => {
                        view.replicas.insert(report.name.clone(), verdict);
                    }
                }
            }
        }
        if !reports.is_empty() && reports.iter().all(|report| report.verdict.arrived()) {
            self.checks.backoff.reset();
            self.checks.not_before = None;
        } else {
            self.checks.not_before = Some(Instant::now() + self.checks.backoff.next());
        }
        self.take_health(&reports);
        Some(Checked { plan: running.plan, reports })
    }

    /// What a report says of the replicas themselves.
    pub(super) fn take_health(&mut self, reports: &[ReplicaReport]) {
        for report in reports {
            self.gauges.replica(report);
            let mut report = report.clone();
            if let Some(before) = self.health.get(&report.name) {
                report.server_uuid = report.server_uuid.or_else(|| before.server_uuid.clone());
                report.verified = report.verified.or_else(|| before.verified.clone());
                // What is not seen is what it was.
                report.split = report.split.or(before.split);
            }
            self.health.insert(report.name.clone(), report);
        }
    }

    /// What a run's own check says of the Tables that it changed.
    pub(super) fn take_arrivals(
        &mut self,
        members: &BTreeSet<ObjectKey>,
        reports: &[ReplicaReport],
        validated: &Validated,
    ) {
        for key in members {
            let Some(candidate) = validated.candidates.get(key) else { continue };
            let Some(view) = self.views.get_mut(key) else { continue };
            for report in reports {
                let verdict = match found(&report.verdict, &candidate.desired.table.name) {
                    Found::Unknown => report.verdict.clone(),
                    Found::Is(verdict) => verdict,
                };
                view.replicas.insert(report.name.clone(), verdict);
            }
        }
    }
}

enum Found {
    /// The replica has not come so far, or cannot be asked.
    Unknown,
    /// This is what the table is there.
    Is(Verdict),
}

/// What a replica's verdict says of one table: divergence names its tables.
fn found(verdict: &Verdict, table: &TableName) -> Found {
    match verdict {
        // A replica with transactions of its own is told of at the Database; the definitions are there.
        Verdict::Arrived | Verdict::Errant { .. } => Found::Is(Verdict::Arrived),
        Verdict::Diverged { tables } => {
            let about: Vec<String> = tables.iter().filter(|entry| names(entry, table.as_str())).cloned().collect();
            Found::Is(if about.is_empty() { Verdict::Arrived } else { Verdict::Diverged { tables: about } })
        }
        Verdict::Lagging { .. }
        | Verdict::ApplierBlocked { .. }
        | Verdict::ApplierStopped { .. }
        | Verdict::Unobservable { .. }
        | Verdict::Filtered { .. } => Found::Unknown,
    }
}

/// Whether an entry (`table`, or `table` and what differs) is about this table.
fn names(entry: &str, table: &str) -> bool {
    entry.strip_prefix(table).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

/// Whether there is a definition that a replica could have, too, whatever the manifest says of it.
fn is_comparable(view: &View) -> bool {
    match view.live {
        Live::InSync => true,
        Live::Differs { .. } => view.fingerprint.as_deref().is_some_and(|fingerprint| fingerprint != ABSENT),
        Live::Unknown | Live::Refused { .. } => false,
    }
}

/// A Plan's phase.
pub(super) fn phase(plan: &Plan) -> Option<Phase> {
    plan.status.as_ref().and_then(|status| status.phase)
}

fn gtids(plan: &Plan) -> Vec<Gtid> {
    let statements = plan.status.iter().flat_map(|status| &status.statements);
    statements.filter_map(|statement| statement.gtid.as_deref().and_then(parse_gtid)).collect()
}

/// The reason and words for required replicas that have not arrived; `None` when all have.
pub(super) fn missing(reports: &[ReplicaReport]) -> Option<(Reason, String)> {
    let late = reports.iter().find(|report| report.required && !report.verdict.holds())?;
    Some((
        crate::controller::verdict::reason(&late.verdict),
        format!("replica {}: {}", late.name, crate::controller::verdict::lasting(&late.verdict)),
    ))
}
