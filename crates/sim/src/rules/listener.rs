//! LISTEN: which sockets get into it, which segments such a socket looks at, and which calls it refuses.

use scenario::{Errno, Flags, RawSegment, State, Verb};

use super::connect::SocketState;

/// Whether listen(2) makes a listener of a socket that is none: EINVAL otherwise.
///
/// No RFC. Linux: `__inet_listen_sk`.
pub(crate) fn may_begin(socket: SocketState, state: State) -> bool {
    socket == SocketState::Unconnected && state == State::Closed
}

/// What a segment for a listener is, of which neither a connection nor a socket in TIME-WAIT knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnSegment {
    /// It asks for a connection.
    Syn,
    /// The ACK of a cookie, or of nothing, which is reset.
    Ack,
    Drop,
}

/// An ACK counts before a reset, and a SYN with FIN is none.
///
/// RFC 9293 §3.10.7.2 looks at RST first. Linux: `tcp_rcv_state_process`, TCP_LISTEN.
pub(crate) const fn on_segment(flags: Flags) -> OnSegment {
    if flags.ack {
        OnSegment::Ack
    } else if flags.rst || !flags.syn || flags.fin {
        OnSegment::Drop
    } else {
        OnSegment::Syn
    }
}

/// Whether the ACK is one of the cookie that was given as `iss` for a SYN with the number `syn`.
///
/// RFC 4987 §3.6. Linux: `tcp_v4_cookie_check`, `cookie_v4_check`.
pub(crate) const fn is_of_cookie(iss: u32, syn: u32, segment: &RawSegment) -> bool {
    let Flags { syn: has_syn, rst, .. } = segment.flags;
    !has_syn && !rst && segment.ack == iss.wrapping_add(1) && segment.seq == syn.wrapping_add(1)
}

/// What a call gives that only a connection could answer. Of write(2) the pending error comes first.
///
/// No RFC. Linux: `inet_bind`, `inet_stream_connect`, `tcp_ioctl`, `tcp_sendmsg_locked`, `tcp_recvmsg_locked`,
/// `inet_getname`.
pub(crate) const fn refusal(verb: &Verb) -> Errno {
    match verb {
        Verb::Bind { .. } | Verb::Queued(_) => Errno::EINVAL,
        Verb::Connect { .. } => Errno::EISCONN,
        Verb::Write(_) => Errno::EPIPE,
        _ => Errno::ENOTCONN,
    }
}

#[cfg(test)]
mod tests {
    use scenario::Host;

    use super::*;

    #[test]
    fn only_a_socket_that_was_never_connected_listens() {
        assert!(may_begin(SocketState::Unconnected, State::Closed));
        assert!(!may_begin(SocketState::Connected, State::Closed));
        assert!(!may_begin(SocketState::Unconnected, State::Established));
    }

    #[test]
    fn a_syn_alone_asks_for_a_connection() {
        let of = |flags| on_segment(Flags::from_text(flags).expect("these are flags"));
        assert_eq!(of("S"), OnSegment::Syn);
        assert_eq!([of("."), of("S."), of("R."), of("F.")], [OnSegment::Ack; 4]);
        assert_eq!([of("R"), of("SF"), of("F"), of("SR")], [OnSegment::Drop; 4]);
    }

    #[test]
    fn the_ack_of_a_cookie_has_both_numbers() {
        let segment = |flags, seq, ack| RawSegment {
            from: Host::Client,
            to: Host::Server,
            ports: [1, 80],
            flags: Flags::from_text(flags).expect("these are flags"),
            seq,
            ack,
            len: 0,
            win: 1_000,
        };
        assert!(is_of_cookie(700, 50, &segment(".", 51, 701)));
        assert!(is_of_cookie(700, 50, &segment("F.", 51, 701)));
        assert!(!is_of_cookie(700, 50, &segment(".", 51, 702)));
        assert!(!is_of_cookie(700, 50, &segment(".", 52, 701)));
        assert!(!is_of_cookie(700, 50, &segment("R.", 51, 701)));
    }
}
