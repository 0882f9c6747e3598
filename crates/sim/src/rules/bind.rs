//! bind(2): which sockets take a port.

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
    fn reuseaddr_helps_if_both_have_it_and_never_against_a_listener() {
        let time_wait = Occupant { port: 80, reuse: Reuse::Yes, listening: Listening::No };
        assert!(!conflicts(time_wait, 80, Reuse::Yes));
        assert!(conflicts(time_wait, 80, Reuse::No));
        assert!(conflicts(Occupant { reuse: Reuse::No, ..time_wait }, 80, Reuse::Yes));
        assert!(conflicts(Occupant { listening: Listening::Yes, ..time_wait }, 80, Reuse::Yes));
        assert!(!conflicts(time_wait, 81, Reuse::No));
    }
}
