//! The one clock of a run: CLOCK_MONOTONIC, which all its processes share.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Microseconds since some moment in the past, the same for every process of the machine.
pub(crate) fn now_us() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("Linux always has CLOCK_MONOTONIC");
    // Its fields have 32 bits on some machines and 64 on others.
    u64::try_from(Duration::from(now).as_micros()).expect("no machine runs for half a million years")
}
