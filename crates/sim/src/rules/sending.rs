//! What may leave.

use crate::connection::Numbers;
use crate::wire::after;

/// How many of `unsent` bytes may leave now: full segments always; a small one only if no other small one is
/// unacknowledged, or if a FIN follows.
///
/// RFC 9293 §3.7.4 (Nagle) holds a small segment back while anything is unacknowledged. Linux: `tcp_nagle_check`,
/// `tcp_minshall_check`. smoltcp does as the RFC says.
pub(crate) fn ready_to_send(unsent: usize, numbers: &Numbers, fin_follows: bool) -> usize {
    let waits_for_ack = after(numbers.small_end, numbers.unacknowledged) && !fin_follows;
    if waits_for_ack { unsent - unsent % numbers.full as usize } else { unsent }
}

/// How long the ACK of a FIN waits for a segment that takes it along: then a connection ends with three segments.
///
/// RFC 9293 §3.8.6.3 (MUST-58: less than half a second). Linux: `tcp_fin` only schedules it; the shortest wait is
/// 40 ms (TCP_DELACK_MIN) where data has come, else a tick or two. Seen in `graceful-three-segments`.
pub(crate) const fn fin_ack_us(has_received: bool) -> u64 {
    if has_received { 40_000 } else { 4_000 }
}
