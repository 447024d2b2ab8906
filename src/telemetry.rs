//! What is happening, for people and machines: log lines, errors with their causes, metrics, traces.
//!
//! Not a place for decisions. Nothing here may be given a credential, a row value or a connection URL: callers pass
//! names, reasons and numbers.

mod chain;
mod delivery;
mod exposition;
mod labels;
mod lines;
mod logging;
mod metrics;
mod pending;
mod traces;

pub use chain::{ErrorChain, chain};
pub use exposition::{OPENMETRICS, TEXT};
pub use labels::{
    ControllerLabels, DatabaseStateLabels, DdlAlgorithm, DdlFailure, DdlFailureLabels, DdlLabels, LeaseLabels,
    NotReadyLabels, ObjectLabels, PendingLabels, PlanLabels, QueueLabels, ReasonLabels, ReconcileLabels,
    ReconcileResult, ReplicaLabels, RequestLabels, VerdictLabels,
};
pub use logging::{LogFormat, Telemetry, init};
pub use metrics::{DATABASE, FamilyDescription, FamilyKind, Metrics, Seconds};
pub use pending::Pending;
pub use traces::{fail, follow, traceparent};
