//! What could not be read, named and counted.

use std::fmt;

/// Something in a file that is no segment of a connection, or none that can be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// The file is neither pcap nor pcapng.
    NoCapture,
    /// A record's length is not possible; what follows was not read.
    Damaged,
    /// The file ends in the middle of a record.
    CutOff,
    /// A block of pcapng that cannot be read.
    Block,
    /// A link type that is not read, by its number (tcpdump.org/linktypes.html).
    LinkType(u16),
    /// An Ethernet protocol that is neither IPv4 nor IPv6, by its number.
    EtherType(u16),
    /// An IP protocol that is not TCP, by its number (IANA).
    Protocol(u8),
    /// A link or IP header that is damaged or cut.
    Header,
    /// A TCP header that is damaged, or cut before its flags.
    TcpHeader,
    /// A fragment whose first part, with the TCP header, was not captured.
    Fragment,
    /// Link types and protocols beyond those that are named: noise has thousands.
    Others,
    /// A connection beyond the number that is kept.
    TooMany,
    /// A line of text that is no segment.
    Line,
    /// A line that names a host. It was read; an address stands in for the name.
    Name,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCapture => f.write_str("neither pcap nor pcapng"),
            Self::Damaged => f.write_str("a damaged record; what follows it was not read"),
            Self::CutOff => f.write_str("the last record is cut off"),
            Self::Block => f.write_str("a pcapng block that cannot be read"),
            Self::LinkType(number) => write!(f, "packets of link type {number}"),
            Self::EtherType(0x0806) => f.write_str("ARP"),
            Self::EtherType(0x8847 | 0x8848) => f.write_str("MPLS"),
            Self::EtherType(0x8863 | 0x8864) => f.write_str("PPPoE"),
            Self::EtherType(number) => write!(f, "Ethernet protocol {number:#06x}"),
            Self::Protocol(1 | 58) => f.write_str("ICMP"),
            Self::Protocol(17) => f.write_str("UDP"),
            Self::Protocol(4 | 41 | 47) => f.write_str("a tunnel (IP in IP or GRE)"),
            Self::Protocol(50 | 51) => f.write_str("IPsec"),
            Self::Protocol(number) => write!(f, "IP protocol {number}"),
            Self::Header => f.write_str("a damaged or cut link or IP header"),
            Self::TcpHeader => f.write_str("a damaged or cut TCP header"),
            Self::Fragment => f.write_str("fragments without the first one"),
            Self::Others => f.write_str("packets of further protocols"),
            Self::TooMany => f.write_str("segments of connections beyond the number that is kept"),
            Self::Line => f.write_str("lines that are no segments"),
            Self::Name => {
                f.write_str("lines with names, in whose place 198.18.0.1 and on are shown; tcpdump -n has addresses")
            }
        }
    }
}

impl Skip {
    /// Whether it is one of thousands that differ by a number.
    const fn is_numbered(&self) -> bool {
        matches!(self, Self::LinkType(_) | Self::EtherType(_) | Self::Protocol(_))
    }
}

/// So many kinds are named; those with a number are counted together from there on.
const KINDS_MAX: usize = 64;

/// How often what was skipped. At most one entry a kind, and few kinds, so it is bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    counts: Vec<(Skip, u64)>,
}

impl Skipped {
    pub(crate) fn count(&mut self, what: Skip) {
        self.add(what, 1);
    }

    /// Counts so many more.
    pub fn add(&mut self, what: Skip, count: u64) {
        if count > 0 {
            let has_room = self.counts.len() < KINDS_MAX || !what.is_numbered();
            match self.counts.iter_mut().find(|(known, _)| *known == what) {
                Some((_, known)) => *known += count,
                None if has_room => self.counts.push((what, count)),
                None => self.add(Skip::Others, count),
            }
        }
    }

    /// Each kind with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&Skip, u64)> {
        self.counts.iter().map(|(what, count)| (what, *count))
    }

    /// How often this was skipped.
    pub fn of(&self, what: &Skip) -> u64 {
        self.iter().find(|(known, _)| *known == what).map_or(0, |(_, count)| count)
    }
}
