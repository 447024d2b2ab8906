//! Where a Plan stands, as its status says it. No client required.
//!
//! kstatus (`kubectl wait`, Flux, Helm) takes an object for finished when it is not Reconciling and its `Ready`, if it has
//! one, is true, and for failed when it is Stalled. A superseded Plan is neither on its way nor failed, and it must never
//! be taken for one that was applied: it has no `Ready`, and says what it is in a condition of that name.

use jiff::Timestamp;

use super::condition::{Say, conditions, ready};
use crate::api::{ConditionType, Phase, PlanStatus, Reason};

/// Sets phase and conditions.
pub(crate) fn stand(
    status: &mut PlanStatus,
    generation: i64,
    phase: Phase,
    reason: Reason,
    message: &str,
    now: Timestamp,
) {
    let say = match phase {
        Phase::Superseded => vec![Say::new(ConditionType::Superseded, true, reason, message)],
        Phase::Pending
        | Phase::Approved
        | Phase::Applying
        | Phase::Verifying
        | Phase::Succeeded
        | Phase::Rejected
        | Phase::Expired
        | Phase::Cancelled
        | Phase::Failed => ready(reason, message),
    };
    status.phase = Some(phase);
    status.observed_generation = generation;
    status.conditions = conditions(&status.conditions, generation, say, now);
    // What a server did while the Plan waited says nothing of one that runs or has ended.
    if phase != Phase::Pending {
        status.activity = None;
    }
}

/// What a Plan's conditions say: reason and message.
pub(crate) fn said(status: &PlanStatus) -> (Reason, String) {
    let of = |kind: ConditionType| status.conditions.iter().find(|condition| condition.type_ == kind.as_str());
    let condition = of(ConditionType::Ready).or_else(|| of(ConditionType::Superseded));
    let text = condition.map(|condition| condition.reason.as_str());
    let reason = Reason::ALL.iter().copied().find(|reason| Some(reason.as_str()) == text).unwrap_or(Reason::Planning);
    (reason, condition.map(|condition| condition.message.clone()).unwrap_or_default())
}

/// The status of a Plan that ended while somebody wrote a decision: it has been seen, and changes nothing. `None` where
/// nothing came too late.
pub(crate) fn too_late(status: &PlanStatus, generation: i64) -> Option<PlanStatus> {
    let ended = status.phase.is_some_and(Phase::is_final);
    if !ended || status.observed_generation == generation {
        return None;
    }
    let mut status = status.clone();
    status.observed_generation = generation;
    for condition in &mut status.conditions {
        condition.observed_generation = Some(generation);
    }
    Some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(status: &PlanStatus) -> Vec<(&str, &str)> {
        status.conditions.iter().map(|condition| (condition.type_.as_str(), condition.status.as_str())).collect()
    }

    #[test]
    fn a_superseded_plan_is_neither_ready_nor_on_its_way() {
        let mut status = PlanStatus::default();
        let now = Timestamp::UNIX_EPOCH;
        stand(&mut status, 1, Phase::Pending, Reason::Planning, "", now);
        assert_eq!(kinds(&status), [("Ready", "False"), ("Reconciling", "True")]);
        stand(&mut status, 1, Phase::Superseded, Reason::Superseded, "the manifests moved", now);
        assert_eq!(kinds(&status), [("Superseded", "True")]);
        assert_eq!(said(&status), (Reason::Superseded, "the manifests moved".to_owned()));
    }

    /// The rules of kstatus: Stalled is failed, Reconciling or a Ready that is not true is in progress, else current.
    #[test]
    fn every_final_phase_is_final_for_kstatus() {
        let ends = [
            (Phase::Succeeded, Reason::Succeeded),
            (Phase::Rejected, Reason::PlanRejected),
            (Phase::Expired, Reason::PlanExpired),
            (Phase::Superseded, Reason::Superseded),
            (Phase::Cancelled, Reason::PlanCancelled),
            (Phase::Failed, Reason::PlanFailed),
        ];
        for (phase, reason) in ends {
            assert!(phase.is_final());
            let mut status = PlanStatus::default();
            stand(&mut status, 1, phase, reason, "", Timestamp::UNIX_EPOCH);
            let found = kinds(&status);
            let in_progress = found.contains(&("Reconciling", "True"))
                || (found.contains(&("Ready", "False")) && !found.contains(&("Stalled", "True")));
            assert!(!in_progress, "{phase:?}: {found:?}");
        }
    }

    #[test]
    fn a_decision_that_comes_too_late_has_been_seen() {
        let mut status = PlanStatus::default();
        stand(&mut status, 1, Phase::Pending, Reason::AwaitingApproval, "", Timestamp::UNIX_EPOCH);
        assert_eq!(too_late(&status, 2), None);
        stand(&mut status, 1, Phase::Superseded, Reason::Superseded, "", Timestamp::UNIX_EPOCH);
        assert_eq!(too_late(&status, 1), None);
        let seen = too_late(&status, 2).unwrap();
        assert_eq!((seen.observed_generation, seen.conditions[0].observed_generation), (2, Some(2)));
        assert_eq!(too_late(&seen, 2), None);
    }
}
