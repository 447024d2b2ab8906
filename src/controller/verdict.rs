//! A replica's verdict in the words of the API. No client required.

use crate::api::{ApplierState, Reason, ReplicaVerdict};
use crate::apply::{Verdict, VerdictReason};

/// The reason of `Replicated`, and of `Ready` where nothing else is wrong.
pub(crate) fn reason(verdict: &Verdict) -> Reason {
    match verdict.reason() {
        VerdictReason::Arrived => Reason::Replicated,
        VerdictReason::Lagging => Reason::ReplicaLagging,
        VerdictReason::ApplierBlocked => Reason::ReplicaBlocked,
        VerdictReason::ApplierStopped => Reason::ReplicaStopped,
        VerdictReason::Diverged => Reason::ReplicaDiverged,
        VerdictReason::Unobservable => Reason::ReplicaUnobservable,
        VerdictReason::Filtered => Reason::ReplicaFiltered,
        VerdictReason::Errant => Reason::ReplicaErrant,
    }
}

/// The verdict in words, without the lag, which moves with every look and lives in the metrics only.
pub(crate) fn lasting(verdict: &Verdict) -> String {
    if let Verdict::Lagging { delay, .. } = verdict {
        Verdict::Lagging { behind: None, delay: *delay }.to_string()
    } else {
        verdict.to_string()
    }
}

/// In a Table's status.
pub(crate) fn of_table(verdict: &Verdict) -> ReplicaVerdict {
    match verdict.reason() {
        VerdictReason::Arrived => ReplicaVerdict::Arrived,
        VerdictReason::Lagging => ReplicaVerdict::Lagging,
        VerdictReason::ApplierBlocked => ReplicaVerdict::Blocked,
        VerdictReason::ApplierStopped => ReplicaVerdict::Stopped,
        VerdictReason::Diverged => ReplicaVerdict::Diverged,
        VerdictReason::Unobservable => ReplicaVerdict::Unobservable,
        VerdictReason::Filtered => ReplicaVerdict::Filtered,
        VerdictReason::Errant => ReplicaVerdict::Errant,
    }
}

/// In a Database's status.
pub(crate) fn applier(verdict: &Verdict) -> ApplierState {
    match verdict.reason() {
        VerdictReason::Arrived | VerdictReason::Diverged => ApplierState::Running,
        VerdictReason::Errant => ApplierState::Errant,
        VerdictReason::Lagging => ApplierState::Lagging,
        VerdictReason::ApplierBlocked => ApplierState::Blocked,
        VerdictReason::ApplierStopped => ApplierState::Stopped,
        VerdictReason::Unobservable => ApplierState::Unobservable,
        VerdictReason::Filtered => ApplierState::Filtered,
    }
}
