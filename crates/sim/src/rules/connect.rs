//! connect(2), and the peer that a socket has by it.

use scenario::{Errno, State};

/// What connect(2) has made of a socket (Linux: `socket_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketState {
    /// SS_UNCONNECTED
    Unconnected,
    /// SS_CONNECTING: no call has told how it ended.
    Connecting,
    /// SS_CONNECTED, even if the connection is gone.
    Connected,
    /// SS_DISCONNECTING: shut down after it had failed to connect.
    Disconnecting,
}

/// What connect(2) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A SYN leaves.
    Begin,
    /// It waits for the handshake that is under way; EALREADY where it may not.
    Wait,
    Refuse(Errno),
}

/// connect(2) on a socket in this state of TCP.
///
/// RFC 9293 §3.10.1 ("connection already exists"). Linux: `__inet_stream_connect`.
pub(crate) fn decide(socket: SocketState, state: State) -> Action {
    match socket {
        SocketState::Unconnected if state == State::Closed => Action::Begin,
        SocketState::Unconnected | SocketState::Connected => Action::Refuse(Errno::EISCONN),
        SocketState::Connecting => Action::Wait,
        SocketState::Disconnecting => Action::Refuse(Errno::EINVAL),
    }
}

/// The handshake, for a connect(2) that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    GoesOn,
    /// connect(2) gives 0.
    Over,
    /// It gives the pending error, or [`FAILED`] if there is none; the socket is as new.
    Failed,
}

/// No RFC. Linux: `__inet_stream_connect`, `inet_wait_for_connect`.
pub(crate) const fn handshake(state: State) -> Handshake {
    match state {
        State::SynSent | State::SynReceived => Handshake::GoesOn,
        State::Closed => Handshake::Failed,
        _ => Handshake::Over,
    }
}

/// Linux: `__inet_stream_connect`, sock_error.
pub(crate) const FAILED: Errno = Errno::ECONNABORTED;

/// Whether getpeername(2) knows a peer, also one of a connection that is over but for TIME-WAIT.
///
/// No RFC. Linux: `inet_getname`.
pub(crate) const fn has_peer(state: State) -> bool {
    !matches!(state, State::Closed | State::SynSent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_socket_that_was_never_connected_begins() {
        assert_eq!(decide(SocketState::Unconnected, State::Closed), Action::Begin);
        assert_eq!(decide(SocketState::Connecting, State::SynSent), Action::Wait);
        assert_eq!(decide(SocketState::Connecting, State::Closed), Action::Wait, "it is told of the error first");
        assert_eq!(decide(SocketState::Connected, State::Closed), Action::Refuse(Errno::EISCONN));
        assert_eq!(decide(SocketState::Unconnected, State::SynReceived), Action::Refuse(Errno::EISCONN));
        assert_eq!(decide(SocketState::Disconnecting, State::Closed), Action::Refuse(Errno::EINVAL));
    }

    #[test]
    fn a_handshake_is_over_when_syn_and_ack_have_come() {
        assert_eq!([State::SynSent, State::SynReceived].map(handshake), [Handshake::GoesOn; 2]);
        assert_eq!([State::Established, State::CloseWait].map(handshake), [Handshake::Over; 2]);
        assert_eq!(handshake(State::Closed), Handshake::Failed);
        assert!(has_peer(State::SynReceived) && !has_peer(State::SynSent) && !has_peer(State::Closed));
    }
}
