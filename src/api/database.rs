//! Database: one MySQL schema on one primary, with its replicas. Written by platform teams, not by authors of Tables.
#![expect(clippy::duplicated_attributes, reason = "printer columns have types and priorities in common")]

use kube::CustomResource;
use kube::core::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DatabaseStatus;
use crate::plan::proposal::{ApprovalWay, Risk};

/// One MySQL schema on one primary, with its replicas.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tablewright.dev",
    version = "v1alpha1",
    kind = "Database",
    plural = "databases",
    namespaced,
    status = "DatabaseStatus",
    shortname = "tdb",
    category = "tablewright",
    derive = "PartialEq",
    doc = "One MySQL schema on one primary, with its replicas, and the policy by which its Tables change.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.primary.version"),
    printcolumn(
        name = "Replicated",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Replicated\")].status"
    ),
    printcolumn(name = "Tables", type_ = "integer", json_path = ".status.tables.total"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatabaseSpec {
    /// Name of the MySQL schema. Immutable. Default: the object's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub schema: Option<String>,
    /// Whether to create the schema where it does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_if_missing: bool,
    /// Character set of a schema that is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub character_set: Option<String>,
    /// Collation of a schema that is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub collation: Option<String>,
    /// `Manage` plans and applies; `Observe` compares and reports, and never plans.
    #[serde(default)]
    pub mode: Mode,
    /// The server that takes the writes.
    pub primary: Primary,
    /// The servers that replicate from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub replicas: Vec<Replica>,
    /// Which plans wait for a person, and how that person may answer.
    #[serde(default)]
    pub approval: ApprovalPolicy,
    /// How plans run.
    #[serde(default)]
    pub execution: Execution,
    /// What is done about changes that nobody declared.
    #[serde(default)]
    pub drift: Drift,
    /// What is proved of a change besides the definitions.
    #[serde(default)]
    pub verification: Verification,
    /// Other namespaces whose Tables may refer to this Database.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 63)), extend("x-kubernetes-list-type" = "set"))]
    pub allowed_namespaces: Vec<String>,
    /// Freeze: nothing starts, and a running plan stops after its statement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// Whether a Database's Tables are brought to their desired state or only compared with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Plan and apply.
    #[default]
    Manage,
    /// Compare and report, never plan: for adopting a live schema.
    Observe,
}

/// The server that takes the writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Primary {
    /// Host name or address.
    #[schemars(length(min = 1, max = 253))]
    pub host: String,
    /// TCP port.
    #[serde(default = "mysql_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Where user name and password are kept.
    pub credentials: CredentialsReference,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// `@@server_uuid` of the servers that may be this primary. Empty: the first one seen, and known replicas that were
    /// promoted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 36, max = 36)), extend("x-kubernetes-list-type" = "set"))]
    pub server_uuids: Vec<String>,
    /// Whether this server is taken for the primary or for a standby of another region.
    #[serde(default)]
    pub role: PrimaryRole,
}

/// What a Database's `primary` is in a pair of regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PrimaryRole {
    /// Told by read_only and the replication source.
    #[default]
    Auto,
    /// Takes the writes, whatever is seen.
    Primary,
    /// Only compared, never written.
    Standby,
}

/// A server that replicates from the primary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replica {
    /// Its name, unique among the replicas.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Host name or address.
    #[schemars(length(min = 1, max = 253))]
    pub host: String,
    /// TCP port.
    #[serde(default = "mysql_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Where user name and password are kept. Default: the primary's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<CredentialsReference>,
    /// How the connection is encrypted. Default: as to the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// What it is for.
    #[serde(default)]
    pub role: ReplicaRole,
    /// A Table is not Ready, and no new plan starts, until this replica has caught up and matches.
    #[serde(default = "yes")]
    pub required: bool,
    /// Lag beyond which it counts as not caught up, e.g. `30s`.
    #[serde(default = "default_max_lag")]
    pub max_lag: Duration,
}

/// What a replica is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReplicaRole {
    /// It takes over when the primary fails.
    #[default]
    Failover,
    /// It serves reads.
    Read,
}

/// Names the Secret that holds user name and password, in the Database's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialsReference {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: String,
    /// Key of the user name.
    #[serde(default = "username_key")]
    #[schemars(length(min = 1, max = 253))]
    pub username_key: String,
    /// Key of the password.
    #[serde(default = "password_key")]
    #[schemars(length(min = 1, max = 253))]
    pub password_key: String,
}

/// How a connection is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tls {
    /// How much is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<TlsMode>,
    /// Secret whose key `ca.crt` holds the authority to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub ca_secret_name: Option<String>,
    /// Secret of type `kubernetes.io/tls` with the client's certificate and key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub client_certificate_secret_name: Option<String>,
}

impl Tls {
    /// The mode that is meant, as the command line takes it: whoever names an authority wants it asked.
    pub fn meant(&self) -> TlsMode {
        match (self.mode, &self.ca_secret_name) {
            (Some(mode), _) => mode,
            (None, Some(_)) => TlsMode::VerifyCa,
            (None, None) => TlsMode::Required,
        }
    }
}

/// How much of the server's certificate is verified. Left out: VerifyCa where caSecretName is given, else Required, which
/// verifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TlsMode {
    /// No encryption.
    Disabled,
    /// Encrypted, certificate not verified.
    Required,
    /// Certificate signed by a trusted authority.
    VerifyCa,
    /// And made out for this host.
    VerifyIdentity,
}

/// Which plans wait for a person, and how that person may answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalPolicy {
    /// Plans of this risk or above wait; `None`: none does.
    #[serde(default)]
    pub from: ApprovalFrom,
    /// Ways in which a plan may be approved.
    #[serde(default = "via_kubectl")]
    #[schemars(length(min = 1, max = 3), extend("x-kubernetes-list-type" = "set"))]
    pub via: Vec<ApprovalWay>,
    /// How long a plan waits before it expires.
    #[serde(default = "default_expires_after")]
    pub expires_after: Duration,
}

impl Default for ApprovalPolicy {
    fn default() -> Self {
        Self { from: ApprovalFrom::default(), via: via_kubectl(), expires_after: default_expires_after() }
    }
}

/// The lowest risk that waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApprovalFrom {
    /// Every plan.
    Safe,
    /// What is online but rebuilds, stalls the replica, or breaks running code; and above.
    #[default]
    Caution,
    /// What copies the table or blocks writes; and above.
    Blocking,
    /// What loses data or a constraint's protection.
    Destructive,
    /// No plan.
    None,
}

impl ApprovalFrom {
    /// Whether a plan of this risk waits for a person.
    pub fn waits(self, risk: Risk) -> bool {
        match self {
            Self::Safe => true,
            Self::Caution => risk >= Risk::Caution,
            Self::Blocking => risk >= Risk::Blocking,
            Self::Destructive => risk >= Risk::Destructive,
            Self::None => false,
        }
    }
}

/// How plans run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Execution {
    /// `lock_wait_timeout` of a statement.
    #[serde(default = "default_lock_wait_timeout")]
    pub lock_wait_timeout: Duration,
    /// How often a statement that could not get its lock is tried again.
    #[serde(default = "default_retries")]
    #[schemars(range(max = 1000))]
    pub retries: u32,
    /// How many rows of a table a plan looks at, at most, for what would stand in its way; 0: none. The counts answer
    /// questions that writers of Tables choose: they can infer from them what the rows of these tables hold.
    #[serde(default = "default_examine_rows")]
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub examine_rows: i64,
    /// How long manifests must rest before a group is planned.
    #[serde(default = "default_settle")]
    pub settle: Duration,
    /// When plans may start; empty: at any time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub windows: Vec<Window>,
}

impl Default for Execution {
    fn default() -> Self {
        Self {
            lock_wait_timeout: default_lock_wait_timeout(),
            retries: default_retries(),
            examine_rows: default_examine_rows(),
            settle: default_settle(),
            windows: Vec::new(),
        }
    }
}

/// A time in which plans may start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Window {
    /// When it opens: minute, hour, day of month, month, day of week.
    #[schemars(length(min = 9, max = 128))]
    pub cron: String,
    /// How long it stays open.
    pub duration: Duration,
    /// Name of the time zone. Default: UTC.
    #[serde(default = "utc")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: String,
}

/// What is done about changes that nobody declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drift {
    /// How often the schema is looked at.
    #[serde(default = "default_drift_interval")]
    pub interval: Duration,
    /// `Report`, or make a plan that undoes it.
    #[serde(default)]
    pub action: DriftAction,
}

impl Default for Drift {
    fn default() -> Self {
        Self { interval: default_drift_interval(), action: DriftAction::default() }
    }
}

/// What is done about drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DriftAction {
    /// Say so.
    #[default]
    Report,
    /// Plan the way back.
    Plan,
}

/// What is proved of a change besides the definitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verification {
    /// Whether a plan ends only when the rows of the tables that it wrote anew are the same on the replicas.
    #[serde(default)]
    pub rows: RowVerification,
}

/// Which tables' rows are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RowVerification {
    /// None.
    #[default]
    Off,
    /// Those that a plan has copied or rebuilt: count and checksum of each chunk, which reads every row on both servers.
    Changed,
}

fn mysql_port() -> u16 {
    3306
}

fn yes() -> bool {
    true
}

fn username_key() -> String {
    "username".to_owned()
}

fn password_key() -> String {
    "password".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

fn via_kubectl() -> Vec<ApprovalWay> {
    vec![ApprovalWay::Kubectl]
}

fn seconds(seconds: u64) -> Duration {
    std::time::Duration::from_secs(seconds).into()
}

fn default_max_lag() -> Duration {
    seconds(30)
}

fn default_expires_after() -> Duration {
    seconds(168 * 3600)
}

fn default_lock_wait_timeout() -> Duration {
    seconds(5)
}

fn default_examine_rows() -> i64 {
    1_000_000
}

fn default_retries() -> u32 {
    10
}

fn default_settle() -> Duration {
    seconds(2)
}

fn default_drift_interval() -> Duration {
    seconds(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_an_authority_wants_it_asked() {
        let meant = |json| serde_json::from_value::<Tls>(json).unwrap().meant();
        assert_eq!(meant(serde_json::json!({})), TlsMode::Required);
        assert_eq!(meant(serde_json::json!({"caSecretName": "ca"})), TlsMode::VerifyCa);
        assert_eq!(meant(serde_json::json!({"caSecretName": "ca", "mode": "Required"})), TlsMode::Required);
        assert_eq!(meant(serde_json::json!({"mode": "VerifyIdentity"})), TlsMode::VerifyIdentity);
    }
}
