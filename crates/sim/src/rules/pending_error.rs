//! The pending error (Linux: `sk_err`): a socket has one, and hands it out once.

use scenario::{Errno, RuleId, State};

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

/// The first call that looks takes the error away.
///
/// RFC 9293 §3.9.1.8 (MUST-47) wants errors reported; once is Linux's: `sock_error`. Seen in `close-with-unread-data`.
pub(crate) fn take(pending: &mut Option<Errno>) -> Option<(Errno, RuleId)> {
    pending.take().map(|errno| (errno, RuleId::ErrorOnce))
}
