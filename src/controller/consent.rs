//! Which Approval counts for which Plan, and what is said of an Approval. No client required: a function of what the API
//! server holds, so that every controller and every restart comes to the same answer.
//!
//! An Approval is a consent to one digest, given before its Plan came out or while it waits. What it holds:
//! * It counts where its Database *and* the Plan list Git as a way of approval, and no further than its namespace reaches:
//!   in the Database's own namespace for all its Plans, in an allowed one for the Plans of that namespace.
//! * It counts for one Plan. Which one is written in its status before the Plan takes it ([`spent`]), and is told by the
//!   Plan as well, so that neither a crash nor an Approval made again under the same name makes two of one.
//! * An attempt that came after it, and was decided without it, has used it up too: an old consent never counts for a new
//!   attempt (docs/decisions/0013-approval-through-git.md).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use kube::ResourceExt;

use super::condition::{conditions, ready};
use super::store::ObjectKey;
use crate::api::{Approval, ApprovalHow, ApprovalStatus, Database, Phase, Plan, Reason};
use crate::plan::proposal::ApprovalWay;

/// How many waiting Plans are named to whoever looks for theirs.
const NAMED: usize = 3;

/// Who approved, as a Plan's status says it. The API server keeps no name of an object's maker, so none is said.
pub(crate) fn named(approval: &Approval) -> String {
    format!("Approval {}", ObjectKey::of(approval))
}

/// The Approval that counts for this Plan, which may not have been created yet; the oldest where there are several.
pub(crate) fn consent<'a>(
    approvals: &'a BTreeMap<ObjectKey, Arc<Approval>>,
    plans: &BTreeMap<ObjectKey, Arc<Plan>>,
    database: &Database,
    plan: &Plan,
) -> Option<&'a Arc<Approval>> {
    let counting = approvals.values().filter(|approval| {
        approval.metadata.deletion_timestamp.is_none()
            && matching(approval, database, plan)
            && barred(approval, database).is_none()
            && by_git(plan)
            && free(approval, plans, database, plan)
    });
    counting.min_by_key(|approval| (made(approval), ObjectKey::of(approval.as_ref())))
}

/// What stops an Approval of this namespace from counting for anything, whatever its digest.
fn barred(approval: &Approval, database: &Database) -> Option<(Reason, String)> {
    let (own, other) = (database.namespace().unwrap_or_default(), approval.namespace().unwrap_or_default());
    let name = format!("Database {own}/{}", database.name_any());
    if own != other && !database.spec.allowed_namespaces.contains(&other) {
        let message = format!(
            "{name} does not allow Approvals of namespace {other}; its owners can add it to spec.allowedNamespaces"
        );
        return Some((Reason::NamespaceNotAllowed, message));
    }
    if !database.spec.approval.via.contains(&ApprovalWay::Git) {
        let message =
            format!("{name} does not list Git in spec.approval.via; its plans are approved in the ways that it lists");
        return Some((Reason::ApprovalWayNotAllowed, message));
    }
    None
}

/// The same digest, and within reach.
fn matching(approval: &Approval, database: &Database, plan: &Plan) -> bool {
    approval.spec.digest == plan.spec.proposal.digest && reaches(approval, database, plan)
}

fn reaches(approval: &Approval, database: &Database, plan: &Plan) -> bool {
    approval.namespace() == database.namespace() || approval.namespace() == plan.namespace()
}

fn by_git(plan: &Plan) -> bool {
    plan.spec.proposal.approval_via.contains(&ApprovalWay::Git)
}

/// Whether no other Plan has used it up.
fn free(approval: &Approval, plans: &BTreeMap<ObjectKey, Arc<Plan>>, database: &Database, plan: &Plan) -> bool {
    let uid = plan.uid();
    if let Some(spent_on) = approval.status.as_ref().and_then(|status| status.plan_uid.as_ref()) {
        return uid.as_ref() == Some(spent_on);
    }
    let mut others = plans.values().filter(|other| other.uid() != uid && matching(approval, database, other));
    others.all(|other| !took(other, approval) && !since(other, approval))
}

/// Whether the Plan says that it was approved by this one, or one of the same name.
fn took(plan: &Plan, approval: &Approval) -> bool {
    let noted = plan.status.as_ref().and_then(|status| status.approval.as_ref());
    noted.is_some_and(|noted| noted.how == ApprovalHow::Git && noted.by == named(approval))
}

/// Whether the Plan was made when the Approval was there already. Times have whole seconds: in doubt it was.
fn since(plan: &Plan, approval: &Approval) -> bool {
    plan.creation_timestamp().map(|time| time.0) >= made(approval)
}

fn made(approval: &Approval) -> Option<Timestamp> {
    approval.creation_timestamp().map(|time| time.0)
}

/// The status of an Approval that this Plan takes.
pub(crate) fn spent(approval: &Approval, plan: &Plan, now: Timestamp) -> ApprovalStatus {
    let message = format!("approved plan {}; another attempt takes another Approval", place(plan, approval));
    over(approval, Reason::ApprovalUsed, &message, Some(plan), now)
}

/// What is to be said of an Approval; `None`: what stands may stand. `planning`: the Database makes plans at present.
pub(crate) fn assess(
    approval: &Approval,
    plans: &BTreeMap<ObjectKey, Arc<Plan>>,
    database: &Database,
    planning: bool,
    now: Timestamp,
) -> Option<ApprovalStatus> {
    if approval.status.as_ref().is_some_and(|status| status.plan_uid.is_some()) {
        return None;
    }
    let mut of_digest: Vec<&Arc<Plan>> = plans.values().filter(|plan| matching(approval, database, plan)).collect();
    of_digest.sort_by_key(|plan| (plan.creation_timestamp().map(|time| time.0), plan.name_any()));
    if let Some(plan) = of_digest.iter().rev().find(|plan| took(plan, approval)) {
        return Some(spent(approval, plan, now));
    }
    if let Some((reason, message)) = barred(approval, database) {
        return Some(over(approval, reason, &message, None, now));
    }
    Some(match of_digest.last() {
        Some(plan) => of_plan(approval, plan, now),
        None => over(approval, Reason::AwaitingPlan, &awaiting(approval, plans, database, planning), None, now),
    })
}

/// Of an Approval with whose digest there is a Plan, which has not taken it.
fn of_plan(approval: &Approval, plan: &Plan, now: Timestamp) -> ApprovalStatus {
    let (place, status) = (place(plan, approval), plan.status.as_ref());
    let decided = status.is_some_and(|status| status.approval.is_some());
    let phase = status.and_then(|status| status.phase).unwrap_or(Phase::Pending);
    let obsolete = |what: &str| {
        let message =
            format!("plan {place} with this digest {what} without it; another attempt takes another Approval");
        over(approval, Reason::ApprovalObsolete, &message, Some(plan), now)
    };
    let awaiting = |what: &str| {
        let message = format!("plan {place} with this digest {what}");
        over(approval, Reason::AwaitingPlan, &message, None, now)
    };
    match phase {
        Phase::Succeeded if since(plan, approval) => obsolete("was approved"),
        Phase::Rejected | Phase::Expired | Phase::Superseded | Phase::Cancelled | Phase::Failed
            if since(plan, approval) =>
        {
            obsolete(&format!("came to its end ({phase:?})"))
        }
        Phase::Rejected | Phase::Expired | Phase::Failed => {
            awaiting(&format!("is {phase:?}; kubectl tablewright retry makes another, which is approved"))
        }
        Phase::Succeeded | Phase::Superseded | Phase::Cancelled => {
            awaiting(&format!("is {phase:?}; the next one that comes out with it is approved"))
        }
        Phase::Pending | Phase::Approved | Phase::Applying | Phase::Verifying if decided => obsolete("was approved"),
        Phase::Pending | Phase::Approved | Phase::Applying | Phase::Verifying if !by_git(plan) => {
            let message = format!(
                "plan {place} with this digest was made before its Database listed Git in spec.approval.via; decide on it \
                 in a way that it lists"
            );
            over(approval, Reason::ApprovalWayNotAllowed, &message, None, now)
        }
        Phase::Pending | Phase::Approved | Phase::Applying | Phase::Verifying => awaiting("is about to be looked at"),
    }
}

/// Why nothing has this digest, as far as can be told: what waits instead.
fn awaiting(
    approval: &Approval,
    plans: &BTreeMap<ObjectKey, Arc<Plan>>,
    database: &Database,
    planning: bool,
) -> String {
    let name = format!("Database {}", ObjectKey::of(database));
    if !planning {
        return format!("{name} makes no plans at present; the plan with this digest is approved when it comes out");
    }
    let waits = |plan: &&Arc<Plan>| {
        let status = plan.status.as_ref();
        status.is_some_and(|status| status.phase == Some(Phase::Pending) && status.approval.is_none())
            && reaches(approval, database, plan)
    };
    let waiting: Vec<String> = plans
        .values()
        .filter(waits)
        .map(|plan| format!("{} with {}", place(plan, approval), plan.spec.proposal.digest))
        .collect();
    let none = format!("no plan of {name} has this digest; the one that comes out with it is approved");
    match waiting.len() {
        0 => none,
        count => {
            let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
            let shown = waiting.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            format!(
                "{none}. Waiting for approval: {shown}{more}; the digest changes with the statements, the live tables and the server"
            )
        }
    }
}

/// A Plan's name, with its namespace where that is another.
fn place(plan: &Plan, approval: &Approval) -> String {
    if plan.namespace() == approval.namespace() { plan.name_any() } else { ObjectKey::of(plan).to_string() }
}

/// The status of an Approval whose Database does not exist.
pub(crate) fn orphaned(approval: &Approval, message: &str, now: Timestamp) -> Option<ApprovalStatus> {
    let spent = approval.status.as_ref().is_some_and(|status| status.plan_uid.is_some());
    (!spent).then(|| over(approval, Reason::DatabaseNotFound, message, None, now))
}

fn over(approval: &Approval, reason: Reason, message: &str, plan: Option<&Plan>, now: Timestamp) -> ApprovalStatus {
    let generation = approval.metadata.generation.unwrap_or_default();
    let standing = approval.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    ApprovalStatus {
        observed_generation: generation,
        conditions: conditions(standing, generation, ready(reason, message), now),
        plan: plan.map(|plan| place(plan, approval)),
        plan_uid: plan.and_then(ResourceExt::uid),
    }
}

#[cfg(test)]
mod tests;
