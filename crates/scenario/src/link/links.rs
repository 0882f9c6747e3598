use std::time::Duration;

use super::{Disposition, LinkState};
use crate::{Host, HostAction, Link, LinkAction, RawSegment};

/// The links of a network, each with a delay, a cut and rules of its own.
#[derive(Clone, Debug)]
pub struct Links([LinkState; Link::ALL.len()]);

impl Default for Links {
    fn default() -> Self {
        Self::new()
    }
}

impl Links {
    /// Links that lose nothing, between hosts that are up.
    pub const fn new() -> Self {
        Self([const { LinkState::new() }; Link::ALL.len()])
    }

    /// Takes note of a statement of that link; `link ipv6` is for all of them.
    pub fn act(&mut self, link: Link, action: &LinkAction) {
        match action {
            LinkAction::Ipv6 => self.0.iter_mut().for_each(|link| link.act(action)),
            _ => self.0[link.index()].act(action),
        }
    }

    /// Takes note of what happens to a host.
    pub fn act_on_host(&mut self, host: Host, action: HostAction) {
        for link in &mut self.0 {
            link.act_on_host(host, action);
        }
    }

    /// See [`LinkState::delay`].
    pub const fn delay(&self, link: Link) -> Duration {
        self.0[link.index()].delay()
    }

    /// See [`LinkState::reaches`].
    pub const fn reaches(&self, host: Host) -> bool {
        self.0[0].reaches(host)
    }

    /// See [`LinkState::offers_timestamps`].
    pub const fn offers_timestamps(&self, host: Host) -> bool {
        self.0[0].offers_timestamps(host)
    }

    /// See [`LinkState::send`]: on the link between the two hosts.
    pub fn send(&mut self, now: Duration, segment: &RawSegment) -> Disposition {
        self.0[Link::between(segment.from, segment.to).index()].send(now, segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Count, Flags, Kind, Meeting};

    #[test]
    fn what_is_done_to_a_link_is_not_done_to_the_others() {
        let mut links = Links::new();
        let drop = LinkAction::Meet { meeting: Meeting::Drop, count: Count::All, kind: Kind::Any, from: Host::Proxy };
        links.act(Link::ProxyServer, &drop);
        links.act(Link::ClientProxy, &LinkAction::Delay(Duration::ZERO));
        let data =
            |from, to| RawSegment { from, to, ports: [1, 2], flags: Flags::DATA, seq: 1, ack: 1, len: 5, win: 9 };
        let mut send = |from, to| links.send(Duration::ZERO, &data(from, to));
        assert_eq!(send(Host::Proxy, Host::Server), Disposition::Lost);
        assert_eq!(send(Host::Server, Host::Proxy), Disposition::Arrives(LinkState::DELAY));
        assert_eq!(send(Host::Proxy, Host::Client), Disposition::Arrives(Duration::ZERO));
        links.act_on_host(Host::Client, HostAction::Crash);
        assert!(!links.reaches(Host::Client) && links.reaches(Host::Proxy));
        assert_eq!(links.send(Duration::ZERO, &data(Host::Proxy, Host::Client)), Disposition::Lost);
    }
}
