//! The pending error: a socket has one, and hands it out once.

use scenario::{Errno, State};

use super::{ERROR_BY_STATE, ERROR_ONCE, Rule};

/// What a reset is called depends on the state that it meets.
///
/// RFC 9293 §3.5.3 speaks of "connection refused" and "connection reset" only. Linux: `tcp_reset`. Seen in
/// `connection-refused` (ECONNREFUSED), `write-after-peer-close` (EPIPE), `close-with-unread-data` (ECONNRESET).
pub(crate) const fn reset_error(state: State) -> (Errno, &'static Rule) {
    let errno = match state {
        State::SynSent => Errno::ECONNREFUSED,
        State::CloseWait => Errno::EPIPE,
        _ => Errno::ECONNRESET,
    };
    (errno, &ERROR_BY_STATE)
}

/// The first call that looks takes the error away.
///
/// RFC 9293 §3.9.1.8 (MUST-47) wants errors reported; once is Linux's: `sock_error`. Seen in `close-with-unread-data`.
pub(crate) fn take_error(slot: &mut Option<Errno>) -> Option<(Errno, &'static Rule)> {
    slot.take().map(|errno| (errno, &ERROR_ONCE))
}
