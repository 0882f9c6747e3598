//! A TCP segment of a capture: its header, as far as endings need it.

use std::net::{IpAddr, SocketAddr};

use super::formats::Record;
use super::network::{self, Datagram};
use super::skipped::Skip;

/// A TCP segment of a capture, as far as endings need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its number in the file, from 1, as Wireshark counts.
    pub number: u64,
    /// Microseconds since 1970, or since the capture's zero where it has one of its own.
    pub at_us: u64,
    /// Who sent it, by its IP and TCP headers.
    pub source: SocketAddr,
    /// Whom it is for.
    pub destination: SocketAddr,
    /// The TCP header's control bits: FIN is bit 0, SYN 1, RST 2, PSH 3, ACK 4, URG 5.
    pub bits: u8,
    /// SEG.SEQ
    pub seq: u32,
    /// SEG.ACK; of no meaning without the ACK bit.
    pub ack: u32,
    /// The window field, not scaled.
    pub window: u16,
    /// Bytes of payload on the wire; fewer may have been captured.
    pub len: u32,
    /// TTL or hop limit; `None` in text.
    pub ttl: Option<u8>,
    /// IPv4's identification; `None` for IPv6 and in text.
    pub ip_id: Option<u16>,
    /// The TCP header's length.
    pub(crate) header: u8,
    /// What its TCP options say.
    pub options: Options,
    /// The first bytes of the payload, as far as captured.
    pub payload: Beginning,
}

impl Packet {
    /// A segment of which a text says only this much so far.
    pub(crate) fn of_text(source: SocketAddr, destination: SocketAddr, bits: u8) -> Self {
        Self {
            number: 0,
            at_us: 0,
            source,
            destination,
            bits,
            seq: 0,
            ack: 0,
            window: 0,
            len: 0,
            ttl: None,
            ip_id: None,
            header: 0,
            options: Options::default(),
            payload: Beginning::default(),
        }
    }

    pub(crate) const fn has(&self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    /// The same for two captures of one segment, and different for a segment and its repetition, where IP-ID or
    /// timestamp tell them apart. Routers change the TTL, so it does not count.
    pub(crate) fn print(&self) -> u64 {
        let words = [
            u64::from(self.seq) << 32 | u64::from(self.ack),
            u64::from(self.len) << 32 | u64::from(self.window) << 16 | u64::from(self.bits),
            u64::from(self.options.timestamp.unwrap_or_default()) << 32 | u64::from(self.ip_id.unwrap_or_default()),
            u64::from(self.source.port()),
        ];
        words.iter().fold(0, |print: u64, word| (print.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) const fn header_len(&self) -> u32 {
        self.header as u32
    }
}

/// The TCP header's control bits (RFC 9293 §3.1).
pub(crate) mod bit {
    pub(crate) const FIN: u8 = 0x01;
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const RST: u8 = 0x04;
    pub(crate) const PSH: u8 = 0x08;
    pub(crate) const ACK: u8 = 0x10;
}

/// TCP options (RFC 9293 §3.1, RFC 7323, RFC 8684).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The shift of later windows; on SYN only.
    pub window_scale: Option<u8>,
    /// TSval.
    pub timestamp: Option<u32>,
    /// MP_FASTCLOSE, MPTCP's reset of all subflows.
    pub mptcp_fast_close: bool,
    /// Whether they stand in the order in which Linux writes them on a SYN: MSS, SACK permitted, timestamp, NOP, scale.
    pub linux_order: bool,
    /// Whether they begin as Windows and the BSDs write them on a SYN: MSS, NOP, scale.
    pub scale_first: bool,
    /// Whether all options of the header were captured.
    pub whole: bool,
}

/// The first bytes of a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    bytes: [u8; 3],
    length: u8,
}

impl Beginning {
    fn of(payload: &[u8]) -> Self {
        let mut bytes = [0; 3];
        let length = payload.len().min(bytes.len());
        bytes[..length].copy_from_slice(&payload[..length]);
        Self { bytes, length: length as u8 }
    }

    /// Whether it is the beginning of a TLS record of type alert (RFC 8446 §5.1: 21, then version 3.x).
    pub fn is_tls_alert(&self) -> bool {
        self.length >= 2 && self.bytes[..2] == [21, 3]
    }

    /// Whether it is the beginning of any TLS record.
    pub fn is_tls(&self) -> bool {
        self.length >= 2 && (20..=24).contains(&self.bytes[0]) && self.bytes[1] == 3
    }
}

/// What a record turned out to be.
pub(crate) enum Read {
    Segment(Packet),
    /// The first part of a datagram that was fragmented: its segment's length is not known yet.
    First(Packet, Fragment),
    /// A later part.
    Later(Fragment),
    /// Nothing of TCP, or nothing that can be read.
    Skipped(Skip),
}

/// Where a part of a fragmented datagram belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) key: (IpAddr, IpAddr, u32),
    /// The datagram's payload ends here, if this is its last part.
    pub(crate) end: Option<u32>,
}

const TCP: u8 = 6;

/// Reads a record; `number` is its place in the file.
pub(crate) fn read(record: &Record<'_>, number: u64) -> Read {
    let datagram = match network::datagram(record.link, record.bytes) {
        Ok(datagram) => datagram,
        Err(skip) => return Read::Skipped(skip),
    };
    let Datagram { source, destination, ttl, ip_id, protocol, payload, total, part } = datagram;
    if protocol != TCP {
        return Read::Skipped(Skip::Protocol(protocol));
    }
    let fragment = part.map(|(offset, last, number)| {
        let end = last.then(|| offset.saturating_add(total.unwrap_or(payload.len()) as u32));
        (offset, Fragment { key: (source, destination, number), end })
    });
    if let Some((1.., fragment)) = fragment {
        return Read::Later(fragment);
    }
    let missing = (record.original as usize).saturating_sub(record.bytes.len());
    let total = total.unwrap_or_else(|| payload.len().saturating_add(missing));
    let Some(mut packet) = tcp(payload, total, source, destination) else { return Read::Skipped(Skip::TcpHeader) };
    packet.number = number;
    packet.at_us = record.at_ns.unwrap_or_default() / 1000;
    packet.ttl = Some(ttl);
    packet.ip_id = ip_id;
    match fragment {
        Some((_, fragment)) => Read::First(packet, fragment),
        None => Read::Segment(packet),
    }
}

/// Reads as much of the TCP header as there is: up to the flags it must be whole. `total`: with payload, on the wire.
fn tcp(bytes: &[u8], total: usize, source: IpAddr, destination: IpAddr) -> Option<Packet> {
    let fixed: &[u8; 14] = bytes.first_chunk()?;
    let header = usize::from(fixed[12] >> 4) * 4;
    if header < 20 || header > total {
        return None;
    }
    let u16_at = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let u32_at = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let window = bytes.get(14..16).map_or(0, |window| u16::from_be_bytes([window[0], window[1]]));
    let options = options(bytes.get(20..header.min(bytes.len())).unwrap_or_default(), bytes.len() >= header);
    Some(Packet {
        number: 0,
        at_us: 0,
        source: SocketAddr::new(source, u16_at(0)),
        destination: SocketAddr::new(destination, u16_at(2)),
        bits: fixed[13] & 0x3f,
        seq: u32_at(4),
        ack: u32_at(8),
        window,
        len: u32::try_from(total - header).unwrap_or(u32::MAX),
        ttl: None,
        ip_id: None,
        header: header as u8,
        options,
        payload: Beginning::of(bytes.get(header..).unwrap_or_default()),
    })
}

fn options(mut bytes: &[u8], whole: bool) -> Options {
    const LINUX: [u8; 5] = [2, 4, 8, 1, 3];
    let mut options = Options { whole, ..Options::default() };
    let mut kinds = [0; 5];
    for place in 0.. {
        if let (Some(kind), Some(here)) = (bytes.first(), kinds.get_mut(place)) {
            *here = *kind;
        }
        options.linux_order = kinds == LINUX;
        options.scale_first = kinds.starts_with(&[2, 1, 3]);
        match bytes {
            [] | [0, ..] => return options,
            [1, rest @ ..] => bytes = rest,
            [kind, length, ..] => {
                let Some(value) = bytes.get(2..usize::from(*length)) else { return options };
                match (kind, value) {
                    (3, [shift]) => options.window_scale = Some((*shift).min(14)),
                    (8, [a, b, c, d, ..]) => options.timestamp = Some(u32::from_be_bytes([*a, *b, *c, *d])),
                    (30, [subtype, ..]) if subtype >> 4 == 7 => options.mptcp_fast_close = true,
                    _ => {}
                }
                let Some(rest) = bytes.get(usize::from(*length).max(2)..) else { return options };
                bytes = rest;
            }
            [_] => return options,
        }
    }
    options
}
