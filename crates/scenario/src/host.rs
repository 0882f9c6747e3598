use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two machines of every scenario.
///
/// The names say who calls `connect` in most scripts; nothing else tells the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// Drawn on the left.
    Client,
    /// Drawn on the right.
    Server,
}

impl Host {
    /// Both, in the order in which they are drawn.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The machine at the other end of the link.
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// The word for it in scripts and traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// 0 for the client, 1 for the server: for arrays with one entry a host.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
