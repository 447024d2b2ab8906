//! Which verdict a replica's state means. Pure.

use std::time::Duration;

use super::Verdict;
use super::filters::{LeftOut, Subject, keeps_out};
use crate::mysql::{MysqlError, ReplicaState, ThreadState};

/// What keeps a replica from having executed what it should: for one that has not.
pub(crate) fn judge_absence(state: &ReplicaState, subject: &Subject) -> Verdict {
    if let Some(verdict) = judge_breakage(state, subject) {
        return verdict;
    }
    Verdict::Lagging {
        behind: state.lag_seconds.map(Duration::from_secs),
        delay: (state.delay_seconds > 0).then(|| Duration::from_secs(state.delay_seconds)),
    }
}

/// Whether a replica is fit for a change to start (invariant: not broken, not lagging beyond its limit).
pub(crate) fn judge_health(state: &ReplicaState, subject: &Subject, max_lag: Duration) -> Option<Verdict> {
    if let Some(verdict) = judge_breakage(state, subject) {
        return Some(verdict);
    }
    let behind = state.lag_seconds.map(Duration::from_secs);
    let delay = (state.delay_seconds > 0).then(|| Duration::from_secs(state.delay_seconds));
    // A replica that is late on purpose is as late as its delay, even while there is nothing to apply.
    (behind.max(delay).unwrap_or_default() > max_lag).then_some(Verdict::Lagging { behind, delay })
}

/// The verdict on a replica that cannot be asked.
pub(crate) fn judge_error(error: &MysqlError) -> Verdict {
    let next = if error.next_step.is_empty() { String::new() } else { format!("; {}", error.next_step) };
    Verdict::Unobservable { why: format!("{}{next}", error.message) }
}

/// What is broken, worst first; a thread that stopped outranks what it waited for.
fn judge_breakage(state: &ReplicaState, subject: &Subject) -> Option<Verdict> {
    if !state.has_source {
        return Some(no_source());
    }
    if let Some(verdict) = judge_filters(state, subject) {
        return Some(verdict);
    }
    if let Some(verdict) = judge_applier(state) {
        return Some(verdict);
    }
    if let Some(waits) = &state.waits {
        return Some(Verdict::ApplierBlocked { state: waits.state.clone(), by: waits.blockers.clone() });
    }
    judge_receiver(state)
}

/// What is wrong with a replica that has everything and is equal: what keeps the next change away. What its applier waits
/// for is not: it has come so far.
pub(crate) fn judge_standing(state: &ReplicaState, subject: &Subject) -> Option<Verdict> {
    if !state.has_source {
        return Some(no_source());
    }
    judge_filters(state, subject).or_else(|| judge_applier(state)).or_else(|| judge_receiver(state))
}

/// Whether a filter keeps changes away.
pub(crate) fn judge_filters(state: &ReplicaState, subject: &Subject) -> Option<Verdict> {
    let LeftOut { filter, tables } = keeps_out(&state.channels, subject)?;
    Some(Verdict::Filtered { filter, tables })
}

fn no_source() -> Verdict {
    Verdict::ApplierStopped { number: 0, message: "no replication source is configured".to_owned() }
}

fn judge_applier(state: &ReplicaState) -> Option<Verdict> {
    match state.applier {
        ThreadState::Stopped => Some(stopped(state.applier_error.as_ref(), "its applier (SQL thread) is stopped")),
        ThreadState::Running | ThreadState::Connecting => None,
    }
}

fn judge_receiver(state: &ReplicaState) -> Option<Verdict> {
    match state.receiver {
        ThreadState::Stopped => Some(stopped(state.receiver_error.as_ref(), "its receiver (IO thread) is stopped")),
        ThreadState::Connecting if state.receiver_error.is_some() => {
            Some(stopped(state.receiver_error.as_ref(), "its receiver (IO thread) cannot connect"))
        }
        ThreadState::Connecting | ThreadState::Running => None,
    }
}

fn stopped(error: Option<&(u16, String)>, otherwise: &str) -> Verdict {
    match error {
        Some((number, message)) => Verdict::ApplierStopped { number: u32::from(*number), message: message.clone() },
        None => Verdict::ApplierStopped { number: 0, message: otherwise.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::VerdictReason;
    use crate::model::ServerUuid;
    use crate::mysql::{ApplierWait, Channel, GtidSet, History};

    fn healthy() -> ReplicaState {
        ReplicaState {
            server_uuid: ServerUuid("r".to_owned()),
            has_source: true,
            source_uuid: None,
            receiver: ThreadState::Running,
            applier: ThreadState::Running,
            receiver_error: None,
            applier_error: None,
            lag_seconds: Some(0),
            delay_seconds: 0,
            waits: None,
            channels: vec![Channel::default()],
            connect_retry_seconds: 60,
            history: History::default(),
            executed: GtidSet::default(),
            read_only: true,
        }
    }

    fn subject() -> Subject {
        Subject { schema: "blog".to_owned(), ..Subject::default() }
    }

    fn absent(state: &ReplicaState) -> VerdictReason {
        judge_absence(state, &subject()).reason()
    }

    #[test]
    fn a_working_applier_that_is_not_there_yet_lags() {
        assert_eq!(absent(&healthy()), VerdictReason::Lagging);
        let delayed = ReplicaState { delay_seconds: 60, ..healthy() };
        assert_eq!(
            judge_absence(&delayed, &subject()).to_string(),
            "lagging, 0 s behind the primary, delayed on purpose by 60 s"
        );
    }

    #[test]
    fn a_wait_for_a_lock_is_blocked_and_not_lag() {
        let waits = Some(ApplierWait {
            state: "Waiting for table metadata lock".to_owned(),
            seconds: 9,
            table: None,
            blockers: Vec::new(),
        });
        assert_eq!(absent(&ReplicaState { waits, lag_seconds: Some(9), ..healthy() }), VerdictReason::ApplierBlocked);
    }

    #[test]
    fn a_stopped_applier_says_its_error() {
        let state = ReplicaState {
            applier: ThreadState::Stopped,
            applier_error: Some((1146, "Table 'blog.x' doesn't exist".to_owned())),
            ..healthy()
        };
        assert!(matches!(judge_absence(&state, &subject()), Verdict::ApplierStopped { number: 1146, .. }));
        let by_hand = ReplicaState { applier: ThreadState::Stopped, ..healthy() };
        assert!(matches!(judge_absence(&by_hand, &subject()), Verdict::ApplierStopped { number: 0, .. }));
        let no_receiver = ReplicaState { receiver: ThreadState::Stopped, ..healthy() };
        assert_eq!(absent(&no_receiver), VerdictReason::ApplierStopped);
    }

    #[test]
    fn one_that_has_everything_is_well_while_it_goes_on() {
        let standing = |state: &ReplicaState| judge_standing(state, &subject()).map(|verdict| verdict.reason());
        assert_eq!(standing(&healthy()), None);
        // Late on purpose, or at work on what comes later.
        assert_eq!(standing(&ReplicaState { delay_seconds: 3600, lag_seconds: Some(9), ..healthy() }), None);
        // It connects: of a failure only the error tells.
        assert_eq!(standing(&ReplicaState { receiver: ThreadState::Connecting, ..healthy() }), None);
        let stopped = [
            ReplicaState { has_source: false, ..healthy() },
            ReplicaState { applier: ThreadState::Stopped, ..healthy() },
            ReplicaState { receiver: ThreadState::Stopped, ..healthy() },
            ReplicaState {
                receiver: ThreadState::Connecting,
                receiver_error: Some((1045, "Access denied".to_owned())),
                ..healthy()
            },
        ];
        for state in stopped {
            assert_eq!(standing(&state), Some(VerdictReason::ApplierStopped), "{state:?}");
        }
    }

    #[test]
    fn health_asks_for_the_limit_of_lag() {
        let limit = Duration::from_secs(30);
        assert_eq!(judge_health(&healthy(), &subject(), limit), None);
        let late = ReplicaState { lag_seconds: Some(31), ..healthy() };
        assert_eq!(
            judge_health(&late, &subject(), limit).map(|verdict| verdict.reason()),
            Some(VerdictReason::Lagging)
        );
        let delayed = ReplicaState { delay_seconds: 3600, ..healthy() };
        assert!(judge_health(&delayed, &subject(), limit).is_some());
    }
}
