//! How many rows a chunk has, and how long the servers rest between two: so that a question takes a quarter of a second,
//! whatever the rows are. Pure.

use std::time::Duration;

/// How long reading one chunk should take.
const WANTED: Duration = Duration::from_millis(250);
/// Rows of the first chunk.
const FIRST: u64 = 2_000;
/// Rows of a chunk at most.
const MOST: u64 = 200_000;
/// A chunk of so few rows is not made smaller.
const LEAST: u64 = 10;
/// The servers rest for this part of the time that a chunk took.
const REST: u32 = 5;

/// The size of the next chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    rows: u64,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { rows: FIRST }
    }

    /// How many rows the next chunk has.
    pub(super) fn rows(self) -> u64 {
        self.rows
    }

    /// A full chunk took this long.
    pub(super) fn took(&mut self, time: Duration) {
        let time = time.as_micros().max(1);
        let fitting = u128::from(self.rows) * WANTED.as_micros() / time;
        let fitting = u64::try_from(fitting).unwrap_or(MOST);
        self.rows = fitting.clamp(self.rows / 4, self.rows * 2).clamp(LEAST, MOST);
    }

    /// A chunk took too long to be read at all; `false`: it cannot be smaller.
    pub(super) fn was_too_long(&mut self) -> bool {
        let smaller = (self.rows / 8).max(LEAST);
        std::mem::replace(&mut self.rows, smaller) > smaller
    }

    /// How long the servers rest after a chunk that took this long.
    pub(super) fn rest(time: Duration) -> Duration {
        (time / REST).min(WANTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_and_shrink_towards_the_time_within_bounds() {
        let mut pace = Pace::new();
        pace.took(Duration::from_millis(1));
        assert_eq!(pace.rows(), 2 * FIRST);
        pace.took(WANTED * 2);
        assert_eq!(pace.rows(), FIRST);
        for _ in 0..20 {
            pace.took(Duration::from_micros(1));
        }
        assert_eq!(pace.rows(), MOST);
        for _ in 0..20 {
            pace.took(Duration::from_secs(30));
        }
        assert_eq!(pace.rows(), LEAST);
        assert!(!pace.was_too_long());
        assert!(Pace::new().was_too_long());
    }
}
