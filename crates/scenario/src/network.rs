use serde::{Deserialize, Serialize};

use crate::Host;

/// Which hosts a run has, and which links lie between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Network {
    /// Client and server, and one link.
    #[default]
    Direct,
    /// A proxy between them, and two links: the client and the server know the proxy alone.
    Proxied,
}

impl Network {
    /// The hosts, in the order in which they are drawn.
    pub const fn hosts(self) -> &'static [Host] {
        match self {
            Self::Direct => &Host::BOTH,
            Self::Proxied => &[Host::Client, Host::Proxy, Host::Server],
        }
    }

    /// The links, from the client on.
    pub const fn links(self) -> &'static [Link] {
        match self {
            Self::Direct => &[Link::ClientServer],
            Self::Proxied => &[Link::ClientProxy, Link::ProxyServer],
        }
    }

    /// To whom a host's connect(2) goes. Behind a proxy the server connects to nobody (the parser says so).
    pub const fn connects_to(self, host: Host) -> Host {
        match (self, host) {
            (Self::Direct, Host::Server) => Host::Client,
            (Self::Direct, _) | (Self::Proxied, Host::Proxy) => Host::Server,
            (Self::Proxied, _) => Host::Proxy,
        }
    }

    /// The hosts at the other ends of a host's links.
    pub fn neighbours(self, host: Host) -> impl Iterator<Item = Host> {
        self.links().iter().filter(move |link| link.ends().contains(&host)).map(move |link| link.peer(host))
    }
}

/// A link, by the hosts at its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Link {
    ClientServer,
    ClientProxy,
    ProxyServer,
}

impl Link {
    /// All links; no run has all of them.
    pub const ALL: [Self; 3] = [Self::ClientServer, Self::ClientProxy, Self::ProxyServer];

    /// The link between two hosts; the order does not matter.
    pub const fn between(one: Host, other: Host) -> Self {
        match (one, other) {
            (Host::Proxy, Host::Client) | (Host::Client, Host::Proxy) => Self::ClientProxy,
            (Host::Proxy, _) | (_, Host::Proxy) => Self::ProxyServer,
            _ => Self::ClientServer,
        }
    }

    /// The hosts at its ends: that which is drawn further left first.
    pub const fn ends(self) -> [Host; 2] {
        match self {
            Self::ClientServer => [Host::Client, Host::Server],
            Self::ClientProxy => [Host::Client, Host::Proxy],
            Self::ProxyServer => [Host::Proxy, Host::Server],
        }
    }

    /// Which of its ends a host is: 0 or 1.
    pub const fn end(self, host: Host) -> usize {
        (self.ends()[0] as usize != host as usize) as usize
    }

    /// The host at the other end.
    pub const fn peer(self, host: Host) -> Host {
        self.ends()[1 - self.end(host)]
    }

    /// The ports of a segment's sender and receiver, those of the first end first.
    pub const fn pair(self, from: Host, ports: [u16; 2]) -> [u16; 2] {
        if self.end(from) == 0 { ports } else { [ports[1], ports[0]] }
    }

    /// Its word in scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientServer => "client-server",
            Self::ClientProxy => "client-proxy",
            Self::ProxyServer => "proxy-server",
        }
    }

    /// Its place in [`Link::ALL`]: for arrays with one entry a link.
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_lies_between_its_ends() {
        for link in Link::ALL {
            let [left, right] = link.ends();
            assert_eq!([Link::between(left, right), Link::between(right, left)], [link; 2]);
            assert_eq!([link.end(left), link.end(right)], [0, 1]);
            assert_eq!([link.peer(left), link.peer(right)], [right, left]);
            assert_eq!(Link::ALL[link.index()], link);
            assert_eq!([link.pair(left, [1, 2]), link.pair(right, [1, 2])], [[1, 2], [2, 1]]);
        }
    }

    #[test]
    fn every_host_of_a_network_reaches_whom_it_connects_to() {
        for network in [Network::Direct, Network::Proxied] {
            for host in network.hosts() {
                let peer = network.connects_to(*host);
                assert!(network.neighbours(*host).any(|known| known == peer), "{network:?}: {host} to {peer}");
                assert!(network.links().contains(&Link::between(*host, peer)));
            }
        }
        assert_eq!(Network::Proxied.neighbours(Host::Proxy).collect::<Vec<_>>(), [Host::Client, Host::Server]);
    }
}
