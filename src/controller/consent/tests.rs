//! Which Approval counts for which Plan, case by case.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde_json::json;

use super::*;
use crate::api::{PlanApproval, PlanStatus};
use crate::controller::condition::{holds, reason_of};

const DIGEST: &str = "v1:sha256:aa";

fn database(via: &[&str], allowed: &[&str]) -> Database {
    serde_json::from_value(json!({
        "apiVersion": crate::api::API_VERSION, "kind": "Database", "metadata": {"name": "blog", "namespace": "data"},
        "spec": {
            "primary": {"host": "mysql", "credentials": {"secretName": "mysql"}},
            "approval": {"via": via}, "allowedNamespaces": allowed,
        },
    }))
    .unwrap()
}

fn metadata(namespace: &str, name: &str, second: i64) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.into()),
        namespace: Some(namespace.into()),
        uid: Some(format!("uid-of-{name}-{second}")),
        generation: Some(1),
        creation_timestamp: Some(Time(Timestamp::from_second(second).unwrap())),
        ..ObjectMeta::default()
    }
}

fn approval(namespace: &str, name: &str, second: i64) -> Approval {
    let spec = serde_json::from_value(json!({"databaseRef": {"name": "blog", "namespace": "data"}, "digest": DIGEST}));
    Approval { metadata: metadata(namespace, name, second), spec: spec.unwrap(), status: None }
}

fn plan(namespace: &str, name: &str, second: i64, phase: Phase) -> Plan {
    let spec = serde_json::from_value(json!({"proposal": {
        "databaseRef": {"name": "blog", "namespace": "data"}, "tables": ["users"], "statements": [],
        "risk": "Destructive", "baseline": {"serverUuid": "u", "schema": "blog", "fingerprints": []}, "approvalVia": ["Git"],
        "proof": "Rehearsed", "digest": DIGEST,
    }}));
    let status = PlanStatus { phase: Some(phase), ..PlanStatus::default() };
    Plan { metadata: metadata(namespace, name, second), spec: spec.unwrap(), status: Some(status) }
}

fn approved(mut plan: Plan, how: ApprovalHow, by: &str) -> Plan {
    let decided_at = Time(Timestamp::from_second(50).unwrap());
    let noted = PlanApproval { how, by: by.to_owned(), decided_at };
    plan.status.get_or_insert_default().approval = Some(noted);
    plan
}

fn keyed<K: kube::Resource + Clone>(objects: &[&K]) -> BTreeMap<ObjectKey, Arc<K>> {
    objects.iter().map(|object| (ObjectKey::of(*object), Arc::new((*object).clone()))).collect()
}

/// The name of the Approval that counts for the last of these Plans.
fn counts(approvals: &[&Approval], database: &Database, plans: &[&Plan]) -> Option<String> {
    let plan = plans.last().unwrap();
    consent(&keyed(approvals), &keyed(plans), database, plan).map(|approval| approval.name_any())
}

/// The reason of Ready, whether it is, and on which Plan the Approval was spent.
fn said(approval: &Approval, database: &Database, plans: &[&Plan]) -> (String, bool, Option<String>) {
    let status = assess(approval, &keyed(plans), database, true, Timestamp::UNIX_EPOCH).unwrap();
    let kind = crate::api::ConditionType::Ready;
    let reason = reason_of(&status.conditions, kind).unwrap().to_owned();
    (reason, holds(&status.conditions, kind), status.plan)
}

fn told(reason: Reason, plan: Option<&str>) -> (String, bool, Option<String>) {
    let ready = reason.disposition() == crate::api::Disposition::Done;
    (reason.as_str().to_owned(), ready, plan.map(str::to_owned))
}

#[test]
fn it_counts_where_database_and_plan_list_git() {
    let waiting = plan("data", "p", 20, Phase::Pending);
    let consent = approval("data", "a", 10);
    let git = database(&["Git"], &[]);
    assert_eq!(counts(&[&consent], &git, &[&waiting]).as_deref(), Some("a"));
    let kubectl = database(&["Kubectl", "ArgoCD"], &[]);
    assert_eq!(counts(&[&consent], &kubectl, &[&waiting]), None);
    assert_eq!(said(&consent, &kubectl, &[&waiting]), told(Reason::ApprovalWayNotAllowed, None));
    // The Plan says in which ways it may be approved, and keeps to that.
    let mut earlier = waiting;
    earlier.spec.proposal.approval_via = vec![ApprovalWay::Kubectl];
    assert_eq!(counts(&[&consent], &git, &[&earlier]), None);
    assert_eq!(said(&consent, &git, &[&earlier]), told(Reason::ApprovalWayNotAllowed, None));
}

#[test]
fn it_reaches_no_further_than_its_namespace() {
    let git = database(&["Git"], &["team"]);
    let (of_team, of_other) = (plan("team", "t", 20, Phase::Pending), plan("other", "o", 20, Phase::Pending));
    let of_data = plan("data", "d", 20, Phase::Pending);
    for (namespace, plan, counting) in [
        ("data", &of_data, true),
        ("data", &of_team, true),
        ("team", &of_team, true),
        ("team", &of_data, false),
        ("team", &of_other, false),
        ("other", &of_other, false),
        ("other", &of_data, false),
    ] {
        let found = counts(&[&approval(namespace, "a", 10)], &git, &[plan]);
        assert_eq!(found.is_some(), counting, "of {namespace} for {}", plan.name_any());
    }
    assert_eq!(said(&approval("other", "a", 10), &git, &[&of_other]), told(Reason::NamespaceNotAllowed, None));
    assert_eq!(said(&approval("team", "a", 10), &git, &[&of_data]), told(Reason::AwaitingPlan, None));
}

#[test]
fn another_digest_and_a_deleted_approval_count_for_nothing() {
    let git = database(&["Git"], &[]);
    let waiting = plan("data", "p", 20, Phase::Pending);
    let mut other = approval("data", "a", 10);
    other.spec.digest = "v1:sha256:bb".into();
    assert_eq!(counts(&[&other], &git, &[&waiting]), None);
    assert_eq!(said(&other, &git, &[&waiting]), told(Reason::AwaitingPlan, None));
    let status = assess(&other, &keyed(&[&waiting]), &git, true, Timestamp::UNIX_EPOCH).unwrap();
    assert!(status.conditions[0].message.contains("p with v1:sha256:aa"), "{status:?}");
    let mut going = approval("data", "a", 10);
    going.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
    assert_eq!(counts(&[&going], &git, &[&waiting]), None);
}

#[test]
fn it_counts_for_one_plan_whatever_the_name_of_the_next() {
    let git = database(&["Git"], &[]);
    let first = plan("data", "p", 20, Phase::Pending);
    let mut consent = approval("data", "a", 10);
    consent.status = Some(spent(&consent, &first, Timestamp::UNIX_EPOCH));
    // Spent on this one, which has not noted it yet.
    assert_eq!(counts(&[&consent], &git, &[&first]).as_deref(), Some("a"));
    assert_eq!(assess(&consent, &keyed(&[&first]), &git, true, Timestamp::UNIX_EPOCH), None);
    // The first is kept no more, and the next has its name.
    let again = plan("data", "p", 90, Phase::Pending);
    assert_eq!(counts(&[&consent], &git, &[&again]), None);
}

#[test]
fn made_again_under_its_name_it_is_the_same_consent() {
    let git = database(&["Git"], &[]);
    let used = approved(plan("data", "p-1", 20, Phase::Failed), ApprovalHow::Git, "Approval data/a");
    let next = plan("data", "p-2", 60, Phase::Pending);
    let again = approval("data", "a", 70);
    assert_eq!(counts(&[&again], &git, &[&used, &next]), None);
    assert_eq!(said(&again, &git, &[&used, &next]), told(Reason::ApprovalUsed, Some("p-1")));
    // Another one is another consent.
    assert_eq!(counts(&[&again, &approval("data", "b", 70)], &git, &[&used, &next]).as_deref(), Some("b"));
}

#[test]
fn an_old_consent_does_not_count_for_a_new_attempt() {
    let git = database(&["Git"], &[]);
    let consent = approval("data", "a", 10);
    let next = plan("data", "p-2", 60, Phase::Pending);
    for phase in [Phase::Rejected, Phase::Expired, Phase::Superseded, Phase::Cancelled, Phase::Failed, Phase::Succeeded]
    {
        let first = plan("data", "p-1", 20, phase);
        assert_eq!(counts(&[&consent], &git, &[&first, &next]), None, "{phase:?}");
        assert_eq!(said(&consent, &git, &[&first]), told(Reason::ApprovalObsolete, Some("p-1")), "{phase:?}");
        // One that came later is meant for the next.
        let later = approval("data", "b", 30);
        assert_eq!(said(&later, &git, &[&first]), told(Reason::AwaitingPlan, None), "{phase:?}");
        assert_eq!(counts(&[&later], &git, &[&first, &next]).as_deref(), Some("b"), "{phase:?}");
    }
    // Approved otherwise, while it was there.
    for phase in [Phase::Pending, Phase::Approved, Phase::Applying, Phase::Verifying] {
        let by_person = approved(plan("data", "p-1", 5, phase), ApprovalHow::Kubectl, "dba");
        assert_eq!(said(&consent, &git, &[&by_person]), told(Reason::ApprovalObsolete, Some("p-1")), "{phase:?}");
    }
}

#[test]
fn the_oldest_of_several_is_spent_and_the_others_are_not_needed() {
    let git = database(&["Git"], &[]);
    let waiting = plan("data", "p", 20, Phase::Pending);
    let (first, second) = (approval("data", "z", 10), approval("data", "a", 11));
    assert_eq!(counts(&[&second, &first], &git, &[&waiting]).as_deref(), Some("z"));
    let taken = approved(waiting, ApprovalHow::Git, &named(&first));
    assert_eq!(said(&first, &git, &[&taken]), told(Reason::ApprovalUsed, Some("p")));
    assert_eq!(said(&second, &git, &[&taken]), told(Reason::ApprovalObsolete, Some("p")));
}
