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
}

impl Icmp {
    /// All of them, each with its word in scripts.
    pub const WORDS: [(&str, Self); 3] = [
        ("unreachable", Self::Unreachable),
        ("port-unreachable", Self::PortUnreachable),
        ("admin-prohibited", Self::AdminProhibited),
    ];

    /// Type and code with IPv4.
    pub const fn v4(self) -> [u8; 2] {
        match self {
            Self::Unreachable => [3, 1],
            Self::PortUnreachable => [3, 3],
            Self::AdminProhibited => [3, 13],
        }
    }

    /// Type and code with IPv6.
    pub const fn v6(self) -> [u8; 2] {
        match self {
            Self::Unreachable => [1, 3],
            Self::PortUnreachable => [1, 4],
            Self::AdminProhibited => [1, 1],
        }
    }
}

impl fmt::Display for Icmp {
    /// `ICMP port unreachable`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "ICMP host unreachable",
            Self::PortUnreachable => "ICMP port unreachable",
            Self::AdminProhibited => "ICMP admin prohibited",
        })
    }
}
