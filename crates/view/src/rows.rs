//! Which events stand in which row: one row for each thing that happens, what it changes at once beside it.

use catalogue::messages::{Cause, ResetWasRead};
use scenario::{
    Action, Event, Host, Link, LinkAction, Network, Outcome, Script, SocketId, Sockets, State, Statement, Trace, Verb,
    queued_at,
};

use crate::layout::{Change, Flight, Row, Thing};

/// From this on a call has two rows: when it was made, and when it returned. In microseconds.
const TWO_ROWS_US: u64 = 1_000;
/// From this on a pause is shown. In microseconds.
const PAUSE_US: u64 = 400_000;
/// The rows of a run in the order of time, and its flights in the order of departure. Where they lie comes later.
pub(crate) fn rows(script: &Script, trace: &Trace) -> (Vec<Row>, Vec<Flight>) {
    let Trace { sockets, events, .. } = trace;
    let alone = Host::ALL.map(|host| is_alone(host, trace));
    let is_made_by_connect = |event: &Event| match event {
        Event::Call { socket, call: Verb::Connect { .. }, .. } => Some(*socket),
        _ => None,
    };
    let connected = events.iter().filter_map(is_made_by_connect).collect();
    let of = Of { network: script.network(), sockets, alone, connected };
    let (rows, flights, held, reset_reads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut rows = Rows { script, of, rows, flights, held, reset_reads };
    for happening in happenings(events) {
        rows.add(happening);
    }
    rows.flush();
    (rows.rows, rows.flights)
}

/// An event where it is shown: a call that lasts stands twice.
enum Happening<'a> {
    Made(&'a Event),
    Happened(&'a Event),
}

/// Whether both are calls, and the script has the first above the other.
fn is_earlier(event: &Event, other: &Event) -> bool {
    matches!((event, other), (Event::Call { line, .. }, Event::Call { line: other, .. }) if line < other)
}

impl<'a> Happening<'a> {
    const fn event(&self) -> &'a Event {
        match self {
            Self::Made(event) | Self::Happened(event) => event,
        }
    }

    const fn at_us(&self) -> u64 {
        match self {
            Self::Made(Event::Call { began_us, .. }) => *began_us,
            Self::Made(event) | Self::Happened(event) => event.at_us(),
        }
    }
}

/// Whether a call has two rows: when it was made, and when it returned.
pub(crate) fn lasts(event: &Event) -> bool {
    matches!(event, Event::Call { at_us, began_us, outcome, .. }
        if at_us.saturating_sub(*began_us) >= TWO_ROWS_US || *outcome == Outcome::Blocks)
}

fn happenings(events: &[Event]) -> Vec<Happening<'_>> {
    let mut made: Vec<Happening<'_>> = Vec::new();
    for call in events.iter().filter(|event| lasts(event)).map(Happening::Made) {
        made.insert(made.partition_point(|earlier| earlier.at_us() <= call.at_us()), call);
    }
    let mut made = made.into_iter().peekable();
    let mut all = Vec::new();
    for event in events {
        // A call is made before anything that it brings about.
        // But it stands behind the calls of earlier lines that return at the same time.
        let is_behind = |happening: &Happening<'_>| {
            happening.at_us() < event.at_us()
                || (happening.at_us() == event.at_us() && !is_earlier(event, happening.event()))
        };
        while let Some(happening) = made.next_if(is_behind) {
            all.push(happening);
        }
        if !matches!(event, Event::Call { outcome: Outcome::Blocks, .. }) {
            all.push(Happening::Happened(event));
        }
    }
    all.extend(made);
    all
}

/// A socket's name, and the link that its connection is on.
struct Of<'a> {
    network: Network,
    sockets: &'a Sockets,
    /// Whether a host has one connection, whose name need not be shown; by [`Host::index`].
    alone: [bool; Host::ALL.len()],
    /// The sockets that connect() has made.
    connected: Vec<SocketId>,
}

impl Of<'_> {
    /// The socket's name, where host and call do not tell it already.
    fn spoken(&self, socket: SocketId) -> Option<String> {
        let (host, name) = (self.sockets.host(socket), self.sockets.name(socket));
        (!self.alone[host.index()] && name != host.name() && name != "listener").then(|| name.to_owned())
    }

    fn link(&self, socket: SocketId) -> Link {
        match (self.network, self.sockets.host(socket)) {
            (Network::Direct, _) => Link::ClientServer,
            (_, Host::Client) => Link::ClientProxy,
            (_, Host::Proxy) if !self.connected.contains(&socket) => Link::ClientProxy,
            _ => Link::ProxyServer,
        }
    }
}

/// The rows so far.
struct Rows<'a> {
    script: &'a Script,
    of: Of<'a>,
    rows: Vec<Row>,
    flights: Vec<Flight>,
    /// States and rules that wait for the row which they belong to: the host's next, if it is at the same time.
    held: Vec<&'a Event>,
    /// The sockets on which a read has met a reset.
    reset_reads: Vec<SocketId>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, happening: Happening<'a>) {
        match happening {
            Happening::Happened(event @ (Event::State { .. } | Event::Rule { .. })) => self.note(event),
            Happening::Made(Event::Call { began_us, host, socket, line, call, outcome, .. }) => {
                let outcome = (*outcome == Outcome::Blocks).then_some(Outcome::Blocks);
                let thing = Thing::Call { socket: self.of.spoken(*socket), call: call.clone(), outcome };
                self.row(*began_us, Some(*host), Some(self.of.link(*socket)), thing, Some(*line));
            }
            Happening::Happened(Event::Call { at_us, host, socket, line, call, outcome, .. }) => {
                let thing =
                    Thing::Call { socket: self.of.spoken(*socket), call: call.clone(), outcome: Some(*outcome) };
                self.row(*at_us, Some(*host), Some(self.of.link(*socket)), thing, Some(*line));
                self.note_cause(*socket, *line, *outcome);
            }
            Happening::Happened(Event::Segment { at_us, arrives_us, from, to, ports, segment, fate }) => {
                self.row(
                    *at_us,
                    Some(*from),
                    Some(Link::between(*from, *to)),
                    Thing::Segment(self.flights.len()),
                    None,
                );
                let row = self.rows.len() - 1;
                self.flights.push(Flight {
                    from: *from,
                    to: *to,
                    segment: *segment,
                    ports: *ports,
                    is_one_of_several: false,
                    fate: *fate,
                    at_us: *at_us,
                    arrives_us: *arrives_us,
                    row,
                    last: row,
                });
            }
            Happening::Happened(Event::Icmp { at_us, to, link, icmp, .. }) => {
                self.row(*at_us, None, Some(*link), Thing::Icmp { icmp: *icmp, to: *to }, None);
            }
            Happening::Happened(Event::Statement { at_us, line, action, text }) => {
                let (host, link) = match action {
                    Action::Host(host, _) => (Some(*host), None),
                    Action::Link(_, LinkAction::Ipv6) => (None, None),
                    Action::Link(link, _) => (None, Some(*link)),
                    _ => (None, None),
                };
                self.row(
                    *at_us,
                    host,
                    link,
                    Thing::Statement { action: action.clone(), text: text.clone() },
                    Some(*line),
                );
            }
            Happening::Happened(Event::Counter { at_us, host, counter, by }) => {
                self.row(*at_us, Some(*host), None, Thing::Counter { counter: counter.clone(), by: *by }, None);
            }
            Happening::Happened(Event::Info { host, socket, info, .. }) => {
                self.flush();
                if let Some(row) = self.rows.last_mut() {
                    row.infos.push((*host, self.of.sockets.name(*socket).to_owned(), *info));
                }
            }
            Happening::Made(_) => {}
        }
    }

    /// What a runtime would make of the outcome; some remember that a read met a reset, as the kernel does not.
    fn note_cause(&mut self, socket: SocketId, line: u32, outcome: Outcome) {
        let Some(Statement { action: Action::Call(call), .. }) = self.script.statement(line) else { return };
        let was_read = if self.reset_reads.contains(&socket) { ResetWasRead::Yes } else { ResetWasRead::No };
        let cause = Cause::of(&call.verb, outcome, was_read);
        if cause == Some(Cause::ReadReset) {
            self.reset_reads.push(socket);
        }
        if let Some(row) = self.rows.last_mut() {
            row.cause = cause;
        }
    }

    /// States and rules belong to the row before them, if that is the same host's and of the same time,
    /// else to the next such row, else to a row of their own.
    fn note(&mut self, event: &'a Event) {
        if let Some(row) = self.rows.last_mut()
            && self.held.is_empty()
            && row.host == host_of(event)
            && row.at_us == event.at_us()
            && !matches!(row.thing, Thing::Statement { .. })
        {
            row.take(event, &self.of);
            return;
        }
        if self.held.first().is_some_and(|held| host_of(held) != host_of(event) || held.at_us() != event.at_us()) {
            self.flush();
        }
        self.held.push(event);
    }

    fn flush(&mut self) {
        if let Some(first) = self.held.first() {
            let (at_us, host) = (first.at_us(), host_of(first));
            self.row(at_us, host, None, Thing::Effect, None);
        }
    }

    fn row(&mut self, at_us: u64, host: Option<Host>, link: Option<Link>, thing: Thing, line: Option<u32>) {
        let held = std::mem::take(&mut self.held);
        let fits = held.first().is_some_and(|first| first.at_us() == at_us && host_of(first) == host);
        if !held.is_empty() && !fits {
            let (at_us, host) = (held[0].at_us(), host_of(held[0]));
            self.push(at_us, host, None, Thing::Effect, None);
        }
        if fits || held.is_empty() {
            self.push(at_us, host, link, thing, line);
            self.take(&held);
        } else {
            self.take(&held);
            self.push(at_us, host, link, thing, line);
        }
    }

    fn take(&mut self, held: &[&Event]) {
        if let Some(row) = self.rows.last_mut() {
            held.iter().for_each(|event| row.take(event, &self.of));
        }
    }

    fn push(&mut self, at_us: u64, host: Option<Host>, link: Option<Link>, thing: Thing, line: Option<u32>) {
        let before_us = self.rows.last().map_or(0, |row| row.at_us);
        let pause_us = Some(at_us.saturating_sub(before_us)).filter(|pause_us| *pause_us >= PAUSE_US);
        let is_beginning = matches!(thing, Thing::Call { outcome: None, .. });
        let statement = line.filter(|_| !is_beginning).and_then(|line| self.script.statement(line));
        let row = Row {
            at_us,
            pause_us,
            host,
            link,
            thing,
            changes: Vec::new(),
            rules: Vec::new(),
            infos: Vec::new(),
            line,
            caption: statement.and_then(|statement| statement.caption.clone()),
            expected: None,
            cause: None,
            lanes: [const { Vec::new() }; Host::ALL.len()],
            blocked: [false; Host::ALL.len()],
            top: 0,
            height: 0,
            crossing: Vec::new(),
        };
        self.rows.push(row);
    }
}

impl Row {
    fn take(&mut self, event: &Event, of: &Of<'_>) {
        match event {
            Event::State { socket, from, to, .. } => {
                self.link.get_or_insert_with(|| of.link(*socket));
                self.changes.push(Change {
                    socket: of.spoken(*socket),
                    name: of.sockets.name(*socket).to_owned(),
                    id: *socket,
                    from: *from,
                    to: *to,
                });
            }
            Event::Rule { rule, .. } => {
                self.rules.push(*rule);
            }
            _ => {}
        }
    }
}

const fn host_of(event: &Event) -> Option<Host> {
    match event {
        Event::Call { host, .. } | Event::State { host, .. } | Event::Rule { host, .. } => Some(*host),
        _ => None,
    }
}

/// Whether a host has one listener and one connection at most: one that is queued and then accepted counts once.
fn is_alone(host: Host, trace: &Trace) -> bool {
    let mut queued = Vec::new();
    let mut own = Vec::new();
    let mut listeners = Vec::new();
    for event in &trace.events {
        let (socket, is_listener) = match event {
            Event::State { host: at, socket, to, .. } if *at == host => (socket, *to == State::Listen),
            Event::Call { host: at, socket, call, .. } if *at == host => (socket, matches!(call, Verb::Listen { .. })),
            _ => continue,
        };
        let name = trace.sockets.name(*socket);
        let names = match is_listener {
            true => &mut listeners,
            false if queued_at(name).is_some() => &mut queued,
            false => &mut own,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    own.retain(|name| !listeners.contains(name));
    queued.len() < 2 && own.len() < 2 && listeners.len() < 2
}
