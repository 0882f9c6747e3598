//! What is known of one side of a connection: its numbers, its windows, its headers.

use crate::read::{Packet, bit};

/// Beyond this a number belongs to no connection that was seen.
const DISTANCE_MAX: i64 = 1 << 28;

/// One side of a connection. Numbers are relative: 0 is the side's SYN, 1 its first byte.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The wire's number that is 0 here; known from a SYN, or guessed from the first number seen.
    pub(crate) base: Option<u32>,
    /// Its initial sequence number, when its SYN was seen.
    pub isn: Option<u32>,
    /// The number behind the last that it sent, SYN and FIN counted.
    pub next: i64,
    /// The highest number of its peer that it has acknowledged.
    pub acked: Option<i64>,
    /// Its FIN's number.
    pub fin: Option<i64>,
    /// The window that it offered last, in bytes; before the scale is known, as in the header.
    pub window: u32,
    scale: Option<u8>,
    /// Segments seen, doubles left out.
    pub packets: u64,
    /// Bytes of payload seen, repeated ones once.
    pub bytes: u64,
    /// Segments whose payload, SYN or FIN had been sent before.
    pub repeated: u32,
    /// TTL or hop limit that an earlier connection of the same pair had.
    pub earlier_ttl: Option<u8>,
    /// Whether an earlier connection of the same pair did not show this side's SYN: then this one's may be forged.
    pub earlier_way_unknown: bool,
    /// TTL or hop limit of its SYN.
    pub syn_ttl: Option<u8>,
    /// TTL or hop limit of its last segment that was neither SYN nor RST.
    pub ttl: Option<u8>,
    /// Whether that has changed while the connection lived.
    pub ttl_varies: bool,
    /// Whether its segments carry timestamps, as its last one did that was no RST.
    pub timestamps: Option<bool>,
    /// Whether its SYN has the options in Linux's order.
    pub linux: bool,
    /// Whether its SYN has them in an order in which Linux writes none.
    pub no_linux: bool,
}

impl Side {
    /// The wire's number as a relative one, nearest to where this side is; `None` if nothing is known of it.
    pub(crate) fn relative(&self, number: u32) -> Option<i64> {
        let base = self.base?;
        let here = base.wrapping_add(self.next as u32);
        Some(self.next + i64::from(number.wrapping_sub(here).cast_signed()))
    }

    /// How far a number of this side is from where it is; `None` if it cannot be of this connection.
    pub(crate) fn distance(&self, number: u32) -> Option<u64> {
        let Some(relative) = self.relative(number) else { return Some(0) };
        let distance = (relative - self.next).abs();
        (distance < DISTANCE_MAX).then_some(distance.unsigned_abs())
    }

    /// Learns where the numbers begin, where nothing better is known.
    pub(crate) fn begin(&mut self, first: u32) {
        if self.base.is_none() {
            self.base = Some(first.wrapping_sub(1));
            self.next = 1;
        }
    }

    /// Learns from a segment that this side sent; `seq` is its relative number. Says whether all in it was sent before.
    pub(crate) fn sends(&mut self, packet: &Packet, seq: i64) -> bool {
        self.packets += 1;
        if packet.has(bit::RST) {
            return false;
        }
        // What is behind a SYN that opens nothing was not sent by this side, as far as anybody knows.
        if packet.has(bit::SYN) && seq != 0 {
            return false;
        }
        let flags = i64::from(packet.has(bit::SYN)) + i64::from(packet.has(bit::FIN));
        let end = seq + i64::from(packet.len) + flags;
        // What its peer has acknowledged of it may come late in the file: the first is no repetition.
        let again = end > seq && end <= self.next && self.packets > 1;
        if again {
            self.repeated += 1;
        }
        let new = (end - self.next.max(seq)).max(0) - flags;
        self.bytes += u64::try_from(new.clamp(0, i64::from(packet.len))).unwrap_or_default();
        self.next = self.next.max(end);
        if packet.has(bit::FIN) {
            self.fin = Some(end - 1);
        }
        if packet.has(bit::SYN) {
            self.scale = packet.options.window_scale;
            self.syn_ttl = self.syn_ttl.or(packet.ttl);
            self.linux = packet.options.linux_order;
            self.no_linux = packet.options.scale_first;
        } else {
            self.ttl_varies |= self.ttl.is_some() && self.ttl != packet.ttl;
            self.ttl = packet.ttl.or(self.ttl);
        }
        if packet.options.whole {
            self.timestamps = Some(packet.options.timestamp.is_some());
        }
        again
    }

    /// The window field of a segment in bytes (RFC 7323 §2.3): scaled when both SYNs said so, and never on a SYN.
    pub(crate) fn window_of(&self, packet: &Packet, peer: &Self) -> u32 {
        match (self.scale, peer.scale) {
            (Some(scale), Some(_)) if !packet.has(bit::SYN) => u32::from(packet.window) << scale,
            _ => u32::from(packet.window),
        }
    }

    /// Whether its SYN was seen.
    pub const fn syn_seen(&self) -> bool {
        self.isn.is_some()
    }
}
