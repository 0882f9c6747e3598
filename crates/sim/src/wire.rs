//! Segments as bytes: IP and TCP headers with right checksums, read and written with smoltcp's own wire types.

use scenario::{Flags, Host, Icmp, RawSegment};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    Icmpv4Packet, Icmpv6Packet, IpAddress, IpProtocol, IpRepr, IpVersion, Ipv4Address, Ipv4Packet, Ipv6Address,
    Ipv6Packet, TcpControl, TcpOption, TcpPacket, TcpRepr, TcpSeqNumber,
};

/// The link's MTU, that of Ethernet.
pub(crate) const MTU: u16 = 1_500;
/// Bytes that timestamps take of each segment (RFC 7323 §3.2, appendix A). No segment has them here, and none has the room.
pub(crate) const TIMESTAMPS: u16 = 12;

/// Bytes that SACK with so many blocks takes of each (RFC 2018 §3). Nor has one of these the room.
pub(crate) const fn room_of_sack(blocks: u16) -> u16 {
    if blocks == 0 { 0 } else { 4 + 8 * blocks }
}

/// Which version of IP the hosts speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ip {
    V4,
    V6,
}

impl Ip {
    /// The host's address, of the blocks that RFC 5737 and RFC 3849 set aside for documentation.
    pub(crate) const fn address(self, host: Host) -> IpAddress {
        match self {
            Self::V4 => IpAddress::Ipv4(Ipv4Address::new(192, 0, 2, 1 + host as u8)),
            Self::V6 => IpAddress::Ipv6(Ipv6Address::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1 + host as u16)),
        }
    }

    /// The payload of a full segment, of a packet of so many bytes.
    pub(crate) const fn segment_max(self, packet: u16) -> u16 {
        match self {
            Self::V4 => packet - 40,
            Self::V6 => packet - 60,
        }
    }

    /// The same of a peer that does not say (RFC 9293 §3.7.1): of the smallest packet that every host takes.
    pub(crate) const fn segment_max_assumed(self) -> u16 {
        match self {
            Self::V4 => 536,
            Self::V6 => 1220,
        }
    }

    pub(crate) const fn prefix_len(self) -> u8 {
        match self {
            Self::V4 => 24,
            Self::V6 => 64,
        }
    }
}

/// The header of the segment in a frame.
///
/// No window is ever scaled here: no buffer is larger than `RECEIVE_BUFFER_MAX`, 65,535 bytes.
pub(crate) fn read(frame: &[u8]) -> RawSegment {
    let [from, to] = hosts(frame);
    let tcp = TcpPacket::new_unchecked(payload(frame));
    let syn_fin = u32::from(tcp.syn()) + u32::from(tcp.fin());
    RawSegment {
        from,
        to,
        ports: [tcp.src_port(), tcp.dst_port()],
        flags: Flags { syn: tcp.syn(), fin: tcp.fin(), rst: tcp.rst(), psh: tcp.psh(), ack: tcp.ack() },
        seq: tcp.seq_number().0.cast_unsigned(),
        ack: tcp.ack_number().0.cast_unsigned(),
        len: tcp.segment_len() as u32 - syn_fin,
        win: u32::from(tcp.window_len()),
    }
}

/// A frame with this segment: without options, its payload zeros, its checksums not computed.
pub(crate) fn write(ip: Ip, segment: &RawSegment) -> Vec<u8> {
    write_with_sack(ip, segment, [None; 3])
}

/// The same with this payload.
pub(crate) fn write_text(ip: Ip, segment: &RawSegment, text: &[u8]) -> Vec<u8> {
    let mut frame = write(ip, segment);
    let at = frame.len() - text.len();
    frame[at..].copy_from_slice(text);
    frame
}

/// The payload of the segment in a frame.
pub(crate) fn text(frame: &[u8]) -> &[u8] {
    let segment = payload(frame);
    let header = usize::from(TcpPacket::new_unchecked(segment).header_len());
    &segment[header..]
}

/// What has arrived beyond a gap, as the segment tells it (RFC 2018): first number and number behind the last.
pub(crate) fn sack_ranges(frame: &[u8]) -> [Option<(u32, u32)>; 3] {
    TcpPacket::new_unchecked(payload(frame)).selective_ack_ranges().unwrap_or_default()
}

/// What the sender of a SYN tells in its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SynOptions {
    /// The payload of the largest segment that it takes; `None` without that option.
    pub(crate) segment_max: Option<u16>,
    pub(crate) sack: Sack,
}

/// Whether a host may be told what has arrived beyond a gap (RFC 2018 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sack {
    No,
    Permitted,
}

pub(crate) fn options_of_syn(frame: &[u8]) -> SynOptions {
    let tcp = TcpPacket::new_unchecked(payload(frame));
    let mut told = SynOptions { segment_max: None, sack: Sack::No };
    let mut options = tcp.options();
    while let Ok((rest, option)) = TcpOption::parse(options) {
        match option {
            TcpOption::MaxSegmentSize(size) if size > 0 => told.segment_max = Some(size),
            TcpOption::SackPermitted => told.sack = Sack::Permitted,
            TcpOption::EndOfList => break,
            _ => {}
        }
        options = rest;
        if options.is_empty() {
            break;
        }
    }
    told
}

/// Writes the size of segments that the sender of a SYN takes, without options (RFC 6691), into its option for that.
pub(crate) fn set_segment_max(frame: &mut [u8], size: u16) {
    let at = frame.len() - payload(frame).len() + TCP_HEADER;
    if let Some([2, 4, told @ ..]) = frame.get_mut(at..at + 4) {
        told.copy_from_slice(&size.to_be_bytes());
    }
}

/// As [`write`], a SYN with its option for the size of segments.
pub(crate) fn write_syn(ip: Ip, segment: &RawSegment, segment_max: u16) -> Vec<u8> {
    write_with_options(ip, segment, Some(segment_max), [None; 3])
}

/// As [`write`], with what SACK tells: first numbers, and numbers behind the last.
pub(crate) fn write_with_sack(ip: Ip, segment: &RawSegment, sack: [Option<(u32, u32)>; 3]) -> Vec<u8> {
    write_with_options(ip, segment, None, sack)
}

fn write_with_options(
    ip: Ip,
    segment: &RawSegment,
    max_seg_size: Option<u16>,
    sack_ranges: [Option<(u32, u32)>; 3],
) -> Vec<u8> {
    let repr = TcpRepr {
        src_port: segment.ports[0],
        dst_port: segment.ports[1],
        control: TcpControl::None,
        seq_number: TcpSeqNumber(segment.seq.cast_signed()),
        ack_number: segment.flags.ack.then_some(TcpSeqNumber(segment.ack.cast_signed())),
        window_len: u16::try_from(segment.win).unwrap_or(u16::MAX),
        window_scale: None,
        max_seg_size,
        sack_permitted: false,
        sack_ranges,
        timestamp: None,
        payload: &[],
    };
    let (source, destination) = (ip.address(segment.from), ip.address(segment.to));
    let length = repr.buffer_len() + segment.len as usize;
    let header = IpRepr::new(source, destination, IpProtocol::Tcp, length, 64);
    let mut frame = vec![0; header.buffer_len()];
    let checksums = ChecksumCapabilities::ignored();
    header.emit(&mut frame[..], &checksums);
    let mut tcp = TcpPacket::new_unchecked(&mut frame[header.header_len()..][..repr.buffer_len()]);
    repr.emit(&mut tcp, &source, &destination, &checksums);
    // All bits and not smoltcp's one control: a forged segment may combine them.
    tcp.set_syn(segment.flags.syn);
    tcp.set_fin(segment.flags.fin);
    tcp.set_rst(segment.flags.rst);
    tcp.set_psh(segment.flags.psh);
    frame
}

/// Bytes of a TCP header without options.
const TCP_HEADER: usize = 20;
/// Protocol numbers of ICMP, by version.
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
/// Of a segment an ICMP message quotes its IP header and so much (RFC 792).
const QUOTED: usize = 8;

/// A frame with an ICMP message for the sender of the segment that it quotes. Its checksum is not computed.
pub(crate) fn write_icmp(ip: Ip, icmp: Icmp, quoted: &RawSegment) -> Vec<u8> {
    let bare = write(ip, &RawSegment { len: 0, ..*quoted });
    let header = bare.len() - payload(&bare).len();
    let [kind, code] = match ip {
        Ip::V4 => icmp.v4(),
        Ip::V6 => icmp.v6(),
    };
    let mut message = vec![kind, code, 0, 0];
    message.extend(icmp.rest());
    message.extend(&bare[..header + QUOTED]);
    // From the link's own address to the host's: as its peer's frames have it, but for the sender.
    let mut frame = write(ip, &RawSegment { from: quoted.to, to: quoted.from, len: 0, ..*quoted });
    frame.truncate(header);
    match ip {
        Ip::V4 => {
            let length = (header + message.len()) as u16;
            frame[2..4].copy_from_slice(&length.to_be_bytes());
            frame[9] = ICMP;
            frame[15] = BOX;
        }
        Ip::V6 => {
            frame[4..6].copy_from_slice(&(message.len() as u16).to_be_bytes());
            frame[6] = ICMPV6;
            frame[23] = BOX;
        }
    }
    frame.extend(message);
    frame
}

/// The last byte of the address from which something in between speaks.
const BOX: u8 = 254;

/// What an ICMP message says, and the segment that it quotes, as far as it quotes it: ports and sequence
/// number; `None` if the frame is none.
pub(crate) fn read_icmp(frame: &[u8]) -> Option<(Icmp, RawSegment)> {
    if is_segment(frame) {
        return None;
    }
    let message = payload(frame);
    let header = frame.len() - message.len();
    let is = |known: Icmp| {
        message.starts_with(&known.v4()) && header == 20 || message.starts_with(&known.v6()) && header == 40
    };
    let mtu = u16::from_be_bytes([*message.get(6)?, *message.get(7)?]);
    let known = Icmp::WORDS.into_iter().map(|(_, icmp)| icmp).chain([Icmp::FragmentationNeeded(mtu)]);
    let icmp = known.into_iter().find(|icmp| is(*icmp))?;
    let quoted = message.get(8 + header..8 + header + QUOTED)?;
    let number = |at: usize| u16::from_be_bytes([quoted[at], quoted[at + 1]]);
    let seq = u32::from(number(4)) << 16 | u32::from(number(6));
    let flags = Flags::ACK;
    let [from, to] = hosts(&message[8..]);
    Some((icmp, RawSegment { from, to, ports: [number(0), number(2)], flags, seq, ack: 0, len: 0, win: 0 }))
}

/// Whether there is a TCP segment in a frame, and not an ICMP message.
pub(crate) fn is_segment(frame: &[u8]) -> bool {
    let protocol = if frame[0] >> 4 == 4 { frame[9] } else { frame[6] };
    protocol == u8::from(IpProtocol::Tcp)
}

/// The TCP header of a frame, to be changed.
fn header(frame: &mut [u8]) -> TcpPacket<&mut [u8]> {
    let at = frame.len() - payload(frame).len();
    TcpPacket::new_unchecked(&mut frame[at..])
}

pub(crate) fn set_window(frame: &mut [u8], window: u16) {
    header(frame).set_window_len(window);
}

pub(crate) fn set_sequence_number(frame: &mut [u8], seq: u32) {
    header(frame).set_seq_number(TcpSeqNumber(seq.cast_signed()));
}

pub(crate) fn set_acknowledgement_number(frame: &mut [u8], ack: u32) {
    header(frame).set_ack_number(TcpSeqNumber(ack.cast_signed()));
}

pub(crate) fn set_push(frame: &mut [u8]) {
    header(frame).set_psh(true);
}

/// Takes PSH away.
pub(crate) fn clear_push(frame: &mut [u8]) {
    header(frame).set_psh(false);
}

/// Writes the checksums of IP and TCP, which nothing in memory looks at.
pub(crate) fn fill_checksums(frame: &mut [u8]) {
    let (source, destination) = match IpVersion::of_packet(frame) {
        Ok(IpVersion::Ipv6) => {
            let packet = Ipv6Packet::new_unchecked(&*frame);
            (IpAddress::Ipv6(packet.src_addr()), IpAddress::Ipv6(packet.dst_addr()))
        }
        _ => {
            let mut packet = Ipv4Packet::new_unchecked(&mut *frame);
            packet.fill_checksum();
            (IpAddress::Ipv4(packet.src_addr()), IpAddress::Ipv4(packet.dst_addr()))
        }
    };
    if is_segment(frame) {
        header(frame).fill_checksum(&source, &destination);
    } else {
        fill_icmp_checksum(frame, &source, &destination);
    }
}

fn fill_icmp_checksum(frame: &mut [u8], source: &IpAddress, destination: &IpAddress) {
    let at = frame.len() - payload(frame).len();
    let message = &mut frame[at..];
    match (source, destination) {
        (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
            Icmpv6Packet::new_unchecked(message).fill_checksum(source, destination);
        }
        _ => Icmpv4Packet::new_unchecked(message).fill_checksum(),
    }
}

/// The hosts whose addresses are a frame's source and destination.
fn hosts(frame: &[u8]) -> [Host; 2] {
    // The last byte of an address is the host's, see `Ip::address`.
    let last = match IpVersion::of_packet(frame) {
        Ok(IpVersion::Ipv6) => [23, 39],
        _ => [15, 19],
    };
    last.map(|at| Host::ALL[usize::from(frame[at]) - 1])
}

fn payload(frame: &[u8]) -> &[u8] {
    match IpVersion::of_packet(frame) {
        Ok(IpVersion::Ipv6) => Ipv6Packet::new_unchecked(frame).payload(),
        _ => Ipv4Packet::new_unchecked(frame).payload(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_comes_back_as_it_was_written() {
        let flags = Flags::from_text("FP.").expect("these are flags");
        let segment = RawSegment {
            from: Host::Server,
            to: Host::Proxy,
            ports: [80, 40_001],
            flags,
            seq: u32::MAX,
            ack: 7,
            len: 5,
            win: 1000,
        };
        assert_eq!(read(&write(Ip::V4, &segment)), segment);
        assert_eq!(read(&write(Ip::V6, &segment)), segment);
    }

    #[test]
    fn sack_takes_room_for_each_of_its_blocks() {
        assert_eq!([0, 1, 3, 4].map(room_of_sack), [0, 12, 28, 36]);
    }

    #[test]
    fn a_syn_tells_its_segments_size_or_does_not() {
        let syn = RawSegment {
            from: Host::Client,
            to: Host::Server,
            ports: [40_001, 80],
            flags: Flags::from_text("S").expect("these are flags"),
            seq: 1,
            ack: 0,
            len: 3,
            win: 1000,
        };
        let frame = write_syn(Ip::V6, &syn, 1220);
        assert_eq!(options_of_syn(&frame).segment_max, Some(1220));
        assert_eq!((read(&frame), text(&frame).len()), (syn, 3));
        assert_eq!(options_of_syn(&write(Ip::V6, &syn)).segment_max, None);
    }

    #[test]
    fn the_checksums_of_a_capture_are_right() {
        let flags = Flags::from_text("P.").expect("these are flags");
        let segment = RawSegment {
            from: Host::Client,
            to: Host::Server,
            ports: [40_001, 80],
            flags,
            seq: 1,
            ack: 7,
            len: 5,
            win: 1000,
        };
        let mut frame = write(Ip::V4, &segment);
        fill_checksums(&mut frame);
        let packet = Ipv4Packet::new_unchecked(&frame[..]);
        assert!(packet.verify_checksum());
        let (source, destination) = (Ip::V4.address(Host::Client), Ip::V4.address(Host::Server));
        assert!(TcpPacket::new_unchecked(packet.payload()).verify_checksum(&source, &destination));
    }
}
