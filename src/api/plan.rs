//! Plan: the DDL that brings a group of tables to their desired state, and its journal. Created by the controller only.
#![expect(clippy::duplicated_attributes, reason = "printer columns have types and priorities in common")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PlanActivity, UNOBSERVED};
use crate::plan::proposal::Proposal;

/// The DDL for one change group, and a person's decision on it.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tablewright.dev",
    version = "v1alpha1",
    kind = "Plan",
    plural = "plans",
    namespaced,
    status = "PlanStatus",
    shortname = "tplan",
    category = "tablewright",
    derive = "PartialEq",
    doc = "The DDL that brings a group of tables to their desired state. Created by the controller only.",
    selectable = ".spec.proposal.databaseRef.name",
    selectable = ".status.phase",
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Risk", type_ = "string", json_path = ".spec.proposal.risk"),
    printcolumn(name = "Database", type_ = "string", json_path = ".spec.proposal.databaseRef.name"),
    printcolumn(name = "Tables", type_ = "string", json_path = ".spec.proposal.tables"),
    printcolumn(name = "Decision", type_ = "string", json_path = ".spec.decision.verdict"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.decision.by"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".spec.proposal.digest", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanSpec {
    /// What is proposed. Immutable.
    pub proposal: Proposal,
    /// What a person decided. Final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// What a person decided on a Plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// The digest of the proposal that was decided on, repeated so that nobody decides on what they have not seen.
    #[schemars(length(max = 128))]
    pub digest: String,
    /// User name of who decided; the API server checks that it is the requesting user's.
    #[schemars(length(min = 1, max = 512))]
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// It may run.
    Approved,
    /// It must not run.
    Rejected,
}

/// How far a Plan has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PlanStatus {
    /// The generation that this status speaks of; -1 before the controller has seen the object.
    pub observed_generation: i64,
    /// Where it stands. Absent until the controller has said `Pending`: a decision is accepted only then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// By whom or what it was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<PlanApproval>,
    /// Ready, Reconciling, Stalled; of a superseded Plan Superseded alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
    /// The journal: one entry per statement, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), extend("x-kubernetes-list-type" = "atomic"))]
    pub statements: Vec<StatementStatus>,
    /// Per replica, when the change arrived.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub replicas: Vec<PlanReplicaStatus>,
    /// What the servers do while the Plan waits; absent once it no longer does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<PlanActivity>,
}

impl Default for PlanStatus {
    fn default() -> Self {
        Self {
            observed_generation: UNOBSERVED,
            phase: None,
            approval: None,
            conditions: Vec::new(),
            statements: Vec::new(),
            replicas: Vec::new(),
            activity: None,
        }
    }
}

/// Where a Plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Waits for approval or a window.
    Pending,
    /// May run.
    Approved,
    /// Runs on the primary.
    Applying,
    /// Done on the primary; waits for the replicas.
    Verifying,
    /// Done everywhere.
    Succeeded,
    /// A person said no.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// The desired or the live state has changed; another Plan takes its place.
    Superseded,
    /// Stopped by a person after a statement.
    Cancelled,
    /// Stopped by an error; the journal says what was done, what was not, and what to do.
    Failed,
}

impl Phase {
    /// Whether it stays as it is for ever.
    pub fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Approved | Self::Applying | Self::Verifying => false,
            Self::Succeeded | Self::Rejected | Self::Expired | Self::Superseded | Self::Cancelled | Self::Failed => {
                true
            }
        }
    }
}

/// By whom or what a Plan was approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanApproval {
    /// In which way.
    pub how: ApprovalHow,
    /// The user name, or the Approval (its namespace and name), or the policy.
    #[schemars(length(max = 512))]
    pub by: String,
    /// When the controller took note of it.
    pub decided_at: Time,
}

/// In which way a Plan was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApprovalHow {
    /// The Database's policy asks nobody for this risk.
    Policy,
    /// Through the Kubernetes API by `by`: a person, or an account that is no GitOps account.
    Kubectl,
    /// By a GitOps account, Argo CD's or Flux's (the way of approval `ArgoCD`): whoever may sync or press the button.
    ArgoCD,
    /// An Approval: synced from Git, or made by somebody who may approve. Which account made it is in the audit log.
    Git,
}

/// Journal of one statement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementStatus {
    /// Where it stands.
    pub state: StatementState,
    /// Id of the connection that runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<i64>,
    /// When the server that runs it was started (an id means nothing across a restart).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_started_at: Option<Time>,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When its end was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// The GTID chosen for it, or found afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub gtid: Option<String>,
    /// How often it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i32>,
    /// What went wrong: MySQL's number and text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub error: Option<String>,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StatementState {
    /// Not sent yet.
    #[default]
    Pending,
    /// Sent, or about to be.
    Running,
    /// Done on the primary.
    Done,
    /// Not needed any more.
    Skipped,
    /// It failed and changed nothing.
    Failed,
}

/// When a Plan's change arrived on one replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanReplicaStatus {
    /// Name of the replica.
    #[schemars(length(max = 63))]
    pub name: String,
    /// When the last GTID had been executed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_at: Option<Time>,
    /// When its definitions were seen to match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_at: Option<Time>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}
