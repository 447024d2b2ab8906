//! Approval: a reviewer's consent to one digest, committed in Git.
#![expect(clippy::duplicated_attributes, reason = "printer columns have types and priorities in common")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UNOBSERVED;
use crate::plan::proposal::DatabaseReference;

/// Says that the plan which comes out with exactly this digest is approved (where the Database allows `via: [Git]`).
/// Immutable: another digest is another Approval. It counts for one Plan: another attempt takes another Approval.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tablewright.dev",
    version = "v1alpha1",
    kind = "Approval",
    plural = "approvals",
    namespaced,
    status = "ApprovalStatus",
    shortname = "tapproval",
    category = "tablewright",
    derive = "PartialEq",
    doc = "A reviewer's consent, committed in Git, to the plan that comes out with exactly this digest.",
    selectable = ".spec.databaseRef.name",
    printcolumn(name = "Database", type_ = "string", json_path = ".spec.databaseRef.name"),
    printcolumn(name = "Plan", type_ = "string", json_path = ".status.plan"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".spec.digest", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalSpec {
    /// The Database whose plan is approved.
    pub database_ref: DatabaseReference,
    /// The plan's digest as `tablewright plan` prints it: `v1:sha256:` and 64 hexadecimal digits.
    #[schemars(length(max = 128), regex(pattern = r"^v1:sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// Why, for those who read it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
}

impl ApprovalSpec {
    /// Whether the digest is one that a plan can have, as the definition of the kind demands.
    pub fn has_digest(&self) -> bool {
        let digits = self.digest.strip_prefix("v1:sha256:").unwrap_or_default();
        digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// What became of an Approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ApprovalStatus {
    /// The generation that this status speaks of; -1 before the controller has seen the object.
    pub observed_generation: i64,
    /// `Ready`: the consent is given, whether its plan has come out yet or not; the reason says which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
    /// The Plan that it approved, or (reason `ApprovalObsolete`) that was decided without it; with its namespace where that
    /// is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 317))]
    pub plan: Option<String>,
    /// That Plan's uid. It counts for no other, whatever the other's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub plan_uid: Option<String>,
}

impl Default for ApprovalStatus {
    fn default() -> Self {
        Self { observed_generation: UNOBSERVED, conditions: Vec::new(), plan: None, plan_uid: None }
    }
}
