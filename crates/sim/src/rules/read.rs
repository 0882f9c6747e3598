//! read(2) and write(2): what comes first.

use scenario::{Errno, State};

use crate::tcp::Seen;

/// What read(2) gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Bytes that are there.
    Bytes,
    /// 0
    EndOfStream,
    /// The pending error.
    Error,
    /// ENOTCONN
    NotConnected,
    /// Nothing yet.
    Wait,
}

/// What read(2) knows of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) state: State,
    pub(crate) unread: usize,
    /// SOCK_DONE: the peer's FIN has come.
    pub(crate) stream_ended: bool,
    /// RCV_SHUTDOWN
    pub(crate) reading_ended: bool,
    pub(crate) has_error: bool,
}

/// What is queued comes first, then the end of the stream, then the pending error, then the own end of reading.
///
/// RFC 9293 §3.10.3 has no order. Linux: `tcp_recvmsg_locked`.
pub(crate) fn read(facts: &Facts) -> Read {
    if facts.unread > 0 {
        Read::Bytes
    } else if facts.stream_ended {
        Read::EndOfStream
    } else if facts.has_error {
        Read::Error
    } else if facts.reading_ended {
        Read::EndOfStream
    } else if facts.state == State::Closed {
        Read::NotConnected
    } else {
        Read::Wait
    }
}

/// What write(2) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// It takes bytes.
    Take,
    /// The pending error, or else EPIPE; after bytes were taken their number.
    Fail,
    /// The handshake is not over.
    Wait,
}

/// write(2) hands out the pending error before its own EPIPE (`sending_ended`: SEND_SHUTDOWN), and waits for a handshake
/// before it looks whether anything may be sent.
///
/// Linux: `tcp_sendmsg_locked`, `sk_stream_wait_connect`, `sk_stream_error`.
pub(crate) fn write(state: State, sending_ended: Seen, pending: Option<Errno>) -> Write {
    match state {
        _ if pending.is_some() => Write::Fail,
        State::SynSent | State::SynReceived => Write::Wait,
        State::Established | State::CloseWait if sending_ended == Seen::No => Write::Take,
        _ => Write::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_then_the_fin_then_the_error() {
        let all = Facts { state: State::Closed, unread: 1, stream_ended: true, reading_ended: true, has_error: true };
        assert_eq!(read(&all), Read::Bytes);
        assert_eq!(read(&Facts { unread: 0, ..all }), Read::EndOfStream);
        assert_eq!(read(&Facts { unread: 0, stream_ended: false, ..all }), Read::Error);
        assert_eq!(read(&Facts { unread: 0, stream_ended: false, has_error: false, ..all }), Read::EndOfStream);
    }

    #[test]
    fn write_waits_for_a_handshake_and_fails_where_nothing_more_may_be_sent() {
        let in_state = |state| write(state, Seen::No, None);
        assert_eq!([State::Established, State::CloseWait].map(in_state), [Write::Take; 2]);
        assert_eq!([State::SynSent, State::SynReceived].map(in_state), [Write::Wait; 2]);
        assert_eq!([State::Closed, State::FinWait2].map(in_state), [Write::Fail; 2]);
        assert_eq!(write(State::Established, Seen::No, Some(Errno::ECONNRESET)), Write::Fail);
        assert_eq!(write(State::Established, Seen::Yes, None), Write::Fail);
        assert_eq!(write(State::SynSent, Seen::Yes, None), Write::Wait);
        assert_eq!(write(State::SynSent, Seen::Yes, Some(Errno::ECONNREFUSED)), Write::Fail);
    }
}
