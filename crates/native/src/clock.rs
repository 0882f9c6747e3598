//! The one clock of a run: CLOCK_MONOTONIC, which all its processes share.

use nix::time::{ClockId, clock_gettime};

/// Microseconds since some moment in the past, the same for every process of the machine.
pub(crate) fn now_us() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("Linux always has CLOCK_MONOTONIC");
    now.tv_sec().cast_unsigned() * 1_000_000 + now.tv_nsec().cast_unsigned() / 1_000
}
