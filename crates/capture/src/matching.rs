//! Two captures of one connection, one of each end: what one of them has and the other has not.

use std::collections::HashMap;

use crate::read::bit;
use crate::track::{Connection, Key, Seeded, Seen};

/// A segment may be on its way so much longer than the handshake was.
const JITTER_US: i64 = 50_000;

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
    /// Whether it is later than all that the other capture has of this connection: that one may have been stopped before,
    /// or have the segment in another life of the same ports.
    pub is_beyond: bool,
}

/// Why one end never saw a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It left its sender's end and did not arrive at the other.
    Lost,
    /// It arrived and never left the end that it is said to come from.
    Forged,
    /// It left once and arrived once more.
    Doubled,
    /// It was at both ends, as what follows shows: the other capture missed it.
    Missed,
}

/// Finds the connections that are in both captures: those with the same initial sequence numbers, whatever their
/// addresses (translators change these). Connections whose handshake one capture lacks are left out.
pub fn matched(first: &[Connection], second: &[Connection]) -> Vec<Matched> {
    let numbers = |connection: &Connection| {
        let [client, server] = &connection.sides;
        Some(Key { first: (client.isn?.into(), server.isn?.into()), ..Key::default() })
    };
    let ends_us = [first, second].map(ends_us);
    let mut places: HashMap<Key, u32, Seeded> = HashMap::default();
    for (place, connection) in second.iter().enumerate() {
        if let Some(numbers) = numbers(connection) {
            places.insert(numbers, place as u32);
        }
    }
    let mut all = Vec::new();
    for (place, connection) in first.iter().enumerate() {
        if let Some(there) = numbers(connection).and_then(|numbers| places.get(&numbers)) {
            let there = *there as usize;
            let ends_us = [ends_us[0][place], ends_us[1][there]];
            all.push(compare([place, there], [connection, &second[there]], ends_us));
        }
    }
    all
}

/// For each connection the time from which on what belongs to it may not be among its segments: the capture is over, or
/// the same pair of ports has another life.
fn ends_us(all: &[Connection]) -> Vec<u64> {
    let last_us = all.iter().map(|connection| connection.times_us[1]).max().unwrap_or(0);
    let mut ends_us = vec![last_us; all.len()];
    for connection in all {
        if let Some(previous) = connection.previous {
            ends_us[previous] = connection.times_us[0];
        }
    }
    ends_us
}

fn compare(places: [usize; 2], both: [&Connection; 2], ends_us: [u64; 2]) -> Matched {
    let opened_us = both.map(|connection| [0, 1].map(|side| opened_us(connection, side)));
    // At the client's end the answer to its SYN takes a round trip longer to come.
    let answered_us = opened_us.map(|[syn, answer]| answer - syn);
    let at_client = usize::from(answered_us[1] > answered_us[0]);
    let clocks = Clocks {
        ahead_us: ((opened_us[1][0] - opened_us[0][0]) + (opened_us[1][1] - opened_us[0][1])) / 2,
        way_us: (answered_us[1] - answered_us[0]).abs(),
    };
    let segments = both.map(|connection| connection.segments().collect::<Vec<&Seen>>());
    let alone = alone(&segments, &clocks);
    let mut unseen = Vec::new();
    for capture in [0, 1] {
        let (own, theirs) = (&segments[capture], &segments[1 - capture]);
        let (mut own_alone, theirs_alone) = (&alone[capture][..], &alone[1 - capture][..]);
        while let Some((at, later)) = own_alone.split_first() {
            let segment = own[*at];
            let is_cut_otherwise = is_there(segment, [(own, own_alone), (theirs, theirs_alone)]);
            if !is_cut_otherwise && would_be_kept(both[1 - capture], theirs, theirs_alone, segment, *at) {
                let sent_here = (capture == at_client) == (segment.from == 0);
                let fate = if both[1 - capture].is_whole() && was_there(segment, sent_here, theirs) {
                    Fate::Missed
                } else if sent_here {
                    Fate::Lost
                } else if has_twin(segment, own, &alone[capture]) {
                    Fate::Doubled
                } else {
                    Fate::Forged
                };
                let there_us = segment.at_us as i64 + if capture == 0 { clocks.ahead_us } else { -clocks.ahead_us };
                let is_beyond = there_us + clocks.way_us > ends_us[1 - capture] as i64;
                unseen.push(Unseen { capture, number: segment.number, fate, is_beyond });
            }
            own_alone = later;
        }
    }
    Matched { places, at_client, unseen }
}

/// How the clocks of the two captures stand to each other.
struct Clocks {
    /// So far the second's is ahead.
    ahead_us: i64,
    /// So long a segment may be on its way.
    way_us: i64,
}

/// When that side's SYN was captured; both are, of connections that are compared.
fn opened_us(connection: &Connection, side: usize) -> i64 {
    connection.segments().find(|seen| seen.from == side && seen.opens()).map_or(0, |seen| seen.at_us as i64)
}

/// How two segments that are alike are known to be one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// By the number in IP's header.
    Number,
    /// By the time between them.
    Time,
    /// The last of those that are left: a repetition arrived, and what it repeats did not.
    Order,
}

/// What is left of each capture when each segment is taken away together with itself in the other one: as places.
fn alone(segments: &[Vec<&Seen>; 2], clocks: &Clocks) -> [Vec<usize>; 2] {
    let mut alone = [0, 1].map(|capture| (0..segments[capture].len()).collect::<Vec<usize>>());
    let mut are_numbers_kept = false;
    for known in [Known::Number, Known::Time, Known::Order] {
        let [first, second] = &mut alone;
        for place in (0..first.len()).rev() {
            let one = segments[0][first[place]];
            let is_it = |at: &usize| {
                let other = segments[1][*at];
                let between_us = other.at_us as i64 - one.at_us as i64 - clocks.ahead_us;
                let is_known = match known {
                    Known::Number => has_its_number(one, other),
                    // Where some have kept their numbers, another number is another segment.
                    _ if are_numbers_kept && number(one).is_some() && number(other).is_some() => false,
                    Known::Time => between_us.abs() <= clocks.way_us + JITTER_US,
                    Known::Order => true,
                };
                is_known && likeness(one) == likeness(other)
            };
            if let Some(there) = second.iter().rposition(is_it) {
                first.remove(place);
                second.remove(there);
                are_numbers_kept |= known == Known::Number;
            }
        }
    }
    alone
}

/// IPv4's identification, where there is one.
fn number(segment: &Seen) -> Option<u16> {
    segment.ip_id.filter(|id| *id != 0)
}

fn has_its_number(one: &Seen, other: &Seen) -> bool {
    number(one).is_some() && one.ip_id == other.ip_id
}

/// What a segment and its other capture have in common.
type Likeness = (usize, u8, i64, Option<i64>, u32);

fn likeness(segment: &Seen) -> Likeness {
    (segment.from, segment.bits, segment.seq, segment.ack, segment.len)
}

/// Whether a segment's bytes are among those of the other capture, cut otherwise: network cards join segments and part
/// them. Of each capture those segments are given that are alone, of its own from this one on: for each of these the
/// other must have the bytes once more.
fn is_there(segment: &Seen, both: [(&[&Seen], &[usize]); 2]) -> bool {
    let holding = |(segments, alone): (&[&Seen], &[usize]), at: i64| {
        alone.iter().filter(|place| segments[**place].from == segment.from && has_byte(segments[**place], at)).count()
    };
    let mut is_there = segment.len > 0;
    for (segments, alone) in both {
        for place in alone {
            let seen = segments[*place];
            for cut in [seen.seq, seen.seq + i64::from(seen.len)] {
                is_there &= !has_byte(segment, cut) || holding(both[1], cut) >= holding(both[0], cut);
            }
        }
    }
    is_there
}

fn has_byte(segment: &Seen, at: i64) -> bool {
    (segment.seq..segment.seq + i64::from(segment.len)).contains(&at)
}

/// Whether a connection would have kept a segment, had it been captured there as well as at that place of the other
/// capture: of a long one only the beginning, the end and marked segments are kept, and each end has another one as its
/// last. Its segments that are alone say nothing of that.
fn would_be_kept(connection: &Connection, segments: &[&Seen], alone: &[usize], segment: &Seen, at: usize) -> bool {
    let Some((first, marked)) = connection.kept_marked() else { return true };
    if segment.bits & (bit::SYN | bit::FIN | bit::RST) != 0 && marked.is_some() {
        return true;
    }
    // How far the segments of one direction have come; those that repeat something say nothing of it.
    let progress = |seen: &Seen| seen.seq + i64::from(seen.len) + seen.ack.unwrap_or(0);
    let behind = first + marked.unwrap_or(0);
    segments.iter().enumerate().any(|(place, seen)| {
        let is_evidence = seen.from == segment.from && !seen.again && !alone.contains(&place);
        is_evidence
            && if at < first {
                place < first && progress(seen) > progress(segment)
            } else {
                marked.is_some() && place >= behind && progress(seen) < progress(segment)
            }
    })
}

/// Whether the other capture shows that it missed a segment with data: the host at its end has acknowledged the bytes, or
/// sent what follows them, and they are nowhere in it.
fn was_there(segment: &Seen, sent_here: bool, theirs: &[&Seen]) -> bool {
    let end = segment.seq + i64::from(segment.len);
    let mut goes_on = false;
    for seen in theirs.iter().filter(|seen| !seen.is_reset()) {
        if seen.from == segment.from {
            if has_byte(seen, segment.seq) {
                return false;
            }
            goes_on |= !sent_here && seen.seq >= end;
        } else {
            goes_on |= sent_here && seen.ack >= Some(end);
        }
    }
    goes_on && segment.len > 0 && segment.seq > 0 && segment.bits & (bit::SYN | bit::RST) == 0
}

/// Whether the same packet is in its capture once more, and that one is not alone. A forger has numbers and a way of his
/// own.
fn has_twin(segment: &Seen, own: &[&Seen], alone: &[usize]) -> bool {
    own.iter().enumerate().any(|(place, other)| {
        likeness(other) == likeness(segment)
            && has_its_number(other, segment)
            && other.ttl == segment.ttl
            && !alone.contains(&place)
    })
}
