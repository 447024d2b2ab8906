//! Plan objects from what was planned. No client required.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::{Resource, ResourceExt};

use super::group::Group;
use super::store::ObjectKey;
use super::validate::Candidate;
use crate::api::{Phase, Plan, PlanSpec, Table, labels};
use crate::plan::proposal::Proposal;

/// The longest part of a Plan's name that is taken from its group, and from its Database.
const LONGEST_PART: usize = 40;
/// How many digits of the digest a Plan's name has: what was seen under the name is what is approved under it.
const NAMED_DIGITS: usize = 16;

/// The latest Plans of one namespace with exactly this digest decide whether there may be another attempt.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    /// There may be one; this is its number.
    Attempt(u32),
    /// The last one ended in a way that stands until the desired or the live state changes, or a person asks for another.
    Stands(Arc<Plan>),
}

/// What became of earlier attempts at exactly this proposal.
pub(crate) fn before(plans: &BTreeMap<ObjectKey, Arc<Plan>>, namespace: &str, digest: &str) -> Before {
    let attempts = plans
        .values()
        .filter(|plan| plan.namespace().as_deref() == Some(namespace) && plan.spec.proposal.digest == digest);
    let Some(last) = attempts.max_by_key(|plan| attempt(plan)) else { return Before::Attempt(1) };
    let next = attempt(last).saturating_add(1);
    let phase = last.status.as_ref().and_then(|status| status.phase);
    match phase {
        Some(Phase::Rejected | Phase::Expired | Phase::Failed) if !last.annotations().contains_key(labels::RETRY) => {
            Before::Stands(last.clone())
        }
        Some(
            Phase::Rejected
            | Phase::Expired
            | Phase::Failed
            | Phase::Cancelled
            | Phase::Superseded
            | Phase::Succeeded
            | Phase::Pending
            | Phase::Approved
            | Phase::Applying
            | Phase::Verifying,
        )
        | None => Before::Attempt(next),
    }
}

fn attempt(plan: &Plan) -> u32 {
    plan.labels().get(labels::ATTEMPT).and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// The object for a proposal. Its name says of which group, Database, digest and attempt it is, so that no two Databases
/// claim one name, and an old decision never counts for what came later.
pub(crate) fn plan_object(
    group: &Group,
    database: &ObjectKey,
    proposal: Proposal,
    attempt: u32,
    members: &[Candidate],
) -> Plan {
    let digits = proposal.digest.rsplit(':').next().unwrap_or_default();
    let named: String = digits.chars().take(NAMED_DIGITS).collect();
    // A Database of another namespace may have the name of one of this.
    let place = match database.namespace == group.namespace {
        true => database.name.clone(),
        false => format!("{}-{}", database.namespace, database.name),
    };
    let name = format!("{}-{}-{named}-{attempt}", object_name(&group.name), object_name(&place));
    let label = |text: &str| -> String { text.chars().take(63).collect() };
    let labels = BTreeMap::from([
        (labels::DATABASE.to_owned(), label(&database.name)),
        (labels::GROUP.to_owned(), label(&object_name(&group.name))),
        (labels::DIGEST.to_owned(), named),
        (labels::ATTEMPT.to_owned(), attempt.to_string()),
    ]);
    Plan {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(group.namespace.clone()),
            labels: Some(labels),
            owner_references: Some(members.iter().filter_map(owner).collect()),
            ..ObjectMeta::default()
        },
        spec: PlanSpec { proposal, decision: None },
        status: None,
    }
}

/// Never the controlling owner: a Plan has several.
fn owner(candidate: &Candidate) -> Option<OwnerReference> {
    Some(OwnerReference {
        api_version: Table::api_version(&()).into_owned(),
        kind: Table::kind(&()).into_owned(),
        name: candidate.object.name_any(),
        uid: candidate.object.uid()?,
        controller: None,
        block_owner_deletion: None,
    })
}

/// A name as part of an object's name (RFC 1123).
fn object_name(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .take(LONGEST_PART)
        .collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() { "group".to_owned() } else { kept.to_owned() }
}

/// Finished Plans that need not be kept: older than `days`, or more than `most`, those that stand excepted.
pub(crate) fn outlived(
    plans: &BTreeMap<ObjectKey, Arc<Plan>>,
    standing: &BTreeSet<ObjectKey>,
    now: jiff::Timestamp,
    most: usize,
    days: i64,
) -> Vec<ObjectKey> {
    let mut finished: Vec<(&ObjectKey, jiff::Timestamp)> = plans
        .iter()
        .filter(|(key, plan)| {
            plan.status.as_ref().and_then(|status| status.phase).is_some_and(Phase::is_final)
                && plan.metadata.deletion_timestamp.is_none()
                && !standing.contains(*key)
        })
        .map(|(key, plan)| (key, plan.creation_timestamp().map(|time| time.0).unwrap_or(now)))
        .collect();
    finished.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    let oldest = now - jiff::SignedDuration::from_hours(24 * days);
    finished
        .into_iter()
        .enumerate()
        .filter(|(place, (_, created))| *place >= most || *created < oldest)
        .map(|(_, (key, _))| key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::plan::proposal::{Baseline, DatabaseReference, Proof, Risk};

    use super::*;

    const DIGITS: &str = "4be1c0de4be1c0de4be1c0de4be1c0de4be1c0de4be1c0de4be1c0de4be1c0de";

    fn name(group: &str, database: &ObjectKey) -> String {
        let group = Group { name: group.to_owned(), namespace: "shop".to_owned(), members: Vec::new() };
        let proposal = Proposal {
            database_ref: DatabaseReference { name: database.name.clone(), namespace: None },
            tables: Vec::new(),
            statements: Vec::new(),
            estimates: Vec::new(),
            findings: Vec::new(),
            risk: Risk::Safe,
            baseline: Baseline {
                server_uuid: String::new(),
                schema: String::new(),
                time_zone: None,
                fingerprints: Vec::new(),
            },
            approval_via: Vec::new(),
            proof: Proof::NotProved,
            digest: format!("v1:sha256:{DIGITS}"),
        };
        plan_object(&group, database, proposal, 2, &[]).name_any()
    }

    #[test]
    fn a_name_tells_group_database_digest_and_attempt() {
        assert_eq!(name("release-7", &ObjectKey::new("shop", "blog")), "release-7-blog-4be1c0de4be1c0de-2");
        let names: BTreeSet<String> = [("shop", "blog"), ("shop", "audit"), ("other", "blog")]
            .into_iter()
            .map(|(namespace, database)| name("release-7", &ObjectKey::new(namespace, database)))
            .collect();
        assert_eq!(names.len(), 3, "{names:?}");
    }

    #[test]
    fn a_name_is_one_that_the_api_server_takes() {
        let longest = "x".repeat(253);
        for group in ["Order_Items", "-._-", "v1._2", "\u{e9}t\u{e9}", longest.as_str()] {
            let name = name(group, &ObjectKey::new(longest.clone(), "y".repeat(253)));
            let edge = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
            let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
            assert!(name.len() <= 253 && name.chars().all(inner), "{name}");
            assert!(edge(name.chars().next()) && edge(name.chars().last()), "{name}");
        }
    }
}
