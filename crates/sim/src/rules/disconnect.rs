//! connect(2) with AF_UNSPEC.

use scenario::{Errno, State};

/// What becomes of the connection. In any case the socket is as new, and its port stays if bind(2) gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A reset leaves, and ECONNRESET is pending.
    Reset,
    /// Nothing leaves, and ECONNRESET is pending.
    Forget,
    /// Nothing leaves, and nothing is pending.
    Nothing,
}

/// RFC 9293 §3.10.5 (ABORT). Linux: `tcp_disconnect`, `tcp_need_reset`. Seen in `connect-again`.
pub(crate) fn decide(state: State) -> Action {
    match state {
        State::Established | State::CloseWait | State::FinWait1 | State::FinWait2 | State::SynReceived => Action::Reset,
        State::SynSent => Action::Forget,
        _ => Action::Nothing,
    }
}

/// Whether a connect(2) or read(2) ends that has begun to wait when the socket had been disconnected `before` times.
///
/// No RFC. Linux: `sk_wait_event` (sk_disconnects).
pub(crate) const fn ends_waiting(before: u32, disconnects: u32) -> bool {
    before != disconnects
}

/// What it gives then. Linux: `__inet_stream_connect`, `tcp_recvmsg_locked`.
pub(crate) const WAITED: Errno = Errno::EPIPE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_owes_nothing_more_is_not_reset() {
        assert_eq!(decide(State::Established), Action::Reset);
        assert_eq!(decide(State::FinWait2), Action::Reset);
        assert_eq!(decide(State::SynSent), Action::Forget);
        assert_eq!(decide(State::LastAck), Action::Nothing);
        assert_eq!(decide(State::Closed), Action::Nothing);
        assert!(ends_waiting(1, 2) && !ends_waiting(1, 1));
    }
}
