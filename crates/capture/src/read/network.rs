//! Link layer and IP: from a record to what the datagram carries.
//!
//! Written by hand: etherparse 0.21 reads beyond the slice at cut IPv6 extension headers (tests/damaged.rs found it).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::skipped::Skip;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// IEEE 802.1Q and 802.1ad, and what was used before.
const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
const IPV6_FIXED: usize = 40;
/// IPv6 extension headers (RFC 8200 §4.1, RFC 4302, RFC 6275), the fragment header apart.
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;

/// An IP datagram, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// TTL or hop limit.
    pub(super) ttl: u8,
    /// IPv4's identification.
    pub(super) ip_id: Option<u16>,
    /// IANA's number of what it carries.
    pub(super) protocol: u8,
    /// What it carries, as far as captured.
    pub(super) payload: &'a [u8],
    /// How many bytes it carries on the wire; `None` where the header does not say (offload, jumbograms).
    pub(super) total: Option<usize>,
    /// If it is a part: where it begins, whether it is the last, and the datagram's identification.
    pub(super) part: Option<(u32, bool, u32)>,
}

/// The IP datagram in a record.
pub(super) fn datagram(link: u16, bytes: &[u8]) -> Result<Datagram<'_>, Skip> {
    match link {
        1 => by_ether_type(bytes, 12, 14),
        113 => by_ether_type(bytes, 14, 16),
        276 => by_ether_type(bytes, 0, 20),
        // NULL has the address family in the byte order of the machine that captured, LOOP in network order.
        0 | 108 => ip(bytes.get(4..).ok_or(Skip::Header)?),
        101 | 12 | 14 | 228 | 229 => ip(bytes),
        9 => ppp(bytes),
        other => Err(Skip::LinkType(other)),
    }
}

/// Behind a header of so many bytes, with an Ethernet protocol's number at `at`; VLAN tags may follow.
fn by_ether_type(bytes: &[u8], at: usize, header: usize) -> Result<Datagram<'_>, Skip> {
    let mut number = u16_at(bytes, at).ok_or(Skip::Header)?;
    let mut rest = bytes.get(header..).ok_or(Skip::Header)?;
    while VLAN.contains(&number) {
        number = u16_at(rest, 2).ok_or(Skip::Header)?;
        rest = &rest[4..];
    }
    match number {
        IPV4 | IPV6 => ip(rest),
        other => Err(Skip::EtherType(other)),
    }
}

/// PPP (RFC 1661 §2, RFC 1662 §3.1): address and control may be there, the protocol has one byte or two.
fn ppp(bytes: &[u8]) -> Result<Datagram<'_>, Skip> {
    match bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes) {
        [0x00, 0x21 | 0x57, packet @ ..] | [0x21 | 0x57, packet @ ..] => ip(packet),
        _ => Err(Skip::LinkType(9)),
    }
}

fn ip(bytes: &[u8]) -> Result<Datagram<'_>, Skip> {
    match bytes.first().ok_or(Skip::Header)? >> 4 {
        4 => ipv4(bytes),
        6 => ipv6(bytes),
        _ => None,
    }
    .ok_or(Skip::Header)
}

/// RFC 791 §3.1.
fn ipv4(bytes: &[u8]) -> Option<Datagram<'_>> {
    let fixed: &[u8; 20] = bytes.first_chunk()?;
    let header = usize::from(fixed[0] & 0x0f) * 4;
    let length = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    if header < fixed.len() || (length != 0 && length < header) {
        return None;
    }
    let identification = u16::from_be_bytes([fixed[4], fixed[5]]);
    let flags = u16::from_be_bytes([fixed[6], fixed[7]]);
    let (more, offset) = (flags & 0x2000 != 0, u32::from(flags & 0x1fff) * 8);
    let address = |at: usize| IpAddr::V4(Ipv4Addr::new(fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]));
    Some(Datagram {
        source: address(12),
        destination: address(16),
        ttl: fixed[8],
        ip_id: Some(identification),
        protocol: fixed[9],
        payload: bytes.get(header..end(bytes, length))?,
        total: (length != 0).then(|| length - header),
        part: (more || offset > 0).then_some((offset, !more, u32::from(identification))),
    })
}

/// RFC 8200 §3, with extension headers.
fn ipv6(bytes: &[u8]) -> Option<Datagram<'_>> {
    let fixed: &[u8; IPV6_FIXED] = bytes.first_chunk()?;
    let length = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let address = |at: usize| {
        let octets: [u8; 16] = fixed[at..at + 16].try_into().expect("sixteen bytes");
        IpAddr::V6(Ipv6Addr::from(octets))
    };
    let end = end(bytes, if length == 0 { 0 } else { IPV6_FIXED + length });
    let (mut protocol, mut at, mut part) = (fixed[6], IPV6_FIXED, None);
    loop {
        let header = match protocol {
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY => usize::from(*bytes.get(at + 1)?) * 8 + 8,
            AUTHENTICATION => usize::from(*bytes.get(at + 1)?) * 4 + 8,
            FRAGMENT => {
                let fragment: &[u8; 8] = bytes.get(at..)?.first_chunk()?;
                let place = u16::from_be_bytes([fragment[2], fragment[3]]);
                let number = u32::from_be_bytes([fragment[4], fragment[5], fragment[6], fragment[7]]);
                let (offset, more) = (u32::from(place & 0xfff8), place & 1 != 0);
                part = (more || offset > 0).then_some((offset, !more, number));
                8
            }
            _ => break,
        };
        protocol = *bytes.get(at)?;
        at += header;
        // A later part begins in the middle of what is carried.
        if part.is_some_and(|(offset, ..)| offset > 0) {
            break;
        }
    }
    Some(Datagram {
        source: address(8),
        destination: address(24),
        ttl: fixed[7],
        ip_id: None,
        protocol,
        payload: bytes.get(at..end)?,
        total: if length == 0 { None } else { Some((IPV6_FIXED + length).checked_sub(at)?) },
        part,
    })
}

/// Where a datagram of that length ends in what was captured; Ethernet fills short frames up. 0: it is not known.
fn end(bytes: &[u8], length: usize) -> usize {
    if length == 0 { bytes.len() } else { bytes.len().min(length) }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}
