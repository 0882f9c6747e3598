//! close(2).

use scenario::{RuleId, State};

use super::Decision;
use crate::socket_options::{Linger2, SocketOptions};

/// How a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A FIN follows what is written.
    SendFin,
    /// A FIN follows, and close(2) waits until it is acknowledged, so long at most.
    SendFinAndWait { at_most_us: u64 },
    /// A reset leaves.
    Reset,
    /// Nothing leaves, and nothing stays.
    Destroy,
    /// Its FIN has left already.
    Leave,
}

/// Whether close(2) is the program's own call, or its end: an exit never waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exiting {
    No,
    Yes,
}

/// close(2) sends a FIN, unless something makes it reset.
///
/// RFC 9293 §3.6.1 (SHLD-3), §3.10.4, §3.10.5. Linux: `__tcp_close`, `tcp_close_state`, `tcp_disconnect`; with SO_LINGER,
/// `sk_stream_wait_close`.
/// Seen in `close-with-unread-data`, `linger-zero`, `linger-timeout`, `linger2-negative`.
pub(crate) fn decide(state: State, unread: usize, options: &SocketOptions, exiting: Exiting) -> Decision<Action> {
    if matches!(state, State::Closed | State::TimeWait | State::Listen | State::SynSent) {
        return (Action::Destroy, None);
    }
    if unread > 0 {
        return (Action::Reset, Some(RuleId::UnreadClose));
    }
    if options.linger_s == Some(0) {
        // `tcp_need_reset`
        let resets = !matches!(state, State::Closing | State::LastAck);
        return (if resets { Action::Reset } else { Action::Destroy }, Some(RuleId::LingerZero));
    }
    if state == State::FinWait2 {
        return match options.linger2 {
            Linger2::Negative => (Action::Reset, Some(RuleId::Linger2Negative)),
            _ => (Action::Leave, None),
        };
    }
    match options.linger_s {
        Some(seconds) if exiting == Exiting::No => {
            (Action::SendFinAndWait { at_most_us: u64::from(seconds) * 1_000_000 }, Some(RuleId::LingerWaits))
        }
        _ if matches!(state, State::FinWait1 | State::Closing | State::LastAck) => (Action::Leave, None),
        _ => (Action::SendFin, None),
    }
}

/// Whether a FIN is still to be queued in this state (Linux: `tcp_close_state`).
pub(crate) const fn queues_fin(state: State) -> bool {
    matches!(state, State::SynReceived | State::Established | State::CloseWait)
}

/// Whether close(2) with SO_LINGER still waits: its FIN is not acknowledged.
///
/// No RFC. Linux: `sk_stream_wait_close`, `sk_stream_closing`. Seen in `linger-timeout`.
pub(crate) const fn waits(state: State) -> bool {
    matches!(state, State::FinWait1 | State::Closing | State::LastAck)
}

/// What is queued at a listener that ends is reset: nobody will ever read it.
///
/// Linux: `inet_csk_listen_stop`. Seen in `listener-closed-with-backlog`.
pub(crate) const LISTENER_CLOSED: RuleId = RuleId::ListenerClosed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_bytes_reset_before_anything_else_is_looked_at() {
        let options = SocketOptions { linger_s: Some(5), ..SocketOptions::default() };
        assert_eq!(decide(State::Established, 1, &options, Exiting::No).0, Action::Reset);
        assert_eq!(decide(State::LastAck, 1, &options, Exiting::No).0, Action::Reset);
        assert_eq!(decide(State::SynSent, 0, &options, Exiting::No).0, Action::Destroy);
    }

    #[test]
    fn an_exit_never_waits() {
        let options = SocketOptions { linger_s: Some(5), ..SocketOptions::default() };
        let waits = Action::SendFinAndWait { at_most_us: 5_000_000 };
        assert_eq!(decide(State::Established, 0, &options, Exiting::No).0, waits);
        assert_eq!(decide(State::Established, 0, &options, Exiting::Yes).0, Action::SendFin);
        assert_eq!(decide(State::FinWait1, 0, &options, Exiting::Yes).0, Action::Leave);
    }

    #[test]
    fn close_waits_until_its_fin_is_acknowledged() {
        assert!(waits(State::FinWait1) && waits(State::Closing) && waits(State::LastAck));
        assert!(!waits(State::FinWait2) && !waits(State::TimeWait) && !waits(State::Closed));
    }
}
