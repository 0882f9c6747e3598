//! shutdown(2).

use scenario::{How, State};

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
}
