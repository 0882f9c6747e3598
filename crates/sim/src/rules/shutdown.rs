//! shutdown(2).

use scenario::{How, State};

use super::connect::SocketState;

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A FIN follows what is written.
    SendFin,
    /// As `SendFin`, but only when the handshake is over: until then nothing shows.
    SendFinLater,
    /// Nothing leaves.
    Nothing,
    /// The attempt to connect ends: the socket is as new, but for a pending ECONNRESET.
    Disconnect,
    /// There is no connection: ENOTCONN, and the directions are shut all the same.
    NotConnected,
}

/// RFC 9293 §3.10.4 knows the end of sending only. Linux: `inet_shutdown`, `tcp_shutdown`, `tcp_disconnect`.
pub(crate) fn decide(state: State, how: How) -> Action {
    match state {
        State::SynSent => Action::Disconnect,
        State::Closed => Action::NotConnected,
        State::SynReceived if how != How::Rd => Action::SendFinLater,
        State::Established | State::CloseWait if how != How::Rd => Action::SendFin,
        _ => Action::Nothing,
    }
}

/// What shutdown(2) makes of a socket for whose connection a program has called connect(2): nobody asks any more how that
/// ended.
///
/// No RFC. Linux: `inet_shutdown`, SS_CONNECTING.
pub(crate) const fn socket_state(before: SocketState, state: State) -> SocketState {
    match (before, state) {
        (SocketState::Connecting, State::SynSent) => SocketState::Unconnected,
        (SocketState::Connecting, State::SynReceived | State::Closed) => SocketState::Disconnecting,
        (SocketState::Connecting, _) => SocketState::Connected,
        _ => before,
    }
}

/// What becomes of a listener: to shut its reading ends it, and its port stays with the socket until close(2).
///
/// Linux: `inet_shutdown`, TCP_LISTEN.
pub(crate) fn ends_listening(how: How) -> bool {
    how != How::Wr
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_connecting_shutdown_disconnects_whatever_it_shuts() {
        assert_eq!(decide(State::SynSent, How::Rd), Action::Disconnect);
        assert_eq!(decide(State::SynReceived, How::Wr), Action::SendFinLater);
        assert_eq!(decide(State::Established, How::Rd), Action::Nothing);
        assert_eq!(decide(State::FinWait2, How::RdWr), Action::Nothing);
    }

    #[test]
    fn only_an_attempt_to_connect_changes_what_the_socket_is() {
        use SocketState::{Connected, Connecting, Disconnecting, Unconnected};
        assert_eq!(socket_state(Connecting, State::SynSent), Unconnected);
        assert_eq!(
            [State::SynReceived, State::Closed].map(|state| socket_state(Connecting, state)),
            [Disconnecting; 2]
        );
        assert_eq!(socket_state(Connecting, State::Established), Connected);
        assert_eq!(socket_state(Connected, State::Closed), Connected);
    }
}
