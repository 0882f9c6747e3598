//! Delayed ACKs: that of a FIN alone. All others leave at once, as a Linux host's first ones do (`tcp_enter_quickack_mode`).

use scenario::{RuleId, State};

/// How long the ACK of a FIN waits for a segment that takes it along: then a connection ends with three segments.
/// `None`: it leaves at once.
///
/// RFC 9293 §3.8.6.3 (MUST-58: less than half a second). Linux: `tcp_fin` only schedules it; the shortest wait is
/// 40 ms (TCP_DELACK_MIN) where data has come, else a tick or two. Seen in `graceful-three-segments`.
pub(crate) fn of_fin(state_before: State, has_received: bool) -> Option<(u64, RuleId)> {
    let wait_us = if has_received { 40_000 } else { 4_000 };
    (state_before == State::Established).then_some((wait_us, RuleId::FinAckWaits))
}
