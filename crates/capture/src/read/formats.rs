//! Capture files: pcap and pcapng, piece by piece, into records (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
//!
//! Written by hand: with pcap-parser 0.17 these few numbers were a quarter of the page's program for captures.

use super::skipped::{Skip, Skipped};

/// A record longer than this is taken for damage: no network has such packets.
const RECORD_MAX: usize = 16 << 20;
/// pcap's and pcapng's first four bytes, in either byte order.
const PCAP_MAGICS: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x34, 0xcd, 0xb2, 0xa1],
];
const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const PCAP_HEADER: usize = 24;
/// A record of pcap: seconds, their fraction, captured length, length on the wire.
const RECORD_HEADER: usize = 16;
/// Alexey Kuznetsov's has interface, protocol and packet type behind that.
const MODIFIED_HEADER: usize = 24;
/// A block of pcapng: type, length, and the length again behind its body.
const BLOCK_HEADER: usize = 12;
/// The microseconds of pcapng's interfaces that say nothing (`if_tsresol`).
const MICROS: u64 = 1_000_000;
const NANOS: u64 = 1_000_000_000;
/// More interfaces than this are not described.
const INTERFACES_MAX: usize = 4096;

/// What the first bytes of a file say that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// pcap, in either byte order, with micro- or nanoseconds.
    Pcap,
    /// pcapng.
    PcapNg,
    /// gzip: to be unpacked before it is read.
    Gzip,
    /// Neither: perhaps text.
    Other,
}

/// What a file is, by its first four bytes; fewer are [`Kind::Other`].
pub fn kind(bytes: &[u8]) -> Kind {
    match bytes.first_chunk::<4>() {
        Some(magic) if PCAP_MAGICS.contains(magic) => Kind::Pcap,
        Some(&PCAPNG_MAGIC) => Kind::PcapNg,
        Some([0x1f, 0x8b, ..]) => Kind::Gzip,
        _ => Kind::Other,
    }
}

/// One packet of a capture file, as it lies there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// Since 1970; `None` where the file gives no time.
    pub(crate) at_ns: Option<u64>,
    /// Its number at tcpdump.org/linktypes.html.
    pub(crate) link: u16,
    pub(crate) bytes: &'a [u8],
    /// How long the packet was on the wire; `bytes` may be fewer (snap length).
    pub(crate) original: u32,
}

/// Cuts a capture file into records. It takes pieces of any size and keeps what belongs to a record that is not whole.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    form: Form,
    held: Vec<u8>,
}

#[derive(Debug, Default)]
enum Form {
    /// Nothing is known yet.
    #[default]
    Unknown,
    Pcap {
        order: Order,
        /// Bytes before a record's packet.
        header: usize,
        /// How many nanoseconds a unit of a time's fraction has.
        unit_ns: u64,
        link: u16,
    },
    PcapNg {
        order: Order,
        interfaces: Vec<Interface>,
    },
    /// Nothing more can be read.
    Over,
}

/// The byte order of a file's numbers.
#[derive(Clone, Copy, Debug)]
enum Order {
    Little,
    Big,
}

impl Order {
    /// The number at that place; `None` if it is not there.
    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let number: [u8; 4] = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(number),
            Self::Big => u32::from_be_bytes(number),
        })
    }

    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let number: [u8; 2] = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(number),
            Self::Big => u16::from_be_bytes(number),
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u16,
    snap: u32,
    /// Units of a second.
    resolution: u64,
    offset_s: i64,
}

/// How far a step through the bytes came.
enum Step {
    /// So many bytes are done.
    Took(usize),
    /// The record is not whole; so many bytes more are needed at least.
    Wants(usize),
    /// What follows cannot be read.
    Damaged,
}

impl Decoder {
    /// Takes the next piece. `on` gets each record that is whole.
    pub(crate) fn push(
        &mut self,
        mut piece: &[u8],
        skipped: &mut Skipped,
        on: &mut dyn FnMut(Record<'_>, &mut Skipped),
    ) {
        // First the record that began in an earlier piece, with no more bytes than it needs.
        while !self.held.is_empty() && !piece.is_empty() {
            let held = std::mem::take(&mut self.held);
            let step = self.form.step(&held, skipped, on);
            self.held = held;
            match step {
                Step::Took(bytes) => drop(self.held.drain(..bytes)),
                Step::Wants(bytes) => {
                    let (now, later) = piece.split_at(bytes.clamp(1, piece.len()));
                    self.held.extend_from_slice(now);
                    piece = later;
                }
                Step::Damaged => self.stop(skipped),
            }
        }
        // What is held may be whole now.
        while !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            let step = self.form.step(&held, skipped, on);
            self.held = held;
            match step {
                Step::Took(bytes) => drop(self.held.drain(..bytes)),
                Step::Wants(_) => return,
                Step::Damaged => self.stop(skipped),
            }
        }
        while !piece.is_empty() {
            match self.form.step(piece, skipped, on) {
                Step::Took(bytes) => piece = &piece[bytes..],
                Step::Wants(_) => {
                    self.held = piece.to_vec();
                    return;
                }
                Step::Damaged => {
                    self.stop(skipped);
                    return;
                }
            }
        }
    }

    /// The file is over.
    pub(crate) fn finish(&mut self, skipped: &mut Skipped) {
        if !self.held.is_empty() {
            skipped.count(Skip::CutOff);
        }
        self.held = Vec::new();
        self.form = Form::Over;
    }

    fn stop(&mut self, skipped: &mut Skipped) {
        skipped.count(if matches!(self.form, Form::Unknown) { Skip::NoCapture } else { Skip::Damaged });
        self.form = Form::Over;
        self.held = Vec::new();
    }
}

impl Form {
    fn step(&mut self, bytes: &[u8], skipped: &mut Skipped, on: &mut dyn FnMut(Record<'_>, &mut Skipped)) -> Step {
        match self {
            Self::Over => Step::Took(bytes.len()),
            Self::Unknown => self.begin(bytes),
            Self::Pcap { order, header, unit_ns, link } => {
                let Some(fixed) = bytes.get(..*header) else { return Step::Wants(*header - bytes.len()) };
                let number = |at: usize| order.u32(fixed, at).expect("the header is whole");
                let (seconds, fraction, captured, original) = (number(0), number(4), number(8) as usize, number(12));
                if captured > RECORD_MAX {
                    return Step::Damaged;
                }
                let end = *header + captured;
                let Some(packet) = bytes.get(*header..end) else { return Step::Wants(end - bytes.len()) };
                let at_ns = u64::from(seconds) * NANOS + u64::from(fraction) * *unit_ns;
                on(Record { at_ns: Some(at_ns), link: *link, bytes: packet, original }, skipped);
                Step::Took(end)
            }
            Self::PcapNg { order, interfaces } => {
                // Each section may have a byte order of its own, and says it behind its length.
                if bytes.starts_with(&PCAPNG_MAGIC) {
                    let Some(mark) = bytes.get(8..12) else { return Step::Wants(BLOCK_HEADER - bytes.len()) };
                    *order = if mark == [0x1a, 0x2b, 0x3c, 0x4d] { Order::Big } else { Order::Little };
                    interfaces.clear();
                }
                let Some(length) = order.u32(bytes, 4) else { return Step::Wants(BLOCK_HEADER - bytes.len()) };
                let length = length as usize;
                if !(BLOCK_HEADER..=RECORD_MAX).contains(&length) {
                    return Step::Damaged;
                }
                let Some(block) = bytes.get(..length) else { return Step::Wants(length - bytes.len()) };
                // The block's length is known: what is behind it may be read, whatever it is.
                if take_block(block, *order, interfaces, skipped, on).is_none() {
                    skipped.count(Skip::Block);
                }
                Step::Took(length)
            }
        }
    }

    fn begin(&mut self, bytes: &[u8]) -> Step {
        if bytes.len() < 4 {
            return Step::Wants(4 - bytes.len());
        }
        match kind(bytes) {
            Kind::Pcap if bytes.len() < PCAP_HEADER => Step::Wants(PCAP_HEADER - bytes.len()),
            Kind::Pcap => {
                let order = if bytes[0] == 0xa1 { Order::Big } else { Order::Little };
                let magic = order.u32(bytes, 0).expect("the header is whole");
                let header = if magic == 0xa1b2_cd34 { MODIFIED_HEADER } else { RECORD_HEADER };
                let unit_ns = if magic == 0xa1b2_3c4d { 1 } else { 1000 };
                // The upper bits say whether frames end with a checksum.
                let link = order.u16(bytes, if bytes[0] == 0xa1 { 22 } else { 20 }).expect("the header is whole");
                *self = Self::Pcap { order, header, unit_ns, link };
                Step::Took(PCAP_HEADER)
            }
            Kind::PcapNg => {
                *self = Self::PcapNg { order: Order::Little, interfaces: Vec::new() };
                Step::Took(0)
            }
            Kind::Gzip | Kind::Other => Step::Damaged,
        }
    }
}

/// The types of blocks that packets need (draft-ietf-opsawg-pcapng §4).
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Options of an interface: the units of its times, and what is added to them.
const TIMES_RESOLUTION: u16 = 9;
const TIMES_OFFSET: u16 = 14;

/// `None` if it is a packet's and cannot be read.
fn take_block(
    block: &[u8],
    order: Order,
    interfaces: &mut Vec<Interface>,
    skipped: &mut Skipped,
    on: &mut dyn FnMut(Record<'_>, &mut Skipped),
) -> Option<()> {
    let body = block.get(8..block.len() - 4)?;
    match order.u32(block, 0)? {
        INTERFACE_DESCRIPTION if interfaces.len() < INTERFACES_MAX => interfaces.push(interface(body, order)?),
        ENHANCED_PACKET => on(enhanced(body, order, interfaces)?, skipped),
        SIMPLE_PACKET => {
            let interface = interfaces.first()?;
            let original = order.u32(body, 0)?;
            let snap = if interface.snap == 0 { u32::MAX } else { interface.snap };
            let length = (body.len() - 4).min(snap.min(original) as usize);
            on(Record { at_ns: None, link: interface.link, bytes: &body[4..4 + length], original }, skipped);
        }
        OBSOLETE_PACKET => return None,
        // Names, statistics, secrets, notes: nothing of it is a packet.
        _ => {}
    }
    Some(())
}

fn interface(body: &[u8], order: Order) -> Option<Interface> {
    let (link, snap) = (order.u16(body, 0)?, order.u32(body, 4)?);
    let mut interface = Interface { link, snap, resolution: MICROS, offset_s: 0 };
    let mut options = body.get(8..)?;
    while let (Some(code), Some(length)) = (order.u16(options, 0), order.u16(options, 2)) {
        let length = usize::from(length);
        let Some(value) = options.get(4..4 + length) else { break };
        match (code, value) {
            (TIMES_RESOLUTION, [power, ..]) => {
                // The highest bit says of which number it is the power.
                let base: u64 = if power & 0x80 == 0 { 10 } else { 2 };
                interface.resolution = base.checked_pow(u32::from(power & 0x7f)).unwrap_or(MICROS);
            }
            (TIMES_OFFSET, _) => {
                if let (Some(first), Some(second)) = (order.u32(value, 0), order.u32(value, 4)) {
                    let (high, low) = match order {
                        Order::Little => (second, first),
                        Order::Big => (first, second),
                    };
                    interface.offset_s = (u64::from(high) << 32 | u64::from(low)).cast_signed();
                }
            }
            _ => {}
        }
        let Some(rest) = options.get(4 + length.next_multiple_of(4)..) else { break };
        options = rest;
    }
    Some(interface)
}

fn enhanced<'a>(body: &'a [u8], order: Order, interfaces: &[Interface]) -> Option<Record<'a>> {
    let number = |at: usize| order.u32(body, at);
    let interface = interfaces.get(number(0)? as usize)?;
    let units = u64::from(number(4)?) << 32 | u64::from(number(8)?);
    let (captured, original) = (number(12)? as usize, number(16)?);
    let bytes = body.get(20..)?.get(..captured)?;
    let seconds = (units / interface.resolution).saturating_add_signed(interface.offset_s);
    let below_ns = nanos(units % interface.resolution, interface.resolution);
    let at_ns = seconds.saturating_mul(NANOS).saturating_add(below_ns);
    Some(Record { at_ns: Some(at_ns), link: interface.link, bytes, original })
}

/// Nanoseconds of a part of a second, digit by digit: the product has no room in 64 bits, and a division of 128 would be
/// a kilobyte of the page's program.
fn nanos(below: u64, resolution: u64) -> u64 {
    // What is finer than any clock loses its last bits.
    let unused = if resolution > u64::MAX / 10 { 4 } else { 0 };
    let (mut below, resolution) = (below >> unused, resolution >> unused);
    let mut nanos = 0;
    for _ in 0..9 {
        below *= 10;
        nanos = nanos * 10 + below / resolution;
        below %= resolution;
    }
    nanos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_second_are_divided_exactly() {
        for resolution in [1, 3, 10_u64.pow(6), 10_u64.pow(9), 10_u64.pow(12), 10_u64.pow(18), 1 << 30, 1 << 60] {
            for below in [0, 1 % resolution, resolution / 3, resolution / 2, resolution - 1] {
                let exact = u128::from(below) * u128::from(NANOS) / u128::from(resolution);
                assert_eq!(u128::from(nanos(below, resolution)), exact, "{below} of {resolution}");
            }
        }
        assert_eq!(nanos(10_u64.pow(19) / 2, 10_u64.pow(19)), 500_000_000);
        assert_eq!(nanos(1 << 62, 1 << 63), 500_000_000);
    }
}
