//! What the controller reports of a Table.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UNOBSERVED;

/// What the controller reports of a Table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TableStatus {
    /// The generation that this status speaks of; -1 before the controller has seen the object.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled, Applied, Replicated, Drifted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
    /// The Plan that the Table waits for or that changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub plan: Option<String>,
    /// Name of the table in MySQL, once this Table holds the claim on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub claimed: Option<String>,
    /// SHA-256 of the live definition that was last seen to equal the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub fingerprint: Option<String>,
    /// Per replica, whether its table equals the primary's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub replicas: Vec<TableReplicaStatus>,
}

impl Default for TableStatus {
    fn default() -> Self {
        Self {
            observed_generation: UNOBSERVED,
            conditions: Vec::new(),
            plan: None,
            claimed: None,
            fingerprint: None,
            replicas: Vec::new(),
        }
    }
}

/// Whether a replica's table equals the primary's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableReplicaStatus {
    /// Name of the replica.
    #[schemars(length(max = 63))]
    pub name: String,
    /// What was found.
    pub verdict: ReplicaVerdict,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// What was found on a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReplicaVerdict {
    /// The change has arrived and the definitions are equal.
    Arrived,
    /// It applies, but has not come so far.
    Lagging,
    /// Its applier waits for a metadata lock.
    Blocked,
    /// Its applier has stopped.
    Stopped,
    /// It has come so far, and the definitions differ.
    Diverged,
    /// It cannot be seen.
    Unobservable,
    /// Filters keep the table from it.
    Filtered,
    /// The definitions are equal, and it has transactions that the primary lacks.
    Errant,
}
