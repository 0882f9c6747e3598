//! Whether a script may be performed in real time, where no race and no estimate may decide what it shows.

use std::time::Duration;

use scenario::{Errno, Event, Host, Outcome, Queue, Script, SocketId, Trace, Verb};
use sim::Timers::{Exact, Late};
use sim::{Lateness, Stack};
use view::normal::Normal;

pub(super) fn performed(text: &str) -> Option<(Script, Trace)> {
    let script = Script::parse(text).ok()?;
    let trace = sim::run("random", &script, Stack::Linux).ok()?;
    Some((script, trace))
}

/// A machine under load begins a statement so much later, and one behind `&` so much: a run that is later is made again.
pub const LATE: Duration = Duration::from_millis(35);
/// See [`LATE`].
pub const LATE_BACKGROUND: Duration = Duration::from_millis(12);
/// The ways in which a run may be late, all of which must show the same: a segment and a statement, a timer of one host
/// and one of the other, a timer and a statement may change places.
const LATENESSES: [Lateness; 5] = [
    Lateness { statements: LATE, background: LATE_BACKGROUND, link: Duration::ZERO, timers: [Exact, Exact, Exact] },
    Lateness { statements: LATE, background: Duration::ZERO, link: Duration::ZERO, timers: [Late, Late, Exact] },
    Lateness {
        statements: Duration::ZERO,
        background: LATE_BACKGROUND,
        link: Duration::ZERO,
        timers: [Late, Late, Exact],
    },
    Lateness {
        statements: Duration::ZERO,
        background: Duration::ZERO,
        link: Duration::from_millis(3),
        timers: [Late, Exact, Exact],
    },
    Lateness {
        statements: Duration::from_millis(10),
        background: Duration::ZERO,
        link: Duration::from_millis(3),
        timers: [Exact, Late, Exact],
    },
];

/// Whether a script may be performed in real time: no race decides what it shows, and no estimate.
pub fn is_fair(text: &str) -> bool {
    performed(text).is_some_and(|(script, trace)| {
        !counts_what_is_over(&trace) && !wakes_two_calls(&trace) && !is_race(&script, &trace)
    })
}

/// Whether two calls of a host that waited return at one time: which of them is told what has happened is chance on
/// several processors. Those that wait at the end of the run have not returned.
fn wakes_two_calls(trace: &Trace) -> bool {
    let mut returns: Vec<(Host, u64)> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Call { at_us, began_us, host, outcome, .. } if began_us < at_us && *outcome != Outcome::Blocks => {
                Some((*host, *at_us))
            }
            _ => None,
        })
        .collect();
    let all = returns.len();
    returns.sort_unstable();
    returns.dedup();
    returns.len() < all
}

/// Whether the run shows something else when it is late.
fn is_race(script: &Script, trace: &Trace) -> bool {
    let exact = Normal::of(script, trace);
    LATENESSES.into_iter().any(|lateness| {
        let late = sim::run_late("random", script, Stack::Linux, lateness);
        late.map_or(true, |late| Normal::of(script, &late) != exact)
    })
}

/// Whether SIOCOUTQ is asked of a socket whose connection was ended for another to begin. Linux leaves the numbers of the
/// old one there, and adds the largest window that its peer has offered (`tcp_disconnect`): it counts nothing.
fn counts_what_is_over(trace: &Trace) -> bool {
    let mut over: Vec<SocketId> = Vec::new();
    trace.events.iter().any(|event| {
        let Event::Call { socket, call, outcome, .. } = event else { return false };
        let ends = match call {
            Verb::Disconnect => true,
            Verb::Connect { .. } => matches!(outcome, Outcome::Errno(errno) if *errno != Errno::EINPROGRESS),
            // Of a listener, or of a socket that connects.
            Verb::Shutdown(_) => true,
            _ => false,
        };
        if ends {
            over.push(*socket);
        }
        matches!(call, Verb::Queued(Queue::Unacknowledged)) && over.contains(socket)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_calls_that_are_woken_by_one_segment_are_a_race() {
        let wakes = |text| wakes_two_calls(&performed(text).expect("it runs").1);
        assert!(wakes("link delay 25ms\nclient connect() &\nclient write(9)\n"), "both are told of the reset");
        assert!(!wakes("server listen()\nclient connect()\nclient read() &\nserver accept()\nserver read(5) &\n"));
    }
}
