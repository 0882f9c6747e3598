//! Every text that the widget shows, in one place: a second language is a second table.
//! The words of the field stay as they are: calls, flags, states, names of errors.

use catalogue::messages::Source;
use scenario::{Counter, Errno, Fate, Flags, Host, Icmp, Network, Outcome, RuleId, Segment, State, Timer, Verb};

use crate::holding::{Holding, Owner};
use crate::layout::{Change, Flight, Layout, Look, Row, Thing};
use crate::notes::{Note, notes};
use crate::reasons::Choice;
use crate::rules;
use crate::vary::Band;

pub const AS_TABLE: &str = "The same as a table";
pub const COLUMNS: [&str; 4] = ["Step", "Time", "Where", "What happens"];
pub const LINK: &str = "link";
pub const LOST: &str = "lost";
pub const FORGED: &str = "forged";

/// The fields of a TCP header, in the order of RFC 9293 §3.1.
pub const FIELDS: [&str; 11] = [
    "source port",
    "destination port",
    "sequence number (relative)",
    "acknowledgement number (relative)",
    "header length",
    "flags",
    "window",
    "checksum",
    "urgent pointer",
    "options, bytes",
    "payload, bytes",
];

/// `FIN-WAIT-2, held by the kernel alone (orphan). Unread bytes: 0. Not acknowledged: 0. Timer: …`
pub fn holding(holding: &Holding) -> String {
    let mut words = holding.state.map_or("no connection", |state| state.name()).to_owned();
    if let Some(owner) = holding.owner {
        words += ", held by ";
        words += self::owner(owner);
    }
    let mut add = |name: &str, value: &str| {
        words += name;
        words += value;
    };
    add(". Unread bytes: ", &holding.unread.to_string());
    if let Some(bytes) = holding.unacknowledged {
        add(". Not acknowledged: ", &bytes.to_string());
    }
    if holding.quiet.queued > 0 {
        add(". Waiting to be accepted: ", &holding.quiet.queued.to_string());
    }
    if let Some(error) = holding.quiet.error {
        add(". Pending error: ", &error.to_string());
    }
    if let Some(timer) = holding.quiet.timer {
        add(". Timer: ", self::timer(timer));
    }
    words
}

/// What a timer is for, with the word of `ss -o`.
const fn timer(timer: Timer) -> &'static str {
    match timer {
        Timer::On => "what is not acknowledged is sent again (on)",
        Timer::Keepalive => "the peer is probed (keepalive)",
        Timer::Timewait => "what is left goes (timewait)",
        Timer::Persist => "the closed window is probed (persist)",
    }
}

/// Who holds a connection.
const fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Nobody => "nobody",
        Owner::Queue => "the listener's queue",
        Owner::Program => "the program",
        Owner::Kernel => "the kernel alone (orphan)",
    }
}

/// After a wrong answer.
pub fn wrong(right: &str) -> String {
    format!("Not so: {right}.")
}

/// What a call's outcome is asked with.
pub fn what_returns(host: Host, call: &Verb) -> String {
    format!("What does {host} {call} return?")
}

/// What a segment is asked with, and with which call it leaves, if it is one.
pub fn what_leaves(host: Host, call: Option<String>) -> String {
    match call {
        Some(call) => format!("{host} calls {call}. What does it send?"),
        None => format!("What does {host} send now?"),
    }
}

/// A call without its outcome.
pub fn headline_of_call(row: &Row) -> String {
    match &row.thing {
        Thing::Call { socket, call, .. } => format!("{}{call}", prefix(socket.as_deref())),
        _ => String::new(),
    }
}

/// `step 3 of 17`; without a step, how many there are.
pub fn step_of(step: Option<usize>, steps: usize) -> String {
    match step {
        Some(step) => format!("step {} of {steps}", step + 1),
        None => format!("{steps} steps"),
    }
}

/// Behind a label that can be read part by part.
pub const PART_BY_PART: &str = ", part by part";

/// What stands over the choice of values.
pub const EVERY_VALUE: &str = "What every value gives";

/// `160 – 180`
pub fn values(band: &Band) -> String {
    if band.from == band.to { band.from.to_string() } else { format!("{} – {}", band.from, band.to) }
}

/// What a picture is called where it cannot be seen.
pub fn picture_of(layout: &Layout) -> String {
    let (title, steps) = (&layout.title, layout.rows.len());
    let between = match layout.network {
        Network::Direct => "client and server",
        Network::Proxied => "client, proxy and server",
    };
    format!("Ladder diagram: {title} {steps} steps between {between}. The table below has the same.")
}

/// `a reset to the client, forged: R 102:102(0)`
pub fn segment(segment: &Segment, to: Host, fate: Fate) -> String {
    let fate = self::fate(fate).map(|fate| format!(", {fate}")).unwrap_or_default();
    let what = if segment.flags == Flags::SYN_ACK { "a SYN-ACK" } else { look(Look::of(segment)) };
    format!("{what} to the {to}{fate}: {segment}")
}

pub const fn look(look: Look) -> &'static str {
    match look {
        Look::Rst => "a reset",
        Look::Fin => "a FIN",
        Look::Syn => "a SYN",
        Look::Data => "data",
        Look::Ack => "an acknowledgement",
    }
}

/// What became of a segment.
pub const fn fate(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::Delivered => None,
        Fate::Dropped => Some(LOST),
        Fate::Injected => Some(FORGED),
    }
}

/// An answer to a question.
pub fn choice(choice: Choice) -> String {
    match choice {
        Choice::Gives(outcome) => outcome.to_string(),
        Choice::Sends(look) => self::look(look).to_owned(),
    }
}

/// A state's meaning for the socket that is in it.
pub const fn state(state: State) -> &'static str {
    match state {
        State::Closed => "no connection",
        State::Listen => "waiting for a SYN",
        State::SynSent => "our SYN is on its way",
        State::SynReceived => "a SYN came, and we answered",
        State::Established => "open both ways",
        State::FinWait1 => "our FIN is on its way",
        State::FinWait2 => "our FIN is acknowledged; the other side may still send",
        State::CloseWait => "the other side has sent its FIN; we may still send",
        State::Closing => "both FINs crossed; ours is not acknowledged yet",
        State::LastAck => "both sides have sent FIN; the acknowledgement of ours is missing",
        State::TimeWait => "over; the address pair is kept for late segments",
    }
}

/// `EPIPE: Broken pipe`
pub fn errno(errno: Errno) -> String {
    match errno.text() {
        Some(text) => format!("{errno}: {text}"),
        None => errno.to_string(),
    }
}

/// `The script says EPIPE.`
pub fn expected(expected: &str) -> String {
    format!("the script says {expected}")
}

/// For what no row shows: a state that `expect` did not find.
pub fn differs((line, expected, got): &(u32, String, String)) -> String {
    format!("Line {line} of the script says {expected}, the run gave {got}.")
}

/// `1.250`: seconds.
pub fn time(at_us: u64) -> String {
    let at_ms = at_us / 1000;
    format!("{}.{:03}", at_ms / 1000, at_ms % 1000)
}

/// `3.6 s later`
pub fn later(pause_us: u64) -> String {
    let tenths = pause_us / 100_000;
    if tenths >= 600 { format!("{} s later", tenths / 10) } else { format!("{}.{} s later", tenths / 10, tenths % 10) }
}

/// `= 5`, `= EPIPE`, `blocks`; `…` for a call that has only been made.
pub fn result(outcome: Option<Outcome>) -> String {
    match outcome {
        None => "…".to_owned(),
        Some(Outcome::Blocks) => "blocks".to_owned(),
        Some(outcome) => format!("= {outcome}"),
    }
}

/// `RFC 9293 §3.5.3 · tcp_reset`
pub fn source(rule: RuleId) -> String {
    format!("{} · {}", rule.clause(), rule.kernel())
}

/// ` (port 40001)`: that of the link's left end, the client's, which tells connections to one server apart.
pub fn port(flight: &Flight) -> String {
    format!(" (port {})", flight.pair().1[0])
}

/// How a runtime's text is known.
pub fn known(source: Source) -> String {
    match source {
        Source::Run(version) => format!("(seen with {version})"),
        Source::Read(file) => format!("(from its source: {file})"),
    }
}

/// What happens in a row, without what follows from it; empty where something only takes effect.
pub fn headline(layout: &Layout, row: &Row) -> String {
    match &row.thing {
        Thing::Call { socket, call, outcome } => self::call(socket.as_deref(), call, *outcome),
        Thing::Segment(flight) => {
            let flight = &layout.flights[*flight];
            let port = if flight.is_one_of_several { port(flight) } else { String::new() };
            segment(&flight.segment, flight.to, flight.fate) + &port
        }
        Thing::Statement { text, .. } => text.clone(),
        Thing::Counter { counter, by } => self::counter(counter, *by),
        Thing::Icmp { icmp, to } => self::icmp(*icmp, *to),
        Thing::Effect => String::new(),
    }
}

/// `TcpExtTCPAbortOnClose +1`
pub fn counter(counter: &Counter, by: u64) -> String {
    format!("{counter} +{by}")
}

/// `ICMP host unreachable, to the client`
pub fn icmp(icmp: Icmp, to: Host) -> String {
    format!("{icmp}, to the {to}")
}

/// `server2 read() = 5`
pub fn call(socket: Option<&str>, call: &Verb, outcome: Option<Outcome>) -> String {
    format!("{}{call} {}", prefix(socket), result(outcome))
}

/// `server2 CLOSE-WAIT`
pub fn entered(change: &Change) -> String {
    format!("{}{}", prefix(change.socket.as_deref()), change.to)
}

/// A row in words.
pub fn sentence(layout: &Layout, row: &Row) -> String {
    let mut words: Vec<String> = vec![headline(layout, row)];
    for note in notes(row) {
        words.push(match note {
            // The headline has said it.
            Note::Call { .. } | Note::Statement(_) | Note::Counter { .. } => continue,
            Note::State(Change { socket, from, to, .. }) => format!("{}{from} → {to}", prefix(socket.as_deref())),
            Note::Expected(expected) => self::expected(expected),
            Note::Caption(caption) => caption.to_owned(),
            Note::Rule(rule) => format!("{}. {}", rules::short(rule), source(rule)),
        });
    }
    words.retain(|part| !part.is_empty());
    words.join(". ")
}

fn prefix(socket: Option<&str>) -> String {
    socket.map(|socket| format!("{socket} ")).unwrap_or_default()
}
