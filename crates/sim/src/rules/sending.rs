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
