//! What is happening, for people and machines: log lines, errors with their causes, metrics.
//!
//! Not a place for decisions. Nothing here may be given a credential, a row value or a connection URL: callers pass
//! names, reasons and numbers.

mod chain;
mod logging;
mod metrics;

pub use chain::{ErrorChain, chain};
pub use logging::{LogFormat, init};
pub use metrics::{
    DdlFailure, DdlFailureLabels, Metrics, ObjectLabels, ReconcileLabels, ReconcileResult, ReplicaLabels, RequestLabels,
};
