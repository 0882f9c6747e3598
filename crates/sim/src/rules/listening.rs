//! The accept queue.

use super::{QUEUE_FULL_ABORT, QUEUE_FULL_ACK, QUEUE_FULL_SYN, Rule, Verdict};
use crate::settings::Settings;

/// Linux: `sk_acceptq_is_full`. A backlog of N has room for N + 1.
const fn is_full(queued: usize, backlog: u32) -> bool {
    queued > backlog as usize
}

/// A SYN for a listener whose accept queue is full is dropped; the client tries again.
///
/// No RFC. Linux: `tcp_conn_request`. Seen in `accept-queue-full`.
pub(crate) fn full_queue_drops_syn(queued: usize, backlog: u32) -> Option<&'static Rule> {
    is_full(queued, backlog).then_some(&QUEUE_FULL_SYN)
}

/// The last ACK of a handshake finds the accept queue full: it is ignored, or with tcp_abort_on_overflow reset.
///
/// No RFC. Linux: `tcp_v4_syn_recv_sock`, `tcp_check_req`. Seen in `accept-queue-full`, `accept-queue-full-abort`.
pub(crate) fn full_queue_meets_ack(
    queued: usize,
    backlog: u32,
    settings: &Settings,
) -> Option<(Verdict, &'static Rule)> {
    is_full(queued, backlog).then_some(if settings.abort_on_overflow == 0 {
        (Verdict::Drop, &QUEUE_FULL_ACK)
    } else {
        (Verdict::Refuse, &QUEUE_FULL_ABORT)
    })
}
