//! IPv4, IPv6 and TCP headers: read from what the hosts send, written for what is forged.

use std::net::IpAddr;

use scenario::{Flags, Host, Icmp, RawSegment};

/// What a TCP segment on the wire says, as far as the link reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The sender's port and the receiver's.
    pub(crate) ports: [u16; 2],
    pub(crate) flags: Flags,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// The window field, not scaled.
    pub(crate) window: u16,
    /// The window scale option (RFC 7323 §2), which stands on SYN only.
    pub(crate) window_scale: Option<u8>,
    /// Bytes of payload.
    pub(crate) len: u32,
}

impl Header {
    /// The segment that a host has sent to another; its window is the header's field.
    pub(crate) fn segment(&self, [from, to]: [Host; 2]) -> RawSegment {
        let Self { ports, flags, seq, ack, window, len, .. } = *self;
        RawSegment { from, to, ports, flags, seq, ack, len, win: window.into() }
    }

    /// The header of a segment without options, whose window is the header's field.
    pub(crate) fn of(segment: &RawSegment) -> Self {
        let RawSegment { ports, flags, seq, ack, len, win, .. } = *segment;
        let window = u16::try_from(win).unwrap_or(u16::MAX);
        Self { ports, flags, seq, ack, window, window_scale: None, len }
    }
}

const TCP: u8 = 6;
/// `FIN SYN RST PSH ACK`, from the lowest bit on (RFC 9293 §3.1).
const BITS: [u8; 5] = [0x01, 0x02, 0x04, 0x08, 0x10];

/// Reads an IP packet; `None` if it is no TCP segment.
pub(crate) fn read(packet: &[u8]) -> Option<Header> {
    let tcp = match packet.first()? >> 4 {
        4 if packet.get(9) == Some(&TCP) => {
            let header = usize::from(packet[0] & 0x0f) * 4;
            packet.get(header..usize::from(u16_at(packet, 2)?))?
        }
        // TCP directly behind the fixed header: the hosts send no extension headers with it.
        6 if packet.get(6) == Some(&TCP) => packet.get(40..40 + usize::from(u16_at(packet, 4)?))?,
        _ => return None,
    };
    let header = usize::from(*tcp.get(12)? >> 4) * 4;
    let options = tcp.get(20..header)?;
    let [fin, syn, rst, psh, ack] = BITS.map(|bit| tcp[13] & bit != 0);
    Some(Header {
        ports: [u16_at(tcp, 0)?, u16_at(tcp, 2)?],
        flags: Flags { syn, fin, rst, psh, ack },
        seq: u32_at(tcp, 4)?,
        ack: u32_at(tcp, 8)?,
        window: u16_at(tcp, 14)?,
        window_scale: window_scale(options),
        len: u32::try_from(tcp.len() - header).ok()?,
    })
}

fn window_scale(mut options: &[u8]) -> Option<u8> {
    loop {
        match options {
            [] | [0, ..] => return None,
            [1, rest @ ..] => options = rest,
            [3, 3, scale, ..] => return Some(*scale),
            [_, length, ..] => options = options.get(usize::from(*length).max(2)..)?,
            [_] => return None,
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Writes an IP packet with this header, no options, and letters for payload. Both addresses are of one family.
pub(crate) fn write(source: IpAddr, destination: IpAddr, header: &Header) -> Vec<u8> {
    let mut tcp = Vec::with_capacity(20 + header.len as usize);
    for port in header.ports {
        tcp.extend(port.to_be_bytes());
    }
    tcp.extend(header.seq.to_be_bytes());
    tcp.extend(header.ack.to_be_bytes());
    let Flags { syn, fin, rst, psh, ack } = header.flags;
    let set = [fin, syn, rst, psh, ack];
    let bits = BITS.into_iter().zip(set).filter(|(_, set)| *set).fold(0, |bits, (bit, _)| bits | bit);
    tcp.extend([5 << 4, bits]);
    tcp.extend(header.window.to_be_bytes());
    tcp.extend([0; 4]);
    tcp.extend((b'a'..=b'z').cycle().take(header.len as usize));

    let length = u32::try_from(tcp.len()).expect("a segment is at most 64 KB");
    let mut pseudo = address_bytes(source);
    pseudo.extend(address_bytes(destination));
    pseudo.extend(length.to_be_bytes());
    pseudo.extend([0, 0, 0, TCP]);
    pseudo.extend(&tcp);
    tcp[16..18].copy_from_slice(&checksum(&pseudo).to_be_bytes());

    let mut packet = Vec::with_capacity(40 + tcp.len());
    match source {
        IpAddr::V4(_) => {
            let total = u16::try_from(20 + tcp.len()).expect("a segment is at most 64 KB");
            packet.extend([0x45, 0]);
            packet.extend(total.to_be_bytes());
            // No fragments (DF), 64 hops.
            packet.extend([0, 0, 0x40, 0, 64, TCP, 0, 0]);
            packet.extend(address_bytes(source));
            packet.extend(address_bytes(destination));
            let sum = checksum(&packet);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        IpAddr::V6(_) => {
            packet.extend([0x60, 0, 0, 0]);
            packet.extend(u16::try_from(tcp.len()).expect("a segment is at most 64 KB").to_be_bytes());
            packet.extend([TCP, 64]);
            packet.extend(address_bytes(source));
            packet.extend(address_bytes(destination));
        }
    }
    packet.extend(tcp);
    packet
}

/// Protocol numbers of ICMP, by version.
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Writes an ICMP message from an address to the sender of a segment, which it quotes with its IP header and eight bytes
/// (RFC 792). All addresses are of one family.
pub(crate) fn write_icmp(source: IpAddr, icmp: Icmp, [sender, receiver]: [IpAddr; 2], quoted: &Header) -> Vec<u8> {
    let segment = write(sender, receiver, quoted);
    let is_v4 = sender.is_ipv4();
    let header = if is_v4 { 20 } else { 40 };
    let mut message = if is_v4 { icmp.v4() } else { icmp.v6() }.to_vec();
    message.extend([0; 2]);
    message.extend(icmp.rest());
    message.extend(&segment[..header + 8]);
    let length = u16::try_from(message.len()).expect("a message is short");
    let mut summed = Vec::new();
    if !is_v4 {
        summed = [address_bytes(source), address_bytes(sender)].concat();
        summed.extend(u32::from(length).to_be_bytes());
        summed.extend([0, 0, 0, ICMPV6]);
    }
    summed.extend(&message);
    message[2..4].copy_from_slice(&checksum(&summed).to_be_bytes());

    let mut packet = if is_v4 { vec![0x45, 0] } else { vec![0x60, 0, 0, 0] };
    packet.extend((if is_v4 { length + 20 } else { length }).to_be_bytes());
    packet.extend(if is_v4 { vec![0, 0, 0, 0, 64, ICMP, 0, 0] } else { vec![ICMPV6, 64] });
    packet.extend(address_bytes(source));
    packet.extend(address_bytes(sender));
    if is_v4 {
        let sum = checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
    }
    packet.extend(message);
    packet
}

/// An IP packet's source and destination; `None` if it is none.
pub(crate) fn addresses(packet: &[u8]) -> Option<[IpAddr; 2]> {
    Some(match packet.first()? >> 4 {
        4 => [*packet.get(12..)?.first_chunk::<4>()?, *packet.get(16..)?.first_chunk()?].map(IpAddr::from),
        6 => [*packet.get(8..)?.first_chunk::<16>()?, *packet.get(24..)?.first_chunk()?].map(IpAddr::from),
        _ => return None,
    })
}

/// Computes the TCP checksum of an IP packet anew; anything else stays as it is.
pub(crate) fn complete_checksum(packet: &mut [u8]) {
    if read(packet).is_none() {
        return;
    }
    let (addresses, header) = match packet[0] >> 4 {
        4 => (12..20, usize::from(packet[0] & 0x0f) * 4),
        _ => (8..40, 40),
    };
    packet[header + 16..header + 18].fill(0);
    let length = u32::try_from(packet.len() - header).expect("a packet is at most 64 KB");
    let mut pseudo = packet[addresses].to_vec();
    pseudo.extend(length.to_be_bytes());
    pseudo.extend([0, 0, 0, TCP]);
    pseudo.extend(&packet[header..]);
    let sum = checksum(&pseudo);
    packet[header + 16..header + 18].copy_from_slice(&sum.to_be_bytes());
}

fn address_bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 =
        bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("folded to 16 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_sums_to_nothing() {
        let header = Header {
            ports: [80, 40_000],
            flags: Flags::DATA,
            seq: u32::MAX,
            ack: 7,
            window: 512,
            window_scale: None,
            len: 5,
        };
        for (source, destination) in [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")] {
            let [source, destination]: [IpAddr; 2] =
                [source, destination].map(|address| address.parse().expect("these are addresses"));
            let packet = write(source, destination, &header);
            assert_eq!(read(&packet), Some(header));

            let mut again = packet.clone();
            let header = again.len() - 25;
            again[header + 16] ^= 0xff;
            complete_checksum(&mut again);
            assert_eq!(again, packet, "a spoilt checksum is mended");
            assert_eq!(addresses(&packet), Some([source, destination]));

            let tcp = &packet[packet.len() - 25..];
            let mut pseudo = [address_bytes(source), address_bytes(destination)].concat();
            pseudo.extend([0, 0, 0, 25, 0, 0, 0, TCP]);
            pseudo.extend(tcp);
            assert_eq!(checksum(&pseudo), 0, "a right checksum makes the sum vanish");
        }
    }

    #[test]
    fn anything_is_read_without_a_panic() {
        let packet = write(
            "192.0.2.1".parse().expect("an address"),
            "192.0.2.2".parse().expect("an address"),
            &Header { ports: [1, 2], flags: Flags::SYN, seq: 0, ack: 0, window: 0, window_scale: None, len: 0 },
        );
        for cut in 0..packet.len() {
            assert_eq!(read(&packet[..cut]), None, "{cut} bytes are no segment");
        }
        for at in 0..packet.len() {
            for value in [0, 0x0f, 0x60, 0xff] {
                let mut broken = packet.clone();
                broken[at] = value;
                let _ = read(&broken);
            }
        }
    }

    #[test]
    fn the_window_scale_is_found_among_the_options() {
        assert_eq!(window_scale(&[2, 4, 5, 180, 1, 3, 3, 7]), Some(7));
        assert_eq!(window_scale(&[1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(window_scale(&[2, 0, 3]), None);
    }
}
