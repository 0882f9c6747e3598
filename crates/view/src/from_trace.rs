//! A trace becomes a [`Layout`]: which rows there are (`rows.rs`), then their lanes, heights and flights.

use scenario::{Action, Event, Host, HostAction, Link, Outcome, Script, SocketId, State, Trace};

use crate::layout::{ARROW, Flight, LABEL, Lane, Layout, Row, Thing};
use crate::{rows, rules, texts};

/// No more connections than these lie side by side; what is beyond is told by its labels alone.
const LANES_MAX: usize = 4;

impl Layout {
    /// Lays a run out. The trace is of this script.
    pub fn of(script: &Script, trace: &Trace) -> Self {
        let (mut rows, mut flights) = rows::rows(script, trace);
        mark_blocked(&mut rows, &trace.events);
        mark_several(&mut flights);
        let lanes = lay_lanes(&mut rows);
        let unplaced = mark_failed(script, trace, &mut rows);
        measure(&mut rows);
        lay_flights(&mut rows, &mut flights);
        let (title, summary, network) = (script.title.clone(), script.summary.clone(), script.network());
        Self { title, summary, network, rows, flights, lanes, unplaced }
    }
}

fn mark_several(flights: &mut [Flight]) {
    for link in Link::ALL {
        let mut over = flights.iter().map(Flight::pair).filter(|(of, _)| *of == link);
        let first = over.next();
        if over.any(|pair| Some(pair) != first) {
            let its = flights.iter_mut().filter(|flight| flight.link() == link);
            its.for_each(|flight| flight.is_one_of_several = true);
        }
    }
}

fn mark_blocked(rows: &mut [Row], events: &[Event]) {
    for event in events.iter().filter(|event| rows::lasts(event)) {
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
fn lay_lanes(rows: &mut [Row]) -> [usize; Host::ALL.len()] {
    let mut lives = [const { Vec::<Option<(SocketId, State)>>::new() }; Host::ALL.len()];
    for row in rows.iter_mut() {
        let before = lives.clone();
        if let Thing::Statement { action: Action::Host(host, HostAction::Crash), .. } = row.thing {
            lives[host.index()].iter_mut().for_each(|life| *life = None);
        }
        if let Some(host) = row.host {
            let lives = &mut lives[host.index()];
            for change in &row.changes {
                if change.to != State::Listen && change.from != State::Listen || change.to == State::SynReceived {
                    enter(lives, change.id, change.to);
                }
            }
        }
        for host in Host::ALL.map(Host::index) {
            let state =
                |life: Option<&Option<(SocketId, State)>>| life.and_then(Option::as_ref).map(|(_, state)| *state);
            row.lanes[host] = (0..lives[host].len())
                .map(|at| Lane { before: state(before[host].get(at)), after: state(lives[host].get(at)) })
                .collect();
        }
    }
    lives.map(|lives| lives.len().max(1))
}

fn enter(lives: &mut Vec<Option<(SocketId, State)>>, socket: SocketId, state: State) {
    let own = lives.iter().position(|life| life.as_ref().is_some_and(|(own, _)| *own == socket));
    let free = || lives.iter().position(|life| life.as_ref().is_none_or(|(_, state)| *state == State::Closed));
    let life = Some((socket, state));
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
            height += LINE * (lines(rules::short(*rule), 34) + lines(&texts::source(*rule), 36));
        }
        height += row.caption.as_deref().map_or(0, |caption| LINE * lines(caption, 34));
        height += row.expected.as_deref().map_or(0, |_| LINE);
        height = match &row.thing {
            Thing::Call { call, .. } => height + 3 + LINE * lines(&call.to_string(), 22),
            Thing::Segment(_) => height.max(LABEL + ARROW),
            Thing::Statement { text, .. } => height + LINE * lines(text, 26),
            Thing::Counter { counter, by } => height + LINE * lines(&texts::counter(counter, *by), 26),
            Thing::Icmp { .. } => height + LINE,
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
