//! One connection: both sides, and the segments that tell how it began and how it ended.

use std::net::SocketAddr;

use super::side::Side;
use super::zeek::{ConnState, Zeek};
use crate::read::{Packet, bit};

/// So many segments are kept from the beginning, from the end, and of those between that carry SYN, FIN or RST.
const FIRST_MAX: usize = 8;
const LAST_MAX: usize = 32;
const MARKED_MAX: usize = 16;
/// A number that does not fit counts as that far.
const FAR: u64 = 1 << 28;
/// Doubles are looked for among so many segments.
const DOUBLES_AMONG: usize = 8;
/// The same segment is a double when it comes again within this time. A repetition takes longer: Linux waits 200 ms at
/// least before it repeats, and a new IP-ID or timestamp tells it apart where there is one.
const DOUBLE_US: u64 = 500_000;
/// The same without IP-ID and timestamp.
const DOUBLE_BARE_US: u64 = 1_000;

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The client: its SYN was seen, or the SYN-ACK to it.
    Client,
    /// The beginning is missing; who is called client was guessed from the ports.
    Unknown,
}

/// A segment as its connection sees it. Numbers are relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number in the file.
    pub number: u64,
    /// When it was captured.
    pub at_us: u64,
    /// 0 the client, 1 the server.
    pub from: usize,
    /// The control bits, as in [`Packet::bits`].
    pub bits: u8,
    /// SEG.SEQ
    pub seq: i64,
    /// SEG.ACK, with the ACK bit.
    pub ack: Option<i64>,
    /// Bytes of payload.
    pub len: u32,
    /// The window in bytes.
    pub win: u32,
    /// TTL or hop limit.
    pub ttl: Option<u8>,
    /// IPv4's identification.
    pub ip_id: Option<u16>,
    /// Whether it has a timestamp; `None` if its options were cut.
    pub timestamp: Option<bool>,
    /// Its payload begins as a TLS alert.
    pub tls_alert: bool,
    /// It carries MP_FASTCLOSE.
    pub fast_close: bool,
    /// All of it had been sent before.
    pub again: bool,
}

impl Seen {
    pub(crate) const fn has(&self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    pub(crate) const fn is_reset(&self) -> bool {
        self.has(bit::RST)
    }

    /// A SYN with the number with which its side began.
    pub(crate) const fn opens(&self) -> bool {
        self.has(bit::SYN) && self.seq == 0
    }

    /// A client's SYN, and nothing else.
    pub(crate) const fn is_lone_syn(&self) -> bool {
        self.from == 0 && self.bits & !bit::PSH == bit::SYN
    }

    /// A SYN that opens nothing: its number is not the one with which its side began. It is questioned (RFC 5961 §4.2).
    pub(crate) const fn is_stray_syn(&self) -> bool {
        self.has(bit::SYN) && self.seq != 0
    }

    /// Nothing but an acknowledgement.
    pub(crate) const fn is_pure_ack(&self) -> bool {
        self.len == 0 && self.bits & (bit::SYN | bit::FIN | bit::RST) == 0
    }

    /// The number behind it.
    pub(crate) fn end(&self) -> i64 {
        self.seq + i64::from(self.len) + i64::from(self.has(bit::SYN)) + i64::from(self.has(bit::FIN))
    }
}

/// A connection of a capture. Of its segments the first, the last and the marked ones are kept: memory does not grow
/// with what it carried.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Client and server.
    pub addresses: [SocketAddr; 2],
    /// How it is known who is which.
    pub opened: Opened,
    /// The client's side and the server's.
    pub sides: [Side; 2],
    /// Time of the first segment and of the last.
    pub times_us: [u64; 2],
    /// Segments, doubles counted.
    pub packets: u64,
    /// Segments that were captured twice.
    pub doubles: u64,
    /// The segments of a SYN to this open connection that no SYN-ACK has answered.
    pub challenged_syns: Vec<u64>,
    /// Whether the file has its segments in the order of time: if not, those of one moment have no order.
    pub(crate) in_order: bool,
    pub(crate) zeek: Zeek,
    /// The life of the same pair before this one.
    pub(crate) previous: Option<usize>,
    /// The first segments and the last; when there are more, the oldest of the last gives way.
    kept: Vec<Seen>,
    marked: Vec<Seen>,
    /// Where the oldest of the last is in `kept`.
    oldest: usize,
    dropped: u64,
    /// Fingerprints of the latest segments, and when they were captured.
    recent: ([u64; DOUBLES_AMONG], [u64; DOUBLES_AMONG]),
}

impl Connection {
    pub(crate) fn new(addresses: [SocketAddr; 2], opened: Opened, at_us: u64) -> Self {
        Self {
            addresses,
            opened,
            sides: [Side::default(), Side::default()],
            times_us: [at_us, at_us],
            packets: 0,
            doubles: 0,
            challenged_syns: Vec::new(),
            in_order: true,
            zeek: Zeek::default(),
            previous: None,
            kept: Vec::with_capacity(FIRST_MAX),
            marked: Vec::new(),
            oldest: FIRST_MAX,
            dropped: 0,
            recent: ([0; DOUBLES_AMONG], [0; DOUBLES_AMONG]),
        }
    }

    /// Whether a segment has this connection's addresses and ports, in whichever direction.
    pub(crate) fn is_between(&self, packet: &Packet) -> bool {
        let ends = [packet.source, packet.destination];
        self.addresses == ends || self.addresses == [ends[1], ends[0]]
    }

    /// 0 if the client sent it, 1 if the server did.
    pub(crate) fn from(&self, packet: &Packet) -> usize {
        usize::from(packet.source != self.addresses[0])
    }

    /// How far a segment's numbers are from this connection's; `None` if it cannot be one of it.
    pub(crate) fn distance(&self, packet: &Packet) -> Option<u64> {
        let from = self.from(packet);
        let seq = if self.refuses(packet) { Some(0) } else { self.sides[from].distance(packet.seq) };
        if !packet.has(bit::ACK) {
            return seq;
        }
        // One of the two is enough: a capture may lack more than numbers can bridge.
        match (seq, self.sides[1 - from].distance(packet.ack)) {
            (Some(seq), Some(ack)) => Some(seq + ack),
            (Some(one), None) | (None, Some(one)) => Some(one + FAR),
            (None, None) => None,
        }
    }

    /// Whether a segment refuses a SYN: it has no sequence number to give, and RFC 9293 §3.5.2 says 0.
    pub(crate) fn refuses(&self, packet: &Packet) -> bool {
        packet.has(bit::RST) && packet.has(bit::ACK) && packet.seq == 0
    }

    /// The client is the server, and the other way round.
    pub(crate) fn flip(&mut self) {
        self.addresses.swap(0, 1);
        self.sides.swap(0, 1);
        self.zeek.flip();
        for seen in self.kept.iter_mut().chain(&mut self.marked) {
            seen.from = 1 - seen.from;
        }
    }

    /// Takes a segment that belongs here.
    pub(crate) fn take(&mut self, packet: &Packet) {
        let from = self.from(packet);
        self.packets += 1;
        self.times_us[0] = self.times_us[0].min(packet.at_us);
        self.times_us[1] = self.times_us[1].max(packet.at_us);
        self.zeek.take(from, packet);
        if self.is_double(packet) {
            self.doubles += 1;
            return;
        }
        self.number(from, packet);
        let refuses = self.refuses(packet);
        let [side, peer] = self.pair(from);
        let seq = if refuses { 0 } else { side.relative(packet.seq).unwrap_or_default() };
        let ack = packet.has(bit::ACK).then(|| peer.relative(packet.ack).unwrap_or_default());
        let win = side.window_of(packet, peer);
        let again = side.sends(packet, seq);
        if !packet.has(bit::RST) {
            side.window = win;
            side.acked = side.acked.max(ack);
        }
        self.keep(Seen {
            number: packet.number,
            at_us: packet.at_us,
            from,
            bits: packet.bits,
            seq,
            ack,
            len: packet.len,
            win,
            ttl: packet.ttl,
            ip_id: packet.ip_id,
            timestamp: packet.options.whole.then_some(packet.options.timestamp.is_some()),
            tls_alert: packet.payload.is_tls_alert(),
            fast_close: packet.options.mptcp_fast_close,
            again,
        });
    }

    /// Learns both sides' zero from a segment.
    fn number(&mut self, from: usize, packet: &Packet) {
        let refuses = self.refuses(packet);
        let [client, server] = &mut self.sides;
        let [side, peer] = if from == 0 { [client, server] } else { [server, client] };
        if packet.has(bit::SYN) {
            // What came before the answer to a SYN, and was not acknowledged, did not show where its numbers begin.
            let answers = packet.has(bit::ACK) && peer.isn.is_some_and(|isn| packet.ack.wrapping_sub(isn) == 1);
            if side.isn.is_none() && side.base != Some(packet.seq) && answers && peer.acked.is_none() {
                let moved = side.base.map_or(0, |base| i64::from(base.wrapping_sub(packet.seq).cast_signed()));
                side.base = Some(packet.seq);
                side.next = 0;
                side.fin = None;
                for seen in self.kept.iter_mut().filter(|seen| seen.from == from) {
                    seen.seq += moved;
                }
            } else if side.base.is_none() {
                side.base = Some(packet.seq);
            }
            if side.base == Some(packet.seq) {
                side.isn = Some(packet.seq);
            }
            if packet.has(bit::ACK) {
                peer.begin(packet.ack);
            }
        } else {
            if !refuses {
                side.begin(packet.seq);
            }
            if packet.has(bit::ACK) {
                peer.begin(packet.ack);
            }
        }
    }

    fn pair(&mut self, from: usize) -> [&mut Side; 2] {
        let [client, server] = &mut self.sides;
        if from == 0 { [client, server] } else { [server, client] }
    }

    fn is_double(&mut self, packet: &Packet) -> bool {
        let tells = packet.ip_id.is_some_and(|id| id != 0) || packet.options.timestamp.is_some();
        let within = if tells { DOUBLE_US } else { DOUBLE_BARE_US };
        let print = packet.print();
        let (prints, times) = &mut self.recent;
        if prints
            .iter()
            .zip(times.iter())
            .any(|(other, at_us)| *other == print && packet.at_us.abs_diff(*at_us) <= within)
        {
            return true;
        }
        let at = (self.packets % DOUBLES_AMONG as u64) as usize;
        prints[at] = print;
        times[at] = packet.at_us;
        false
    }

    fn keep(&mut self, seen: Seen) {
        if self.kept.len() < FIRST_MAX + LAST_MAX {
            self.kept.push(seen);
            return;
        }
        let oldest = std::mem::replace(&mut self.kept[self.oldest], seen);
        self.oldest = if self.oldest + 1 == self.kept.len() { FIRST_MAX } else { self.oldest + 1 };
        if oldest.bits & (bit::SYN | bit::FIN | bit::RST) != 0 && self.marked.len() < MARKED_MAX {
            self.marked.push(oldest);
        } else {
            self.dropped += 1;
        }
    }

    /// The segments that were kept, in the order of time, doubles left out.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Seen> {
        let (first, last) = self.kept.split_at(FIRST_MAX.min(self.kept.len()));
        let (newer, older) = last.split_at((self.oldest - FIRST_MAX).min(last.len()));
        [first, &self.marked, older, newer].into_iter().flatten()
    }

    /// Whether every segment that was captured was kept.
    pub const fn is_whole(&self) -> bool {
        self.dropped == 0
    }

    /// Where [`Self::segments`] leaves segments out: the place of the first one behind the gap, and how many are missing.
    pub fn gap(&self) -> Option<(usize, u64)> {
        (self.dropped > 0).then_some((FIRST_MAX, self.dropped))
    }

    /// Where segments are missing among those kept: how many stand before them, and how many marked ones (SYN, FIN, RST)
    /// were kept between; `None` if some of these are missing, too.
    pub(crate) fn kept_marked(&self) -> Option<(usize, Option<usize>)> {
        let marked = Some(self.marked.len()).filter(|kept| *kept < MARKED_MAX);
        (self.dropped > 0).then_some((FIRST_MAX, marked))
    }

    /// Zeek's history.
    pub fn history(&self) -> String {
        self.zeek.history()
    }

    /// Zeek's `conn_state`.
    pub fn conn_state(&self) -> ConnState {
        self.zeek.conn_state()
    }
}
