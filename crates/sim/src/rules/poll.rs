//! poll(2).

use scenario::{Ready, State};

/// What poll(2) knows of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) state: State,
    pub(crate) unread: usize,
    /// SEND_SHUTDOWN
    pub(crate) sending_ended: bool,
    /// RCV_SHUTDOWN
    pub(crate) reading_ended: bool,
    pub(crate) has_error: bool,
    /// A third of the send buffer is free.
    pub(crate) is_writable: bool,
}

/// No RFC. Linux: `tcp_poll`.
pub(crate) fn of_connection(facts: &Facts) -> Ready {
    let both_ended = facts.sending_ended && facts.reading_ended;
    let mut ready = Ready {
        input: facts.reading_ended,
        output: false,
        read_hangup: facts.reading_ended,
        hangup: both_ended || facts.state == State::Closed,
        error: facts.has_error,
        invalid: false,
    };
    if !matches!(facts.state, State::SynSent | State::SynReceived) {
        ready.input |= facts.unread > 0;
        ready.output = facts.sending_ended || facts.is_writable;
    }
    ready
}

/// Of a listener: something waits for accept(2) (Linux: `inet_csk_listen_poll`).
pub(crate) fn of_listener(queued: usize) -> Ready {
    Ready { input: queued > 0, ..Ready::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_without_connection_hangs_up_and_takes_bytes() {
        let closed = Facts {
            state: State::Closed,
            unread: 0,
            sending_ended: false,
            reading_ended: false,
            has_error: false,
            is_writable: true,
        };
        assert_eq!(of_connection(&closed).to_string(), "OUT|HUP");
        let reset = Facts { sending_ended: true, reading_ended: true, has_error: true, ..closed };
        assert_eq!(of_connection(&reset).to_string(), "IN|OUT|RDHUP|HUP|ERR");
        let connecting = Facts { state: State::SynSent, ..closed };
        assert_eq!(of_connection(&connecting).to_string(), "0");
    }
}
