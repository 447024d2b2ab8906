//! Labels of metrics: closed sets, plus namespace and name of an object. No DDL, no column, no message.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};

/// Which object a number belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct ObjectLabels {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectLabels {
    /// Of this object.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// Why a Table is not Ready.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct NotReadyLabels {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The reason of its condition `Ready`: the API's closed set.
    pub reason: &'static str,
    /// What the reason asks of the reader: `Progressing`, `Waiting` or `Stalled`.
    pub disposition: &'static str,
}

/// What a Database is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct DatabaseStateLabels {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Active`, `Standby` or `Fenced`.
    pub state: &'static str,
}

/// Which replica of which Database a number belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct ReplicaLabels {
    /// The Database's namespace.
    pub namespace: String,
    /// The Database's name.
    pub name: String,
    /// The replica's name in the Database's spec.
    pub replica: String,
}

/// What a replica is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct VerdictLabels {
    /// The Database's namespace.
    pub namespace: String,
    /// The Database's name.
    pub name: String,
    /// The replica's name in the Database's spec.
    pub replica: String,
    /// What it is: a closed set.
    pub verdict: &'static str,
    /// Whether Tables wait for it.
    pub required: bool,
}

/// Plans of one Database that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct PlanLabels {
    /// The Database's namespace.
    pub namespace: String,
    /// The Database's name.
    pub name: String,
    /// Their phase.
    pub phase: &'static str,
    /// Their risk.
    pub risk: &'static str,
}

/// A Plan that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct PendingLabels {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// For what: the reason of its condition `Ready`.
    pub reason: &'static str,
}

/// Which kind of work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ControllerLabels {
    /// `database`: the unit of work.
    pub controller: &'static str,
}

/// Which queue; client-go calls it `name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct QueueLabels {
    /// `database`: the unit of work.
    pub name: &'static str,
}

/// Which Lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LeaseLabels {
    /// Its name.
    pub name: String,
}

/// One reconciliation's controller and outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReconcileLabels {
    /// `database`: the unit of work.
    pub controller: &'static str,
    /// How it ended.
    pub result: ReconcileResult,
}

/// How a reconciliation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, reason = "label values as controller-runtime writes them")]
pub enum ReconcileResult {
    /// All that could be done now is done.
    success,
    /// It failed and is repeated with backoff.
    error,
}

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReasonLabels {
    /// A closed set.
    pub reason: &'static str,
}

/// Which DDL statements.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DdlLabels {
    /// How the server executed them.
    pub algorithm: DdlAlgorithm,
}

/// How the server executes a DDL statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum DdlAlgorithm {
    /// Metadata only.
    Instant,
    /// Without copying the table.
    Inplace,
    /// By copying the table.
    Copy,
    /// A statement that names none: CREATE, DROP, RENAME.
    None,
}

/// Which failure of a DDL statement is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DdlFailureLabels {
    /// Why.
    pub reason: DdlFailure,
}

/// Why a DDL statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum DdlFailure {
    /// It waited for a metadata lock for longer than it may.
    LockWaitTimeout,
    /// The server refused it or it failed on the way.
    Failed,
    /// The connection was lost; the server decides what became of it.
    Ambiguous,
}

/// A request to the API server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The HTTP status code, or `<error>` where there was no answer.
    pub code: String,
    /// The HTTP method.
    pub method: String,
}
