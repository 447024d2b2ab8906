//! One Plan's next steps, and whether it still says what would be proposed now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::decide::takes;
use super::{Chosen, Inputs, Members, Start};
use crate::api::{Phase, Plan, Reason};
use crate::apply::Planned;
use crate::controller::assess::Trouble;
use crate::controller::group::groups;
use crate::controller::lifecycle::{Currency, Step};
use crate::controller::standing::said;
use crate::controller::store::ObjectKey;
use crate::controller::validate::{Candidate, Validated};
use crate::controller::view::Live;
use crate::controller::worker::checks::phase;
use crate::controller::worker::{Alarm, Gathered, Worker};
use crate::telemetry::chain;

impl Worker {
    /// One Plan's next steps, up to where it has to wait.
    #[expect(clippy::too_many_arguments, reason = "one step of one round: it reads all that the round knows")]
    pub(super) async fn step(
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
        let needs_person = self.needs_person(gathered, plan, members);
        let consent = if needs_person { self.consent(gathered, plan) } else { None };
        let (outcome, hold_alarm) = self.advance(
            database,
            plan,
            &mut desired_status,
            currency,
            running,
            needs_person,
            consent.as_deref(),
            self.hold(database, trouble, key, busy),
        );
        if let Some(at) = hold_alarm {
            alarm.at(at);
        }
        self.looks.tell(key, plan, &mut desired_status);
        let (reason, message) = said(&desired_status);
        if let Some(approval) = consent.filter(|_| takes(plan, &desired_status))
            && !self.spend(&approval, plan, alarm).await
        {
            self.word(key, members, Reason::Planning, "its Approval is being marked as used");
            return None;
        }
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
            Step::Supersede | Step::SupersedeWays | Step::VoidDecision => {}
            Step::Keep
            | Step::Announce
            | Step::ApproveByPolicy
            | Step::ApproveByPerson
            | Step::ApproveByConsent
            | Step::TakeBack
            | Step::Reject
            | Step::Expire
            | Step::Wait(_) => self.word(key, members, reason, &message),
        }
        self.write_plan(plan, &desired_status, alarm).await;
        let superseded = matches!(outcome, Step::Supersede | Step::SupersedeWays | Step::VoidDecision);
        superseded.then_some(Chosen::Superseded)
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
}
