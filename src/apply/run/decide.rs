//! What to do after a statement did not succeed. Pure: the only place that decides whether something is tried again.

use std::time::Duration;

/// What the server (or the connection) said, as far as the decision needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// 1205: a lock could not be had within the timeout.
    LockWaitTimeout,
    /// 1213: deadlock, rolled back whole.
    Deadlock,
    /// 1845, 1846, 4092 …: the algorithm or lock that was asked for is not possible.
    AlgorithmRefused,
    /// The connection broke, was killed, or the server shut down: nobody knows what became of the statement.
    ConnectionLost,
    /// The server refused the statement with another error.
    Refused,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing was done: send it again after a pause.
    Retry {
        /// The pause.
        after: Duration,
    },
    /// Ask the server what became of it.
    AskServer,
    /// Stop: it could not begin within all retries.
    GiveUp,
    /// Stop: it was rolled back after it had worked; a person decides.
    RolledBackAfterWork,
    /// Stop: the plan's algorithm is refused.
    AlgorithmRefused,
    /// Stop: the server refused it.
    Refused,
}

/// What was tried so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// This attempt, from 1.
    pub(crate) number: u32,
    /// How many more are allowed after the first.
    pub(crate) retries: u32,
    /// How long this attempt took.
    pub(crate) elapsed: Duration,
    /// The session's lock_wait_timeout.
    pub(crate) lock_wait_timeout: Duration,
    /// Between 0 and 1: spreads retries of several writers.
    pub(crate) jitter: f64,
}

/// Decides.
pub(crate) fn after_failure(said: Said, attempt: Attempt) -> Next {
    match said {
        Said::ConnectionLost => Next::AskServer,
        Said::AlgorithmRefused => Next::AlgorithmRefused,
        Said::Refused => Next::Refused,
        Said::Deadlock if attempt.number <= attempt.retries => Next::Retry { after: pause(attempt) / 10 },
        // lock_wait_timeout also governs the last lock of an online ALTER: after real work its timeout is not repeated.
        // A statement may wait for two locks (its table, a parent) before it begins: twice the timeout is no work yet.
        Said::LockWaitTimeout if attempt.elapsed > attempt.lock_wait_timeout * 2 + Duration::from_secs(2) => {
            Next::RolledBackAfterWork
        }
        Said::LockWaitTimeout if attempt.number <= attempt.retries => Next::Retry { after: pause(attempt) },
        Said::Deadlock | Said::LockWaitTimeout => Next::GiveUp,
    }
}

/// 0.5 s, 1 s, 2 s … up to 30 s, half of it spread by the jitter.
fn pause(attempt: Attempt) -> Duration {
    let doubled = Duration::from_millis(500) * 2u32.saturating_pow(attempt.number.saturating_sub(1).min(6));
    let full = doubled.min(Duration::from_secs(30));
    full / 2 + (full / 2).mul_f64(attempt.jitter.clamp(0.0, 1.0))
}

/// A number between 0 and 1 that differs between processes and calls.
pub(crate) fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let bits = RandomState::new().hash_one(0u8);
    #[expect(clippy::cast_precision_loss, reason = "a spread needs no precision")]
    let part = (bits >> 11) as f64 / (1u64 << 53) as f64;
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: u32, elapsed: u64) -> Attempt {
        Attempt {
            number,
            retries: 3,
            elapsed: Duration::from_secs(elapsed),
            lock_wait_timeout: Duration::from_secs(5),
            jitter: 1.0,
        }
    }

    #[test]
    fn a_timeout_before_work_is_retried_until_the_retries_are_used_up() {
        assert_eq!(
            after_failure(Said::LockWaitTimeout, attempt(1, 5)),
            Next::Retry { after: Duration::from_millis(500) }
        );
        assert_eq!(after_failure(Said::LockWaitTimeout, attempt(3, 5)), Next::Retry { after: Duration::from_secs(2) });
        assert_eq!(after_failure(Said::LockWaitTimeout, attempt(4, 5)), Next::GiveUp);
    }

    #[test]
    fn a_timeout_after_work_stops_for_a_person() {
        assert_eq!(after_failure(Said::LockWaitTimeout, attempt(1, 17)), Next::RolledBackAfterWork);
    }

    #[test]
    fn a_deadlock_is_retried_soon() {
        assert_eq!(after_failure(Said::Deadlock, attempt(1, 0)), Next::Retry { after: Duration::from_millis(50) });
        assert_eq!(after_failure(Said::Deadlock, attempt(4, 0)), Next::GiveUp);
    }

    #[test]
    fn a_lost_connection_is_never_retried_blindly_here() {
        assert_eq!(after_failure(Said::ConnectionLost, attempt(9, 0)), Next::AskServer);
    }

    #[test]
    fn pauses_stay_within_half_and_full() {
        for number in 1..40 {
            for jitter in [0.0, 0.5, 1.0] {
                let pause = pause(Attempt { jitter, ..attempt(number, 0) });
                assert!(pause >= Duration::from_millis(250) && pause <= Duration::from_secs(30));
            }
        }
        assert!((0.0..=1.0).contains(&jitter()));
    }
}
