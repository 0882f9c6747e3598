//! Two captures of one connection, one of each end: what one of them has and the other has not.

use std::collections::HashMap;

use crate::read::bit;
use crate::track::{Connection, Seen};

/// A connection that is in two captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Its place among the first capture's connections, and among the second's.
    pub places: [usize; 2],
    /// Which of the two was taken nearer to the client.
    pub at_client: usize,
    /// What only one of them has, in the order of its packets.
    pub unseen: Vec<Unseen>,
}

/// A segment that one capture has and the other has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The capture that has it: 0 or 1.
    pub capture: usize,
    /// The packet's number in that capture's file, counted from 1.
    pub number: u64,
    /// Why the other capture has not got it.
    pub fate: Fate,
}

/// Why one end never saw a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It left its sender's end and did not arrive at the other.
    Lost,
    /// It arrived and never left the end that it is said to come from.
    Forged,
}

/// Finds the connections that are in both captures: those with the same initial sequence numbers, whatever their
/// addresses (translators change these). Connections whose handshake one capture lacks are left out.
pub fn matched(first: &[Connection], second: &[Connection]) -> Vec<Matched> {
    let numbers = |connection: &Connection| match (connection.sides[0].isn, connection.sides[1].isn) {
        (Some(client), Some(server)) => Some((client, server)),
        _ => None,
    };
    let places: HashMap<(u32, u32), usize> =
        second.iter().enumerate().filter_map(|(place, connection)| Some((numbers(connection)?, place))).collect();
    let pairs = first
        .iter()
        .enumerate()
        .filter_map(|(place, connection)| Some(([place, *places.get(&numbers(connection)?)?], connection)));
    pairs.map(|(places, connection)| compare(places, [connection, &second[places[1]]])).collect()
}

fn compare(places: [usize; 2], both: [&Connection; 2]) -> Matched {
    // At the client's end the answer to its SYN takes a round trip longer to come.
    let at_client = usize::from(answered_after_us(both[1]) > answered_after_us(both[0]));
    let mut unseen = Vec::new();
    for capture in [0, 1] {
        let mut there: Vec<Likeness> = both[1 - capture].segments().map(likeness).collect();
        for segment in both[capture].segments() {
            match there.iter().position(|other| *other == likeness(segment)) {
                Some(at) => {
                    there.remove(at);
                }
                None => {
                    let sent_here = (capture == at_client) == (segment.from == 0);
                    let fate = if sent_here { Fate::Lost } else { Fate::Forged };
                    unseen.push(Unseen { capture, number: segment.number, fate });
                }
            }
        }
    }
    Matched { places, at_client, unseen }
}

/// What a segment and its other capture have in common.
type Likeness = (usize, u8, i64, Option<i64>, u32);

fn likeness(segment: &Seen) -> Likeness {
    (segment.from, segment.bits, segment.seq, segment.ack, segment.len)
}

fn answered_after_us(connection: &Connection) -> u64 {
    let time = |side: usize| {
        connection.segments().find(|segment| segment.from == side && segment.has(bit::SYN)).map(|segment| segment.at_us)
    };
    match (time(0), time(1)) {
        (Some(syn), Some(answer)) => answer.saturating_sub(syn),
        _ => 0,
    }
}
