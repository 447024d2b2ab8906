//! Conditions from what is known. No client required.
//!
//! `Ready` says why by its reason; `Reconciling` and `Stalled` stand only while true; a transition time moves only with
//! the status. Whether an object is ready, on its way, waiting or stalled follows from the reason alone.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::api::{ConditionType, Disposition, Reason};

/// Long enough for a list of blockers, short enough for a small object.
const LONGEST_MESSAGE: usize = 1024;

/// What is to be said by one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Say {
    pub(crate) kind: ConditionType,
    pub(crate) holds: bool,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl Say {
    pub(crate) fn new(kind: ConditionType, holds: bool, reason: Reason, message: impl Into<String>) -> Self {
        Self { kind, holds, reason, message: message.into() }
    }
}

/// `Ready`, and `Reconciling` or `Stalled` where the reason asks for it.
pub(crate) fn ready(reason: Reason, message: &str) -> Vec<Say> {
    let disposition = reason.disposition();
    let mut say = vec![Say::new(ConditionType::Ready, disposition == Disposition::Done, reason, message)];
    match disposition {
        Disposition::Progressing => say.push(Say::new(ConditionType::Reconciling, true, reason, message)),
        Disposition::Stalled => say.push(Say::new(ConditionType::Stalled, true, reason, message)),
        Disposition::Done | Disposition::Waiting => {}
    }
    say
}

/// The conditions to write, given those that stand.
pub(crate) fn conditions(standing: &[Condition], generation: i64, say: Vec<Say>, now: Timestamp) -> Vec<Condition> {
    say.into_iter()
        .map(|say| {
            let status = if say.holds { "True" } else { "False" };
            let before = standing.iter().find(|condition| condition.type_ == say.kind.as_str());
            let since = before.filter(|condition| condition.status == status).map(|c| c.last_transition_time.clone());
            // Second precision: that is what survives the API server, and a status equal to it is not written again.
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            Condition {
                type_: say.kind.as_str().to_owned(),
                status: status.to_owned(),
                reason: say.reason.as_str().to_owned(),
                message: cut(&say.message),
                observed_generation: Some(generation),
                last_transition_time: since.unwrap_or(Time(now)),
            }
        })
        .collect()
}

/// Whether a condition holds.
pub(crate) fn holds(conditions: &[Condition], kind: ConditionType) -> bool {
    conditions.iter().any(|condition| condition.type_ == kind.as_str() && condition.status == "True")
}

/// A condition's reason.
pub(crate) fn reason_of(conditions: &[Condition], kind: ConditionType) -> Option<&str> {
    conditions.iter().find(|condition| condition.type_ == kind.as_str()).map(|condition| condition.reason.as_str())
}

/// A message that fits.
pub(crate) fn cut(message: &str) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    let mut end = LONGEST_MESSAGE - 3;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_decides_between_ready_reconciling_waiting_and_stalled() {
        let kinds = |reason| ready(reason, "").into_iter().map(|say| (say.kind, say.holds)).collect::<Vec<_>>();
        assert_eq!(kinds(Reason::InSync), [(ConditionType::Ready, true)]);
        assert_eq!(kinds(Reason::AwaitingApproval), [(ConditionType::Ready, false)]);
        assert_eq!(kinds(Reason::Applying), [(ConditionType::Ready, false), (ConditionType::Reconciling, true)]);
        assert_eq!(kinds(Reason::PlanRejected), [(ConditionType::Ready, false), (ConditionType::Stalled, true)]);
    }

    #[test]
    fn a_transition_time_moves_only_with_the_status() {
        let first = Timestamp::from_second(100).unwrap();
        let later = Timestamp::from_second(200).unwrap();
        let one = conditions(&[], 1, ready(Reason::Planning, "a"), first);
        let two = conditions(&one, 2, ready(Reason::Applying, "b"), later);
        assert_eq!(two[0].last_transition_time.0, first);
        assert_eq!(two[0].observed_generation, Some(2));
        let three = conditions(&two, 2, ready(Reason::InSync, ""), later);
        assert_eq!(three[0].last_transition_time.0, later);
        assert_eq!(three.len(), 1);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert!(cut(&"ä".repeat(2000)).len() <= LONGEST_MESSAGE);
    }
}
