//! Holds what an input makes of memory against its length.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes that any input may cost.
const BASE: usize = 8 << 20;
/// Bytes that each byte of input may cost besides.
const EACH: usize = 4096;

/// Runs it, and panics where it took more memory than an input of this length may.
pub fn bounded(length: usize, run: impl FnOnce()) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    run();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= BASE + EACH * length, "{length} bytes of input took {taken} bytes of memory");
}
