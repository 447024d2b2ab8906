//! What the servers did when the controller last looked, for whoever decides on a Plan: sessions by id, user, host and
//! time. Never the text of a statement, never a value.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the servers of the Plan's Database do, as far as it concerns this Plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanActivity {
    /// When the servers were looked at. The controller looks again at every drift interval, and writes down what has
    /// changed: who is in the way, not how busy a server is.
    pub observed_at: Time,
    /// The value of the annotation `tablewright.dev/look` that was answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub request: Option<String>,
    /// The primary, then the replicas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 17), extend("x-kubernetes-list-type" = "atomic"))]
    pub servers: Vec<ServerActivity>,
}

/// What one server does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerActivity {
    /// The replica's name; absent: the primary.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub replica: Option<String>,
    /// Why it could not be asked; then nothing else is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub problem: Option<String>,
    /// Who could keep the Plan's statements waiting, or would be kept waiting by them; those that keep out most first,
    /// then the oldest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub sessions: Vec<SessionActivity>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_sessions: Option<i32>,
    /// The statement that had run for longest, whatever it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_statement: Option<LongestStatement>,
    /// How many threads ran something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_running: Option<i64>,
    /// InnoDB's history list length: what purge has not caught up with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_list_length: Option<i64>,
    /// What cannot be seen, and what would change that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub unseen: Vec<Unseen>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionActivity {
    /// Why it is named.
    pub kind: SessionKind,
    /// Its connection; absent for a background thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<i64>,
    /// Its user, or the thread's name.
    #[schemars(length(max = 128))]
    pub user: String,
    /// Its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub host: Option<String>,
    /// When its transaction or statement began.
    pub since: Time,
    /// It ran nothing: a transaction that was left open.
    pub idle: bool,
    /// It waited for a metadata lock itself.
    pub waits: bool,
    /// The tables concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub tables: Vec<String>,
}

/// Why a session is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SessionKind {
    /// It holds the instance's backup lock: DDL waits until it lets go.
    BackupLock,
    /// It holds the global read lock: every write waits until it lets go.
    GlobalReadLock,
    /// It runs DDL on a table of the schema.
    Ddl,
    /// It holds a metadata lock on a table of the Plan, or waits for one: a transaction that has touched the table.
    TableLock,
}

/// The statement that had run for longest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LongestStatement {
    /// Its connection.
    pub connection_id: i64,
    /// Its user.
    #[schemars(length(max = 128))]
    pub user: String,
    /// Its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub host: Option<String>,
    /// When it began.
    pub since: Time,
}

/// Something that cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unseen {
    /// What.
    #[schemars(length(max = 512))]
    pub what: String,
    /// The GRANT, or another statement or setting, that would show it.
    #[schemars(length(max = 512))]
    pub remedy: String,
}
