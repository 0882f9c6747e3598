//! Spans of a script in the unit of a run.

use std::time::Duration;

/// Microseconds. Saturating: a script's spans are bounded far below. Without 128-bit arithmetic, which a page would
/// have to load.
pub(crate) const fn micros(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000).saturating_add(span.subsec_micros() as u64)
}
