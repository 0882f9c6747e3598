//! Captures made from the simulator's runs: as files of every format, and as taken at each place of the way.

use scenario::{Event, Fate, Host, Script, Trace, Witness};
use sim::{Frame, Stack};

/// A script's run, and every frame that was on the link with what became of it.
#[allow(missing_docs, reason = "the words say it")]
pub struct Run {
    pub trace: Trace,
    pub frames: Vec<OnLink>,
}

/// A frame on the link.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the words say it")]
pub struct OnLink {
    pub left_us: u64,
    pub arrives_us: Option<u64>,
    pub from: Host,
    pub to: Host,
    pub forged: bool,
    pub bytes: Vec<u8>,
}

/// Performs a script in memory; `None` if it cannot be.
///
/// # Panics
/// It is no script.
pub fn run(script: &str) -> Option<Run> {
    let script = Script::parse(script).expect("a script");
    let (trace, frames) = sim::capture("capture", &script, Stack::Linux).ok()?;
    Some(Run::of(trace, frames.into_iter().filter(Frame::is_segment).map(|Frame { at_us, bytes }| (at_us, bytes))))
}

/// A script's run as a capture file; `None` if it cannot be performed.
pub fn pcap_of(script: &str) -> Option<Vec<u8>> {
    let script = Script::parse(script).ok()?;
    let (_, frames) = sim::capture("capture", &script, Stack::Linux).ok()?;
    Some(sim::pcap(&frames))
}

impl Run {
    /// A trace and its frames: one a segment, those of each host in the same order. On the kernel two hosts send at one
    /// moment, and trace and capture may tell which was first in two ways; and what the link repeats (`link twice`) its
    /// capture has once.
    ///
    /// # Panics
    /// They do not belong together.
    pub fn of(trace: Trace, frames: impl Iterator<Item = (u64, Vec<u8>)>) -> Self {
        let on_link: Vec<_> = trace
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Segment { at_us, arrives_us, from, to, fate, segment, .. } => {
                    Some((*at_us, *arrives_us, [*from, *to], *fate, *segment))
                }
                _ => None,
            })
            .collect();
        let mut waiting: Vec<Vec<u8>> = frames.map(|(_, bytes)| bytes).collect();
        // Two ACKs of one moment can be alike without `link twice`.
        let mut repeated = on_link.len().saturating_sub(waiting.len());
        let mut frames: Vec<OnLink> = Vec::new();
        let mut last = None;
        for (left_us, arrives_us, [from, to], fate, segment) in on_link {
            let this = Some((left_us, from, segment));
            let bytes = if trace.witness == Witness::Linux && this == last && repeated > 0 {
                repeated -= 1;
                frames.last().expect("it repeats one").bytes.clone()
            } else {
                let its_own = waiting.iter().position(|bytes| source(bytes) == from.index() + 1);
                waiting.remove(its_own.expect("each segment of the trace was captured"))
            };
            last = this;
            frames.push(OnLink { left_us, arrives_us, from, to, forged: fate == Fate::Injected, bytes });
        }
        assert!(waiting.is_empty(), "{} captured segments are not in the trace", waiting.len());
        Self { trace, frames }
    }
}

/// The last number of a packet's source address: hosts are numbered from 1.
fn source(packet: &[u8]) -> usize {
    usize::from(packet[if packet[0] >> 4 == 4 { 15 } else { 23 }])
}

/// The place at which a capture is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Place {
    Client,
    Server,
    /// In the middle of the way; lost segments are lost behind it.
    Between,
    /// At every end, in one file.
    Both,
    /// At the proxy, which has a connection on either side.
    Proxy,
}

impl Place {
    const ALL: [Self; 5] = [Self::Client, Self::Server, Self::Between, Self::Both, Self::Proxy];

    /// All those that a run has.
    pub fn of(run: &Run) -> &'static [Self] {
        let has_proxy = run.frames.iter().any(|frame| [frame.from, frame.to].contains(&Host::Proxy));
        if has_proxy { &Self::ALL } else { Self::ALL.split_last().expect("there are some").1 }
    }
}

/// A packet of a capture.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the words say it")]
pub struct Captured {
    pub at_us: u64,
    pub bytes: Vec<u8>,
    /// Its place among the run's frames.
    pub frame: usize,
}

/// What is captured at a place: times, and the frames as they look there. Headers are as hosts write them: each of them
/// counts its IP-IDs and is so many hops away, and who forges is nearer.
pub fn seen_at(run: &Run, place: Place) -> Vec<Captured> {
    let mut ids = [1000_u16, 5000, 9000];
    let mut seen = Vec::new();
    for (place_in_run, frame) in run.frames.iter().enumerate() {
        let mut bytes = frame.bytes.clone();
        let (ttl, id) = if frame.forged {
            (60, 0x7777)
        } else {
            let id = &mut ids[frame.from.index()];
            *id = id.wrapping_add(1);
            (64 - 8 * frame.from.index() as u8, *id)
        };
        write_ip(&mut bytes, ttl, id);
        let mut add = |at_us: u64| seen.push(Captured { at_us, bytes: bytes.clone(), frame: place_in_run });
        let departs = |host| frame.from == host && !frame.forged;
        let arrives = |host: Host| frame.arrives_us.filter(|_| frame.to == host);
        match place {
            Place::Between => {
                add(frame.left_us + frame.arrives_us.map_or(100, |at_us| (at_us - frame.left_us) / 2));
            }
            Place::Client | Place::Server | Place::Proxy => {
                let here = match place {
                    Place::Client => Host::Client,
                    Place::Proxy => Host::Proxy,
                    _ => Host::Server,
                };
                if departs(here) {
                    add(frame.left_us);
                } else if let Some(at_us) = arrives(here) {
                    add(at_us);
                }
            }
            Place::Both => {
                if !frame.forged {
                    add(frame.left_us);
                }
                if let Some(at_us) = frame.arrives_us {
                    add(at_us);
                }
            }
        }
    }
    seen.sort_by_key(|captured| captured.at_us);
    seen
}

fn write_ip(bytes: &mut [u8], ttl: u8, id: u16) {
    if bytes[0] >> 4 == 4 {
        bytes[8] = ttl;
        bytes[4..6].copy_from_slice(&id.to_be_bytes());
    } else {
        bytes[7] = ttl;
    }
}

/// The packets of a capture of the usual byte order, with their times in microseconds.
///
/// # Panics
/// It is cut.
pub fn records(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut records = Vec::new();
    let mut rest = &bytes[24..];
    while let Some(header) = rest.first_chunk::<16>() {
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
        let end = 16 + number(8) as usize;
        records.push((u64::from(number(0)) * 1_000_000 + u64::from(number(4)), rest[16..end].to_vec()));
        rest = &rest[end..];
    }
    records
}

/// How a capture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub struct Form {
    pub file: File,
    pub link: Link,
}

/// A file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub enum File {
    Pcap { big_endian: bool, nanos: bool },
    PcapNg { big_endian: bool, nanos: bool },
}

impl File {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Pcap { big_endian: false, nanos: false },
        Self::Pcap { big_endian: true, nanos: false },
        Self::Pcap { big_endian: false, nanos: true },
        Self::Pcap { big_endian: true, nanos: true },
        Self::PcapNg { big_endian: false, nanos: false },
        Self::PcapNg { big_endian: true, nanos: false },
        Self::PcapNg { big_endian: false, nanos: true },
        Self::PcapNg { big_endian: true, nanos: true },
    ];
}

/// A link type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Link {
    Raw,
    Ethernet,
    Vlan,
    QinQ,
    Sll,
    Sll2,
    Null,
    Loop,
    Ppp,
}

impl Link {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Raw, Self::Ethernet, Self::Vlan, Self::QinQ, Self::Sll, Self::Sll2, Self::Null, Self::Loop, Self::Ppp];

    const fn number(self) -> u32 {
        match self {
            Self::Raw => 101,
            Self::Ethernet | Self::Vlan | Self::QinQ => 1,
            Self::Sll => 113,
            Self::Sll2 => 276,
            Self::Null => 0,
            Self::Loop => 108,
            Self::Ppp => 9,
        }
    }

    fn wrap(self, packet: &[u8]) -> Vec<u8> {
        let ipv6 = packet[0] >> 4 == 6;
        let ether: [u8; 2] = if ipv6 { [0x86, 0xdd] } else { [0x08, 0x00] };
        let mut frame = match self {
            Self::Raw => Vec::new(),
            Self::Ethernet => [&[2; 12][..], &ether].concat(),
            Self::Vlan => [&[2; 12][..], &[0x81, 0, 0, 7], &ether].concat(),
            Self::QinQ => [&[2; 12][..], &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 8], &ether].concat(),
            Self::Sll => [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &ether].concat(),
            Self::Sll2 => [&ether[..], &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0]].concat(),
            Self::Null => vec![if ipv6 { 10 } else { 2 }, 0, 0, 0],
            Self::Loop => vec![0, 0, 0, if ipv6 { 24 } else { 2 }],
            Self::Ppp => vec![0xff, 0x03, 0x00, if ipv6 { 0x57 } else { 0x21 }],
        };
        frame.extend_from_slice(packet);
        frame
    }
}

/// The packets as a file in the usual form.
pub fn usual_file(packets: &[Captured]) -> Vec<u8> {
    file(USUAL, usize::MAX, packets)
}

/// A capture file. Times begin at an hour of the year 2025; `snap` cuts frames.
pub fn file<'a>(form: Form, snap: usize, packets: impl IntoIterator<Item = &'a Captured>) -> Vec<u8> {
    const ZERO_US: u64 = 1_750_000_000_000_000;
    let mut out = Vec::new();
    let (big, nanos) = match form.file {
        File::Pcap { big_endian, nanos } | File::PcapNg { big_endian, nanos } => (big_endian, nanos),
    };
    let u32_of = |number: u32| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    let u16_of = |number: u16| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    match form.file {
        File::Pcap { .. } => {
            out.extend(u32_of(if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
            out.extend([u16_of(2), u16_of(4)].concat());
            for number in [0, 0, 65_535, form.link.number()] {
                out.extend(u32_of(number));
            }
        }
        File::PcapNg { .. } => {
            block(&mut out, big, 0x0a0d_0d0a, &[&u32_of(0x1a2b_3c4d)[..], &u16_of(1), &u16_of(0), &[0xff; 8]].concat());
            let mut description = [&u16_of(form.link.number() as u16)[..], &[0, 0], &u32_of(0)].concat();
            if nanos {
                description.extend([&u16_of(9)[..], &u16_of(1), &[9, 0, 0, 0], &u16_of(0), &u16_of(0)].concat());
            }
            block(&mut out, big, 1, &description);
        }
    }
    for Captured { at_us, bytes, .. } in packets {
        let at_us = at_us + ZERO_US;
        let frame = form.link.wrap(bytes);
        let cut = &frame[..frame.len().min(snap)];
        match form.file {
            File::Pcap { .. } => {
                let below = (at_us % 1_000_000) as u32 * if nanos { 1000 } else { 1 };
                for number in [(at_us / 1_000_000) as u32, below, cut.len() as u32, frame.len() as u32] {
                    out.extend(u32_of(number));
                }
                out.extend(cut);
            }
            File::PcapNg { .. } => {
                let units = at_us * if nanos { 1000 } else { 1 };
                let mut body = Vec::new();
                for number in [0, (units >> 32) as u32, units as u32, cut.len() as u32, frame.len() as u32] {
                    body.extend(u32_of(number));
                }
                body.extend(cut);
                block(&mut out, big, 6, &body);
            }
        }
    }
    out
}

fn block(out: &mut Vec<u8>, big: bool, kind: u32, body: &[u8]) {
    let u32_of = |number: u32| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    let padded = body.len().next_multiple_of(4);
    let length = u32_of(padded as u32 + 12);
    out.extend([&u32_of(kind)[..], &length, body, &vec![0; padded - body.len()], &length].concat());
}

/// As most captures are: pcap, microseconds, Ethernet.
pub const USUAL: Form = Form { file: File::Pcap { big_endian: false, nanos: false }, link: Link::Ethernet };
