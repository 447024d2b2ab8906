//! How long to wait before trying again: doubling, with jitter, so that many Databases do not come back at once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The waits of one thing that fails.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// It worked: the next failure waits for the first time again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed again: how long to wait, within a quarter more than the doubling says.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.plain();
        self.failures = self.failures.saturating_add(1);
        // RandomState is seeded by the operating system: enough for jitter, and no dependency.
        let dice = RandomState::new().build_hasher().finish() % 256;
        wait + wait.mul_f64(dice as f64 / 1024.0)
    }

    fn plain(&self) -> Duration {
        self.first.saturating_mul(1_u32.checked_shl(self.failures.min(30)).unwrap_or(u32::MAX)).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_limit_and_starts_anew_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = backoff.next();
            assert!(wait >= Duration::from_secs(expected) && wait <= Duration::from_secs(expected).mul_f64(1.25));
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(1250));
    }
}
