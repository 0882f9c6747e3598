//! Delayed ACKs: that of a FIN, and that of a SYN where a program waits to write. All others leave at once, as a Linux
//! host's first ones do (`tcp_enter_quickack_mode`).

use scenario::{RawSegment, RuleId, State};

use crate::seq::{before, length};
use crate::tcp::Seen;

/// How long the ACK of a FIN waits for a segment that takes it along: then a connection ends with three segments. `text`:
/// whether any has arrived in order. What lay behind a gap changes nothing: with the FIN it is thrown away.
///
/// RFC 9293 §3.8.6.3 (MUST-58: less than half a second). Linux: `tcp_fin` only schedules it; the shortest wait is
/// 40 ms (TCP_DELACK_MIN) where data has come, else a tick or two. Seen in `graceful-three-segments`.
pub(crate) fn of_fin(state_before: State, text: Seen) -> Option<(u64, RuleId)> {
    let wait_us = match text {
        Seen::No => 4_000,
        Seen::Yes => 40_000,
    };
    (state_before == State::Established).then_some((wait_us, RuleId::FinAckWaits))
}

/// How long the ACK that completes a handshake waits for data, where write(2) has waited for the handshake
/// (TCP_DELACK_MAX): the data takes it along.
///
/// No RFC. Linux: `tcp_rcv_synsent_state_process` (`sk_write_pending`).
pub(crate) const OF_SYN_US: u64 = 200_000;

/// Whether a segment that is answered counts as data for that wait: it begins before the next number expected, and is not
/// challenged.
///
/// No RFC. Linux: `tcp_send_dupack`, `tcp_data_queue` (`tcp_enter_quickack_mode` sets the wait to 40 ms).
pub(crate) fn is_old_data(segment: &RawSegment, next: u32, answered_by: Option<RuleId>) -> bool {
    let is_challenged = !matches!(answered_by, None | Some(RuleId::LateSegment | RuleId::OutsideAnswered));
    !is_challenged && length(segment) > 0 && before(segment.seq, next)
}
