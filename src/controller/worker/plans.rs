//! Step "plan": takes each Plan one step further, and proposes what no Plan covers.
//!
//! At most one Plan of a Database runs at a time, and none starts while another waits for its replicas.

mod decide;
mod ends;
mod propose;
mod run;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Preconditions};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::info_span;

use super::checks::phase;
use super::session::by_name;
use super::{Alarm, Gathered, Worker};
use crate::api::{Phase, Plan, PlanStatus, Reason, labels};
use crate::apply::Planned;
use crate::controller::assess::{Trouble, Word, worth_telling};
use crate::controller::backoff::Backoff;
use crate::controller::execute::{Ended, Task, let_go};
use crate::controller::journal::{Notes, PlanJournal};
use crate::controller::patch::{Written, status};
use crate::controller::propose::outlived;
use crate::controller::standing::{said, too_late};
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::controller::validate::{Candidate, Validated};
use crate::controller::wake::Wake;
use crate::model::DesiredTable;
use crate::plan::proposal::ApprovalWay;
use crate::telemetry::chain;

/// How many Tables that need nobody's approval and depend on nothing share a Plan.
const BATCH: usize = 100;
/// How many finished Plans are kept, and for how many days.
const KEEP: usize = 20;
const KEEP_DAYS: i64 = 7;
/// How long a shutdown waits for a running statement; then a successor adopts it.
const LAST_PATIENCE: Duration = Duration::from_secs(15);

/// What a proposal depends on besides the server: its Tables, and what the Database says of its plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Inputs {
    tables: Vec<Input>,
    approval_via: Vec<ApprovalWay>,
    /// How far to look at the rows.
    rows: u64,
}

/// One Table: which manifest, and the live definition. Generations begin anew with each object: one that was deleted and
/// made again is told by its uid alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Input {
    key: ObjectKey,
    uid: String,
    generation: i64,
    fingerprint: Option<String>,
}

/// Runs and what is remembered of proposals.
pub(super) struct Runs {
    wake: Arc<Wake>,
    running: Option<Running>,
    /// A journal whose end the API server has not taken yet.
    unwritten: Option<PlanJournal>,
    proposals: BTreeMap<Inputs, Planned>,
    waits: BTreeMap<ObjectKey, Later>,
    batch: usize,
}

/// A Plan that could not go on: when it is tried again, and what was in its way.
struct Later {
    at: Instant,
    backoff: Backoff,
    reason: Reason,
    message: String,
}

/// Why nothing may start at present.
#[derive(Default)]
struct Hold {
    reason: Option<Reason>,
    /// When to look again.
    until: Option<Instant>,
    /// What is in the way, where the reason alone does not say it.
    message: Option<String>,
}

impl Hold {
    fn because(reason: Reason) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }
}

struct Running {
    plan: ObjectKey,
    members: BTreeSet<ObjectKey>,
    notes: Notes,
    cancel: CancellationToken,
    task: JoinHandle<Ended>,
    /// Should its worker panic, the run stops between statements, and the next worker takes the Plan up.
    _stop: DropGuard,
}

/// A Plan that may start.
pub(super) struct Start {
    pub(super) plan: ObjectKey,
    pub(super) members: BTreeSet<ObjectKey>,
    task: Task,
}

impl Runs {
    pub(super) fn new(wake: Arc<Wake>) -> Self {
        Self { wake, running: None, unwritten: None, proposals: BTreeMap::new(), waits: BTreeMap::new(), batch: BATCH }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_none() && self.unwritten.is_none()
    }

    pub(super) fn members(&self) -> BTreeSet<ObjectKey> {
        self.running.as_ref().map(|running| running.members.clone()).unwrap_or_default()
    }

    /// Another server, or other connections: proposals name the server that they were computed for.
    pub(super) fn forget_proposals(&mut self) {
        self.proposals.clear();
    }

    fn runs(&self, plan: &ObjectKey) -> bool {
        self.running.as_ref().is_some_and(|running| running.plan == *plan)
            || self.unwritten.as_ref().is_some_and(|journal| ObjectKey::of(journal.plan()) == *plan)
    }

    /// Lets a running statement end.
    pub(super) async fn finish(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.cancel.cancel();
        match tokio::time::timeout(LAST_PATIENCE, running.task).await {
            Ok(Ok(mut ended)) => {
                tracing::info!(plan = %running.plan, end = %ended.end.describe(), "run ended with its controller");
                // What was done is written down; the phase stays, so that a successor takes the Plan up.
                drop(ended.journal.write().await);
            }
            Ok(Err(_)) => {}
            Err(_) => tracing::warn!(plan = %running.plan, "a statement still runs; a successor will adopt it"),
        }
    }
}

/// A Plan's Tables, as far as they are there.
struct Members {
    keys: BTreeSet<ObjectKey>,
    complete: bool,
}

impl Worker {
    /// Takes every Plan a step further and proposes what is missing. Returns what may start.
    pub(super) async fn steer(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        alarm: &mut Alarm,
    ) -> Option<Start> {
        self.words.clear();
        let names = by_name(validated);
        let mut covered: BTreeSet<ObjectKey> = BTreeSet::new();
        let mut used: BTreeSet<Inputs> = BTreeSet::new();
        let mut open: Vec<(&ObjectKey, &Arc<Plan>)> = gathered.plans.iter().filter(|(_, plan)| is_open(plan)).collect();
        // What was begun is ended first, then the oldest.
        open.sort_by_key(|(key, plan)| {
            (phase(plan) != Some(Phase::Applying), plan.creation_timestamp().map(|time| time.0), (*key).clone())
        });
        let mut busy = !self.runs.is_idle() || open.iter().any(|(_, plan)| phase(plan) == Some(Phase::Verifying));
        let mut start = None;
        for (key, plan) in open {
            let members = members(plan, &names);
            covered.extend(members.keys.iter().cloned());
            let chosen = self.step(gathered, validated, trouble, key, plan, &members, busy, &mut used, alarm).await;
            if let Some(Chosen::Superseded) = chosen {
                for key in &members.keys {
                    covered.remove(key);
                }
            }
            if let Some(Chosen::Start(chosen)) = chosen {
                busy = true;
                start = Some(*chosen);
            }
        }
        let mut standing = BTreeSet::new();
        if trouble.is_none() && self.manages(&gathered.database) {
            let proposed =
                self.propose(gathered, validated, &covered, &mut busy, &mut used, &mut standing, alarm).await;
            start = start.or(proposed);
        }
        self.runs.proposals.retain(|inputs, _| used.contains(inputs));
        self.tidy(gathered, &standing, alarm).await;
        start
    }

    fn word(&mut self, key: &ObjectKey, members: &Members, reason: Reason, message: &str) {
        for member in &members.keys {
            let word = Word { plan: key.name.clone(), reason, message: message.to_owned() };
            self.words.insert(member.clone(), word);
        }
    }

    async fn write_plan(&mut self, plan: &Plan, wanted: &PlanStatus, alarm: &mut Alarm) {
        let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &plan.namespace().unwrap_or_default());
        match status(&api, plan, plan.status.as_ref(), wanted).await {
            Ok(Written::Changed(written)) => {
                let before = plan.status.clone().unwrap_or_default();
                let (reason, message) = said(wanted);
                if before.phase != wanted.phase || said(&before).0 != reason {
                    let (name, phase) = (plan.name_any(), wanted.phase.unwrap_or(Phase::Pending));
                    let span = trace::of_plan(plan, info_span!(parent: None, "decide", plan = name, %reason));
                    span.in_scope(|| tracing::info!(plan = name, ?phase, %reason, "decided"));
                    // Of a Plan that was just made the proposal's own event tells.
                    if before.phase.is_some() && (before.phase != wanted.phase || worth_telling(reason)) {
                        self.context.events.tell(plan, "Decide", reason, &message);
                    }
                }
                self.plans.put(*written);
            }
            Ok(Written::Unchanged) => {}
            Ok(Written::Gone) => self.plans.forget(&ObjectKey::of(plan)),
            Err(error) => {
                tracing::warn!(plan = %plan.name_any(), error = %chain(&error), "status not written; trying again");
                alarm.after(Duration::from_secs(1));
            }
        }
    }

    /// Finished Plans lose their finalizer, and in the end go.
    async fn tidy(&mut self, gathered: &Gathered, standing: &BTreeSet<ObjectKey>, alarm: &mut Alarm) {
        for (key, plan) in &gathered.plans {
            let late = plan
                .status
                .as_ref()
                .and_then(|status| too_late(status, plan.metadata.generation.unwrap_or_default()))
                .filter(|_| !self.runs.runs(key));
            if let Some(late) = late {
                self.write_plan(plan, &late, alarm).await;
            }
            let held = plan.finalizers().iter().any(|finalizer| finalizer == labels::RUNNING);
            if held && phase(plan).is_some_and(Phase::is_final) && !self.runs.runs(key) {
                let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &key.namespace);
                if let Ok(Some(written)) = let_go(&api, plan).await {
                    self.plans.put(written);
                }
            }
        }
        for key in outlived(&gathered.plans, standing, Timestamp::now(), KEEP, KEEP_DAYS) {
            let Some(plan) = gathered.plans.get(&key) else { continue };
            let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &key.namespace);
            let preconditions = Preconditions { uid: plan.uid(), resource_version: None };
            let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
            match api.delete(&key.name, &params).await {
                Ok(_) => self.plans.forget(&key),
                Err(error) => tracing::debug!(plan = %key, error = %chain(&error), "finished Plan not deleted"),
            }
            self.runs.waits.remove(&key);
        }
    }
}

enum Chosen {
    Start(Box<Start>),
    Superseded,
}

fn is_open(plan: &Plan) -> bool {
    !phase(plan).is_some_and(Phase::is_final)
}

fn members(plan: &Plan, names: &BTreeMap<(String, String), ObjectKey>) -> Members {
    let namespace = plan.namespace().unwrap_or_default();
    let tables = &plan.spec.proposal.tables;
    let keys: BTreeSet<ObjectKey> =
        tables.iter().filter_map(|table| names.get(&(namespace.clone(), table.clone())).cloned()).collect();
    let complete = tables.iter().all(|table| names.contains_key(&(namespace.clone(), table.clone())));
    Members { keys, complete }
}

fn desired(candidates: &[Candidate]) -> Vec<DesiredTable> {
    candidates.iter().map(|candidate| (*candidate.desired).clone()).collect()
}
