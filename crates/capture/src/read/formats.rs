//! Capture files: pcap and pcapng, piece by piece, into records.

use pcap_parser::nom::Err as Unfinished;
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock as _;
use pcap_parser::{Linktype, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header};

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
    /// gzip: whoever reads the file unpacks it first.
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
    pub(crate) link: Linktype,
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
        layout: Layout,
        nanos: bool,
        link: Linktype,
    },
    PcapNg {
        big_endian: bool,
        interfaces: Vec<Interface>,
    },
    /// Nothing more can be read.
    Over,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    Little,
    Big,
    /// Alexey Kuznetsov's, with eight bytes more a record.
    Modified,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Linktype,
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
            Self::Pcap { layout, nanos, link } => {
                let parsed = match layout {
                    Layout::Little => parse_pcap_frame(bytes),
                    Layout::Big => parse_pcap_frame_be(bytes),
                    Layout::Modified => parse_pcap_frame_modified(bytes),
                };
                match parsed {
                    Ok((rest, block)) => {
                        let below = u64::from(block.ts_usec) * if *nanos { 1 } else { 1000 };
                        let at_ns = u64::from(block.ts_sec) * NANOS + below;
                        let link = *link;
                        on(Record { at_ns: Some(at_ns), link, bytes: block.data, original: block.origlen }, skipped);
                        Step::Took(bytes.len() - rest.len())
                    }
                    Err(error) => wants(error, bytes),
                }
            }
            Self::PcapNg { big_endian, interfaces } => {
                // Each section may have a byte order of its own, and says it behind its length.
                if bytes.starts_with(&PCAPNG_MAGIC) {
                    let Some(order) = bytes.get(8..12) else { return Step::Wants(BLOCK_HEADER - bytes.len()) };
                    *big_endian = order == [0x1a, 0x2b, 0x3c, 0x4d];
                    interfaces.clear();
                }
                let Some(length) = bytes.get(4..8) else { return Step::Wants(BLOCK_HEADER - bytes.len()) };
                let length: [u8; 4] = length.try_into().expect("four bytes");
                let length = if *big_endian { u32::from_be_bytes(length) } else { u32::from_le_bytes(length) } as usize;
                if !(BLOCK_HEADER..=RECORD_MAX).contains(&length) {
                    return Step::Damaged;
                }
                if bytes.len() < length {
                    return Step::Wants(length - bytes.len());
                }
                let parsed =
                    if *big_endian { parse_block_be(&bytes[..length]) } else { parse_block_le(&bytes[..length]) };
                match parsed {
                    Ok((_, block)) => take_block(block, interfaces, skipped, on),
                    // The block's length is known: what is behind it may be read.
                    Err(_) => skipped.count(Skip::Block),
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
            Kind::Pcap => match parse_pcap_header(bytes) {
                Ok((_, header)) => {
                    let layout = if header.is_modified_format() {
                        Layout::Modified
                    } else if header.is_bigendian() {
                        Layout::Big
                    } else {
                        Layout::Little
                    };
                    // The upper bits say whether frames end with a checksum.
                    let link = Linktype(header.network.0 & 0x03ff_ffff);
                    *self = Self::Pcap { layout, nanos: header.is_nanosecond_precision(), link };
                    Step::Took(PCAP_HEADER)
                }
                Err(_) => Step::Damaged,
            },
            Kind::PcapNg => {
                *self = Self::PcapNg { big_endian: false, interfaces: Vec::new() };
                Step::Took(0)
            }
            Kind::Gzip | Kind::Other => Step::Damaged,
        }
    }
}

fn take_block(
    block: Block<'_>,
    interfaces: &mut Vec<Interface>,
    skipped: &mut Skipped,
    on: &mut dyn FnMut(Record<'_>, &mut Skipped),
) {
    match block {
        Block::InterfaceDescription(description) if interfaces.len() < INTERFACES_MAX => interfaces.push(Interface {
            link: description.linktype,
            snap: description.snaplen,
            resolution: description.ts_resolution().filter(|units| *units > 0).unwrap_or(MICROS),
            offset_s: description.ts_offset(),
        }),
        Block::EnhancedPacket(packet) => {
            let Some(interface) = interfaces.get(packet.if_id as usize) else { return skipped.count(Skip::Block) };
            let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            let seconds = (units / interface.resolution).saturating_add_signed(interface.offset_s);
            let below = u128::from(units % interface.resolution) * u128::from(NANOS) / u128::from(interface.resolution);
            let at_ns = seconds.saturating_mul(NANOS).saturating_add(below as u64);
            on(
                Record {
                    at_ns: Some(at_ns),
                    link: interface.link,
                    bytes: packet.packet_data(),
                    original: packet.origlen,
                },
                skipped,
            );
        }
        Block::SimplePacket(packet) => {
            let Some(interface) = interfaces.first() else { return skipped.count(Skip::Block) };
            let snap = if interface.snap == 0 { u32::MAX } else { interface.snap };
            let length = packet.data.len().min(snap.min(packet.origlen) as usize);
            let bytes = &packet.data[..length];
            on(Record { at_ns: None, link: interface.link, bytes, original: packet.origlen }, skipped);
        }
        Block::Unknown(unknown) if unknown.block_type == 2 => skipped.count(Skip::Block),
        // Names, statistics, secrets, notes: nothing of it is a packet.
        _ => {}
    }
}

fn wants<E>(error: Unfinished<E>, bytes: &[u8]) -> Step {
    match error {
        Unfinished::Incomplete(pcap_parser::nom::Needed::Size(more)) if more.get() + bytes.len() <= RECORD_MAX => {
            Step::Wants(more.get())
        }
        _ => Step::Damaged,
    }
}
