use std::fmt;

use serde::{Deserialize, Serialize};

/// A host of a run; which hosts there are says its [`crate::Network`].
///
/// The names say who calls `connect` in most scripts; nothing else tells client and server apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// The client, drawn on the left.
    Client,
    /// The server, drawn on the right.
    Server,
    /// The proxy, drawn between them, in scripts that have one.
    Proxy,
}

impl Host {
    /// All hosts; a run has a proxy only if its script has one.
    pub const ALL: [Self; 3] = [Self::Client, Self::Server, Self::Proxy];
    /// The hosts of a run without a proxy.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The word for it in scripts and traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Proxy => "proxy",
        }
    }

    /// Its place in [`Host::ALL`]: for arrays with one entry a host.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
