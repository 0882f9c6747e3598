//! Whether a script may be performed in real time, where no race and no estimate may decide what it shows.

use std::time::Duration;

use scenario::{Errno, Event, Fate, Host, Outcome, Queue, RuleId, Script, SocketId, Trace, Verb};
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
        let is_estimated = fills_a_send_buffer(&trace) || is_out_of_memory(&trace) || repeats_what_is_late(&trace);
        let is_estimated = is_estimated || counts_what_is_over(&trace);
        !is_estimated && !wakes_two_calls(&trace) && !is_race(&script, &trace)
    })
}

/// Whether two calls of a host that waited return at one time, before the run's end: which of them is told what has
/// happened is chance on several processors.
fn wakes_two_calls(trace: &Trace) -> bool {
    let returns: Vec<(Host, u64)> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Call { at_us, began_us, host, .. } if began_us < at_us => Some((*host, *at_us)),
            _ => None,
        })
        .collect();
    let end_us = trace.events.iter().map(Event::at_us).max().unwrap_or(0);
    let is_alone = |one: &(Host, u64)| one.1 == end_us || returns.iter().filter(|other| *other == one).count() == 1;
    !returns.iter().all(is_alone)
}

/// Whether the run shows something else when it is late.
fn is_race(script: &Script, trace: &Trace) -> bool {
    let exact = Normal::of(script, trace);
    LATENESSES.into_iter().any(|lateness| {
        let late = sim::run_late("random", script, Stack::Linux, lateness);
        late.map_or(true, |late| Normal::of(script, &late) != exact)
    })
}

/// Whether something leaves again while it is still on its way: Linux measures by the timestamp that comes back which of
/// the two was answered, and the model takes the later one.
fn repeats_what_is_late(trace: &Trace) -> bool {
    let leaves_again = |again: &Event| match again {
        Event::Segment { at_us, from, ports, segment, fate: Fate::Delivered | Fate::Dropped, .. } => {
            trace.events.iter().any(|event| match event {
                Event::Segment {
                    at_us: left_us,
                    arrives_us: Some(arrives_us),
                    from: by,
                    ports: pair,
                    segment: known,
                    ..
                } => {
                    (by, pair, known.seq, known.flags) == (from, ports, segment.seq, segment.flags)
                        && (segment.len > 0 || segment.flags.fin || segment.flags.syn)
                        && left_us < at_us
                        && at_us < arrives_us
                }
                _ => false,
            })
        }
        _ => false,
    };
    trace.events.iter().any(leaves_again)
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

/// Whether a segment finds no memory in the receive buffer: when that is so is an estimate in the model.
fn is_out_of_memory(trace: &Trace) -> bool {
    trace.events.iter().any(|event| matches!(event, Event::Rule { rule: RuleId::NoMemory, .. }))
}

/// No send buffer is full before so many bytes are written to it (Linux: `tcp_bound_to_half_wnd`, see the simulator's
/// `rules/send_buffer.rs`).
const SEND_BUFFER_LEAST: usize = 31_856;

/// Whether write(2) finds its send buffer full: how many bytes it takes then is an estimate in the model.
fn fills_a_send_buffer(trace: &Trace) -> bool {
    let mut written = [0; Host::ALL.len()];
    trace.events.iter().any(|event| {
        let Event::Call { host, call: Verb::Write(payload), outcome, began_us, at_us, .. } = event else {
            return false;
        };
        written[host.index()] += payload.len();
        let is_short = match outcome {
            Outcome::Number(taken) => usize::try_from(*taken).is_ok_and(|taken| taken < payload.len()),
            Outcome::Blocks => true,
            _ => false,
        };
        (is_short || at_us > began_us) && written[host.index()] > SEND_BUFFER_LEAST
    })
}
