//! What may leave.

use crate::connection::{Next, Numbers};
use crate::wire::{after, before};

/// Whether the segment may leave now: the peer's window, the congestion window and Nagle have no objection.
///
/// Linux: `tcp_write_xmit` (`tcp_cwnd_test`, `tcp_nagle_test`, `tcp_snd_wnd_test`).
pub(crate) fn may_leave(next: &Next, numbers: &Numbers, in_network: u32, congestion_window: u32) -> bool {
    let has_left = before(next.seq, numbers.send_next);
    let end = next.seq.wrapping_add(next.len + u32::from(next.fin));
    let fits = has_left || !after(end, numbers.unacknowledged.wrapping_add(numbers.send_window));
    let is_calm = next.len == numbers.full || next.fin || !after(numbers.small_end, numbers.unacknowledged);
    in_network < congestion_window && fits && (has_left || is_calm)
}

/// How long the ACK of a FIN waits for a segment that takes it along: then a connection ends with three segments.
///
/// RFC 9293 §3.8.6.3 (MUST-58: less than half a second). Linux: `tcp_fin` only schedules it; the shortest wait is
/// 40 ms (TCP_DELACK_MIN) where data has come, else a tick or two. Seen in `graceful-three-segments`.
pub(crate) const fn fin_ack_us(has_received: bool) -> u64 {
    if has_received { 40_000 } else { 4_000 }
}
