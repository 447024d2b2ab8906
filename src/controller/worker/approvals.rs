//! Approvals through Git: the one that counts for a Plan, its spending, and what is said of all of them. Who counts is
//! decided in `consent.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use kube::{Api, ResourceExt};
use tracing::info_span;

use super::{Alarm, Gathered, Worker};
use crate::api::{Approval, ApprovalHow, ApprovalStatus, ConditionType, Plan, Reason};
use crate::controller::condition::reason_of;
use crate::controller::consent;
use crate::controller::patch::{Written, status};
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::telemetry::chain;

/// How many writes are under way at a time.
const AT_A_TIME: usize = 16;

impl Worker {
    fn known_approvals(&mut self) -> BTreeMap<ObjectKey, Arc<Approval>> {
        self.approvals.over(self.context.approvals.of(&self.key))
    }

    /// The Approval that counts for this Plan, which nobody has approved or decided on yet.
    pub(super) fn consent(&mut self, gathered: &Gathered, plan: &Plan) -> Option<Arc<Approval>> {
        let decided = plan.spec.decision.is_some() || plan.status.as_ref().is_some_and(|s| s.approval.is_some());
        if decided {
            return None;
        }
        // What this round has written counts.
        let (approvals, plans) = (self.known_approvals(), self.plans.over(self.context.plans.of(&self.key)));
        consent::consent(&approvals, &plans, &gathered.database, plan).cloned()
    }

    /// Writes down that the Approval is spent on this Plan, which must be known before the Plan takes it. Whether it is.
    pub(super) async fn spend(&mut self, approval: &Approval, plan: &Plan, alarm: &mut Alarm) -> bool {
        let wanted = consent::spent(approval, plan, Timestamp::now());
        let api: Api<Approval> =
            Api::namespaced(self.context.client.clone(), &approval.namespace().unwrap_or_default());
        match status(&api, approval, approval.status.as_ref(), &wanted).await {
            Ok(Written::Changed(written)) => {
                self.tell_consent(approval, plan);
                self.tell_approval(approval, &wanted);
                self.approvals.put(*written);
                true
            }
            // A controller that ended before the Plan was written has come so far.
            Ok(Written::Unchanged) => true,
            // Taken back in time.
            Ok(Written::Gone) => {
                self.approvals.forget(&ObjectKey::of(approval));
                alarm.after(Duration::from_secs(1));
                false
            }
            Err(error) => {
                let approval = ObjectKey::of(approval);
                tracing::warn!(%approval, error = %chain(&error), "Approval not marked as used; trying again");
                alarm.after(Duration::from_secs(1));
                false
            }
        }
    }

    /// What said yes, and why: for whoever looks at the Plan, and for its trace.
    fn tell_consent(&self, approval: &Approval, plan: &Plan) {
        let (name, by, how) = (plan.name_any(), consent::named(approval), ApprovalHow::Git);
        let span = trace::of_plan(plan, info_span!(parent: None, "approve", plan = name, by, ?how));
        span.in_scope(|| tracing::info!(plan = name, by, ?how, "approved"));
        let why = approval.spec.comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
        self.context.events.tell(plan, "Approve", Reason::Approved, &format!("{by} approved the plan ({how:?}){why}"));
    }

    /// Writes the statuses of the Database's Approvals, where they differ. Whether all were written.
    pub(super) async fn update_approvals(&mut self, gathered: &Gathered, alarm: &mut Alarm) -> bool {
        let (approvals, plans) = (self.known_approvals(), self.plans.over(self.context.plans.of(&self.key)));
        let (database, planning, now) = (&gathered.database, self.manages(&gathered.database), Timestamp::now());
        let writes = wanted(&approvals, |approval| consent::assess(approval, &plans, database, planning, now));
        self.write_approvals(writes, alarm).await
    }

    /// Approvals whose Database does not exist.
    pub(super) async fn tell_orphaned_approvals(&mut self, message: &str) {
        let (approvals, now) = (self.known_approvals(), Timestamp::now());
        let writes = wanted(&approvals, |approval| consent::orphaned(approval, message, now));
        self.write_approvals(writes, &mut Alarm::default()).await;
    }

    async fn write_approvals(&mut self, writes: Vec<(Arc<Approval>, ApprovalStatus)>, alarm: &mut Alarm) -> bool {
        let client = self.context.client.clone();
        let mut results = futures::stream::iter(writes)
            .map(|(object, wanted)| {
                let api: Api<Approval> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
                async move {
                    let result = status(&api, object.as_ref(), object.status.as_ref(), &wanted).await;
                    (object, wanted, result)
                }
            })
            .buffer_unordered(AT_A_TIME);
        let mut told = true;
        while let Some((object, wanted, result)) = results.next().await {
            match result {
                Ok(Written::Unchanged) => {}
                Ok(Written::Changed(written)) => {
                    self.tell_approval(&object, &wanted);
                    self.approvals.put(*written);
                }
                Ok(Written::Gone) => self.approvals.forget(&ObjectKey::of(object.as_ref())),
                Err(error) => {
                    let approval = ObjectKey::of(object.as_ref());
                    tracing::warn!(%approval, error = %chain(&error), "status not written; trying again");
                    told = false;
                }
            }
        }
        if !told {
            alarm.after(Duration::from_secs(1));
        }
        told
    }

    /// An event where the reason has changed.
    fn tell_approval(&self, object: &Approval, wanted: &ApprovalStatus) {
        let kind = ConditionType::Ready;
        let before = object.status.as_ref().and_then(|status| reason_of(&status.conditions, kind));
        let ready = wanted.conditions.iter().find(|condition| condition.type_ == kind.as_str());
        let Some(ready) = ready.filter(|ready| before != Some(ready.reason.as_str())) else { return };
        if let Some(reason) = Reason::ALL.iter().find(|reason| reason.as_str() == ready.reason) {
            self.context.events.tell(object, "Reconcile", *reason, &ready.message);
        }
    }
}

/// The statuses that differ from those that stand.
fn wanted(
    approvals: &BTreeMap<ObjectKey, Arc<Approval>>,
    assess: impl Fn(&Approval) -> Option<ApprovalStatus>,
) -> Vec<(Arc<Approval>, ApprovalStatus)> {
    let there = approvals.values().filter(|approval| approval.metadata.deletion_timestamp.is_none());
    there
        .filter_map(|approval| Some((approval.clone(), assess(approval)?)))
        .filter(|(approval, wanted)| approval.status.as_ref() != Some(wanted))
        .collect()
}
