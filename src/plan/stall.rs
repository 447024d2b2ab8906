//! How long a statement keeps the replica from applying anything else.
//!
//! A replica starts a statement only after the primary has finished it (bug #73196) and runs it once more, alone. The
//! rates are those of a small server with a warm cache, on the careful side; an estimate is never part of a digest.

use crate::rules::Work;

use super::propose::TableSize;

/// Bytes per second by kind of work.
fn bytes_per_second(work: Work) -> u64 {
    match work {
        Work::Metadata => u64::MAX,
        Work::Index => 40 << 20,
        Work::Rebuild => 25 << 20,
        Work::Copy => 12 << 20,
    }
}

/// Rows per second by kind of work.
fn rows_per_second(work: Work) -> u64 {
    match work {
        Work::Metadata => u64::MAX,
        Work::Index => 500_000,
        Work::Rebuild => 300_000,
        Work::Copy => 100_000,
    }
}

/// Seconds, rounded down: less than one is none.
pub(super) fn seconds(work: Work, size: TableSize) -> u64 {
    (size.bytes / bytes_per_second(work)).max(size.rows / rows_per_second(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_costs_nothing_and_a_copy_costs_most() {
        let size = TableSize { rows: 30_000_000, bytes: 3 << 30 };
        assert_eq!(seconds(Work::Metadata, size), 0);
        assert!(seconds(Work::Index, size) < seconds(Work::Rebuild, size));
        assert_eq!(seconds(Work::Copy, size), 300);
    }
}
