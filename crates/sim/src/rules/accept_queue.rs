//! The accept queue, and the queue of handshakes before it (listen(2)'s backlog).

use scenario::RuleId;

use super::Decision;
use crate::sysctls::Sysctls;

/// What waits at a listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Connections that wait for accept(2).
    pub(crate) queued: usize,
    /// Handshakes that are not over.
    pub(crate) handshakes: usize,
    /// As listen(2) was given it.
    pub(crate) backlog: u32,
}

impl Facts {
    /// A backlog of N has room for N + 1 (Linux: `sk_acceptq_is_full`).
    const fn is_accept_queue_full(self) -> bool {
        self.queued > self.backlog as usize
    }

    /// The same of the handshakes (Linux: `inet_csk_reqsk_queue_is_full`).
    const fn is_handshake_queue_full(self) -> bool {
        self.handshakes > self.backlog as usize
    }
}

/// What becomes of a SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnSyn {
    /// A handshake begins.
    Begin,
    /// It is answered with a SYN cookie (RFC 4987 §3.6), and nothing is kept.
    Cookie,
    Drop,
}

/// Whether the SYN takes over a connection in TIME-WAIT: then the queue of handshakes does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    New,
    TimeWait,
}

/// A SYN for a listener whose accept queue is full is dropped; the client tries again. Where the queue of handshakes is
/// full, it gets a cookie; without cookies (tcp_syncookies 0) it is dropped, and as soon as three quarters of
/// tcp_max_syn_backlog are taken.
///
/// No RFC. Linux: `tcp_conn_request`, `tcp_syn_flood_action`. Seen in `accept-queue-full`, `syn-cookies`.
pub(crate) fn on_syn(facts: Facts, origin: Origin, sysctls: &Sysctls) -> Decision<OnSyn> {
    let is_new = origin == Origin::New;
    let wants_cookie = is_new && (sysctls.syncookies == 2 || facts.is_handshake_queue_full());
    if wants_cookie && sysctls.syncookies == 0 {
        return (OnSyn::Drop, Some(RuleId::HandshakesFull));
    }
    if facts.is_accept_queue_full() {
        return (OnSyn::Drop, Some(RuleId::QueueFullSyn));
    }
    if wants_cookie {
        return (OnSyn::Cookie, Some(RuleId::SynCookie));
    }
    let left = i64::from(sysctls.max_syn_backlog) - facts.handshakes as i64;
    if is_new && sysctls.syncookies == 0 && left < i64::from(sysctls.max_syn_backlog >> 2) {
        return (OnSyn::Drop, Some(RuleId::HandshakesFull));
    }
    (OnSyn::Begin, None)
}

/// What becomes of the last ACK of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnAck {
    Queue,
    Drop,
    AbortAndReset,
}

/// The last ACK of a handshake finds the accept queue full: it is ignored, or with tcp_abort_on_overflow reset.
///
/// No RFC. Linux: `tcp_v4_syn_recv_sock`, `tcp_check_req`. Seen in `accept-queue-full`, `accept-queue-full-abort`.
pub(crate) const fn on_ack(facts: Facts, sysctls: &Sysctls) -> Decision<OnAck> {
    if !facts.is_accept_queue_full() {
        (OnAck::Queue, None)
    } else if sysctls.abort_on_overflow == 0 {
        (OnAck::Drop, Some(RuleId::QueueFullAck))
    } else {
        (OnAck::AbortAndReset, Some(RuleId::QueueFullAbort))
    }
}

/// The ACK of a cookie finds the accept queue full: it is ignored, whatever tcp_abort_on_overflow says.
///
/// No RFC. Linux: `tcp_get_cookie_sock`.
pub(crate) const fn on_cookie(facts: Facts) -> Decision<OnAck> {
    if facts.is_accept_queue_full() { (OnAck::Drop, Some(RuleId::QueueFullAck)) } else { (OnAck::Queue, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn waiting(queued: usize, handshakes: usize, backlog: u32) -> Facts {
        Facts { queued, handshakes, backlog }
    }

    #[test]
    fn a_backlog_of_n_has_room_for_one_more() {
        let sysctls = Sysctls::default();
        assert_eq!(on_syn(waiting(0, 0, 0), Origin::New, &sysctls).0, OnSyn::Begin);
        assert_eq!(on_syn(waiting(1, 0, 0), Origin::New, &sysctls).0, OnSyn::Drop);
        assert_eq!(on_ack(waiting(1, 0, 1), &sysctls).0, OnAck::Queue);
        assert_eq!(on_ack(waiting(2, 0, 1), &sysctls).0, OnAck::Drop);
    }

    #[test]
    fn beyond_the_backlog_of_handshakes_a_syn_gets_a_cookie_or_nothing() {
        let mut sysctls = Sysctls::default();
        assert_eq!(on_syn(waiting(0, 1, 0), Origin::New, &sysctls).0, OnSyn::Cookie);
        assert_eq!(on_syn(waiting(0, 1, 0), Origin::TimeWait, &sysctls).0, OnSyn::Begin);
        sysctls.syncookies = 2;
        assert_eq!(on_syn(waiting(0, 0, 100), Origin::New, &sysctls).0, OnSyn::Cookie, "each gets one");
        sysctls.syncookies = 0;
        assert_eq!(on_syn(waiting(0, 1, 0), Origin::New, &sysctls).0, OnSyn::Drop);
        sysctls.max_syn_backlog = 4;
        assert_eq!(on_syn(waiting(0, 3, 100), Origin::New, &sysctls).0, OnSyn::Begin);
        assert_eq!(on_syn(waiting(0, 4, 100), Origin::New, &sysctls).0, OnSyn::Drop);
    }

    #[test]
    fn tcp_abort_on_overflow_resets_no_connection_that_came_by_a_cookie() {
        let sysctls = Sysctls { abort_on_overflow: 1, ..Sysctls::default() };
        assert_eq!(on_ack(waiting(1, 0, 0), &sysctls).0, OnAck::AbortAndReset);
        assert_eq!(on_cookie(waiting(1, 0, 0)).0, OnAck::Drop);
    }
}
