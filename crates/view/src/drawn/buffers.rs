//! Where the bytes of one connection are when a row is over: in a send buffer, on the wire, in a receive buffer.

use scenario::{Fate, Host, Outcome, State, Verb};

use crate::holding::{Holding, Owner, holdings};
use crate::layout::{Layout, Thing};

/// One connection's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// The row that is over.
    pub row: usize,
    /// What each host holds; by [`Host::index`].
    pub ends: [End; 2],
    /// The segments that are on their way: indices into [`Layout::flights`]; and those that were lost since the frame before.
    pub wire: Vec<usize>,
}

/// What one host holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The connection's state; `None` where there is none.
    pub state: Option<State>,
    /// Who holds the connection.
    pub owner: Owner,
    /// Bytes that were written and have not left.
    pub unsent: u64,
    /// Bytes that have left and are kept until they are acknowledged.
    pub unacknowledged: u64,
    /// Bytes that have arrived in order and were not read.
    pub unread: u64,
    /// Bytes that had arrived and were thrown away unread, by a close or a reset.
    pub never_read: u64,
    /// Bytes that were written, and that a connection that is gone will not repeat: whether they arrived is not known here.
    pub in_doubt: u64,
}

impl End {
    /// Bytes in the send buffer.
    pub const fn to_send(&self) -> u64 {
        self.unsent + self.unacknowledged
    }
}

/// What is where when a row is over. `since` is the row of the frame before.
///
/// # Errors
/// The run has several connections: which bytes are whose is not known.
pub fn buffers(layout: &Layout, since: Option<usize>, until: usize) -> Result<Buffers, String> {
    let held = holdings(layout, until);
    let several = || "the run has several connections, and buffers are drawn of one".to_owned();
    let [client, server] = <[Holding; 2]>::try_from(held).map_err(|_| several())?;
    let (Some(client_owner), Some(server_owner)) = (client.owner, server.owner) else { return Err(several()) };
    let end = |host: Host, holding: &Holding, owner: Owner| End {
        state: holding.state,
        owner,
        unsent: unsent(layout, host, until, holding.state),
        unacknowledged: holding.unacknowledged.unwrap_or(0),
        unread: holding.unread,
        never_read: never_read(layout, host, until),
        in_doubt: in_doubt(layout, host, until, holding.state),
    };
    let ends = [end(Host::Client, &client, client_owner), end(Host::Server, &server, server_owner)];
    let on_the_wire = |at: &usize| {
        let flight = &layout.flights[*at];
        match flight.fate {
            Fate::Dropped => flight.row <= until && since.is_none_or(|since| flight.row > since),
            Fate::Delivered | Fate::Injected => {
                flight.row <= until && flight.last >= until && until + 1 < layout.rows.len()
            }
        }
    };
    Ok(Buffers { row: until, ends, wire: (0..layout.flights.len()).filter(on_the_wire).collect() })
}

/// Bytes that a host's program has written and its kernel has not sent. A connection that is gone has none.
fn unsent(layout: &Layout, host: Host, until: usize, state: Option<State>) -> u64 {
    if is_gone(state) {
        return 0;
    }
    let left = layout
        .flights
        .iter()
        .filter(|flight| flight.from == host && flight.row <= until && flight.fate != Fate::Injected)
        .map(|flight| flight.segment.seq + i64::from(flight.segment.len) - 1)
        .max();
    written(layout, host, until).saturating_sub(u64::try_from(left.unwrap_or(0)).unwrap_or(0))
}

fn in_doubt(layout: &Layout, host: Host, until: usize, state: Option<State>) -> u64 {
    if !is_gone(state) {
        return 0;
    }
    let acknowledged = layout
        .flights
        .iter()
        .filter(|flight| flight.from != host && flight.fate == Fate::Delivered && flight.last < until)
        .filter_map(|flight| flight.segment.ack)
        .max();
    let acknowledged = u64::try_from(acknowledged.unwrap_or(1) - 1).unwrap_or(0);
    written(layout, host, until).saturating_sub(acknowledged)
}

/// What lay unread in one row and in the next no more, though no read took it.
fn never_read(layout: &Layout, host: Host, until: usize) -> u64 {
    let unread = |row: usize| holdings(layout, row).get(host.index()).map_or(0, |holding| holding.unread);
    let mut thrown_away = 0;
    let mut before: u64 = 0;
    for (at, row) in layout.rows.iter().enumerate().take(until + 1) {
        let now = unread(at);
        let reads = matches!(&row.thing, Thing::Call { call: Verb::Read { .. }, .. }) && row.host == Some(host);
        if !reads {
            thrown_away += before.saturating_sub(now);
        }
        before = now;
    }
    thrown_away
}

fn written(layout: &Layout, host: Host, until: usize) -> u64 {
    let rows = layout.rows[..=until].iter().filter(|row| row.host == Some(host));
    let bytes = rows.filter_map(|row| match &row.thing {
        Thing::Call { call: Verb::Write(_), outcome: Some(Outcome::Number(bytes)), .. } => Some(*bytes),
        _ => None,
    });
    bytes.sum()
}

const fn is_gone(state: Option<State>) -> bool {
    matches!(state, None | Some(State::Closed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::tests::{layout, row};

    #[test]
    fn a_write_that_returned_8_has_moved_8_bytes_into_the_own_send_buffer() {
        let layout = layout("write-after-peer-close");
        let at = |step: &str| buffers(&layout, None, row(&layout, step)).expect("there is one connection");
        let written = at("client.write.2");
        assert_eq!((written.ends[0].unsent, written.ends[0].unacknowledged), (8, 0));
        assert_eq!((written.ends[1].unread, written.wire.len()), (0, 0));
        let sent = at("client.data.2");
        assert_eq!((sent.ends[0].unsent, sent.ends[0].unacknowledged), (0, 8), "kept until it is acknowledged");
        assert_eq!((sent.wire.len(), sent.ends[1].owner), (1, Owner::Kernel), "nobody is there to read it");
        let over = buffers(&layout, None, layout.rows.len() - 1).expect("there is one connection");
        assert_eq!((over.ends[0].to_send(), over.ends[0].in_doubt), (0, 8), "a reset throws everything away");
    }

    #[test]
    fn what_nobody_will_read_is_counted() {
        let layout = layout("close-with-unread-data");
        let at = |step: &str| buffers(&layout, None, row(&layout, step)).expect("there is one connection").ends[1];
        assert_eq!((at("server.ACK").unread, at("server.ACK").never_read), (11, 0));
        assert_eq!((at("server.close").unread, at("server.close").never_read), (0, 11));
        let layout = self::layout("write-after-peer-close");
        let over = buffers(&layout, None, layout.rows.len() - 1).expect("there is one connection");
        assert_eq!(over.ends.map(|end| end.never_read), [0, 0], "what was read is not thrown away");
    }

    #[test]
    fn what_is_counted_is_what_the_stack_says_when_it_is_asked() {
        let (mut asked, mut waited) = (0, 0);
        for entry in catalogue::CATALOGUE {
            let layout = layout(entry.id);
            for (at, row) in layout.rows.iter().enumerate() {
                let Ok(Buffers { ends, .. }) = buffers(&layout, None, at) else { continue };
                for (host, _, info) in row.infos.iter().filter(|(_, name, _)| !name.starts_with("listener")) {
                    let end = &ends[host.index()];
                    if matches!(end.state, None | Some(State::Closed | State::TimeWait)) {
                        continue;
                    }
                    // A FIN that waits behind the bytes counts as one of them there.
                    let waits = u64::from(info.unsent);
                    assert!(waits == end.unsent || waits == end.unsent + 1, "{}: row {}: {info}", entry.id, at + 1);
                    asked += 1;
                    waited += u64::from(end.unsent > 0);
                }
            }
        }
        assert!(asked > 100 && waited > 0, "asked {asked} times, something waited {waited} times");
    }

    #[test]
    fn several_connections_are_refused() {
        let layout = layout("accept-queue-full");
        assert!(buffers(&layout, None, layout.rows.len() - 1).is_err());
    }
}
