//! One host's timers: retransmissions and probes, the waits between them, and what ends them.

use scenario::{Fate, Host, Outcome, State, Verb};

use crate::layout::{Flight, Layout, Thing};
use crate::texts;

/// What happens on one host from a row on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Whose clock.
    pub host: Host,
    /// The row with which it begins.
    pub row: usize,
    /// What the host sends, in the order of time.
    pub marks: Vec<Mark>,
    /// What ends the waiting; `None` if nothing does in this run.
    pub end: Option<End>,
}

/// A segment that the host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Microseconds since the clock began.
    pub at_us: u64,
    /// What it is.
    pub sending: Sending,
    /// Whether it arrives.
    pub arrives: bool,
}

/// What a segment is for one who waits for an answer. A mere acknowledgement is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It has something new: bytes, SYN or FIN.
    New,
    /// It repeats what was sent before.
    Again,
    /// It has nothing, and an old number: its receiver must answer.
    Probe,
    /// It gives the connection up and says so.
    Reset,
}

/// The end of the waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Microseconds since the clock began.
    pub at_us: u64,
    /// The row in which it ends.
    pub row: usize,
    /// The call that reports it, or the state; for a reader.
    pub what: String,
    /// Whether what was waited for has not come.
    pub fails: bool,
}

/// The clock of the host whose row this is, from there on.
///
/// # Errors
/// The row is no host's.
pub fn clock(layout: &Layout, from: usize) -> Result<Clock, String> {
    let row = &layout.rows[from];
    let host = row.host.ok_or("a clock begins with a step of a host, and this is one of the link")?;
    let began = row.at_us;
    let sent = |flight: &&Flight| flight.from == host && flight.fate != Fate::Injected;
    // Of several connections it is the one that sends next.
    let pair = layout.flights.iter().filter(sent).find(|flight| flight.row >= from).map(Flight::pair);
    let mut highest = None;
    let mut marks = Vec::new();
    for flight in layout.flights.iter().filter(sent).filter(|flight| Some(flight.pair()) == pair) {
        let sending = sending(flight, highest);
        highest = highest.max(Some(past(flight)));
        if let Some(sending) = sending.filter(|_| flight.row >= from) {
            let arrives = flight.fate == Fate::Delivered;
            marks.push(Mark { at_us: flight.at_us.saturating_sub(began), sending, arrives });
        }
    }
    let end = end(layout, host, from, began);
    let until = end.as_ref().map_or(u64::MAX, |end| end.at_us);
    marks.retain(|mark| mark.at_us <= until);
    Ok(Clock { host, row: from, marks, end })
}

/// The first call that fails or that has waited and returns, or the end of the connection; of these at one moment the
/// call.
fn end(layout: &Layout, host: Host, from: usize, began: u64) -> Option<End> {
    let rows = layout.rows.iter().enumerate().skip(from + 1).filter(|(_, row)| row.host == Some(host));
    let (mut calls, mut closes) = (Vec::new(), Vec::new());
    for (at, row) in rows {
        let end = |what: String, fails: bool| End { at_us: row.at_us.saturating_sub(began), row: at, what, fails };
        if let Thing::Call { socket, call, outcome: Some(outcome) } = &row.thing {
            let what = || texts::call(socket.as_deref(), call, Some(*outcome));
            match (call, outcome) {
                (_, Outcome::Errno(_)) => calls.push(end(what(), true)),
                (Verb::Connect { .. } | Verb::Read { .. } | Verb::Accept { .. }, Outcome::Number(_)) => {
                    calls.push(end(what(), false));
                }
                _ => {}
            }
        }
        closes.extend(
            row.changes
                .iter()
                .filter(|change| change.to == State::Closed)
                .map(|change| end(texts::entered(change), true)),
        );
    }
    let (call, close) = (calls.into_iter().next(), closes.into_iter().next());
    match (call, close) {
        (Some(call), Some(close)) => Some(if call.at_us <= close.at_us { call } else { close }),
        (call, close) => call.or(close),
    }
}

/// `highest` is the number behind everything that was sent before.
fn sending(flight: &Flight, highest: Option<i64>) -> Option<Sending> {
    let is_old = highest.is_some_and(|highest| flight.segment.seq < highest);
    match (flight.segment.flags.rst, past(flight) > flight.segment.seq, is_old) {
        (true, _, _) => Some(Sending::Reset),
        (false, true, true) => Some(Sending::Again),
        (false, true, false) => Some(Sending::New),
        (false, false, true) => Some(Sending::Probe),
        (false, false, false) => None,
    }
}

/// The number behind a segment: its bytes count, and SYN and FIN one each.
fn past(flight: &Flight) -> i64 {
    let segment = &flight.segment;
    segment.seq + i64::from(segment.len) + i64::from(segment.flags.syn) + i64::from(segment.flags.fin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::tests::{layout, row};

    fn of(id: &str, step: &str) -> Clock {
        let layout = layout(id);
        clock(&layout, row(&layout, step)).expect("it is a host's")
    }

    #[test]
    fn keep_alive_probes_and_then_resets() {
        let clock = of("keepalive-dead", "server.crash");
        assert_eq!(clock.marks, [], "a host without power sends nothing");
        let layout = layout("keepalive-dead");
        let from = row(&layout, "client.connect");
        let clock = self::clock(&layout, from).expect("it is a host's");
        let sendings: Vec<Sending> = clock.marks.iter().map(|mark| mark.sending).collect();
        assert_eq!(sendings, [Sending::Probe, Sending::Probe, Sending::Reset]);
        assert_eq!(clock.end.expect("it ends").what, "read() = ETIMEDOUT");
    }

    #[test]
    fn what_is_not_acknowledged_is_repeated_at_twice_the_pause() {
        let clock = of("keepalive-behind-data", "client.write");
        assert_eq!(clock.marks[0].sending, Sending::New);
        let again: Vec<u64> = clock.marks[1..].iter().map(|mark| mark.at_us).collect();
        assert!(clock.marks[1..].iter().all(|mark| mark.sending == Sending::Again && !mark.arrives), "{clock:?}");
        assert!(again.len() >= 4);
        for pauses in again.windows(3).skip(1) {
            let (first, second) = (pauses[1] - pauses[0], pauses[2] - pauses[1]);
            assert!(second.abs_diff(2 * first) < 50_000, "{again:?}");
        }
        let end = clock.end.expect("the user timeout ends it");
        assert!((5_000_000..5_500_000).contains(&end.at_us), "{end:?}");
    }

    #[test]
    fn an_answer_ends_the_wait_and_the_connection_is_the_one_that_sends() {
        let clock = of("accept-queue-full-syn-dropped", "client.SYN.3");
        assert_eq!(clock.marks.iter().map(|mark| mark.sending).collect::<Vec<_>>(), [Sending::New, Sending::Again]);
        let end = clock.end.expect("there is room at last");
        assert_eq!((end.what.as_str(), end.fails), ("three connect() = 0", false));
    }

    #[test]
    fn a_wait_without_end_has_none() {
        let clock = of("peer-vanished-read", "server.crash");
        assert!(clock.end.is_none_or(|end| end.what == "CLOSED"));
        let layout = layout("peer-vanished-read");
        let from = row(&layout, "client.write");
        let clock = self::clock(&layout, from).expect("it is a host's");
        assert_eq!(clock.end, None, "silence ends nothing");
    }
}
