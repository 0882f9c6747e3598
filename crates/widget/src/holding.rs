//! What a host's socket holds after a row, as far as the trace tells: counted from segments and calls, not asked
//! of the stack. For runs with one connection; with several the trace does not say which bytes are whose.

use scenario::{Fate, Host, Outcome, State};

use crate::layout::{Flight, Layout, Thing};

/// What one side of the connection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The connection's state; `None` before it begins, and after its host lost power.
    pub state: Option<State>,
    /// Who would notice what comes.
    pub owner: Owner,
    /// Bytes that have arrived in order and were not read.
    pub unread: u64,
    /// Bytes that were sent and are not known to have arrived.
    pub unacknowledged: u64,
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

/// What both sides hold when a row is over; `None` if the run has several connections.
pub fn holdings(layout: &Layout, until: usize) -> Option<[Holding; 2]> {
    let is_one = !layout.flights.iter().any(|flight| flight.is_one_of_several);
    is_one.then(|| Host::BOTH.map(|host| holding(layout, host, until)))
}

fn holding(layout: &Layout, host: Host, until: usize) -> Holding {
    let is_over = until + 1 >= layout.rows.len();
    let left = |flight: &&Flight| flight.row <= until && flight.fate != Fate::Injected;
    let arrived = |flight: &&Flight| flight.fate == Fate::Delivered && (flight.last < until || is_over);
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
        for flight in layout.flights.iter().filter(|flight| flight.from != host).filter(arrived) {
            if flight.segment.seq <= in_order {
                in_order = in_order.max(data_end(flight));
            }
        }
        if in_order == before {
            break;
        }
    }
    let mut owner = Owner::Nobody;
    let mut read = 0;
    let mut state = None;
    for row in layout.rows.iter().take(until + 1) {
        let lane = row.lanes[host.index()].first().and_then(|lane| lane.after);
        if lane.is_some() && owner == Owner::Nobody {
            owner = if host_accepts(layout, host) { Owner::Queue } else { Owner::Program };
        }
        if lane.is_none() {
            owner = Owner::Nobody;
        }
        state = lane;
        match &row.thing {
            Thing::Call { call, outcome: Some(outcome), .. } if row.host == Some(host) => {
                match (call.as_str(), outcome) {
                    ("accept()", Outcome::Number(_)) => owner = Owner::Program,
                    ("close()", _) => owner = Owner::Kernel,
                    (call, Outcome::Number(bytes)) if call.starts_with("read(") => read += bytes,
                    _ => {}
                }
            }
            Thing::Statement(text) if row.host == Some(host) && text.ends_with("kill()") => owner = Owner::Kernel,
            _ => {}
        }
    }
    let kept = owner != Owner::Kernel && owner != Owner::Nobody;
    Holding {
        state,
        owner: if state == Some(State::Closed) && owner == Owner::Kernel { Owner::Nobody } else { owner },
        unread: if kept { u64::try_from(in_order - 1).unwrap_or(0).saturating_sub(read) } else { 0 },
        unacknowledged: match state {
            None | Some(State::Closed) => 0,
            Some(_) => u64::try_from(sent.unwrap_or(1).max(1) - acknowledged.unwrap_or(1).max(1)).unwrap_or(0),
        },
    }
}

/// The number behind a segment's last byte of data. SYN takes the number 0, so data begins with 1.
fn data_end(flight: &Flight) -> i64 {
    flight.segment.seq + i64::from(flight.segment.len)
}

fn host_accepts(layout: &Layout, host: Host) -> bool {
    layout.rows.iter().any(|row| {
        row.host == Some(host) && matches!(&row.thing, Thing::Call { call, .. } if call.starts_with("listen("))
    })
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    fn layout(id: &str) -> Layout {
        let entry = scenario::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let script = Script::parse(entry.text).expect("it is a script");
        Layout::of(&script, &sim::run(id, &script, sim::Rules::Linux).expect("it runs"))
    }

    fn after(layout: &Layout, wanted: &str) -> [Holding; 2] {
        let is_wanted = |thing: &Thing| matches!(thing, Thing::Call { call, .. } if call == wanted);
        let row = layout.rows.iter().position(|row| is_wanted(&row.thing)).unwrap_or_else(|| panic!("no {wanted}"));
        holdings(layout, row).expect("there is one connection")
    }

    #[test]
    fn unread_bytes_wait_until_they_are_read_or_thrown_away() {
        let layout = layout("close-with-unread-data");
        let before =
            layout.rows.iter().position(|row| matches!(&row.thing, Thing::Call { call, .. } if call == "close()"));
        let before = holdings(&layout, before.expect("it closes") - 1).expect("there is one connection");
        assert_eq!((before[1].unread, before[1].owner), (11, Owner::Program));
        let [_, server] = after(&layout, "close()");
        assert_eq!((server.unread, server.owner), (0, Owner::Nobody), "a reset ends it at once");
    }

    #[test]
    fn bytes_are_in_doubt_until_they_are_acknowledged() {
        let layout = layout("write-after-peer-close");
        let [client, server] = after(&layout, "write(\"hello\")");
        assert_eq!((client.unacknowledged, server.unread), (0, 0), "they leave in the next row");
        let [client, server] = after(&layout, "read()");
        assert_eq!((client.unacknowledged, server.unread), (0, 0));
        let [_, server] = after(&layout, "close()");
        assert_eq!((server.state, server.owner), (Some(State::FinWait1), Owner::Kernel));
        let [client, server] = after(&layout, "accept()");
        assert_eq!((client.owner, server.owner), (Owner::Program, Owner::Program));
    }

    #[test]
    fn with_several_connections_it_does_not_guess() {
        assert_eq!(holdings(&layout("accept-queue-full"), 20), None);
    }
}
