//! Delayed ACKs: that of a FIN, and that of a SYN where a program waits to write. All others leave at once, as a Linux
//! host's first ones do (`tcp_enter_quickack_mode`).

use scenario::{RawSegment, RuleId, State};

use crate::seq::{before, length};

/// What text has arrived before a FIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Nothing,
    Text,
    /// Some of it behind what is missing (Linux: `out_of_order_queue`).
    BeyondGap,
}

/// How long the ACK of a FIN waits for a segment that takes it along: then a connection ends with three segments.
/// `None`: it leaves at once, as what is behind a gap must be told of.
///
/// RFC 9293 §3.8.6.3 (MUST-58: less than half a second). Linux: `tcp_fin` only schedules it; the shortest wait is
/// 40 ms (TCP_DELACK_MIN) where data has come, else a tick or two. Seen in `graceful-three-segments`.
pub(crate) fn of_fin(state_before: State, received: Received) -> Option<(u64, RuleId)> {
    let wait_us = match received {
        Received::Nothing => 4_000,
        Received::Text => 40_000,
        Received::BeyondGap => return None,
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
