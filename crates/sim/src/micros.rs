//! Spans of a script in the unit of a run.

use std::time::Duration;

/// Longer than any span of a script.
const SECONDS_MAX: u64 = 1 << 40;

/// Microseconds, of a longer span those of 2^40 seconds. Without 128-bit arithmetic, which a page would have to load,
/// and which saturating multiplication takes.
pub(crate) const fn micros(span: Duration) -> u64 {
    let seconds = if span.as_secs() < SECONDS_MAX { span.as_secs() } else { SECONDS_MAX };
    seconds * 1_000_000 + span.subsec_micros() as u64
}

/// The earlier of two times, each of which may never come.
pub(crate) fn earlier(one_us: Option<u64>, other_us: Option<u64>) -> Option<u64> {
    match (one_us, other_us) {
        (Some(one_us), Some(other_us)) => Some(one_us.min(other_us)),
        _ => one_us.or(other_us),
    }
}
