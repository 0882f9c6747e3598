//! The form in which two witnesses of one script are compared.
//!
//! Times, windows and delayed acknowledgements differ between a model and a kernel. What does not:
//! what each call returned; which state each socket was in whenever the link was quiet; and, from quiet to quiet,
//! what each side said. There retransmissions count once, bulk data counts as contiguous bytes, resets in a row
//! count as one, and acknowledgements count by what they acknowledge in the end.

use std::collections::BTreeMap;
use std::fmt;

use scenario::{
    Action, Event, Fate, Flags, Host, Icmp, Info, Link, LinkAction, Offset, Outcome, Script, Segment, State, Timer,
    Trace, Verb, queued_at, queued_name,
};

use crate::quiet::Windows;
pub use crate::quiet::{Quiet, quiets};

/// A run in normal form: one line for each thing that must be equal, each with the statement's line it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normal {
    lines: BTreeMap<Key, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// What the call in that line returned.
    Call(u32),
    /// What one side of one connection said from that line's statement on, until the link was quiet.
    Segments { line: u32, connection: usize, from: Host },
    /// The state of a socket after that line's statement, when the link was quiet.
    State { line: u32, host: Host, socket: String },
    /// What a socket held after that line's statement, when the link was quiet.
    Info { line: u32, host: Host, socket: String },
}

/// The connections that wait at listeners, numbered as they are seen when the link is quiet: one that came and went
/// between two such moments has a number in a model, and none on a kernel that is asked now and then.
struct Queued<'a> {
    names: BTreeMap<(Host, &'a str), String>,
}

impl<'a> Queued<'a> {
    fn of(quiets: &[Quiet<'a>]) -> Self {
        let mut seen: BTreeMap<(Host, &str), Vec<u32>> = BTreeMap::new();
        let present = |quiet: &Quiet<'a>| {
            let there = quiet.sockets.iter().filter(|(_, (state, _))| *state != State::Closed);
            there.map(|(socket, _)| *socket).collect::<Vec<_>>()
        };
        for (host, name) in quiets.iter().flat_map(present) {
            if let Some((listener, number)) = queued_at(name) {
                let numbers = seen.entry((host, listener)).or_default();
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        let mut names = BTreeMap::new();
        for quiet in quiets {
            for &(host, name) in quiet.sockets.keys() {
                let Some((listener, number)) = queued_at(name) else { continue };
                let numbers = seen.get(&(host, listener)).map_or(&[][..], Vec::as_slice);
                let place = numbers.iter().filter(|known| **known <= number).count();
                names.insert((host, name), queued_name(listener, u32::try_from(place).unwrap_or(u32::MAX)));
            }
        }
        Self { names }
    }

    fn name(&self, host: Host, name: &str) -> String {
        self.names.get(&(host, name)).map_or_else(|| name.to_owned(), Clone::clone)
    }
}

impl Normal {
    /// The normal form of a run of that script.
    pub fn of(script: &Script, trace: &Trace) -> Self {
        let windows = Windows::of(script, trace);
        let quiets = quiets(script, trace);
        let queued = Queued::of(&quiets);
        let mut normal = Self::default();
        for event in &trace.events {
            if let Event::Call { line, call, outcome, .. } = event {
                normal.lines.insert(Key::Call(*line), format!("{call} = {}", returned(call, *outcome)));
            }
        }
        normal.add_states(&quiets, &queued);
        normal.add_infos(&quiets, &queued);
        normal.add_segments(trace, &windows);
        normal
    }

    fn add_states(&mut self, quiets: &[Quiet<'_>], queued: &Queued<'_>) {
        for Quiet { line, sockets, .. } in quiets {
            // A socket that is gone and a socket that was never seen are the same to a witness that looks now and then.
            for ((host, socket), (state, _)) in sockets.iter().filter(|(_, (state, _))| *state != State::Closed) {
                let key = Key::State { line: *line, host: *host, socket: queued.name(*host, socket) };
                self.lines.insert(key, state.to_string());
            }
        }
    }

    fn add_infos(&mut self, quiets: &[Quiet<'_>], queued: &Queued<'_>) {
        for Quiet { line, sockets, .. } in quiets {
            for (&(host, socket), &(state, info)) in sockets {
                // What is gone is in none of the kernel's tables: what is still unread there, and which error is pending,
                // is compared by what the calls return. The kernel keeps its errors to itself anyway.
                if state == State::Closed {
                    continue;
                }
                // Whether the last probe of a closed window was answered hangs on the moment: answers come half a second
                // apart at least (tcp_invalid_ratelimit), and so do probes.
                let probes = if info.timer == Some(Timer::Persist) { 0 } else { info.probes };
                let info = Info { probes, error: None, ..info };
                if !info.is_empty() {
                    let key = Key::Info { line: *line, host, socket: queued.name(host, socket) };
                    self.lines.insert(key, info.to_string());
                }
            }
        }
    }

    fn add_segments(&mut self, trace: &Trace, windows: &Windows) {
        let mut connections: Vec<(Link, [u16; 2])> = Vec::new();
        let mut sides: BTreeMap<(usize, Host), Side> = BTreeMap::new();
        let mut said: BTreeMap<Key, Said> = BTreeMap::new();
        let mut last = None;
        for event in &trace.events {
            if let Event::Statement { action, .. } = event {
                last = Some(action);
            }
            if let Event::Icmp { at_us, to, link, ports, icmp, seq, .. } = event {
                let pair = (*link, link.pair(*to, *ports));
                let connection = connections.iter().position(|known| *known == pair).map_or(0, |at| at + 1);
                let key = Key::Segments { line: windows.line_at(*at_us), connection, from: link.peer(*to) };
                said.entry(key).or_default().push(Item::Icmp { icmp: *icmp, seq: *seq });
                continue;
            }
            let Event::Segment { at_us, from, to, ports, segment, fate, .. } = event else { continue };
            let link = Link::between(*from, *to);
            let pair = (link, link.pair(*from, *ports));
            let connection = connections.iter().position(|known| *known == pair).unwrap_or_else(|| {
                connections.push(pair);
                connections.len() - 1
            });
            let side = sides.entry((connection, *from)).or_default();
            let line = windows.line_at(*at_us);
            let key = Key::Segments { line, connection: connection + 1, from: *from };
            let said = said.entry(key).or_default();
            match fate {
                Fate::Injected => said.push(Item::forged(last, *segment)),
                Fate::Delivered | Fate::Dropped => said.add(side, *segment),
            }
        }
        for (key, said) in said {
            let text = said.text();
            if !text.is_empty() {
                self.lines.insert(key, text);
            }
        }
    }

    /// Leaves out what sockets hold: where the kernel cannot be asked there is nothing to compare.
    pub fn forget_infos(&mut self) {
        self.lines.retain(|key, _| !matches!(key, Key::Info { .. }));
    }

    /// Where two runs differ, in the order of the script, as `line 8: client's segments: … / …` with this run's
    /// side first.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        self.differing(other).iter().map(Differing::to_string).collect()
    }

    /// The same, each in its parts.
    pub fn differing(&self, other: &Self) -> Vec<Differing> {
        let mut keys: Vec<&Key> = self.lines.keys().chain(other.lines.keys()).collect();
        keys.sort_by_key(|key| (key.line(), *key));
        keys.dedup();
        let text = |normal: &Self, key: &Key| normal.lines.get(key).map_or_else(|| "nothing".to_owned(), Clone::clone);
        keys.into_iter()
            .filter(|key| self.lines.get(key) != other.lines.get(key))
            .map(|key| Differing { line: key.line(), what: key.name(), here: text(self, key), there: text(other, key) })
            .collect()
    }
}

/// What is not alike in two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The statement's line; 0 before the first.
    pub line: u32,
    /// Of what: `the call`, `the client's segments`.
    pub what: String,
    /// What the one run has.
    pub here: String,
    /// What the other has.
    pub there: String,
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {} / {}", self.line, self.what, self.here, self.there)
    }
}

impl Key {
    const fn line(&self) -> u32 {
        match self {
            Self::Call(line) | Self::Segments { line, .. } | Self::State { line, .. } | Self::Info { line, .. } => {
                *line
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Call(_) => "the call".to_owned(),
            Self::Segments { connection: 1, from, .. } => format!("the {from}'s segments"),
            Self::Segments { connection, from, .. } => {
                format!("the {from}'s segments of connection {connection}")
            }
            Self::State { host, socket, .. } => format!("the state of {socket} on the {host}"),
            Self::Info { host, socket, .. } => format!("what {socket} on the {host} holds"),
        }
    }
}

/// What a call returned. How much of a write fits in a send buffer hangs on how the kernel's memory is cut.
fn returned(call: &Verb, outcome: Outcome) -> String {
    match (call, outcome) {
        (Verb::Write(payload), Outcome::Number(taken @ 1..)) if taken < payload.len() as u64 => "a part".to_owned(),
        _ => outcome.to_string(),
    }
}

/// What one side of a connection has said so far.
#[derive(Default)]
struct Side {
    /// The number behind the last byte (SYN and FIN count as one) that was sent.
    next: i64,
    /// The highest acknowledgement that was sent.
    acked: Option<i64>,
    /// SYN and FIN that were sent, by number.
    syn: Option<(Flags, i64)>,
    fin: Option<i64>,
}

/// What one side said from quiet to quiet.
#[derive(Default)]
struct Said {
    items: Vec<Item>,
    acked: Option<i64>,
    repeated_ack: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Syn {
        flags: Flags,
        seq: i64,
        ack: Option<i64>,
    },
    Data {
        from: i64,
        to: i64,
    },
    Fin {
        at: i64,
    },
    Reset {
        seq: i64,
        ack: Option<i64>,
    },
    Probe {
        seq: i64,
    },
    /// Of something in between.
    Icmp {
        icmp: Icmp,
        /// Of the segment that it quotes.
        seq: i64,
    },
    /// Without `seq` where it depends on the window: beyond it.
    Forged {
        flags: Flags,
        seq: Option<i64>,
        len: u32,
    },
}

impl Said {
    fn add(&mut self, side: &mut Side, segment: Segment) {
        let Segment { flags, seq, ack, len, .. } = segment;
        if flags.syn {
            // The same SYN again is a retransmission; a new one begins a new incarnation, and counts anew.
            let again = side.syn == Some((flags, seq)) && side.next <= seq + 1;
            if !again {
                *side = Side { next: seq + 1, syn: Some((flags, seq)), acked: ack, fin: None };
                self.push(Item::Syn { flags, seq, ack });
            }
            return;
        }
        if flags.rst {
            self.push(Item::Reset { seq, ack });
            return;
        }
        let end = seq + i64::from(len);
        if len > 0 && end > side.next {
            self.push(Item::Data { from: seq.max(side.next), to: end });
            side.next = end;
        }
        if flags.fin && side.fin != Some(end) {
            side.fin = Some(end);
            side.next = side.next.max(end + 1);
            self.push(Item::Fin { at: end });
        }
        let says_only_ack = len == 0 && !flags.fin;
        match ack {
            Some(ack) if side.acked.is_none_or(|acked| ack > acked) => {
                side.acked = Some(ack);
                self.acked = Some(ack);
            }
            _ if says_only_ack && seq < side.next => self.push(Item::Probe { seq }),
            Some(ack) if says_only_ack => self.repeated_ack = Some(ack),
            _ => {}
        }
    }

    fn push(&mut self, item: Item) {
        match (self.items.last_mut(), item) {
            (Some(Item::Data { to, .. }), Item::Data { from, to: end }) if *to == from => *to = end,
            (Some(Item::Reset { ack: before, .. }), Item::Reset { ack, .. }) if before.is_some() == ack.is_some() => {}
            (Some(last), item) if *last == item => {}
            _ => self.items.push(item),
        }
    }

    fn text(&self) -> String {
        let mut words: Vec<String> = self.items.iter().map(Item::text).collect();
        words.extend(self.acked.map(|ack| format!("ack {ack}")));
        // Behind an ACK of the same number it may be that one: a delayed ACK answers for several segments.
        words.extend(self.repeated_ack.filter(|ack| self.acked != Some(*ack)).map(|ack| format!("again ack {ack}")));
        words.join(", ")
    }
}

impl Item {
    /// `by` is the statement that forged it. Where it is beyond the window, its number tells how large that is.
    fn forged(by: Option<&Action>, Segment { flags, seq, len, .. }: Segment) -> Self {
        let is_outside = matches!(by, Some(Action::Link(_, LinkAction::Inject { seq: Offset::Outside, .. })));
        Self::Forged { flags, seq: (!is_outside).then_some(seq), len }
    }

    fn text(&self) -> String {
        let acked = |ack: Option<i64>| ack.map_or_else(String::new, |ack| format!(" ack {ack}"));
        match *self {
            Self::Syn { flags, seq, ack } => format!("{flags} {seq}{}", acked(ack)),
            Self::Data { from, to } => format!("data {from}:{to}"),
            Self::Fin { at } => format!("F {at}"),
            Self::Reset { seq, ack: None } => format!("R {seq}"),
            Self::Reset { seq, ack } => format!("R. {seq}{}", acked(ack)),
            Self::Probe { seq } => format!("probe {seq}"),
            Self::Icmp { icmp, seq } => format!("{icmp} of {seq}"),
            Self::Forged { flags, seq: Some(seq), len } => format!("forged {flags} {seq}({len})"),
            Self::Forged { flags, seq: None, len } => format!("forged {flags} outside({len})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Backend, SocketId, Sockets, Witness};

    use super::*;

    const SCRIPT: &str =
        "server listen()\nclient connect()\nserver accept()\nclient write(9) &\nserver read()\nwait 1s\n";

    fn segment(at_us: u64, from: Host, flags: &str, seq: i64, len: u32, ack: i64) -> Event {
        let flags = Flags::from_text(flags).expect("flags");
        let segment = Segment { flags, seq, ack: flags.ack.then_some(ack), len, win: 0 };
        Event::Segment {
            at_us,
            arrives_us: None,
            from,
            to: Link::ClientServer.peer(from),
            ports: [1, 1],
            segment,
            fate: Fate::Dropped,
        }
    }

    fn call(line: u32, began_us: u64) -> Event {
        let host = Host::Client;
        Event::Call {
            at_us: began_us,
            began_us,
            host,
            socket: client(),
            line,
            call: Verb::Poll,
            outcome: Outcome::ZERO,
        }
    }

    fn sockets() -> Sockets {
        let mut sockets = Sockets::new();
        sockets.add(Host::Client, "client");
        sockets
    }

    fn client() -> SocketId {
        sockets().newest(Host::Client, "client").expect("it is there")
    }

    fn normal(mut events: Vec<Event>) -> Vec<String> {
        let script = Script::parse(SCRIPT).expect("a script");
        events.extend([call(1, 0), call(2, 1_000), call(3, 2_000), call(4, 3_000), call(5, 3_500)]);
        let action = Action::Wait(std::time::Duration::from_secs(1));
        events.push(Event::Statement { at_us: 9_000, line: 6, action, text: "wait 1s".to_owned() });
        let trace = Trace {
            version: 1,
            scenario: String::new(),
            witness: Witness::Sim,
            backend: Backend::Memory,
            kernel: String::new(),
            sockets: sockets(),
            events,
            failed: Vec::new(),
        };
        let normal = Normal::of(&script, &trace);
        normal
            .lines
            .iter()
            .filter(|(key, _)| !matches!(key, Key::Call(_)))
            .map(|(key, text)| format!("line {}: {}: {text}", key.line(), key.name()))
            .collect()
    }

    #[test]
    fn what_a_side_says_again_counts_once_and_bulk_data_is_one_piece() {
        let client = |at_us, flags, seq, len, ack| segment(at_us, Host::Client, flags, seq, len, ack);
        assert_eq!(
            normal(vec![
                client(1_000, "S", 0, 0, 0),
                client(1_100, "S", 0, 0, 0),
                client(1_200, ".", 1, 0, 1),
                client(3_000, "P.", 1, 5, 1),
                client(3_600, "P.", 1, 5, 1),
                client(3_700, "FP.", 6, 4, 1),
                client(9_000, "F.", 10, 0, 1),
                client(9_100, ".", 11, 0, 1),
                client(9_200, "R", 11, 0, 0),
                client(9_300, "R", 11, 0, 0),
            ]),
            [
                "line 2: the client's segments: S 0, ack 1",
                "line 4: the client's segments: data 1:10, F 10",
                "line 6: the client's segments: R 11, again ack 1",
            ]
        );
    }

    #[test]
    fn states_are_those_when_the_link_is_quiet() {
        let state = |at_us, from, to| Event::State { at_us, host: Host::Client, socket: client(), from, to };
        assert_eq!(
            normal(vec![
                state(1_000, State::Closed, State::SynSent),
                state(1_500, State::SynSent, State::Established),
                state(3_200, State::Established, State::FinWait1),
                state(9_500, State::FinWait1, State::Closed),
            ]),
            [
                "line 2: the state of client on the client: ESTABLISHED",
                "line 3: the state of client on the client: ESTABLISHED",
                "line 4: the state of client on the client: FIN-WAIT-1",
            ]
        );
    }

    #[test]
    fn what_a_socket_holds_is_that_when_the_link_is_quiet() {
        let state = |at_us, to| Event::State { at_us, host: Host::Client, socket: client(), from: State::Closed, to };
        let info = |at_us, info| Event::Info { at_us, host: Host::Client, socket: client(), info };
        let probed = Info { unsent: 7, probes: 1, timer: Some(Timer::Persist), ..Info::default() };
        let error = Some(scenario::Errno::ECONNRESET);
        assert_eq!(
            normal(vec![
                state(1_000, State::Established),
                // At the moment at which the next statement begins: before it.
                info(2_000, Info { unread: 5, ..Info::default() }),
                info(2_900, probed),
                state(3_000, State::Closed),
                info(3_400, Info { unread: 5, error, ..Info::default() }),
            ]),
            [
                "line 2: the state of client on the client: ESTABLISHED",
                "line 3: the state of client on the client: ESTABLISHED",
                "line 2: what client on the client holds: unread 5",
                "line 3: what client on the client holds: unsent 7, timer persist",
            ]
        );
    }

    #[test]
    fn a_probe_is_below_what_was_sent() {
        let client = |at_us, flags, seq, len| segment(at_us, Host::Client, flags, seq, len, 1);
        assert_eq!(
            normal(vec![client(1_000, "S", 0, 0), client(1_200, ".", 1, 0), client(9_100, ".", 0, 0)]),
            ["line 2: the client's segments: S 0, ack 1", "line 6: the client's segments: probe 0"]
        );
    }
}
