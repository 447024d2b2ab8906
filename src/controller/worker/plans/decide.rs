//! What a Plan comes to by its decision, the policy, the windows and what else runs. No client required.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Resource, ResourceExt};
use tracing::info_span;

use super::{Hold, Members};
use crate::api::{Approval, ApprovalHow, Database, Decision, Phase, Plan, PlanApproval, PlanStatus, Reason};
use crate::controller::assess::{Trouble, adopts};
use crate::controller::consent::named;
use crate::controller::dereference::positive;
use crate::controller::lifecycle::{Currency, Situation, Step, next};
use crate::controller::standing::stand;
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::controller::window::{Opening, Window, opening};
use crate::controller::worker::{Alarm, Gathered, Worker};
use crate::telemetry::chain;

impl Worker {
    /// Goes through the steps that need nothing but a status, and returns the one at which it stops. `consent`: the
    /// Approval that counts for the Plan; where the Plan takes it, it is to be spent before that is written.
    #[expect(clippy::too_many_arguments, reason = "the situation of one Plan")]
    pub(super) fn advance(
        &self,
        database: &Database,
        plan: &Plan,
        status: &mut PlanStatus,
        currency: Currency,
        running: bool,
        needs_person: bool,
        consent: Option<&Approval>,
        hold: Hold,
    ) -> (Step, Option<Instant>) {
        let now = Timestamp::now();
        let generation = plan.meta().generation.unwrap_or(1);
        let created = plan.creation_timestamp().map_or(now, |time| time.0);
        let expires_after = positive(database.spec.approval.expires_after);
        let age = Duration::try_from(now.duration_since(created)).unwrap_or_default();
        let mut alarm = hold.until;
        loop {
            let situation = Situation {
                phase: status.phase,
                digest: &plan.spec.proposal.digest,
                decision: plan.spec.decision.as_ref(),
                approved: status.approval.as_ref().map(|approval| approval.how),
                ways_taken_away: ways_taken_away(database, plan),
                needs_person,
                consented: consent.is_some(),
                currency,
                age,
                expires_after,
                hold: hold.reason,
                running,
            };
            let step = next(&situation);
            let mut set = |phase: Phase, reason: Reason, message: String| {
                stand(status, generation, phase, reason, &message, now);
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
                    let how = how(&self.context.gitops_accounts, &decision.by);
                    self.tell_approved(plan, how, decision);
                    status.approval = Some(PlanApproval { how, by: decision.by.clone(), decided_at: time(now) });
                }
                Step::ApproveByConsent => {
                    let Some(approval) = consent else { return (step, alarm) };
                    let (how, by) = (ApprovalHow::Git, named(approval));
                    status.approval = Some(PlanApproval { how, by, decided_at: time(now) });
                }
                Step::TakeBack => {
                    let from = database.spec.approval.from;
                    tracing::info!(plan = plan.name_any(), ?from, "the policy takes its approval back");
                    status.approval = None;
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
                Step::SupersedeWays => {
                    let message =
                        "its Database no longer lists each way in which it could be approved; it is planned anew";
                    set(Phase::Superseded, Reason::Superseded, message.to_owned());
                    return (step, alarm);
                }
                Step::Wait(reason) => {
                    let message = match &hold.message {
                        Some(message) if hold.reason == Some(*reason) => message.clone(),
                        Some(_) | None => waiting_message(*reason, plan),
                    };
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

    /// Who said yes, when and why: for whoever looks at the Plan, and for its trace.
    fn tell_approved(&self, plan: &Plan, how: ApprovalHow, decision: &Decision) {
        let (name, by) = (plan.name_any(), decision.by.as_str());
        let span = trace::of_plan(plan, info_span!(parent: None, "approve", plan = name, by, ?how));
        span.in_scope(|| tracing::info!(plan = name, by, ?how, "approved"));
        let why = decision.comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
        self.context.events.tell(plan, "Approve", Reason::Approved, &format!("{by} approved the plan ({how:?}){why}"));
    }

    /// Why nothing may start now, and when to look again.
    pub(super) fn hold(&self, database: &Database, trouble: Option<&Trouble>, key: &ObjectKey, busy: bool) -> Hold {
        if database.spec.suspend {
            return Hold::because(Reason::Suspended);
        }
        if trouble.is_some() {
            return Hold::because(Reason::DatabaseNotReady);
        }
        match windows(database) {
            Ok(windows) => {
                if let Opening::Closed(from) = opening(&windows, Timestamp::now()) {
                    let until = from.and_then(|from| {
                        let wait = Duration::try_from(from.duration_since(Timestamp::now())).ok()?;
                        Instant::now().checked_add(wait)
                    });
                    let message = from.map(|from| format!("waits for the next window of its Database, from {from} on"));
                    return Hold { until, message, ..Hold::because(Reason::OutsideWindow) };
                }
            }
            Err(error) => {
                let message = Some(chain(&error).to_string());
                return Hold { message, ..Hold::because(Reason::OutsideWindow) };
            }
        }
        if let Some(later) = self.runs.waits.get(key).filter(|later| later.at > Instant::now()) {
            let message = Some(later.message.clone());
            return Hold { reason: Some(later.reason), until: Some(later.at), message };
        }
        if busy { Hold::because(Reason::Queued) } else { Hold::default() }
    }

    pub(super) fn waiting(&self, key: &ObjectKey, alarm: &mut Alarm) -> bool {
        let Some(later) = self.runs.waits.get(key).filter(|later| later.at > Instant::now()) else { return false };
        alarm.at(later.at);
        true
    }

    pub(super) fn needs_person(&self, gathered: &Gathered, plan: &Plan, members: &Members) -> bool {
        let adopted = members.keys.iter().any(|key| {
            let standing = gathered.tables.get(key).and_then(|object| object.status.as_ref());
            self.views.get(key).is_some_and(|view| adopts(standing, view))
        });
        adopted || gathered.database.spec.approval.from.waits(plan.spec.proposal.risk)
    }
}

fn windows(database: &Database) -> Result<Vec<Window>, crate::controller::window::WindowError> {
    let windows = database.spec.execution.windows.iter();
    windows.map(|window| Window::parse(&window.cron, positive(window.duration), Some(&window.time_zone))).collect()
}

/// Whether the Plan could be approved in a way that its Database no longer lists. The API server asks the Plan, which cannot
/// change, for the ways of a decision.
fn ways_taken_away(database: &Database, plan: &Plan) -> bool {
    plan.spec.proposal.approval_via.iter().any(|way| !database.spec.approval.via.contains(way))
}

/// Whether this status, as it is to be written, takes an Approval that nobody has noted yet.
pub(super) fn takes(plan: &Plan, wanted: &PlanStatus) -> bool {
    let git = |status: &PlanStatus| status.approval.as_ref().is_some_and(|noted| noted.how == ApprovalHow::Git);
    git(wanted) && !plan.status.as_ref().is_some_and(git)
}

fn time(now: Timestamp) -> Time {
    Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
}

/// A GitOps account, as the admission policies name them; else whoever `by` says, a person or another account.
fn how(gitops_accounts: &BTreeSet<String>, by: &str) -> ApprovalHow {
    if gitops_accounts.contains(by) { ApprovalHow::ArgoCD } else { ApprovalHow::Kubectl }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the reasons to wait have words of their own, the others their name"
)]
fn waiting_message(reason: Reason, plan: &Plan) -> String {
    let proposal = &plan.spec.proposal;
    match reason {
        Reason::AwaitingApproval => format!(
            "{} statement(s), risk {:?}: kubectl tablewright approve {} -n {} --digest {}",
            proposal.statements.len(),
            proposal.risk,
            plan.name_any(),
            plan.namespace().unwrap_or_default(),
            proposal.digest
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::GITOPS_ACCOUNTS;

    #[test]
    fn exactly_the_gitops_accounts_are_shown_as_such() {
        let known = BTreeSet::from(GITOPS_ACCOUNTS.map(str::to_owned));
        for account in GITOPS_ACCOUNTS {
            assert_eq!(how(&known, account), ApprovalHow::ArgoCD, "{account}");
        }
        let others = ["dba", "system:serviceaccount:argocd:robot", "system:serviceaccount:argocd-tools:argocd-server"];
        for other in others {
            assert_eq!(how(&known, other), ApprovalHow::Kubectl, "{other}");
        }
    }

    #[test]
    fn the_gitops_accounts_are_those_of_the_admission_policies() {
        for policy in ["decisions", "approvals"] {
            let path = format!("{}/config/admission/{policy}.yaml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let named: BTreeSet<&str> =
                text.split('\'').filter(|word| word.starts_with("system:serviceaccount:")).collect();
            assert_eq!(named, BTreeSet::from(GITOPS_ACCOUNTS), "{policy}");
        }
    }
}
