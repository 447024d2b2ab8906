//! Proposes what no Plan covers: which Tables, when they have come to rest, and as which Plan.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kube::ResourceExt;
use kube::api::{Api, PostParams};

use super::decide::takes;
use super::{Input, Inputs, Members, Start, desired};
use crate::api::{Database, DriftAction, Plan, PlanStatus, Reason, labels};
use crate::apply::{self, ApplyError, PlanOptions, Planned, RowBounds, observe};
use crate::controller::assess::{Word, adopts, drifted};
use crate::controller::dereference::positive;
use crate::controller::group::{Group, Member, groups};
use crate::controller::inspect::desired_edges;
use crate::controller::lifecycle::{Currency, Step};
use crate::controller::propose::{Before, before, plan_object};
use crate::controller::standing::said;
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::controller::validate::{Candidate, Validated};
use crate::controller::view::Live;
use crate::controller::worker::{Alarm, Gathered, Worker};
use crate::telemetry::chain;

/// Manifests that stand for themselves need not rest for longer than it takes a burst to come in.
const QUICK: Duration = Duration::from_millis(300);
/// A Plan's size beyond which a batch is split.
const LARGEST: usize = 128 * 1024;

impl Worker {
    pub(super) fn edges(&self, validated: &Validated) -> Vec<(String, String)> {
        let mut edges = self.session.edges.clone();
        edges.extend(desired_edges(validated.candidates.values()));
        edges
    }

    /// Tables that are to be changed: they differ, and not because somebody else changed them where that is only
    /// reported.
    pub(super) fn differing(&self, gathered: &Gathered, validated: &Validated) -> Vec<Member> {
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

    pub(super) fn options(database: &Database) -> PlanOptions {
        let rows = u64::try_from(database.spec.execution.examine_rows).unwrap_or_default();
        PlanOptions {
            approval_via: database.spec.approval.via.clone(),
            rows: RowBounds { rows, ..RowBounds::default() },
            ..PlanOptions::default()
        }
    }

    /// The proposal for a group, from memory while nothing on which it depends has changed.
    pub(super) async fn planned(
        &mut self,
        gathered: &Gathered,
        candidates: &[Candidate],
        used: &mut BTreeSet<Inputs>,
    ) -> Result<Planned, ApplyError> {
        let options = Self::options(&gathered.database);
        let tables = candidates.iter().map(|candidate| {
            let fingerprint = self.views.get(&candidate.key).and_then(|view| view.fingerprint.clone());
            Input { key: candidate.key.clone(), uid: candidate.uid(), generation: candidate.generation(), fingerprint }
        });
        let inputs =
            Inputs { tables: tables.collect(), approval_via: options.approval_via.clone(), rows: options.rows.rows };
        used.insert(inputs.clone());
        if let Some(planned) = self.runs.proposals.get(&inputs) {
            return Ok(planned.clone());
        }
        let Some(connections) = self.session.connections.clone() else {
            return Err(ApplyError::Bug { what: "planning without connections".to_owned() });
        };
        let desired = desired(candidates);
        let observed = observe(&connections, &desired, false).await?;
        let planned = apply::plan(&connections, &observed, &desired, &options).await?;
        self.runs.proposals.insert(inputs, planned.clone());
        Ok(planned)
    }

    /// Proposes what no Plan covers.
    #[expect(clippy::too_many_arguments, reason = "it reads all that the round knows")]
    pub(super) async fn propose(
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
        let hold = self.hold(&gathered.database, None, &self.key, *busy).reason;
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
                let (reason, message) = said(&plan.status.clone().unwrap_or_default());
                let key = ObjectKey::of(plan.as_ref());
                self.word(&key, &members, reason, &message);
                standing.insert(key);
                return None;
            }
        };
        let mut plan = plan_object(group, &self.key, proposal, attempt, &candidates);
        trace::begin(&mut plan);
        let key = ObjectKey::of(&plan);
        let mut desired_status = PlanStatus::default();
        let needs_person = self.needs_person(gathered, &plan, &members);
        let consent = if needs_person { self.consent(gathered, &plan) } else { None };
        let hold = self.hold(&gathered.database, None, &key, busy);
        let (step, at) = self.advance(
            &gathered.database,
            &plan,
            &mut desired_status,
            Currency::Current,
            false,
            needs_person,
            consent.as_deref(),
            hold,
        );
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
        // Approved on arrival: it is never seen waiting for a person.
        if let Some(approval) = consent.filter(|_| takes(&created, &desired_status))
            && !self.spend(&approval, &created, alarm).await
        {
            self.word(&key, &members, Reason::Planning, "its Approval is being marked as used");
            return None;
        }
        let (reason, message) = said(&desired_status);
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
}
