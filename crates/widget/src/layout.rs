//! Where everything stands: a trace becomes rows, one for each thing that happens, and flights across them.
//!
//! Nothing here draws, and nothing knows a width: sides are hosts, heights are weights, places on the wire
//! are shares of its width. That is why one layout serves a wide page, a narrow one and paper.

use std::ops::Range;

use scenario::messages::{Cause, ResetWasRead};
use scenario::{Action, Event, Fate, Flags, Host, HostAction, Outcome, Script, Segment, State, Statement, Trace, Verb};

/// A run, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The question that the script asks.
    pub title: String,
    /// What the script says of itself.
    pub summary: String,
    /// In the order of time. A step of the player is a row.
    pub rows: Vec<Row>,
    /// In the order of departure.
    pub flights: Vec<Flight>,
    /// How many connections lie side by side on each host's lifeline; by [`Host::index`].
    pub lanes: [usize; 2],
    /// Where the run differs from the script and no row tells it: line, expected, got.
    pub unplaced: Vec<(u32, String, String)>,
}

/// One thing that happens, with what it changes at once on its host.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Microseconds since the run began.
    pub at_us: u64,
    /// How long nothing happened before it, if that was long enough to show.
    pub pause_us: Option<u64>,
    /// The side on which it stands; `None` for what happens to the link or to both.
    pub host: Option<Host>,
    /// What happens.
    pub thing: Thing,
    /// The states that change with it, on its side.
    pub changes: Vec<Change>,
    /// The rules that acted.
    pub rules: Vec<Rule>,
    /// The line of its statement, if it is one.
    pub line: Option<u32>,
    /// What the script says beside the statement.
    pub caption: Option<String>,
    /// What the script expected, if something else came.
    pub expected: Option<String>,
    /// What the call's outcome tells of the connection's end: runtimes have texts for it.
    pub cause: Option<Cause>,
    /// The connections of each host as they are before the row and after it; by [`Host::index`].
    pub lanes: [Vec<Lane>; 2],
    /// Whether a call of that host has not returned while the row passes.
    pub blocked: [bool; 2],
    /// How far down it begins, in weights.
    pub top: u32,
    /// Its height, in weights: about pixels, guessed from the length of its texts.
    pub height: u32,
    /// The flights that cross it: indices into [`Layout::flights`].
    pub crossing: Vec<usize>,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// A call.
    Call {
        /// The socket's name, where it needs one to be told from others.
        socket: Option<String>,
        /// `write(5)`
        call: String,
        /// What it returned; `None` where the row is only its beginning.
        outcome: Option<Outcome>,
    },
    /// A segment leaves: an index into [`Layout::flights`].
    Segment(usize),
    /// A statement of the link, of a host, or a wait.
    Statement(String),
    /// Nothing but the row's changes and rules: something arrived, or a timer ran out.
    Effect,
    /// The kernel counted something.
    Counter(String),
}

/// A connection, or a listener, entered a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The socket's name, where it needs one to be told from others.
    pub socket: Option<String>,
    /// The socket's name.
    pub name: String,
    /// The state that it left.
    pub from: State,
    /// The state that it entered.
    pub to: State,
}

/// One of Linux's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it says.
    pub rule: String,
    /// RFC and section.
    pub clause: String,
    /// The kernel's function.
    pub kernel: String,
}

/// A connection on a lifeline, while a row passes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lane {
    /// Its state where the row begins; `None` if there is no connection.
    pub before: Option<State>,
    /// Its state where the row ends.
    pub after: Option<State>,
}

/// A segment on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// Who sent it, or is said to have.
    pub from: Host,
    /// Its header.
    pub segment: Segment,
    /// The sender's port and the receiver's.
    pub ports: [u16; 2],
    /// Whether there are several connections, so that its port is needed to tell whose it is.
    pub is_one_of_several: bool,
    /// What became of it.
    pub fate: Fate,
    /// When it left.
    pub at_us: u64,
    /// When it arrived, if it did.
    pub arrives_us: Option<u64>,
    /// The row in which it leaves.
    pub row: usize,
    /// The last row that it crosses: it arrives where that row ends.
    pub last: usize,
}

impl Flight {
    /// The connection's ports: the client's and the server's.
    pub const fn pair(&self) -> [u16; 2] {
        let [source, destination] = self.ports;
        match self.from {
            Host::Client => [source, destination],
            Host::Server => [destination, source],
        }
    }
}

/// How a segment is drawn, by the flag that matters most for how connections end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It resets.
    Rst,
    /// It ends a direction.
    Fin,
    /// It opens a direction.
    Syn,
    /// It carries bytes.
    Data,
    /// It only acknowledges.
    Ack,
}

impl Look {
    /// The look of a segment.
    pub const fn of(Segment { flags, len, .. }: &Segment) -> Self {
        match *flags {
            Flags { rst: true, .. } => Self::Rst,
            Flags { fin: true, .. } => Self::Fin,
            Flags { syn: true, .. } => Self::Syn,
            _ if *len > 0 => Self::Data,
            _ => Self::Ack,
        }
    }
}

/// A piece of a flight's line inside a band of a row; x in thousandths of the wire's width, from the client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Where it enters the band.
    pub x1: i32,
    /// Where it leaves the band.
    pub x2: i32,
    /// How far down in the band it ends, in thousandths: less than 1000 where a segment is lost.
    pub y2: i32,
    /// The flight begins here.
    pub begins: bool,
    /// The flight ends here.
    pub ends: bool,
}

/// From this on a call has two rows: when it was made, and when it returned. In microseconds.
const TWO_ROWS_US: u64 = 1_000;
/// From this on a pause is shown. In microseconds.
const PAUSE_US: u64 = 400_000;
/// No more connections than these lie side by side; what is beyond is told by its labels alone.
const LANES_MAX: usize = 4;
/// Where a segment's line begins, below its label. In weights.
pub const LABEL: u32 = 20;
/// The height of a segment's line that arrives before anything else happens. In weights.
pub const ARROW: u32 = 16;
/// Where a lost segment breaks off, and where a forged one begins, in thousandths of the way.
const BREAKS: i32 = 560;
const FORGED: i32 = 190;

impl Layout {
    /// Lays a run out.
    pub fn of(script: &Script, trace: &Trace) -> Self {
        let alone = Host::BOTH.map(|host| is_alone(host, &trace.events));
        let mut rows =
            Rows { script, alone, rows: Vec::new(), flights: Vec::new(), held: Vec::new(), reset_reads: Vec::new() };
        for happening in happenings(&trace.events) {
            rows.add(happening);
        }
        rows.flush();
        let Rows { mut rows, mut flights, .. } = rows;
        mark_blocked(&mut rows, &trace.events);
        mark_several(&mut flights);
        let lanes = lay_lanes(script, &mut rows);
        let unplaced = mark_failed(script, trace, &mut rows);
        measure(&mut rows);
        lay_flights(&mut rows, &mut flights);
        Self { title: script.title.clone(), summary: script.summary.clone(), rows, flights, lanes, unplaced }
    }

    /// The part of a flight's line between two heights of the picture; `None` if it is not there.
    pub fn piece(&self, flight: usize, from: u32, to: u32) -> Option<Piece> {
        let Flight { from: sender, fate, row, last, .. } = self.flights[flight];
        let begin = self.rows[row].top + LABEL;
        let end = if row == last { begin + ARROW } else { self.rows[last].top + self.rows[last].height };
        let (from, until) = (from.max(begin), to.min(end));
        // A band without height may grow on a narrow page: what passes goes straight down through it.
        if from > until || (from == until && !(begin < from && until < end)) {
            return None;
        }
        let way = |y: u32| (i64::from(y - begin) * 1000 / i64::from(end - begin)) as i32;
        let (mut a, mut b) = (way(from), way(until));
        let mut y2 = 1000;
        let (first, final_) = match fate {
            Fate::Delivered => (0, 1000),
            Fate::Dropped => (0, BREAKS),
            Fate::Injected => (FORGED, 1000),
        };
        if a >= final_ || b <= first {
            return None;
        }
        let begins = a <= first;
        let ends = b >= final_;
        if ends && b > final_ {
            y2 = (final_ - a) * 1000 / (b - a).max(1);
        }
        (a, b) = (a.max(first), b.min(final_));
        if sender == Host::Server {
            (a, b) = (1000 - a, 1000 - b);
        }
        Some(Piece { x1: a, x2: b, y2, begins, ends })
    }
}

/// A run of so many rows is drawn whole; of a longer one so many, and so many of them above those in view.
const WHOLE_MAX: usize = 400;
const DRAWN: usize = 120;
const DRAWN_ABOVE: usize = 50;

impl Layout {
    /// Which rows are drawn when the reader looks at this height: all of them, unless they are very many.
    pub fn drawn(&self, height: u32) -> Range<usize> {
        let rows = self.rows.len();
        if rows <= WHOLE_MAX {
            return 0..rows;
        }
        let seen = self.rows.partition_point(|row| row.top + row.height <= height);
        // In steps, so that the picture changes once in a while and not with every pixel.
        let first = (seen.saturating_sub(DRAWN_ABOVE) / 20 * 20).min(rows - DRAWN);
        first..first + DRAWN
    }

    /// How far down a row begins; behind the last, the height of the whole.
    pub fn top(&self, row: usize) -> u32 {
        match (self.rows.get(row), self.rows.last()) {
            (Some(row), _) => row.top,
            (None, Some(last)) => last.top + last.height,
            (None, None) => 0,
        }
    }
}

/// An event where it is shown: a call that lasts stands twice.
enum Happening<'a> {
    Made(&'a Event),
    Happened(&'a Event),
}

impl<'a> Happening<'a> {
    const fn at_us(&self) -> u64 {
        match self {
            Self::Made(Event::Call { began_us, .. }) => *began_us,
            Self::Made(event) | Self::Happened(event) => event.at_us(),
        }
    }
}

fn lasts(event: &Event) -> bool {
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
        while let Some(happening) = made.next_if(|happening| happening.at_us() <= event.at_us()) {
            all.push(happening);
        }
        if !matches!(event, Event::Unknown | Event::Call { outcome: Outcome::Blocks, .. }) {
            all.push(Happening::Happened(event));
        }
    }
    all.extend(made);
    all
}

/// The rows so far.
struct Rows<'a> {
    script: &'a Script,
    /// Whether a host has one connection, so that nobody asks which; by [`Host::index`].
    alone: [bool; 2],
    rows: Vec<Row>,
    flights: Vec<Flight>,
    /// States and rules that wait for the row which they belong to: the host's next, if it is at the same time.
    held: Vec<&'a Event>,
    /// The sockets on which a read has met a reset.
    reset_reads: Vec<&'a str>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, happening: Happening<'a>) {
        match happening {
            Happening::Happened(event @ (Event::State { .. } | Event::Rule { .. })) => self.note(event),
            Happening::Made(Event::Call { began_us, host, socket, line, call, outcome, .. }) => {
                let outcome = (*outcome == Outcome::Blocks).then_some(Outcome::Blocks);
                let thing = Thing::Call { socket: self.spoken(*host, socket), call: call.clone(), outcome };
                self.row(*began_us, Some(*host), thing, Some(*line));
            }
            Happening::Happened(Event::Call { at_us, host, socket, line, call, outcome, .. }) => {
                let thing =
                    Thing::Call { socket: self.spoken(*host, socket), call: call.clone(), outcome: Some(*outcome) };
                self.row(*at_us, Some(*host), thing, Some(*line));
                self.note_cause(socket, *line, *outcome);
            }
            Happening::Happened(Event::Segment { at_us, arrives_us, from, ports, segment, fate }) => {
                self.row(*at_us, Some(*from), Thing::Segment(self.flights.len()), None);
                let row = self.rows.len() - 1;
                self.flights.push(Flight {
                    from: *from,
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
            Happening::Happened(Event::Statement { at_us, line, text }) => {
                let host = match self.script.statement(*line) {
                    Some(Statement { action: Action::Host(host, _), .. }) => Some(*host),
                    _ => None,
                };
                self.row(*at_us, host, Thing::Statement(text.clone()), Some(*line));
            }
            Happening::Happened(Event::Counter { at_us, host, name, by }) => {
                self.row(*at_us, Some(*host), Thing::Counter(format!("{name} +{by}")), None);
            }
            Happening::Made(_) | Happening::Happened(Event::Unknown) => {}
        }
    }

    /// What a runtime would make of the outcome; some remember that a read met a reset, as the kernel does not.
    fn note_cause(&mut self, socket: &'a str, line: u32, outcome: Outcome) {
        let Some(Statement { action: Action::Call(call), .. }) = self.script.statement(line) else { return };
        let was_read = if self.reset_reads.contains(&socket) { ResetWasRead::Yes } else { ResetWasRead::No };
        let cause = Cause::of(&call.verb, outcome, was_read);
        if cause == Some(Cause::ReadReset) {
            self.reset_reads.push(socket);
        }
        if call.verb.makes_socket() {
            // The name may have belonged to a socket before.
            self.reset_reads.retain(|name| *name != socket);
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
            && !matches!(row.thing, Thing::Statement(_))
        {
            row.take(event, self.alone);
            return;
        }
        if self.held.first().is_some_and(|held| host_of(held) != host_of(event) || held.at_us() != event.at_us()) {
            self.flush();
        }
        self.held.push(event);
    }

    fn spoken(&self, host: Host, socket: &str) -> Option<String> {
        spoken(host, socket, self.alone)
    }

    fn flush(&mut self) {
        if let Some(first) = self.held.first() {
            let (at_us, host) = (first.at_us(), host_of(first));
            self.row(at_us, host, Thing::Effect, None);
        }
    }

    fn row(&mut self, at_us: u64, host: Option<Host>, thing: Thing, line: Option<u32>) {
        let held = std::mem::take(&mut self.held);
        let fits = held.first().is_some_and(|first| first.at_us() == at_us && host_of(first) == host);
        if !held.is_empty() && !fits {
            let (at_us, host) = (held[0].at_us(), host_of(held[0]));
            self.push(at_us, host, Thing::Effect, None);
        }
        if fits || held.is_empty() {
            self.push(at_us, host, thing, line);
            self.take(&held);
        } else {
            self.take(&held);
            self.push(at_us, host, thing, line);
        }
    }

    fn take(&mut self, held: &[&Event]) {
        if let Some(row) = self.rows.last_mut() {
            held.iter().for_each(|event| row.take(event, self.alone));
        }
    }

    fn push(&mut self, at_us: u64, host: Option<Host>, thing: Thing, line: Option<u32>) {
        let before_us = self.rows.last().map_or(0, |row| row.at_us);
        let pause_us = Some(at_us.saturating_sub(before_us)).filter(|pause_us| *pause_us >= PAUSE_US);
        let is_beginning = matches!(thing, Thing::Call { outcome: None, .. });
        let statement = line.filter(|_| !is_beginning).and_then(|line| self.script.statement(line));
        let row = Row {
            at_us,
            pause_us,
            host,
            thing,
            changes: Vec::new(),
            rules: Vec::new(),
            line,
            caption: statement.and_then(|statement| statement.caption.clone()),
            expected: None,
            cause: None,
            lanes: [Vec::new(), Vec::new()],
            blocked: [false; 2],
            top: 0,
            height: 0,
            crossing: Vec::new(),
        };
        self.rows.push(row);
    }
}

impl Row {
    fn take(&mut self, event: &Event, alone: [bool; 2]) {
        match event {
            Event::State { host, socket, from, to, .. } => {
                self.changes.push(Change {
                    socket: spoken(*host, socket, alone),
                    name: socket.clone(),
                    from: *from,
                    to: *to,
                });
            }
            Event::Rule { rule, clause, kernel, .. } => {
                self.rules.push(Rule { rule: rule.clone(), clause: clause.clone(), kernel: kernel.clone() });
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

/// The socket's name, where host and call do not tell it already.
fn spoken(host: Host, socket: &str, alone: [bool; 2]) -> Option<String> {
    (!alone[host.index()] && socket != host.name() && socket != "listener").then(|| socket.to_owned())
}

/// Whether a host has one listener and one connection at most: one that is queued and then accepted counts once.
fn is_alone(host: Host, events: &[Event]) -> bool {
    let mut queued = Vec::new();
    let mut own = Vec::new();
    let mut listeners = Vec::new();
    for event in events {
        let (name, is_listener) = match event {
            Event::State { host: at, socket, to, .. } if *at == host => (socket, *to == State::Listen),
            Event::Call { host: at, socket, call, .. } if *at == host => (socket, call.starts_with("listen(")),
            _ => continue,
        };
        let names = match is_listener {
            true => &mut listeners,
            false if name.contains('.') => &mut queued,
            false => &mut own,
        };
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    own.retain(|name| !listeners.contains(name));
    queued.len() < 2 && own.len() < 2 && listeners.len() < 2
}

fn mark_several(flights: &mut [Flight]) {
    let first = flights.first().map(Flight::pair);
    if flights.iter().any(|flight| Some(flight.pair()) != first) {
        flights.iter_mut().for_each(|flight| flight.is_one_of_several = true);
    }
}

fn mark_blocked(rows: &mut [Row], events: &[Event]) {
    for event in events.iter().filter(|event| lasts(event)) {
        let Event::Call { host, line, outcome, .. } = event else { continue };
        let mut its = rows.iter().enumerate().filter(|(_, row)| row.line == Some(*line)).map(|(at, _)| at);
        let Some(made) = its.next() else { continue };
        let end = if *outcome == Outcome::Blocks { rows.len() } else { its.next().unwrap_or(rows.len()) };
        for row in &mut rows[made + 1..end.max(made + 1)] {
            row.blocked[host.index()] = true;
        }
    }
}

/// Gives each connection a lane for as long as it lives, and returns how many lie side by side.
fn lay_lanes(script: &Script, rows: &mut [Row]) -> [usize; 2] {
    let mut lives: [Vec<Option<(String, State)>>; 2] = [Vec::new(), Vec::new()];
    for row in rows.iter_mut() {
        let before = lives.clone();
        if let Some(Statement { action: Action::Host(host, HostAction::Crash), .. }) =
            row.line.and_then(|line| script.statement(line))
        {
            lives[host.index()].iter_mut().for_each(|life| *life = None);
        }
        if let Some(host) = row.host {
            let lives = &mut lives[host.index()];
            if let (Thing::Call { outcome: Some(outcome), .. }, Some(line)) = (&row.thing, row.line)
                && outcome.is_success()
            {
                rename_accepted(script, line, lives);
            }
            for change in &row.changes {
                if change.to != State::Listen && change.from != State::Listen || change.to == State::SynReceived {
                    enter(lives, &change.name, change.to);
                }
            }
        }
        for host in Host::BOTH.map(Host::index) {
            let state = |life: Option<&Option<(String, State)>>| life.and_then(Option::as_ref).map(|(_, state)| *state);
            row.lanes[host] = (0..lives[host].len())
                .map(|at| Lane { before: state(before[host].get(at)), after: state(lives[host].get(at)) })
                .collect();
        }
    }
    lives.map(|lives| lives.len().max(1))
}

/// The connection that waited in a listener's queue goes on under the name that accept gave it.
fn rename_accepted(script: &Script, line: u32, lives: &mut [Option<(String, State)>]) {
    let Some(Statement { action: Action::Call(call), .. }) = script.statement(line) else { return };
    let Verb::Accept { listener } = &call.verb else { return };
    let waiting = lives
        .iter_mut()
        .flatten()
        .find(|(name, _)| name.strip_prefix(listener.as_str()).is_some_and(|rest| rest.starts_with('.')));
    if let Some((name, _)) = waiting {
        name.clone_from(&call.socket);
    }
}

fn enter(lives: &mut Vec<Option<(String, State)>>, socket: &str, state: State) {
    let own = lives.iter().position(|life| life.as_ref().is_some_and(|(name, _)| name == socket));
    let free = || lives.iter().position(|life| life.as_ref().is_none_or(|(_, state)| *state == State::Closed));
    let life = Some((socket.to_owned(), state));
    match own.or_else(free) {
        Some(at) => lives[at] = life,
        None if lives.len() < LANES_MAX => lives.push(life),
        None => {}
    }
}

fn mark_failed(script: &Script, trace: &Trace, rows: &mut [Row]) -> Vec<(u32, String, String)> {
    let mut unplaced = Vec::new();
    for failed in &trace.failed {
        let is_call =
            script.statement(failed.line).is_some_and(|statement| matches!(statement.action, Action::Call(_)));
        match rows.iter_mut().rev().find(|row| is_call && row.line == Some(failed.line)) {
            Some(row) => row.expected = Some(failed.expected.clone()),
            None => unplaced.push((failed.line, failed.expected.clone(), failed.got.clone())),
        }
    }
    unplaced
}

/// Guesses heights from the lengths of texts, as the stylesheet breaks them on a wide page.
fn measure(rows: &mut [Row]) {
    const LINE: u32 = 17;
    let lines = |text: &str, columns: usize| text.chars().count().div_ceil(columns) as u32;
    let mut top = 0;
    for row in rows {
        let mut height = 6 + LINE * row.changes.len() as u32;
        for rule in &row.rules {
            height += LINE * (lines(&rule.rule, 34) + lines(&rule.clause, 36) + lines(&rule.kernel, 30));
        }
        height += row.caption.as_deref().map_or(0, |caption| LINE * lines(caption, 34));
        height += row.expected.as_deref().map_or(0, |_| LINE);
        height = match &row.thing {
            Thing::Call { call, .. } => height + 3 + LINE * lines(call, 22),
            Thing::Segment(_) => height.max(LABEL + ARROW),
            Thing::Statement(text) | Thing::Counter(text) => height + LINE * lines(text, 26),
            Thing::Effect => height,
        };
        (row.top, row.height) = (top, height);
        top += height;
    }
}

/// A flight ends where the first row begins that is not earlier than its arrival.
fn lay_flights(rows: &mut [Row], flights: &mut [Flight]) {
    for (index, flight) in flights.iter_mut().enumerate() {
        if let Some(arrives_us) = flight.arrives_us {
            let behind = &rows[flight.row + 1..];
            flight.last += behind.iter().take_while(|row| row.at_us < arrives_us).count();
        }
        for row in &mut rows[flight.row..=flight.last] {
            row.crossing.push(index);
        }
    }
}
