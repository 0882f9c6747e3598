//! The links between the hosts, as far as they decide: what becomes of a segment that leaves, and what is in one that
//! is forged. Whoever performs a script carries the bytes, and decides nothing.

mod connections;
mod flows;
mod links;
mod refusal;

use std::time::Duration;

pub use connections::{Connections, Forged};
use flows::FlowTable;
pub use links::Links;
pub use refusal::reset;

use crate::{
    Count, Flags, Forgotten, Host, HostAction, Icmp, Kind, LinkAction, Meeting, RawSegment, Refusal, Sysctl, TooLong,
};

/// What a link does to segments: its delay, its cut, the rules that a script has given it, and which hosts are down.
#[derive(Clone, Debug)]
pub struct LinkState {
    delay: Duration,
    is_cut: bool,
    /// In the order in which the script gave them.
    rules: Vec<Rule>,
    /// The longest IP packet that passes, and whether the sender of a longer one is told.
    mtu: Option<(u16, TooLong)>,
    ip_header: u32,
    flows: FlowTable,
    /// By [`Host::index`], as `without_timestamps`.
    is_down: [bool; Host::ALL.len()],
    /// The hosts whose tcp_timestamps is 0.
    without_timestamps: [bool; Host::ALL.len()],
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    meeting: Meeting,
    /// How many segments it is still for.
    left: Count,
    kind: Kind,
    from: Host,
}

/// What the link does with a segment that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is lost.
    Lost,
    /// It arrives after this time, if its receiver is up then.
    Arrives(Duration),
    /// It arrives after this time, twice.
    ArrivesTwice(Duration),
    /// It is lost, and its sender is told, who learns of it so much later.
    Refused(Refusal, Duration),
}

/// Bytes of an IP header without options.
const IPV4_HEADER: u32 = 20;
const IPV6_HEADER: u32 = 40;
/// Bytes of a TCP header without options.
const TCP_HEADER: u32 = 20;
/// Bytes of timestamps in it, as Linux sends them (RFC 7323 §3.2, appendix A).
const TIMESTAMPS: u32 = 12;

impl Default for LinkState {
    fn default() -> Self {
        Self::new()
    }
}

impl LinkState {
    /// One way, until a script sets it.
    pub const DELAY: Duration = Duration::from_millis(10);

    /// A link that loses nothing, between hosts that are up.
    pub const fn new() -> Self {
        Self {
            delay: Self::DELAY,
            is_cut: false,
            rules: Vec::new(),
            mtu: None,
            ip_header: IPV4_HEADER,
            flows: FlowTable::new(),
            is_down: [false; Host::ALL.len()],
            without_timestamps: [false; Host::ALL.len()],
        }
    }

    /// Takes note of a statement of the link. A forged segment and a message change nothing of what it
    /// does to others.
    pub fn act(&mut self, action: &LinkAction) {
        match *action {
            LinkAction::Delay(delay) => self.delay = delay,
            LinkAction::Cut => self.is_cut = true,
            LinkAction::Restore => self.is_cut = false,
            LinkAction::Meet { meeting, count, kind, from } => {
                self.rules.push(Rule { meeting, left: count, kind, from });
            }
            LinkAction::Ipv6 => self.ip_header = IPV6_HEADER,
            LinkAction::Mtu(mtu, too_long) => self.mtu = Some((mtu, too_long)),
            LinkAction::Forget { after, then, flows } => self.flows.forget(after, then, flows),
            LinkAction::Icmp { .. } | LinkAction::Inject { .. } => {}
        }
    }

    /// Takes note of what happens to a host: one that has crashed is down until it boots, and then has Linux's settings.
    pub fn act_on_host(&mut self, host: Host, action: HostAction) {
        match action {
            HostAction::Crash => self.is_down[host.index()] = true,
            HostAction::Boot => {
                self.is_down[host.index()] = false;
                self.without_timestamps[host.index()] = false;
            }
            HostAction::Sysctl(Sysctl::TcpTimestamps, value) => self.without_timestamps[host.index()] = value == 0,
            HostAction::Kill
            | HostAction::Sysctl(..)
            | HostAction::PortRange { .. }
            | HostAction::BufferMemory { .. } => {}
        }
    }

    /// How long a segment takes that meets no rule; a forged one too, which meets none.
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether a segment that gets to this host now arrives. One that has left before its receiver went down is lost.
    pub const fn reaches(&self, host: Host) -> bool {
        !self.is_down[host.index()]
    }

    /// What becomes of a segment that leaves at that time, which counts from the beginning of the run.
    ///
    /// A segment that is lost anyhow meets nothing: the link is cut, or its receiver is down. Else the first rule that it
    /// meets counts, and is used up by it; then it must not be too long, and then a box must know its flow.
    pub fn send(&mut self, now: Duration, segment: &RawSegment) -> Disposition {
        let RawSegment { from, to, flags, len, .. } = *segment;
        if self.is_cut || !self.reaches(to) {
            return Disposition::Lost;
        }
        let met = match self.use_up_rule(from, flags, len) {
            None => Disposition::Arrives(self.delay),
            Some(Meeting::Drop) => return Disposition::Lost,
            Some(Meeting::Reject(refusal)) => return Disposition::Refused(refusal, self.delay),
            Some(Meeting::Twice) => Disposition::ArrivesTwice(self.delay),
            Some(Meeting::Hold(longer)) => Disposition::Arrives(self.delay.saturating_add(longer)),
        };
        match self.mtu {
            Some((mtu, too_long)) if len > 0 && self.headers(segment) + len > u32::from(mtu) => {
                return match too_long {
                    TooLong::Lost => Disposition::Lost,
                    TooLong::Told => Disposition::Refused(Refusal::Icmp(Icmp::FragmentationNeeded(mtu)), self.delay),
                };
            }
            _ => {}
        }
        match self.flows.pass(now, segment) {
            None => met,
            Some(Forgotten::Drop) => Disposition::Lost,
            Some(Forgotten::Reset) => Disposition::Refused(Refusal::Reset, self.delay),
        }
    }

    /// Bytes before a segment's payload. Its connection has timestamps if both of its hosts have them now.
    fn headers(&self, segment: &RawSegment) -> u32 {
        let has = |host: Host| !self.without_timestamps[host.index()];
        let timestamps = if has(segment.from) && has(segment.to) { TIMESTAMPS } else { 0 };
        self.ip_header + TCP_HEADER + timestamps
    }

    /// Whether a SYN of the host's offers timestamps.
    pub const fn offers_timestamps(&self, host: Host) -> bool {
        !self.without_timestamps[host.index()]
    }

    fn use_up_rule(&mut self, from: Host, flags: Flags, len: u32) -> Option<Meeting> {
        let meets = |rule: &Rule| rule.from == from && rule.left != Count::Next(0) && rule.kind.matches(flags, len);
        let rule = self.rules.iter_mut().find(|rule| meets(rule))?;
        if let Count::Next(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.meeting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flows;
    use crate::Link;

    const ARRIVES: Disposition = Disposition::Arrives(LinkState::DELAY);

    fn link(rules: &[(Meeting, Count, Kind)]) -> LinkState {
        let mut link = LinkState::new();
        for &(meeting, count, kind) in rules {
            link.act(&LinkAction::Meet { meeting, count, kind, from: Host::Client });
        }
        link
    }

    fn segment(from: Host, flags: Flags, len: u32) -> RawSegment {
        let ports = if from == Host::Client { [40_000, 80] } else { [80, 40_000] };
        RawSegment { from, to: Link::ClientServer.peer(from), ports, flags, seq: 100, ack: 200, len, win: 1000 }
    }

    fn send(link: &mut LinkState, from: Host, flags: Flags, len: u32) -> Disposition {
        link.send(Duration::ZERO, &segment(from, flags, len))
    }

    fn data(link: &mut LinkState) -> Disposition {
        send(link, Host::Client, Flags::DATA, 5)
    }

    #[test]
    fn the_first_rule_that_a_segment_meets_is_used_up_by_it() {
        let longer = Duration::from_millis(30);
        let mut link = link(&[
            (Meeting::Drop, Count::Next(1), Kind::Fin),
            (Meeting::Drop, Count::Next(2), Kind::Data),
            (Meeting::Hold(longer), Count::Next(1), Kind::Any),
            (Meeting::Twice, Count::All, Kind::Data),
        ]);
        assert_eq!([data(&mut link), data(&mut link)], [Disposition::Lost; 2]);
        assert_eq!(data(&mut link), Disposition::Arrives(LinkState::DELAY + longer));
        assert_eq!([data(&mut link), data(&mut link)], [Disposition::ArrivesTwice(LinkState::DELAY); 2]);
        assert_eq!(send(&mut link, Host::Client, Flags::FIN, 0), Disposition::Lost);
        assert_eq!(send(&mut link, Host::Client, Flags::FIN, 0), ARRIVES);
        assert_eq!(send(&mut link, Host::Server, Flags::DATA, 5), ARRIVES, "the rules are for the other side");
        assert_eq!(data(&mut self::link(&[(Meeting::Drop, Count::Next(0), Kind::Any)])), ARRIVES);
    }

    #[test]
    fn what_is_lost_anyhow_uses_up_no_rule() {
        let mut cut = link(&[(Meeting::Drop, Count::Next(1), Kind::Data)]);
        cut.act(&LinkAction::Cut);
        assert_eq!(data(&mut cut), Disposition::Lost);
        cut.act(&LinkAction::Restore);
        assert_eq!([data(&mut cut), data(&mut cut)], [Disposition::Lost, ARRIVES]);

        let mut down = link(&[(Meeting::Drop, Count::Next(1), Kind::Data)]);
        down.act_on_host(Host::Server, HostAction::Crash);
        assert_eq!(data(&mut down), Disposition::Lost);
        assert!(!down.reaches(Host::Server) && down.reaches(Host::Client));
        down.act_on_host(Host::Server, HostAction::Boot);
        assert_eq!([data(&mut down), data(&mut down)], [Disposition::Lost, ARRIVES]);
    }

    #[test]
    fn a_delay_is_for_segments_that_leave_from_now_on() {
        let mut link = LinkState::new();
        link.act(&LinkAction::Delay(Duration::ZERO));
        assert_eq!((data(&mut link), link.delay()), (Disposition::Arrives(Duration::ZERO), Duration::ZERO));
    }

    #[test]
    fn a_rejected_segment_is_lost_and_its_sender_told() {
        let mut link = link(&[(Meeting::Reject(Refusal::Reset), Count::Next(1), Kind::Data)]);
        assert_eq!(data(&mut link), Disposition::Refused(Refusal::Reset, LinkState::DELAY));
        assert_eq!(data(&mut link), ARRIVES);
    }

    #[test]
    fn what_is_longer_than_the_link_takes_is_lost() {
        let mut link = link(&[]);
        link.act(&LinkAction::Mtu(576, TooLong::Lost));
        let sent = |link: &mut LinkState, len| send(link, Host::Client, Flags::DATA, len);
        assert_eq!([sent(&mut link, 524), sent(&mut link, 525)], [ARRIVES, Disposition::Lost]);
        link.act(&LinkAction::Ipv6);
        assert_eq!([sent(&mut link, 504), sent(&mut link, 505)], [ARRIVES, Disposition::Lost]);
        link.act_on_host(Host::Server, HostAction::Sysctl(Sysctl::TcpTimestamps, 0));
        assert_eq!([sent(&mut link, 516), sent(&mut link, 517)], [ARRIVES, Disposition::Lost]);
        link.act(&LinkAction::Mtu(576, TooLong::Told));
        let told = Disposition::Refused(Refusal::Icmp(Icmp::FragmentationNeeded(576)), LinkState::DELAY);
        assert_eq!([sent(&mut link, 516), sent(&mut link, 517)], [ARRIVES, told]);
    }

    #[test]
    fn a_box_has_not_seen_what_was_lost_before_it() {
        let second = Duration::from_secs(1);
        let syn = segment(Host::Client, Flags::SYN, 0);
        let mut link = link(&[(Meeting::Drop, Count::Next(1), Kind::Data)]);
        link.act(&LinkAction::Forget { after: second, then: Forgotten::Reset, flows: Flows::All });
        assert_eq!(link.send(Duration::ZERO, &syn), ARRIVES);
        let data = segment(Host::Client, Flags::DATA, 5);
        assert_eq!(link.send(second / 2, &data), Disposition::Lost, "a rule met it");
        assert_eq!(link.send(second, &data), Disposition::Refused(Refusal::Reset, LinkState::DELAY));
        assert_eq!(link.send(second, &syn), ARRIVES, "a new flow");
        assert_eq!(link.send(second, &data), ARRIVES);
    }
}
