//! bind(2): which sockets take a port.

use scenario::State;

/// A socket that has a port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupant {
    pub(crate) port: u16,
    /// SO_REUSEADDR, its own or that of the listener that it came from.
    pub(crate) reuse: Reuse,
    pub(crate) listening: Listening,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    No,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listening {
    No,
    Yes,
}

/// How a socket came by its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// bind(2) gave it: it stays with the socket until close(2) (Linux: SOCK_BINDPORT_LOCK).
    Fixed,
    /// The kernel chose it, or the listener's: it goes with the connection.
    Loose,
}

/// Whether bind(2) gives the socket a port; EINVAL if it has one, or has a connection.
///
/// No RFC. Linux: `__inet_bind`.
pub(crate) fn may_bind(state: State, binding: Binding) -> bool {
    state == State::Closed && binding == Binding::Loose
}

/// Whether the occupant keeps another socket from the port: SO_REUSEADDR helps if both have it, and never against a
/// listener.
///
/// RFC 9293 §3.6.1 has no say in it. Linux: `inet_csk_get_port`, `sk_reuse`. Seen in `addr-in-use`.
pub(crate) fn conflicts(occupant: Occupant, port: u16, reuse: Reuse) -> bool {
    let is_shared = reuse == Reuse::Yes && occupant.reuse == Reuse::Yes && occupant.listening == Listening::No;
    occupant.port == port && !is_shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_bound_once_and_before_it_connects() {
        assert!(may_bind(State::Closed, Binding::Loose));
        assert!(!may_bind(State::Closed, Binding::Fixed) && !may_bind(State::SynSent, Binding::Loose));
    }

    #[test]
    fn reuseaddr_helps_if_both_have_it_and_never_against_a_listener() {
        let time_wait = Occupant { port: 80, reuse: Reuse::Yes, listening: Listening::No };
        assert!(!conflicts(time_wait, 80, Reuse::Yes));
        assert!(conflicts(time_wait, 80, Reuse::No));
        assert!(conflicts(Occupant { reuse: Reuse::No, ..time_wait }, 80, Reuse::Yes));
        assert!(conflicts(Occupant { listening: Listening::Yes, ..time_wait }, 80, Reuse::Yes));
        assert!(!conflicts(time_wait, 81, Reuse::No));
    }
}
