//! What the controller reports of a Database.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UNOBSERVED;

/// What the controller reports of a Database. Moving numbers (lag, last checked) live in metrics only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseStatus {
    /// The generation that this status speaks of; -1 before the controller has seen the object.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled, Replicated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub conditions: Vec<Condition>,
    /// What the primary is taken for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DatabaseState>,
    /// What is known of the primary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<DatabasePrimaryStatus>,
    /// What is known of each replica.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub replicas: Vec<DatabaseReplicaStatus>,
    /// How many Tables there are, by state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<TableCounts>,
}

impl Default for DatabaseStatus {
    fn default() -> Self {
        Self {
            observed_generation: UNOBSERVED,
            conditions: Vec::new(),
            state: None,
            primary: None,
            replicas: Vec::new(),
            tables: None,
        }
    }
}

/// What the primary is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DatabaseState {
    /// Writable, without a source: plans run.
    Active,
    /// Read-only, with a source: compared, never written.
    Standby,
    /// Not understood: nothing runs until a person has looked.
    Fenced,
}

/// What is known of the primary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabasePrimaryStatus {
    /// `@@version`.
    #[schemars(length(max = 128))]
    pub version: String,
    /// `MySQL` or `MariaDB`.
    #[schemars(length(max = 32))]
    pub flavour: String,
    /// `@@server_uuid`.
    #[schemars(length(max = 64))]
    pub server_uuid: String,
    /// Neither read_only nor super_read_only.
    pub writable: bool,
    /// Every `@@server_uuid` that this Database has accepted as its primary, the present one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub accepted_server_uuids: Vec<String>,
    /// GTIDs that this server had executed and has no longer, as they were missing when it was noticed. Nothing runs until
    /// the annotation `tablewright.dev/accept-lost-gtids` names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub lost_gtids: Option<String>,
    /// Privileges that the account lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub missing_privileges: Vec<MissingPrivilege>,
}

/// A privilege that the account lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingPrivilege {
    /// Its name as in `GRANT`.
    #[schemars(length(max = 64))]
    pub privilege: String,
    /// What cannot be done without it.
    #[schemars(length(max = 512))]
    pub costs: String,
    /// The `GRANT` that would help.
    #[schemars(length(max = 512))]
    pub grant: String,
}

/// What is known of one replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseReplicaStatus {
    /// Its name in the spec.
    #[schemars(length(max = 63))]
    pub name: String,
    /// `@@server_uuid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub server_uuid: Option<String>,
    /// What its applier does.
    pub applier_state: ApplierState,
    /// The last GTID set that was waited for and reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub verified_gtid: Option<String>,
    /// It has caught up, and every table matches.
    pub in_sync: bool,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// What a replica's applier does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApplierState {
    /// It applies, within the allowed lag.
    Running,
    /// It applies, but too late.
    Lagging,
    /// It waits for a metadata lock.
    Blocked,
    /// It has stopped.
    Stopped,
    /// Filters keep the schema, or some of its tables, from it.
    Filtered,
    /// It applies, and has transactions that the primary lacks.
    Errant,
    /// It cannot be seen.
    Unobservable,
}

/// How many Tables a Database has, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TableCounts {
    /// All.
    pub total: i32,
    /// Ready.
    pub ready: i32,
    /// On their way.
    pub reconciling: i32,
    /// Waiting for approval or a window.
    pub waiting: i32,
    /// Needing a person.
    pub stalled: i32,
}
