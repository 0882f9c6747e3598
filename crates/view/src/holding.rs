//! What sockets hold after a row. The pending error, the timer and what waits in a queue were asked of the stack, each
//! time the link was quiet. With one connection bytes are counted row by row, from segments and calls; with several the
//! trace does not say which bytes are whose, and they are those of the last quiet as well.

use scenario::{Action, Fate, Host, HostAction, Info, Network, Outcome, State, Verb};

use crate::layout::{Flight, Layout, Row, Thing};

/// What one socket holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The host's name where it has one connection, else the socket's.
    pub name: String,
    /// The connection's state; `None` before it begins, and after its host lost power.
    pub state: Option<State>,
    /// Who would notice what comes; `None` with several connections.
    pub owner: Option<Owner>,
    /// Bytes that have arrived in order and were not read.
    pub unread: u64,
    /// Bytes that were sent and are not known to have arrived; `None` with several connections.
    pub unacknowledged: Option<u64>,
    /// What the socket held when the link was last quiet.
    pub quiet: Info,
}

/// Who holds a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// There is none.
    Nobody,
    /// A listener: it waits to be accepted.
    Queue,
    /// A program, by a descriptor.
    Program,
    /// The kernel alone: the program has closed it, or has ended.
    Kernel,
}

/// What every socket holds when a row is over: both sides, or, with several connections, each that there has been.
pub fn holdings(layout: &Layout, until: usize) -> Vec<Holding> {
    let begins =
        |row: &&Row| row.changes.iter().any(|change| change.from == State::Closed && change.to != State::Listen);
    let is_one = !layout.flights.iter().any(|flight| flight.is_one_of_several)
        && layout.network == Network::Direct
        && Host::BOTH
            .iter()
            .all(|host| layout.rows.iter().filter(|row| row.host == Some(*host)).filter(begins).count() < 2);
    if is_one { Host::BOTH.map(|host| holding(layout, host, until)).into() } else { each(layout, until) }
}

/// By name, in the order in which they appear.
fn each(layout: &Layout, until: usize) -> Vec<Holding> {
    let mut sockets: Vec<(Host, Holding)> = Vec::new();
    for row in layout.rows.iter().take(until + 1) {
        for (host, change) in row.host.into_iter().flat_map(|host| row.changes.iter().map(move |change| (host, change)))
        {
            socket(&mut sockets, host, &change.name).state = Some(change.to);
        }
        for (host, name, info) in &row.infos {
            let socket = socket(&mut sockets, *host, name);
            (socket.unread, socket.quiet) = (info.unread.into(), *info);
        }
        if let Some(host) = row.host.filter(|host| does(row, *host, HostAction::Crash)) {
            sockets.iter_mut().filter(|(of, _)| *of == host).for_each(|(_, socket)| socket.state = None);
        }
    }
    sockets.into_iter().map(|(_, socket)| socket).collect()
}

fn socket<'a>(sockets: &'a mut Vec<(Host, Holding)>, host: Host, name: &str) -> &'a mut Holding {
    let known = sockets.iter().position(|(of, socket)| *of == host && socket.name == name);
    let at = known.unwrap_or_else(|| {
        let (name, quiet) = (name.to_owned(), Info::default());
        sockets.push((host, Holding { name, state: None, owner: None, unread: 0, unacknowledged: None, quiet }));
        sockets.len() - 1
    });
    &mut sockets[at].1
}

fn does(row: &Row, host: Host, wanted: HostAction) -> bool {
    matches!(&row.thing, Thing::Statement { action: Action::Host(on, action), .. } if *on == host && *action == wanted)
}

fn holding(layout: &Layout, host: Host, until: usize) -> Holding {
    let is_over = until + 1 >= layout.rows.len();
    let left = |flight: &&Flight| flight.row <= until && flight.fate != Fate::Injected;
    let arrived = |flight: &&Flight| flight.fate == Fate::Delivered && (flight.last < until || is_over);
    // What meets a connection that is gone, or ends it, is thrown away.
    let taken = |flight: &&Flight| {
        let arrival = layout.rows.get(flight.last + 1).unwrap_or(&layout.rows[flight.last]);
        let lane = arrival.lanes[host.index()].first();
        flight.fate != Fate::Dropped
            && (flight.last < until || is_over)
            && lane.is_some_and(|lane| !matches!(lane.after, None | Some(State::Closed)))
    };
    let sent = layout.flights.iter().filter(|flight| flight.from == host).filter(left).map(data_end).max();
    let acknowledged = layout
        .flights
        .iter()
        .filter(|flight| flight.from != host)
        .filter(arrived)
        .filter_map(|flight| flight.segment.ack)
        .max();
    let mut in_order = 1;
    // Each round takes what has become in order; there are no more rounds than segments.
    for _ in &layout.flights {
        let before = in_order;
        for flight in layout.flights.iter().filter(|flight| flight.from != host).filter(taken) {
            if flight.segment.seq <= in_order {
                in_order = in_order.max(data_end(flight));
            }
        }
        if in_order == before {
            break;
        }
    }
    let mut owner = Owner::Nobody;
    let mut copies = 0;
    let mut read = 0;
    let mut state = None;
    let mut quiet = Info::default();
    let mut listeners = Vec::new();
    for row in layout.rows.iter().take(until + 1) {
        listeners.extend(row.changes.iter().filter(|change| change.to == State::Listen).map(|change| &change.name));
        let of_connection = |(of, name, _): &&(Host, String, Info)| *of == host && !listeners.contains(&name);
        quiet = row.infos.iter().rfind(of_connection).map_or(quiet, |(_, _, info)| *info);
        let lane = row.lanes[host.index()].first().and_then(|lane| lane.after);
        if lane.is_some() && owner == Owner::Nobody {
            owner = if host_accepts(layout, host) { Owner::Queue } else { Owner::Program };
        }
        if lane.is_none() {
            owner = Owner::Nobody;
        }
        state = lane;
        match &row.thing {
            Thing::Call { call, outcome: Some(outcome), .. } if row.host == Some(host) => match (call, outcome) {
                (Verb::Accept { .. }, Outcome::Number(_)) => owner = Owner::Program,
                (Verb::Dup { .. }, Outcome::Number(_)) => copies += 1,
                (Verb::Close, _) if copies > 0 => copies -= 1,
                (Verb::Close, _) => owner = Owner::Kernel,
                (Verb::Read { .. }, Outcome::Number(bytes)) => read += bytes,
                _ => {}
            },
            _ if does(row, host, HostAction::Kill) => owner = Owner::Kernel,
            _ => {}
        }
    }
    let kept = owner != Owner::Kernel && owner != Owner::Nobody;
    Holding {
        name: host.name().to_owned(),
        state,
        owner: Some(if state == Some(State::Closed) && owner == Owner::Kernel { Owner::Nobody } else { owner }),
        unread: if kept { u64::try_from(in_order - 1).unwrap_or(0).saturating_sub(read) } else { 0 },
        unacknowledged: Some(match state {
            None | Some(State::Closed) => 0,
            Some(_) => u64::try_from(sent.unwrap_or(1).max(1) - acknowledged.unwrap_or(1).max(1)).unwrap_or(0),
        }),
        quiet,
    }
}

/// The number behind a segment's last byte of data. SYN takes the number 0, so data begins with 1.
fn data_end(flight: &Flight) -> i64 {
    flight.segment.seq + i64::from(flight.segment.len)
}

fn host_accepts(layout: &Layout, host: Host) -> bool {
    layout
        .rows
        .iter()
        .any(|row| row.host == Some(host) && matches!(&row.thing, Thing::Call { call: Verb::Listen { .. }, .. }))
}

#[cfg(test)]
mod tests {
    use scenario::{Errno, Script, Timer};

    use super::*;

    fn layout(id: &str) -> Layout {
        let entry = catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let script = Script::parse(entry.text).expect("it is a script");
        Layout::of(&script, &sim::run(id, &script, sim::Stack::Linux).expect("it runs"))
    }

    fn after(layout: &Layout, wanted: &str) -> [Holding; 2] {
        let is_wanted = |thing: &Thing| matches!(thing, Thing::Call { call, .. } if call.to_string() == wanted);
        let row = layout.rows.iter().position(|row| is_wanted(&row.thing)).unwrap_or_else(|| panic!("no {wanted}"));
        both(layout, row)
    }

    fn both(layout: &Layout, row: usize) -> [Holding; 2] {
        holdings(layout, row).try_into().expect("there is one connection")
    }

    #[test]
    fn unread_bytes_wait_until_they_are_read_or_thrown_away() {
        let layout = layout("close-with-unread-data");
        let before =
            layout.rows.iter().position(|row| matches!(&row.thing, Thing::Call { call, .. } if *call == Verb::Close));
        let [_, before] = both(&layout, before.expect("it closes") - 1);
        assert_eq!((before.unread, before.owner), (11, Some(Owner::Program)));
        let [_, server] = after(&layout, "close()");
        assert_eq!((server.unread, server.owner), (0, Some(Owner::Nobody)), "a reset ends it at once");
    }

    #[test]
    fn bytes_are_in_doubt_until_they_are_acknowledged() {
        let layout = layout("write-after-peer-close");
        let [client, server] = after(&layout, "write(\"hello\")");
        assert_eq!((client.unacknowledged, server.unread), (Some(0), 0), "they leave in the next row");
        let [client, server] = after(&layout, "read()");
        assert_eq!((client.unacknowledged, server.unread), (Some(0), 0));
        let [_, server] = after(&layout, "close()");
        assert_eq!((server.state, server.owner), (Some(State::FinWait1), Some(Owner::Kernel)));
        let [client, server] = after(&layout, "accept()");
        assert_eq!((client.owner, server.owner), (Some(Owner::Program), Some(Owner::Program)));
    }

    #[test]
    fn an_error_is_pending_until_a_call_takes_it() {
        let layout = layout("write-after-peer-close");
        let taken =
            |row: &Row| matches!(&row.thing, Thing::Call { call, .. } if call.to_string() == "write(\"again\")");
        let taken = layout.rows.iter().position(taken).expect("it writes again");
        let [client, server] = both(&layout, taken - 1);
        assert_eq!((client.quiet.error, server.quiet.error), (Some(Errno::EPIPE), None));
        assert_eq!(both(&layout, taken)[0].quiet.error, None);
        let orphan = after(&layout, "write(\"one more\")");
        assert_eq!(orphan[1].quiet.timer, Some(Timer::Timewait), "FIN-WAIT-2 without a descriptor ends by itself");
    }

    #[test]
    fn what_is_counted_is_what_the_stack_says_when_it_is_asked() {
        let mut asked = 0;
        for entry in catalogue::CATALOGUE {
            let layout = layout(entry.id);
            for (at, row) in layout.rows.iter().enumerate() {
                let held = holdings(&layout, at);
                for (host, name, info) in row.infos.iter().filter(|(_, name, _)| name != "listener") {
                    let Some(holding) = held.get(host.index()).filter(|holding| holding.owner.is_some()) else {
                        continue;
                    };
                    // Of TIME-WAIT the kernel shows what is left of the connection, which has no queue; the
                    // descriptor still has one.
                    if info.timer != Some(Timer::Timewait) {
                        assert_eq!(holding.unread, u64::from(info.unread), "{}: {name} in row {}", entry.id, at + 1);
                    }
                    asked += 1;
                }
            }
        }
        assert!(asked > 100, "only {asked} times");
    }

    #[test]
    fn with_several_connections_each_socket_has_its_own() {
        let layout = layout("accept-queue-full");
        let held = holdings(&layout, layout.rows.len());
        let of = |name: &str| held.iter().find(|holding| holding.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!((of("server").owner, of("server").unacknowledged), (None, None), "whose bytes, nobody knows");
        let queued = |until: usize| holdings(&layout, until).iter().map(|holding| holding.quiet.queued).max();
        assert!((0..layout.rows.len()).any(|until| queued(until) > Some(1)), "some wait to be accepted");
        assert_eq!(of("one").state, Some(State::Established));
    }
}
