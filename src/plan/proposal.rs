//! The proposal: what is put before a person, stored in `Plan.spec.proposal` and printed by `plan --format json`.
//!
//! Everything in it except `estimates` is a function of the live definitions, the manifests and the server's identity:
//! the same input gives the same bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ServerZone;

/// What is proposed for one change group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// The Database (on the command line: the schema's name).
    pub database_ref: DatabaseReference,
    /// Tables that the plan brings to their desired state, sorted.
    pub tables: Vec<String>,
    /// The statements, in order.
    pub statements: Vec<ProposedStatement>,
    /// Sizes and predictions; not part of the digest.
    #[serde(default)]
    pub estimates: Vec<Estimate>,
    /// What a reviewer should know.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The highest risk of all statements; `Safe` when there are none.
    pub risk: Risk,
    /// What the plan was computed for.
    pub baseline: Baseline,
    /// Ways in which the plan may be approved.
    #[serde(default)]
    pub approval_via: Vec<ApprovalWay>,
    /// How the plan was proved before it was shown.
    pub proof: Proof,
    /// `v1:sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

/// Names a Database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DatabaseReference {
    /// Its name.
    pub name: String,
    /// Its namespace, where it is not the object's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// One statement as it will be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposedStatement {
    /// The exact text, without a semicolon.
    pub sql: String,
    /// The table it changes (its live name at that moment).
    pub table: String,
    /// What it does, for people, one line.
    pub summary: String,
    /// The algorithm that the text names; absent where MySQL has no such clause (CREATE, DROP, RENAME).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<AlgorithmName>,
    /// The lock under which it runs. For INSTANT, which takes no LOCK clause, it is `None` (`"NONE"` in JSON).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockName>,
    /// Whether it writes the table's rows anew, in place or as a copy.
    #[serde(default)]
    pub rebuilds: bool,
    /// Every table on which the statement takes a metadata lock, with its strength.
    #[serde(default)]
    pub locks: Vec<TableLock>,
    /// Its risk.
    pub risk: Risk,
    /// Whether it runs without NO_ZERO_DATE and NO_ZERO_IN_DATE: a default is a zero date, or rows may have such dates in
    /// columns that it leaves alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub zero_dates: bool,
    /// The `time_zone` of the session that runs it, where it computes values in the server's and that is not UTC; all
    /// others run in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// A table that a statement locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableLock {
    /// The table.
    pub table: String,
    /// What can go on meanwhile.
    pub mode: TableLockMode,
    /// Why it is locked: `Altered`, `ForeignKeyParent` or `ForeignKeyChild`.
    pub reason: TableLockReason,
}

/// How long and how strong a lock on a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum TableLockMode {
    /// Exclusive only for a moment at the start and the end.
    Brief,
    /// Writes wait while the statement runs; of a foreign key's parent, changes and deletes of rows that are referred to.
    BlocksWrites,
    /// Reads and writes wait while the statement runs.
    BlocksAll,
}

/// Why a table is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum TableLockReason {
    /// It is the table of the statement.
    Altered,
    /// A foreign key refers to it.
    ForeignKeyParent,
    /// Its foreign key refers to the statement's table.
    ForeignKeyChild,
}

/// MySQL's `ALGORITHM=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AlgorithmName {
    /// Metadata only.
    Instant,
    /// In place.
    Inplace,
    /// Copies the table.
    Copy,
}

/// MySQL's `LOCK=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LockName {
    /// Reads and writes go on.
    None,
    /// Reads go on.
    Shared,
    /// Nothing goes on.
    Exclusive,
}

/// What a change can cost, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Risk {
    /// Metadata only.
    Safe,
    /// Online, but rebuilds, stalls the replica, or breaks running code.
    Caution,
    /// Copies the table or blocks writes.
    Blocking,
    /// Loses data or a constraint's protection.
    Destructive,
}

/// What is known of a table's size and what the plan will cost there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Estimate {
    /// The table.
    pub table: String,
    /// Rows, as the server estimates them.
    pub rows: u64,
    /// Bytes of data and indexes, as the server estimates them.
    pub bytes: u64,
    /// Predicted stall of the replica in seconds: it starts a statement only after the primary has finished it.
    pub replica_stall_seconds: u64,
}

/// Something that a reviewer should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Stable code, e.g. `TW101`.
    pub code: String,
    /// How grave.
    pub level: Level,
    /// Where: `table`, or `table.column`.
    pub path: String,
    /// What.
    pub problem: String,
    /// Why it matters.
    pub why: String,
    /// What to do instead.
    pub instead: String,
    /// What the rows said, where it asked them; not part of the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// What a look at the rows showed: numbers, never values. It is of its moment, and advisory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// What is counted, e.g. `rows that are NULL`.
    pub counted: String,
    /// How many there are among the rows looked at; absent when none was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How many rows were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Whether these were all rows of the table.
    pub complete: bool,
    /// When (RFC 3339, UTC).
    pub at: String,
    /// Why nothing was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_looked: Option<String>,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Level {
    /// For information.
    Note,
    /// Think again.
    Warning,
    /// Will fail or lose data.
    Error,
}

/// What a plan was computed for: it runs against nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    /// The primary's `@@server_uuid`; empty where no server was asked (`diff`).
    pub server_uuid: String,
    /// The schema on that server; empty where no server was asked.
    pub schema: String,
    /// The server's time zone, where a statement computes values in it; left out for UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<BaselineZone>,
    /// Per table (sorted) the SHA-256 of its live definition.
    pub fingerprints: Vec<Fingerprint>,
}

/// A server's time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaselineZone {
    /// What the sessions that run the statements set `time_zone` to: an offset such as `+02:00`, a name, or `SYSTEM`.
    pub session: String,
    /// A number (hexadecimal) over all of its offsets from 1970 to 2037, where there are several (summer time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<String>,
}

impl From<&ServerZone> for BaselineZone {
    fn from(zone: &ServerZone) -> Self {
        Self { session: zone.session.clone(), changes: zone.changes.map(|number| format!("{number:x}")) }
    }
}

/// The SHA-256 of one live definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fingerprint {
    /// The table (live name).
    pub table: String,
    /// 64 hexadecimal digits, or `absent`.
    pub sha256: String,
}

/// A way in which a plan may be approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum ApprovalWay {
    /// Through the Kubernetes API, by whoever holds the verb `approve` and is no GitOps account.
    Kubectl,
    /// By a GitOps account, Argo CD's or Flux's: whoever may sync or press the action button.
    ArgoCD,
    /// An `Approval` in Git.
    Git,
}

/// How the plan was proved before it was shown; part of the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Proof {
    /// Rehearsed in a scratch schema of the same server: it ends at the desired definitions with these algorithms.
    Rehearsed,
    /// Not rehearsed: the account may not use a scratch schema, or no server was asked.
    NotProved,
}

/// A table that is not planned, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// The table.
    pub table: String,
    /// A stable reason, CamelCase.
    pub reason: RefusalReason,
    /// What and where, and what to do.
    pub message: String,
}

/// Why a table is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum RefusalReason {
    /// The live table cannot be printed back exactly by the model.
    Unsupported,
    /// The manifest is wrong (or the server refuses its definition).
    InvalidDefinition,
    /// A referenced table, column or index is missing.
    MissingReference,
    /// MySQL has no way from live to desired without losing what the manifest keeps.
    NotConvertible,
    /// The rehearsal did not end at the desired definition.
    NotProvable,
    /// Two manifests name one table.
    Conflict,
    /// A name, comment or default that MySQL cannot show back (4-byte characters in comments and the like).
    NotRepresentable,
    /// The name belongs to a view, or is otherwise not a base table.
    NotATable,
}
