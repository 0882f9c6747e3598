//! From segments to connections.

mod connection;
mod hash;
mod side;
mod zeek;

use std::collections::HashMap;
use std::net::SocketAddr;

pub use connection::{Connection, Opened, Seen};
pub use side::Side;
pub use zeek::ConnState;

use crate::read::{Packet, bit};
pub(crate) use hash::{Key, Seeded};

/// So many connections are kept; segments of others are counted.
pub const CONNECTIONS_MAX: usize = 1_000_000;
/// A SYN whose number is no farther from a living connection's begins no other life: initial sequence numbers of one
/// pair of ports are millions apart within a second (RFC 6528 §3).
const NEAR: u64 = 1 << 18;
/// Two to this power pairs are among those that came last.
const LATELY: u32 = 14;
/// Ports from here on are ephemeral: Linux begins at 32768 (`ip_local_port_range`).
const EPHEMERAL: u16 = 32_768;
/// Ports below are a server's: a user may not bind them.
const RESERVED: u16 = 1024;

/// Puts segments into connections. Segments are given in the order of time.
#[derive(Debug)]
pub struct Tracker {
    connections_max: usize,
    connections: Vec<Connection>,
    /// The newest connection of each pair of addresses and ports.
    newest: HashMap<Key, u32, Seeded>,
    /// The same of the pairs that came last, each at [`place_of`]: most segments are of few pairs, and looking into a
    /// large table takes longer than all else.
    lately: Vec<u32>,
    /// The highest number of a packet so far.
    latest: u64,
    beyond: u64,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// No connections yet; [`CONNECTIONS_MAX`] at most.
    pub fn new() -> Self {
        Self::of_at_most(CONNECTIONS_MAX)
    }

    /// No connections yet; so many at most.
    pub fn of_at_most(connections: usize) -> Self {
        Self {
            connections_max: connections,
            connections: Vec::new(),
            newest: HashMap::default(),
            lately: vec![u32::MAX; 1 << LATELY],
            latest: 0,
            beyond: 0,
        }
    }

    /// Takes the next segment.
    pub fn take(&mut self, packet: &Packet) {
        let key = key(packet);
        let place = place_of(&key);
        let lately = self.lately[place] as usize;
        let is_it = self.connections.get(lately).is_some_and(|connection| connection.is_between(packet));
        let newest = if is_it { Some(lately) } else { self.newest.get(&key).map(|newest| *newest as usize) };
        let Some(newest) = newest else {
            self.begin(key, packet, None);
            self.latest = self.latest.max(packet.number);
            return;
        };
        self.lately[place] = newest as u32;
        match self.belongs(newest, packet) {
            Some(at) => {
                let connection = &mut self.connections[at];
                connection.in_order &= self.latest <= packet.number;
                connection.take(packet);
            }
            None => self.begin(key, packet, Some(newest)),
        }
        self.latest = self.latest.max(packet.number);
    }

    /// How many connections there are so far.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// How many segments belonged to connections beyond those that are kept.
    pub const fn beyond(&self) -> u64 {
        self.beyond
    }

    /// The connections, in the order in which they began.
    pub fn finish(mut self) -> Vec<Connection> {
        // A SYN that a living connection met, and that nobody took for the beginning of another, is a part of it. Of
        // each it is kept which connection it belongs to: itself, or the one that met it.
        let mut lives: Vec<usize> = Vec::with_capacity(self.connections.len());
        for at in 0..self.connections.len() {
            let connection = &self.connections[at];
            // The life before it is one that stays: it came earlier.
            let previous = connection.previous.map(|before| lives[before]);
            let meets = |life: &usize| {
                self.connections[*life].times_us[1] >= connection.times_us[0]
                    && connection.segments().all(Seen::is_lone_syn)
            };
            let life = previous.filter(meets).filter(|_| connection.is_whole()).unwrap_or(at);
            if life != at {
                let numbers: Vec<u64> = connection.segments().map(|seen| seen.number).collect();
                self.connections[life].challenged_syns.extend(numbers);
            }
            self.connections[at].previous = previous;
            lives.push(life);
        }
        // Those that stay move up; each names the life before it by its place.
        let mut places: Vec<usize> = Vec::with_capacity(lives.len());
        let mut stays = lives.iter().enumerate().map(|(at, life)| at == *life);
        let mut next = 0;
        self.connections.retain_mut(|connection| {
            places.push(next);
            connection.previous = connection.previous.map(|before| places[before]);
            let stays = stays.next().unwrap_or(true);
            next += usize::from(stays);
            stays
        });
        self.connections
    }

    /// Which life of the pair a segment belongs to; `None` if it begins another one.
    fn belongs(&mut self, newest: usize, packet: &Packet) -> Option<usize> {
        let connection = &mut self.connections[newest];
        let from = connection.from(packet);
        if packet.has(bit::SYN) && !packet.has(bit::RST) {
            return belongs_syn(connection, from, packet).then_some(newest);
        }
        let here = connection.distance(packet);
        // Nobody has answered the newest life's SYN: what comes without SYN is of the life before.
        let unanswered = connection.sides.iter().any(|side| side.base.is_none()) && !connection.refuses(packet);
        let before = connection.previous;
        let there = before.and_then(|before| {
            let before = &self.connections[before];
            // Of a side that never spoke nothing is known: every number would fit it.
            let is_known = before.sides.iter().all(|side| side.base.is_some());
            before.distance(packet).filter(|_| is_known || here.is_none() || unanswered)
        });
        match (here, there) {
            (Some(_), Some(_)) if unanswered => before,
            (Some(here), Some(there)) if there < here => before,
            (Some(_), _) => Some(newest),
            (None, Some(_)) => before,
            // A reset with numbers from nowhere begins nothing.
            (None, None) if packet.has(bit::RST) => Some(newest),
            (None, None) => None,
        }
    }

    fn begin(&mut self, key: Key, packet: &Packet, previous: Option<usize>) {
        if self.connections.len() >= self.connections_max {
            self.beyond += 1;
            return;
        }
        // A SYN without an answer is no life: what comes later may be of the one before it.
        let previous = previous.map(|newest| {
            let connection = &self.connections[newest];
            connection.previous.filter(|_| connection.segments().all(Seen::is_lone_syn)).unwrap_or(newest)
        });
        let (addresses, opened) = direction(packet);
        let mut connection = Connection::new(addresses, opened, packet.at_us);
        if addresses[0] != packet.source {
            connection.zeek.turned();
        }
        connection.previous = previous;
        if let Some(previous) = previous.map(|previous| &self.connections[previous]) {
            for (place, address) in addresses.into_iter().enumerate() {
                let side = &previous.sides[usize::from(previous.addresses[0] != address)];
                let way = side.earlier_ttl.or(side.syn_ttl).filter(|_| !side.earlier_way_unknown);
                connection.sides[place].earlier_ttl = way;
                connection.sides[place].earlier_way_unknown = way.is_none();
            }
        }
        connection.in_order = self.latest <= packet.number;
        connection.take(packet);
        self.lately[place_of(&key)] = self.connections.len() as u32;
        self.newest.insert(key, self.connections.len() as u32);
        self.connections.push(connection);
    }
}

/// Whether a SYN or SYN-ACK belongs to this connection and does not begin another one.
fn belongs_syn(connection: &mut Connection, from: usize, packet: &Packet) -> bool {
    let peer = 1 - from;
    let sides = &connection.sides;
    if packet.has(bit::ACK) {
        // The answer to this connection's SYN, perhaps a second one with another number.
        let asked = &sides[peer];
        // With Fast Open the SYN's data may be acknowledged as well (RFC 7413 §4.2).
        let answers = asked.base.is_none_or(|base| {
            let acked = packet.ack.wrapping_sub(base);
            acked == 1 || (1..=asked.next).contains(&i64::from(acked))
        });
        let young = connection.segments().all(|seen| seen.from == from || seen.has(bit::SYN));
        // Its numbers are this life's, and another life would have others: it is questioned (RFC 5961 §4.2).
        let is_near = |side: &Side, number| side.base.is_some() && side.distance(number).is_some_and(|far| far < NEAR);
        let is_open = sides.iter().all(|side| side.isn.is_some());
        let stray = is_near(&sides[from], packet.seq) && is_near(asked, packet.ack) && (!young || is_open);
        let could_be_its_own =
            sides[from].isn.is_none() && sides[from].distance(packet.seq).is_some_and(|far| far < NEAR);
        return sides[from].base == Some(packet.seq) || stray || (answers && (young || could_be_its_own));
    }
    // A reset that the other side did not believe ends nothing: it went on behind its number, or never came as far.
    let ends = |reset: &Seen| {
        let (side, peer) = (&sides[reset.from], &sides[1 - reset.from]);
        reset.seq <= side.next && peer.acked.is_none_or(|acked| reset.seq >= acked)
    };
    let is_over = connection.segments().any(|seen| seen.is_reset() && ends(seen));
    let lives = !is_over && sides.iter().all(|side| side.base.is_some()) && sides.iter().any(|side| side.fin.is_none());
    if lives && sides[from].isn != Some(packet.seq) && sides[from].distance(packet.seq).is_some_and(|far| far < NEAR) {
        return true;
    }
    if sides[from].base == Some(packet.seq) && !is_over {
        if sides[from].isn.is_none() && from == 1 && connection.opened == Opened::Unknown {
            connection.flip();
        }
        if packet.source == connection.addresses[0] {
            connection.opened = Opened::Client;
        }
        return true;
    }
    // Both open at once: the other side's SYN has had no answer yet (RFC 9293 §3.5).
    sides[from].base.is_none() && sides[peer].syn_seen() && !is_over
}

/// Where a pair stands among those that came last. Whoever makes pairs that stand at one place gains nothing by it.
const fn place_of(key: &Key) -> usize {
    let mixed = (key.first.1 ^ key.second.1.rotate_left(32) ^ key.third).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (u64::BITS - LATELY)) as usize
}

/// Both addresses and ports in an order that does not depend on the direction.
fn key(packet: &Packet) -> Key {
    let (a, b) = (packet.source, packet.destination);
    if (a.port(), a.ip()) <= (b.port(), b.ip()) { Key::of_ends(a, b) } else { Key::of_ends(b, a) }
}

/// Client and server of the connection that a segment begins.
fn direction(packet: &Packet) -> ([SocketAddr; 2], Opened) {
    let (source, destination) = (packet.source, packet.destination);
    if packet.has(bit::SYN) {
        return match packet.has(bit::ACK) {
            false => ([source, destination], Opened::Client),
            true => ([destination, source], Opened::Client),
        };
    }
    let serves =
        |port: u16, other: u16| (port < RESERVED && other >= RESERVED) || (port < EPHEMERAL && other >= EPHEMERAL);
    if serves(source.port(), destination.port()) {
        ([destination, source], Opened::Unknown)
    } else {
        ([source, destination], Opened::Unknown)
    }
}
