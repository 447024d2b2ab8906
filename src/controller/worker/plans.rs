//! Step "plan": takes each Plan one step further, and proposes what no Plan covers.
//!
//! At most one Plan of a Database runs at a time, and none starts while another waits for its replicas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Api, DeleteParams, PostParams, Preconditions};
use kube::{Resource, ResourceExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::checks::{missing, phase};
use super::session::by_name;
use super::{Alarm, Gathered, Worker};
use crate::api::{
    ApprovalHow, Database, Decision, DriftAction, Phase, Plan, PlanApproval, PlanStatus, Reason, StatementState, labels,
};
use crate::apply::{self, ApplyError, Category, Disposition, PlanOptions, Planned, observe};
use crate::controller::assess::{Trouble, Word, adopts, drifted};
use crate::controller::backoff::Backoff;
use crate::controller::condition::{conditions, ready, reason_of};
use crate::controller::dereference::positive;
use crate::controller::execute::{End, Ended, Task, execute, let_go, say};
use crate::controller::group::{Group, Member, groups};
use crate::controller::inspect::desired_edges;
use crate::controller::journal::{Notes, PlanJournal};
use crate::controller::lifecycle::{Currency, Situation, Step, next};
use crate::controller::patch::{Written, status};
use crate::controller::propose::{Before, before, outlived, plan_object};
use crate::controller::store::ObjectKey;
use crate::controller::validate::{Candidate, Validated};
use crate::controller::view::Live;
use crate::controller::window::{Opening, Window, opening};
use crate::model::DesiredTable;
use crate::plan::proposal::ApprovalWay;
use crate::telemetry::{ObjectLabels, chain};

/// How many Tables that need nobody's approval and depend on nothing share a Plan.
const BATCH: usize = 50;
/// Manifests that stand for themselves need not rest for longer than it takes a burst to come in.
const QUICK: Duration = Duration::from_millis(300);
/// A Plan's size beyond which a batch is split.
const LARGEST: usize = 128 * 1024;
/// How many finished Plans are kept, and for how many days.
const KEEP: usize = 20;
const KEEP_DAYS: i64 = 7;
/// How long a shutdown waits for a running statement; then a successor adopts it.
const LAST_PATIENCE: Duration = Duration::from_secs(15);

/// What a proposal depends on besides the server: per Table the manifest's generation and the live definition.
type Inputs = Vec<(ObjectKey, i64, Option<String>)>;

/// Runs and what is remembered of proposals.
pub(super) struct Runs {
    wake: Arc<Notify>,
    running: Option<Running>,
    /// A journal whose end the API server has not taken yet.
    unwritten: Option<PlanJournal>,
    proposals: BTreeMap<Inputs, Planned>,
    waits: BTreeMap<ObjectKey, (Instant, Backoff)>,
    batch: usize,
}

struct Running {
    plan: ObjectKey,
    members: BTreeSet<ObjectKey>,
    notes: Notes,
    cancel: CancellationToken,
    task: JoinHandle<Ended>,
}

/// A Plan that may start.
pub(super) struct Start {
    pub(super) plan: ObjectKey,
    pub(super) members: BTreeSet<ObjectKey>,
    task: Task,
}

impl Runs {
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, running: None, unwritten: None, proposals: BTreeMap::new(), waits: BTreeMap::new(), batch: BATCH }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_none() && self.unwritten.is_none()
    }

    pub(super) fn members(&self) -> BTreeSet<ObjectKey> {
        self.running.as_ref().map(|running| running.members.clone()).unwrap_or_default()
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
        self.tidy(gathered, &standing).await;
        start
    }

    /// One Plan's next steps, up to where it has to wait.
    #[expect(clippy::too_many_arguments, reason = "one step of one round: it reads all that the round knows")]
    async fn step(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        key: &ObjectKey,
        plan: &Arc<Plan>,
        members: &Members,
        busy: bool,
        used: &mut BTreeSet<Inputs>,
        alarm: &mut Alarm,
    ) -> Option<Chosen> {
        let database = &gathered.database;
        let running = self.runs.runs(key);
        let mut desired_status = plan.status.clone().unwrap_or_default();
        let (currency, fresh) = if running || !matches!(phase(plan), None | Some(Phase::Pending | Phase::Approved)) {
            (Currency::Current, None)
        } else {
            self.currency(gathered, validated, trouble, plan, members, used, alarm).await
        };
        let (outcome, hold_alarm) = self.advance(
            database,
            plan,
            &mut desired_status,
            currency,
            running,
            self.needs_person(gathered, plan, members),
            self.hold(database, trouble, key, busy),
        );
        if let Some(at) = hold_alarm {
            alarm.at(at);
        }
        let (reason, message) = ready_of(&desired_status);
        match outcome {
            Step::Keep if running => {
                let note = self.runs.running.as_ref().and_then(|running| running.notes.get());
                let (reason, message) = match note {
                    Some(note) => (note.reason, note.message),
                    None => (Reason::Applying, "the plan is being applied".to_owned()),
                };
                self.word(key, members, reason, &message);
                return None;
            }
            Step::Start | Step::Adopt => {
                let adopt = outcome == Step::Adopt;
                if adopt && (busy || self.waiting(key, alarm) || trouble.is_some()) {
                    self.word(key, members, Reason::Applying, &message);
                    return None;
                }
                self.word(key, members, Reason::Applying, "the plan is being applied");
                let task =
                    self.task(gathered, validated, plan.as_ref().clone(), desired_status, members, fresh, adopt)?;
                let start = Start { plan: key.clone(), members: members.keys.clone(), task };
                return Some(Chosen::Start(Box::new(start)));
            }
            Step::Verify => self.word(key, members, reason, &message),
            Step::Supersede | Step::VoidDecision => {}
            Step::Keep
            | Step::Announce
            | Step::ApproveByPolicy
            | Step::ApproveByPerson
            | Step::Reject
            | Step::Expire
            | Step::Wait(_) => self.word(key, members, reason, &message),
        }
        self.measure_pending(plan);
        self.write_plan(plan, &desired_status, alarm).await;
        (outcome == Step::Supersede || outcome == Step::VoidDecision).then_some(Chosen::Superseded)
    }

    /// Goes through the steps that need nothing but a status, and returns the one at which it stops.
    #[expect(clippy::too_many_arguments, reason = "the situation of one Plan")]
    fn advance(
        &self,
        database: &Database,
        plan: &Plan,
        status: &mut PlanStatus,
        currency: Currency,
        running: bool,
        needs_person: bool,
        hold: (Option<Reason>, Option<Instant>),
    ) -> (Step, Option<Instant>) {
        let now = Timestamp::now();
        let generation = plan.meta().generation.unwrap_or(1);
        let created = plan.creation_timestamp().map_or(now, |time| time.0);
        let expires_after = positive(database.spec.approval.expires_after);
        let age = Duration::try_from(now.duration_since(created)).unwrap_or_default();
        let mut alarm = hold.1;
        loop {
            let situation = Situation {
                phase: status.phase,
                digest: &plan.spec.proposal.digest,
                decision: plan.spec.decision.as_ref(),
                approved: status.approval.is_some(),
                needs_person,
                currency,
                age,
                expires_after,
                hold: hold.0,
                running,
            };
            let step = next(&situation);
            let mut set = |phase: Phase, reason: Reason, message: String| {
                status.phase = Some(phase);
                status.observed_generation = generation;
                status.conditions = conditions(&status.conditions, generation, ready(reason, &message), now);
            };
            match &step {
                Step::Keep | Step::Adopt | Step::Verify => return (step, alarm),
                Step::Announce => set(Phase::Pending, Reason::Planning, String::new()),
                Step::ApproveByPolicy => {
                    let by = format!("policy: approval from {:?}", database.spec.approval.from);
                    status.approval = Some(PlanApproval { how: ApprovalHow::Policy, by, decided_at: time(now) });
                }
                Step::ApproveByPerson => {
                    let Some(decision) = &plan.spec.decision else { return (step, alarm) };
                    let how = how(database, decision);
                    status.approval = Some(PlanApproval { how, by: decision.by.clone(), decided_at: time(now) });
                }
                Step::Reject => {
                    let decision = plan.spec.decision.as_ref();
                    let by = decision.map_or("", |decision| decision.by.as_str());
                    let why = decision.and_then(|decision| decision.comment.as_deref()).unwrap_or("no reason given");
                    set(Phase::Rejected, Reason::PlanRejected, format!("{by} rejected the plan: {why}"));
                    return (step, alarm);
                }
                Step::VoidDecision => {
                    let message = "the decision names another digest than the plan's; the plan is made anew";
                    set(Phase::Superseded, Reason::Superseded, message.to_owned());
                    return (step, alarm);
                }
                Step::Expire => {
                    let message =
                        format!("nobody decided within {expires_after:?}; kubectl tablewright retry makes it anew");
                    set(Phase::Expired, Reason::PlanExpired, message);
                    return (step, alarm);
                }
                Step::Supersede => {
                    let message = "the manifests or the live definitions are no longer those that were planned for";
                    set(Phase::Superseded, Reason::Superseded, message.to_owned());
                    return (step, alarm);
                }
                Step::Wait(reason) => {
                    let message = waiting_message(*reason, plan);
                    if *reason == Reason::AwaitingApproval {
                        let left = expires_after.saturating_sub(age);
                        let at = Instant::now().checked_add(left + Duration::from_secs(1));
                        alarm = alarm.into_iter().chain(at).min();
                    }
                    // A plan that has been approved by a person and waits for its turn says so; the phase stays Pending
                    // until nothing is in the way, so that it can still be rejected.
                    set(Phase::Pending, *reason, message);
                    return (step, alarm);
                }
                Step::Start => {
                    set(Phase::Approved, Reason::Approved, String::new());
                    return (step, alarm);
                }
            }
        }
    }

    /// Why nothing may start now, and when to look again.
    fn hold(
        &self,
        database: &Database,
        trouble: Option<&Trouble>,
        key: &ObjectKey,
        busy: bool,
    ) -> (Option<Reason>, Option<Instant>) {
        if database.spec.suspend {
            return (Some(Reason::Suspended), None);
        }
        if trouble.is_some() {
            return (Some(Reason::DatabaseNotReady), None);
        }
        match windows(database) {
            Ok(windows) => {
                if let Opening::Closed(from) = opening(&windows, Timestamp::now()) {
                    let at = from.and_then(|from| {
                        let wait = Duration::try_from(from.duration_since(Timestamp::now())).ok()?;
                        Instant::now().checked_add(wait)
                    });
                    return (Some(Reason::OutsideWindow), at);
                }
            }
            Err(error) => {
                tracing::warn!(database = %self.key, error = %chain(&error), "nothing starts");
                return (Some(Reason::OutsideWindow), None);
            }
        }
        if let Some((at, _)) = self.runs.waits.get(key).filter(|(at, _)| *at > Instant::now()) {
            return (Some(Reason::Retrying), Some(*at));
        }
        if busy {
            return (Some(Reason::Queued), None);
        }
        (None, None)
    }

    fn waiting(&self, key: &ObjectKey, alarm: &mut Alarm) -> bool {
        let Some((at, _)) = self.runs.waits.get(key).filter(|(at, _)| *at > Instant::now()) else { return false };
        alarm.at(*at);
        true
    }

    /// Whether a Plan still says what would be proposed now; with what was computed to find out.
    #[expect(clippy::too_many_arguments, reason = "it reads all that the round knows")]
    async fn currency(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        plan: &Plan,
        members: &Members,
        used: &mut BTreeSet<Inputs>,
        alarm: &mut Alarm,
    ) -> (Currency, Option<Planned>) {
        if !self.manages(&gathered.database) {
            return if trouble.is_some() { (Currency::Unknown, None) } else { (Currency::Stale, None) };
        }
        if !members.complete {
            return (Currency::Stale, None);
        }
        if trouble.is_some() || self.session.observed.is_none() {
            return (Currency::Unknown, None);
        }
        let mut candidates = Vec::new();
        for key in &members.keys {
            let (Some(candidate), Some(view)) = (validated.candidates.get(key), self.views.get(key)) else {
                return (Currency::Stale, None);
            };
            if view.dirty {
                return (Currency::Unknown, None);
            }
            match view.live {
                Live::Unknown => return (Currency::Unknown, None),
                Live::InSync | Live::Refused { .. } => return (Currency::Stale, None),
                Live::Differs { .. } => candidates.push(candidate.clone()),
            }
        }
        // Another Table that depends on these has to change, too: they share a plan.
        let group = self.tied(gathered, validated, &members.keys);
        if group.keys().any(|key| !members.keys.contains(key)) {
            return (Currency::Stale, None);
        }
        match self.planned(gathered, &candidates, used).await {
            Ok(planned) if planned.proposal().digest == plan.spec.proposal.digest => (Currency::Current, Some(planned)),
            Ok(_) => (Currency::Stale, None),
            Err(error) => {
                tracing::warn!(database = %self.key, error = %chain(&error), "cannot plan; trying again");
                alarm.after(self.failures.next());
                (Currency::Unknown, None)
            }
        }
    }

    /// All differing Tables of the same change group, these included.
    fn tied(
        &self,
        gathered: &Gathered,
        validated: &Validated,
        keys: &BTreeSet<ObjectKey>,
    ) -> BTreeMap<ObjectKey, Candidate> {
        let members = self.differing(gathered, validated);
        let mut tied = BTreeMap::new();
        for group in groups(members, &self.edges(validated), 0) {
            if group.members.iter().any(|member| keys.contains(&member.object)) {
                for member in group.members {
                    if let Some(candidate) = validated.candidates.get(&member.object) {
                        tied.insert(member.object, candidate.clone());
                    }
                }
            }
        }
        tied
    }

    fn edges(&self, validated: &Validated) -> Vec<(String, String)> {
        let mut edges = self.session.edges.clone();
        edges.extend(desired_edges(validated.candidates.values()));
        edges
    }

    /// Tables that are to be changed: they differ, and not because somebody else changed them where that is only
    /// reported.
    fn differing(&self, gathered: &Gathered, validated: &Validated) -> Vec<Member> {
        let report_only = gathered.database.spec.drift.action == DriftAction::Report;
        let from = gathered.database.spec.approval.from;
        let moving = self.in_motion();
        let mut members = Vec::new();
        for (key, view) in &self.views {
            let Live::Differs { risk } = view.live else { continue };
            let Some(candidate) = validated.candidates.get(key) else { continue };
            if view.dirty || moving.contains(key) {
                continue;
            }
            let standing = candidate.object.status.as_ref();
            if report_only && drifted(standing, candidate.generation(), view) {
                continue;
            }
            members.push(Member {
                object: key.clone(),
                tables: candidate.names().iter().map(|name| name.as_str().to_owned()).collect(),
                label: candidate.label(),
                alone: from.waits(risk) || adopts(standing, view),
            });
        }
        members
    }

    fn needs_person(&self, gathered: &Gathered, plan: &Plan, members: &Members) -> bool {
        let adopted = members.keys.iter().any(|key| {
            let standing = gathered.tables.get(key).and_then(|object| object.status.as_ref());
            self.views.get(key).is_some_and(|view| adopts(standing, view))
        });
        adopted || gathered.database.spec.approval.from.waits(plan.spec.proposal.risk)
    }

    fn options(database: &Database) -> PlanOptions {
        PlanOptions { approval_via: database.spec.approval.via.clone(), ..PlanOptions::default() }
    }

    /// The proposal for a group, from memory while nothing on which it depends has changed.
    async fn planned(
        &mut self,
        gathered: &Gathered,
        candidates: &[Candidate],
        used: &mut BTreeSet<Inputs>,
    ) -> Result<Planned, ApplyError> {
        let inputs: Inputs = candidates
            .iter()
            .map(|candidate| {
                let fingerprint = self.views.get(&candidate.key).and_then(|view| view.fingerprint.clone());
                (candidate.key.clone(), candidate.generation(), fingerprint)
            })
            .collect();
        used.insert(inputs.clone());
        if let Some(planned) = self.runs.proposals.get(&inputs) {
            return Ok(planned.clone());
        }
        let Some(connections) = self.session.connections.clone() else {
            return Err(ApplyError::Bug { what: "planning without connections".to_owned() });
        };
        let desired = desired(candidates);
        let observed = observe(&connections, &desired, false).await?;
        let planned = apply::plan(&connections, &observed, &desired, &Self::options(&gathered.database)).await?;
        self.runs.proposals.insert(inputs, planned.clone());
        Ok(planned)
    }

    /// Proposes what no Plan covers.
    #[expect(clippy::too_many_arguments, reason = "it reads all that the round knows")]
    async fn propose(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        covered: &BTreeSet<ObjectKey>,
        busy: &mut bool,
        used: &mut BTreeSet<Inputs>,
        standing: &mut BTreeSet<ObjectKey>,
        alarm: &mut Alarm,
    ) -> Option<Start> {
        let edges = self.edges(validated);
        let settle = positive(gathered.database.spec.execution.settle);
        let members = self.differing(gathered, validated);
        let mut settled = Vec::new();
        for group in groups(members, &edges, 0) {
            if group.members.iter().any(|member| covered.contains(&member.object)) {
                continue;
            }
            match self.rests_until(&group, &edges, settle) {
                Some(at) if at > Instant::now() => alarm.at(at),
                _ => settled.extend(group.members),
            }
        }
        let (hold, _) = self.hold(&gathered.database, None, &self.key, *busy);
        // What cannot start now is proposed table by table: whoever looks at it sees one change.
        let batch = if matches!(hold, None | Some(Reason::Queued)) { self.runs.batch } else { 0 };
        let mut start = None;
        for group in groups(settled, &edges, batch) {
            let free = group.members.iter().all(|member| !member.alone);
            if *busy && free {
                // It joins what comes in until the present run has ended.
                self.queue(&group);
                continue;
            }
            let chosen = self.propose_group(gathered, validated, &group, *busy, used, standing, alarm).await;
            if let Some(chosen) = chosen {
                *busy = true;
                start = Some(chosen);
            }
        }
        start
    }

    fn queue(&mut self, group: &Group) {
        for member in &group.members {
            self.words.insert(
                member.object.clone(),
                Word { plan: String::new(), reason: Reason::Queued, message: "another plan runs first".to_owned() },
            );
        }
    }

    /// When a group has been quiet for long enough.
    fn rests_until(&self, group: &Group, edges: &[(String, String)], settle: Duration) -> Option<Instant> {
        let tied = |member: &Member| {
            member.label.is_some()
                || edges.iter().any(|(child, parent)| member.tables.contains(child) || member.tables.contains(parent))
        };
        let rest = if group.members.iter().any(tied) { settle } else { settle.min(QUICK) };
        group.members.iter().filter_map(|member| Some(self.views.get(&member.object)?.seen + rest)).max()
    }

    #[expect(clippy::too_many_arguments, reason = "it reads all that the round knows")]
    async fn propose_group(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        group: &Group,
        busy: bool,
        used: &mut BTreeSet<Inputs>,
        standing: &mut BTreeSet<ObjectKey>,
        alarm: &mut Alarm,
    ) -> Option<Start> {
        let candidates: Vec<Candidate> =
            group.members.iter().filter_map(|member| validated.candidates.get(&member.object).cloned()).collect();
        let planned = match self.planned(gathered, &candidates, used).await {
            Ok(planned) => planned,
            Err(error) => {
                tracing::warn!(database = %self.key, error = %chain(&error), "cannot plan; trying again");
                alarm.after(self.failures.next());
                return None;
            }
        };
        if !planned.refusals().is_empty() {
            self.refuse(&candidates, &planned);
            alarm.after(Duration::ZERO);
            return None;
        }
        let proposal = planned.proposal().clone();
        if proposal.statements.is_empty() {
            // The closer look found nothing to do.
            for candidate in &candidates {
                if let Some(view) = self.views.get_mut(&candidate.key) {
                    view.live = Live::InSync;
                }
            }
            alarm.after(Duration::ZERO);
            return None;
        }
        let size = serde_json::to_vec(&proposal).map_or(0, |bytes| bytes.len());
        if size > LARGEST && self.runs.batch > 1 && candidates.len() > 1 {
            self.runs.batch /= 2;
            alarm.after(Duration::ZERO);
            return None;
        }
        let members =
            Members { keys: candidates.iter().map(|candidate| candidate.key.clone()).collect(), complete: true };
        let attempt = match before(&gathered.plans, &group.namespace, &proposal.digest) {
            Before::Attempt(attempt) => attempt,
            Before::Stands(plan) => {
                let (reason, message) = ready_of(&plan.status.clone().unwrap_or_default());
                let key = ObjectKey::of(plan.as_ref());
                self.word(&key, &members, reason, &message);
                standing.insert(key);
                return None;
            }
        };
        let mut plan = plan_object(group, &self.key.name, proposal, attempt, &candidates);
        let key = ObjectKey::of(&plan);
        let mut desired_status = PlanStatus::default();
        let needs_person = self.needs_person(gathered, &plan, &members);
        let hold = self.hold(&gathered.database, None, &key, busy);
        let (step, at) =
            self.advance(&gathered.database, &plan, &mut desired_status, Currency::Current, false, needs_person, hold);
        if let Some(at) = at {
            alarm.at(at);
        }
        let starts = step == Step::Start;
        if starts {
            plan.finalizers_mut().push(labels::RUNNING.to_owned());
        }
        let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &key.namespace);
        let params = PostParams { field_manager: Some(labels::FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let created = match api.create(&params, &plan).await {
            Ok(created) => created,
            Err(error) => {
                tracing::warn!(plan = %key, error = %chain(&error), "Plan not created; trying again");
                alarm.after(Duration::from_secs(1));
                return None;
            }
        };
        tracing::info!(
            plan = %key, risk = ?created.spec.proposal.risk, statements = created.spec.proposal.statements.len(),
            tables = created.spec.proposal.tables.len(), "proposed"
        );
        self.plans.put(created.clone());
        let (reason, message) = ready_of(&desired_status);
        if starts {
            self.word(&key, &members, Reason::Applying, "the plan is being applied");
            let task = self.task(gathered, validated, created, desired_status, &members, Some(planned), false)?;
            return Some(Start { plan: key, members: members.keys, task });
        }
        self.word(&key, &members, reason, &message);
        self.context.events.tell(&created, "Propose", reason, &message);
        self.write_plan(&created, &desired_status, alarm).await;
        None
    }

    /// The closer look refused some: the others are planned without them.
    fn refuse(&mut self, candidates: &[Candidate], planned: &Planned) {
        let case = self.session.lower_case_table_names();
        for refusal in planned.refusals() {
            let table = crate::model::TableName::from(refusal.table.as_str());
            let mut found = false;
            for candidate in candidates {
                if candidate.names().iter().any(|name| name.same(&table, case))
                    && let Some(view) = self.views.get_mut(&candidate.key)
                {
                    found = true;
                    view.live = Live::Refused { reason: refusal.reason.into(), message: refusal.message.clone() };
                }
            }
            if !found {
                // It names none of ours: all of the group share it, else it would be tried for ever.
                for candidate in candidates {
                    if let Some(view) = self.views.get_mut(&candidate.key) {
                        view.live = Live::Refused { reason: refusal.reason.into(), message: refusal.message.clone() };
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all that a run needs")]
    fn task(
        &self,
        gathered: &Gathered,
        validated: &Validated,
        plan: Plan,
        status: PlanStatus,
        members: &Members,
        fresh: Option<Planned>,
        adopt: bool,
    ) -> Option<Task> {
        let execution = &gathered.database.spec.execution;
        let candidates: Vec<Candidate> =
            members.keys.iter().filter_map(|key| validated.candidates.get(key).cloned()).collect();
        Some(Task {
            client: self.context.client.clone(),
            plan,
            status,
            connections: self.session.connections.clone()?,
            desired: desired(&candidates),
            options: Self::options(&gathered.database),
            fresh,
            adopt,
            only_look: gathered.database.spec.suspend || !members.complete,
            lock_wait_timeout: positive(execution.lock_wait_timeout),
            retries: execution.retries,
            cancel: CancellationToken::new(),
            notes: Notes::new(self.runs.wake.clone()),
            metrics: self.context.metrics.clone(),
        })
    }

    /// Starts a run in a task of its own.
    pub(super) fn start(&mut self, start: Start) {
        let Start { plan, members, task } = start;
        tracing::info!(plan = %plan, adopt = task.adopt, "running");
        let (cancel, notes, wake) = (task.cancel.clone(), task.notes.clone(), self.runs.wake.clone());
        let task = tokio::spawn(async move {
            let ended = execute(task).await;
            wake.notify_one();
            ended
        });
        self.runs.running = Some(Running { plan, members, notes, cancel, task });
    }

    /// Takes over what a run or a check has come to, and stops a run whose Database was suspended. Whether a Plan was
    /// written.
    pub(super) async fn take_ended(&mut self, gathered: &Gathered) -> bool {
        if let Some(checked) = self.take_checked().await
            && let Some(key) = checked.plan
            && let Some(plan) = gathered.plans.get(&key)
            && phase(plan) == Some(Phase::Verifying)
        {
            let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &key.namespace);
            let standing = plan.status.clone().unwrap_or_default();
            let notes = Notes::new(self.runs.wake.clone());
            let mut journal =
                PlanJournal::new(api, plan.as_ref().clone(), standing, notes, self.context.metrics.clone());
            conclude(&mut journal, &checked.reports);
            self.runs.unwritten = Some(journal);
        }
        if gathered.database.spec.suspend
            && let Some(running) = &self.runs.running
        {
            running.cancel.cancel();
        }
        if self.runs.running.as_ref().is_some_and(|running| running.task.is_finished())
            && let Some(running) = self.runs.running.take()
        {
            match running.task.await {
                Ok(ended) => self.take_end(&running.plan, &running.members, ended),
                Err(error) => {
                    tracing::error!(plan = %running.plan, error = %chain(&error), "a run ended abnormally; it is taken up again");
                    self.wait(&running.plan);
                }
            }
            for key in &running.members {
                if let Some(view) = self.views.get_mut(key) {
                    view.dirty = true;
                }
            }
        }
        self.write_unwritten().await
    }

    fn wait(&mut self, key: &ObjectKey) {
        let (_, backoff) = self
            .runs
            .waits
            .entry(key.clone())
            .or_insert_with(|| (Instant::now(), Backoff::new(Duration::from_secs(1), Duration::from_secs(300))));
        let at = Instant::now() + backoff.next();
        let backoff = backoff.clone();
        self.runs.waits.insert(key.clone(), (at, backoff));
    }

    /// What a run's end means for its Plan.
    fn take_end(&mut self, key: &ObjectKey, members: &BTreeSet<ObjectKey>, ended: Ended) {
        let Ended { mut journal, end } = ended;
        let text = end.describe();
        tracing::info!(plan = %key, end = %text, "run ended");
        // Whether anything was done, or may have been.
        let begun = journal.status.statements.iter().any(|statement| match statement.state {
            StatementState::Done | StatementState::Running => true,
            StatementState::Pending | StatementState::Skipped | StatementState::Failed => false,
        });
        let again = |journal: &mut PlanJournal, reason: Reason| {
            let phase = if begun { Phase::Applying } else { Phase::Approved };
            say(journal, phase, reason, &text);
        };
        match &end {
            End::Complete(report) => {
                conclude(&mut journal, &report.replicas);
                self.take_health(&report.replicas);
                self.arrived = Some((members.clone(), report.replicas.clone()));
                self.runs.waits.remove(key);
            }
            End::WasDone => say(&mut journal, Phase::Verifying, Reason::Verifying, "done on the primary"),
            End::Stopped if begun => {
                say(
                    &mut journal,
                    Phase::Cancelled,
                    Reason::PlanCancelled,
                    "stopped between statements; what is left is planned anew",
                );
            }
            End::Stopped => say(&mut journal, Phase::Pending, Reason::Suspended, "the Database is suspended"),
            End::Differs(_) if begun => say(&mut journal, Phase::Failed, Reason::PlanFailed, &text),
            End::Differs(_) => say(&mut journal, Phase::Superseded, Reason::Superseded, &text),
            End::Server(error) => {
                again(&mut journal, super::session::reason_of(error.category()));
                self.wait(key);
            }
            End::Api(_) => {
                again(&mut journal, Reason::Retrying);
                self.wait(key);
            }
            End::Failed(error) => {
                let category = error.cause.category();
                let reason = if let apply::RunFailure::ReplicaUnhealthy { verdict, .. } = &error.cause {
                    crate::controller::verdict::reason(verdict)
                } else {
                    super::session::reason_of(category)
                };
                match category {
                    Category::BaselineMoved | Category::AlgorithmRefused if !begun => {
                        say(&mut journal, Phase::Superseded, Reason::Superseded, &text);
                    }
                    Category::AlgorithmRefused => say(&mut journal, Phase::Failed, Reason::PlanFailed, &text),
                    Category::NotWritable | Category::WrongServer => {
                        again(&mut journal, reason);
                        self.wait(key);
                    }
                    Category::BaselineMoved
                    | Category::Unreachable
                    | Category::AccessDenied
                    | Category::Tls
                    | Category::PrivilegeMissing
                    | Category::SchemaMissing
                    | Category::ReplicaUnhealthy
                    | Category::SchemaBusy
                    | Category::LockTimeout
                    | Category::LockTimeoutAfterWork
                    | Category::StatementFailed
                    | Category::Ambiguous
                    | Category::UnexpectedResult
                    | Category::Journal
                    | Category::Bug => match error.cause.disposition() {
                        Disposition::Retry => {
                            again(&mut journal, reason);
                            self.wait(key);
                        }
                        Disposition::WaitForUser | Disposition::Bug => {
                            say(&mut journal, Phase::Failed, Reason::PlanFailed, &text);
                        }
                    },
                }
            }
        }
        let (reason, message) = ready_of(&journal.status);
        self.context.events.tell(journal.plan(), "Run", reason, &message);
        self.runs.unwritten = Some(journal);
    }

    /// Writes a journal's end; until the API server has taken it nothing else starts.
    async fn write_unwritten(&mut self) -> bool {
        let Some(mut journal) = self.runs.unwritten.take() else { return false };
        match journal.write().await {
            Ok(()) => {
                let mut plan = journal.plan().clone();
                if phase(&plan).is_some_and(Phase::is_final) {
                    let namespace = plan.namespace().unwrap_or_default();
                    let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &namespace);
                    match let_go(&api, &plan).await {
                        Ok(Some(written)) => plan = written,
                        Ok(None) => {}
                        Err(error) => tracing::debug!(error = %chain(&error), "finalizer not removed; trying again"),
                    }
                }
                self.plans.put(plan);
                true
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "a Plan's end is not written; trying again");
                self.runs.unwritten = Some(journal);
                let wake = self.runs.wake.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    wake.notify_one();
                });
                false
            }
        }
    }

    fn word(&mut self, key: &ObjectKey, members: &Members, reason: Reason, message: &str) {
        for member in &members.keys {
            let word = Word { plan: key.name.clone(), reason, message: message.to_owned() };
            self.words.insert(member.clone(), word);
        }
    }

    fn measure_pending(&self, plan: &Plan) {
        let labels = ObjectLabels { namespace: plan.namespace().unwrap_or_default(), name: plan.name_any() };
        let pending = phase(plan) == Some(Phase::Pending);
        let age = plan.creation_timestamp().map(|time| Timestamp::now().duration_since(time.0).as_secs_f64());
        match age.filter(|_| pending) {
            Some(age) => {
                self.context.metrics.plan_pending.get_or_create(&labels).set(age);
            }
            None => {
                self.context.metrics.plan_pending.remove(&labels);
            }
        }
    }

    async fn write_plan(&mut self, plan: &Plan, wanted: &PlanStatus, alarm: &mut Alarm) {
        let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &plan.namespace().unwrap_or_default());
        match status(&api, plan, plan.status.as_ref(), wanted).await {
            Ok(Written::Changed(written)) => {
                let before = plan.status.as_ref().and_then(|status| status.phase);
                if before.is_some() && before != wanted.phase {
                    let (reason, message) = ready_of(wanted);
                    self.context.events.tell(plan, "Decide", reason, &message);
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
    async fn tidy(&mut self, gathered: &Gathered, standing: &BTreeSet<ObjectKey>) {
        for (key, plan) in &gathered.plans {
            if phase(plan).is_some_and(Phase::is_final) {
                let labels = ObjectLabels { namespace: key.namespace.clone(), name: key.name.clone() };
                self.context.metrics.plan_pending.remove(&labels);
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

/// From the replicas' reports to the Plan's end.
fn conclude(journal: &mut PlanJournal, reports: &[apply::ReplicaReport]) {
    journal.replicas(reports);
    match missing(reports) {
        None => say(journal, Phase::Succeeded, Reason::Succeeded, "executed, and seen on every required replica"),
        Some((reason, message)) => say(journal, Phase::Verifying, reason, &message),
    }
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

fn windows(database: &Database) -> Result<Vec<Window>, crate::controller::window::WindowError> {
    let windows = database.spec.execution.windows.iter();
    windows.map(|window| Window::parse(&window.cron, positive(window.duration), Some(&window.time_zone))).collect()
}

fn time(now: Timestamp) -> Time {
    Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
}

/// Argo CD's own account, where it may decide; else a named person.
fn how(database: &Database, decision: &Decision) -> ApprovalHow {
    let service_account = decision.by.starts_with("system:serviceaccount:") && decision.by.contains("argocd");
    if service_account && database.spec.approval.via.contains(&ApprovalWay::ArgoCD) {
        ApprovalHow::ArgoCD
    } else {
        ApprovalHow::Kubectl
    }
}

fn ready_of(status: &PlanStatus) -> (Reason, String) {
    let text = reason_of(&status.conditions, crate::api::ConditionType::Ready);
    let reason = Reason::ALL.iter().copied().find(|reason| Some(reason.as_str()) == text).unwrap_or(Reason::Planning);
    let message = status.conditions.iter().find(|condition| condition.type_ == "Ready");
    (reason, message.map(|condition| condition.message.clone()).unwrap_or_default())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the reasons to wait have words of their own, the others their name"
)]
fn waiting_message(reason: Reason, plan: &Plan) -> String {
    let proposal = &plan.spec.proposal;
    match reason {
        Reason::AwaitingApproval => format!(
            "{} statement(s), risk {:?}: kubectl tablewright approve {}",
            proposal.statements.len(),
            proposal.risk,
            plan.name_any()
        ),
        Reason::OutsideWindow => "waits for the next window of its Database".to_owned(),
        Reason::Suspended => "its Database is suspended".to_owned(),
        Reason::Queued => "another plan of its Database runs first".to_owned(),
        Reason::DatabaseNotReady => "its Database is not ready".to_owned(),
        Reason::Retrying => "it will be tried again".to_owned(),
        Reason::Planning => "the manifests are about to settle".to_owned(),
        other => other.as_str().to_owned(),
    }
}
