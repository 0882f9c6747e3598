use std::fmt;

use serde::{Deserialize, Serialize};

/// An ICMP message of type "destination unreachable", by its code (RFC 792, RFC 4443).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Icmp {
    /// Host unreachable: type 3 code 1, with IPv6 type 1 code 3.
    Unreachable,
    /// Port unreachable: type 3 code 3, with IPv6 type 1 code 4. What `iptables -j REJECT` sends if not told otherwise.
    PortUnreachable,
    /// Administratively prohibited: type 3 code 13, with IPv6 type 1 code 1.
    AdminProhibited,
    /// Fragmentation needed, and the link's MTU: type 3 code 4 (RFC 1191); with IPv6 "packet too big", type 2 (RFC 4443 §3.2).
    FragmentationNeeded(u16),
}

impl Icmp {
    /// Those that a script may send at any time, each with its word in scripts.
    pub const WORDS: [(&str, Self); 3] = [
        ("unreachable", Self::Unreachable),
        ("port-unreachable", Self::PortUnreachable),
        ("admin-prohibited", Self::AdminProhibited),
    ];

    /// What a link with an MTU says of a longer packet.
    pub const FRAGMENTATION_NEEDED: &str = "fragmentation-needed";

    /// Type and code with IPv4.
    pub const fn v4(self) -> [u8; 2] {
        match self {
            Self::Unreachable => [3, 1],
            Self::PortUnreachable => [3, 3],
            Self::AdminProhibited => [3, 13],
            Self::FragmentationNeeded(_) => [3, 4],
        }
    }

    /// Type and code with IPv6.
    pub const fn v6(self) -> [u8; 2] {
        match self {
            Self::Unreachable => [1, 3],
            Self::PortUnreachable => [1, 4],
            Self::AdminProhibited => [1, 1],
            Self::FragmentationNeeded(_) => [2, 0],
        }
    }

    /// The four bytes behind the checksum: the MTU, in either version's place, which is the last one.
    pub const fn rest(self) -> [u8; 4] {
        match self {
            Self::FragmentationNeeded(mtu) => {
                let [high, low] = mtu.to_be_bytes();
                [0, 0, high, low]
            }
            _ => [0; 4],
        }
    }
}

impl fmt::Display for Icmp {
    /// `ICMP port unreachable`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("ICMP host unreachable"),
            Self::PortUnreachable => f.write_str("ICMP port unreachable"),
            Self::AdminProhibited => f.write_str("ICMP admin prohibited"),
            Self::FragmentationNeeded(mtu) => write!(f, "ICMP fragmentation needed, MTU {mtu}"),
        }
    }
}
