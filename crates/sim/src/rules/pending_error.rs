//! The pending error (Linux: `sk_err`): a socket has one, and hands it out once.

use scenario::{Errno, RawSegment, RuleId, State};

use crate::seq::before;
use crate::tcp::SendSequence;

/// What a reset is called depends on the state that it meets.
///
/// RFC 9293 §3.5.3 speaks of "connection refused" and "connection reset" only. Linux: `tcp_reset`. Seen in
/// `connection-refused` (ECONNREFUSED), `write-after-peer-close` (EPIPE), `close-with-unread-data` (ECONNRESET).
pub(crate) const fn of_reset(state: State) -> (Errno, RuleId) {
    let errno = match state {
        State::SynSent => Errno::ECONNREFUSED,
        State::CloseWait => Errno::EPIPE,
        _ => Errno::ECONNRESET,
    };
    (errno, RuleId::ErrorByState)
}

/// A connection that is given up has the error that an ICMP message has told meanwhile, else ETIMEDOUT.
///
/// No RFC. Linux: `tcp_write_err`. Seen in `icmp-soft-error`.
pub(crate) fn of_giving_up(noted: Option<Errno>) -> (Errno, Option<RuleId>) {
    noted.map_or((Errno::ETIMEDOUT, None), |errno| (errno, Some(RuleId::NotedErrorTold)))
}

/// What getsockopt(2) with SO_ERROR gives: the pending error, or else what ICMP has told, at which no other call looks.
///
/// No RFC. Linux: `sk_getsockopt`. Seen in `icmp-soft-error`.
pub(crate) fn take_with_noted(
    pending: &mut Option<Errno>,
    noted: &mut Option<Errno>,
) -> (Option<Errno>, Option<RuleId>) {
    match take(pending) {
        Some((errno, rule)) => (Some(errno), Some(rule)),
        None => (noted.take(), None),
    }
}

/// Whether an ACK lets the host forget what ICMP has told: something has worked. One that newer ones have overtaken does
/// not.
///
/// No RFC. Linux: `tcp_ack`, sk_err_soft.
pub(crate) fn forgets_noted(snd: &SendSequence, segment: &RawSegment) -> bool {
    segment.flags.ack && !before(segment.ack, snd.una)
}

/// The first call that looks takes the error away.
///
/// RFC 9293 §3.9.1.8 (MUST-47) wants errors reported; once is Linux's: `sock_error`. Seen in `close-with-unread-data`.
pub(crate) fn take(pending: &mut Option<Errno>) -> Option<(Errno, RuleId)> {
    pending.take().map(|errno| (errno, RuleId::ErrorOnce))
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host};

    use super::*;

    #[test]
    fn an_error_is_told_once_and_what_was_noted_after_it() {
        let (mut pending, mut noted) = (Some(Errno::ECONNRESET), Some(Errno::EHOSTUNREACH));
        let mut next = || take_with_noted(&mut pending, &mut noted);
        assert_eq!(next(), (Some(Errno::ECONNRESET), Some(RuleId::ErrorOnce)));
        assert_eq!([next(), next()], [(Some(Errno::EHOSTUNREACH), None), (None, None)]);
    }

    #[test]
    fn an_old_ack_lets_nothing_be_forgotten() {
        let snd = SendSequence { una: 100, nxt: 110, ..SendSequence::new(7, 1_448) };
        let of = |flags, ack| {
            let (from, to) = (Host::Server, Host::Client);
            forgets_noted(&snd, &RawSegment { from, to, ports: [80, 1], flags, seq: 1, ack, len: 0, win: 0 })
        };
        assert!(of(Flags::ACK, 100) && of(Flags::ACK, 110));
        assert!(!of(Flags::ACK, 99) && !of(Flags { ack: false, ..Flags::FIN }, 100));
    }
}
