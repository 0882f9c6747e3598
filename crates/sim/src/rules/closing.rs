//! close(2) and what stays behind.

use scenario::State;

use super::{LINGER_WAITS, LINGER_ZERO, LINGER2_NEGATIVE, Rule, UNREAD_CLOSE};
use crate::connection::{Connection, Linger2};
use crate::settings::Settings;

/// How a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// A FIN follows what is written.
    Fin,
    /// A FIN follows, and close(2) waits until it is acknowledged, so long at most.
    FinAndWait { at_most_us: u64 },
    /// A reset leaves.
    Reset,
    /// Nothing leaves.
    Silent,
    /// Its FIN has left already.
    Already,
}

/// close(2) sends a FIN, unless something makes it reset.
///
/// RFC 9293 §3.6.1 (SHLD-3), §3.10.4, §3.10.5. Linux: `__tcp_close`, `tcp_close_state`, `tcp_disconnect`.
/// Seen in `close-with-unread-data`, `linger-zero`, `linger-timeout`, `linger2-negative`.
pub(crate) fn close(connection: &Connection, exiting: Exiting) -> (Closing, Option<&'static Rule>) {
    let state = connection.actual_state();
    match state {
        State::Closed | State::TimeWait | State::Listen => return (Closing::Silent, None),
        // Linux deletes it; nobody has been told of it but by a SYN.
        State::SynSent => return (Closing::Silent, None),
        _ => {}
    }
    if connection.unread() > 0 {
        return (Closing::Reset, Some(&UNREAD_CLOSE));
    }
    if connection.options.linger_s == Some(0) {
        let resets = !matches!(state, State::Closing | State::LastAck);
        return (if resets { Closing::Reset } else { Closing::Silent }, Some(&LINGER_ZERO));
    }
    if state == State::FinWait2 {
        return match connection.options.linger2 {
            Linger2::Negative => (Closing::Reset, Some(&LINGER2_NEGATIVE)),
            _ => (Closing::Already, None),
        };
    }
    match connection.options.linger_s {
        Some(seconds) if exiting == Exiting::No => {
            (Closing::FinAndWait { at_most_us: u64::from(seconds) * 1_000_000 }, Some(&LINGER_WAITS))
        }
        _ if matches!(state, State::FinWait1 | State::Closing | State::LastAck) => (Closing::Already, None),
        _ => (Closing::Fin, None),
    }
}

/// Whether close(2) is the program's own call, or its end: an exit never waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exiting {
    No,
    Yes,
}

/// How long an orphan stays in FIN-WAIT-2.
///
/// No RFC has an end for it. Linux: `tcp_fin_time`, `tcp_time_wait`; beyond a minute it keeps its whole socket for what
/// is beyond, and then waits as long again. Seen in `fin-wait2-orphan`, `close-wait-leak`.
pub(crate) fn fin_wait_2_us(connection: &Connection, settings: &Settings) -> u64 {
    let set_s = match connection.options.linger2 {
        Linger2::Seconds(seconds) => seconds,
        _ => settings.fin_timeout_s,
    };
    (u64::from(set_s) * 1_000_000).max(connection.timers.orphan_min_us())
}
