use crate::{Flags, Host, Link, Offset, RawSegment, Target};

/// What is in a forged segment ([`crate::LinkAction::Inject`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged {
    /// Its control bits.
    pub flags: Flags,
    /// Its ports.
    pub target: Target,
    /// Its sequence number, counted from what the receiver expects next.
    pub seq: Offset,
    /// Its acknowledgement number, counted from the receiver's ISN.
    pub ack: Option<i64>,
    /// Its payload, in bytes.
    pub len: u32,
}

/// What the segments on the link tell of each connection: enough to read a window, and to forge a segment for its
/// receiver.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// In the order of their first SYN.
    connections: Vec<Connection>,
    /// How many segments have left.
    sent: u32,
}

#[derive(Clone, Debug)]
struct Connection {
    link: Link,
    /// The ports at the link's ends.
    ports: [u16; 2],
    /// Its ends at the link's ends.
    sides: [Side; 2],
}

/// One host's end of a connection.
#[derive(Clone, Debug, Default)]
struct Side {
    /// Its place in the order in which ends of connections began; `None` while it has sent no SYN.
    began: Option<u32>,
    isn: Option<u32>,
    scale: Option<u8>,
    /// SND.NXT: behind everything that it has sent.
    send_next: u32,
    /// RCV.NXT, as far as it has told: its highest acknowledgement; `None` until it has acknowledged a SYN.
    receive_next: Option<u32>,
    /// The right edge of the window that it offered last.
    edge: u32,
    /// The window that it offered last, as its header has it.
    window: u32,
    /// What it has sent last.
    last: Option<RawSegment>,
}

/// A number is nearer than this to the ISN it counts from: runs are short, ISNs are random.
const NEAR: i32 = 1 << 28;

impl Connections {
    /// None seen yet.
    pub const fn new() -> Self {
        Self { connections: Vec::new(), sent: 0 }
    }

    /// Learns from a segment that a host sends, not from a forged one; gives its window in bytes.
    ///
    /// The segment's window is the header's field, and `window_scale` the option of a SYN (RFC 7323 §2.2); or the window
    /// is in bytes already, and there is no option.
    pub fn note_sent(&mut self, segment: &RawSegment, window_scale: Option<u8>) -> u32 {
        let RawSegment { from, flags, seq, ack, .. } = *segment;
        let place = self.sent;
        self.sent += 1;
        if flags.syn && !flags.ack && !self.knows_syn(segment) {
            let (link, ports) = pair(segment);
            self.connections.push(Connection { link, ports, sides: Default::default() });
        }
        let Some(connection) = self.connection_of(segment) else { return segment.win };
        let window = segment.win << connection.shift(segment);
        let side = &mut connection.sides[connection.link.end(from)];
        side.last = Some(*segment);
        if flags.syn {
            side.began.get_or_insert(place);
            side.isn = Some(seq);
            side.scale = window_scale;
            side.send_next = seq.wrapping_add(span(segment));
        } else if !flags.rst {
            let next = seq.wrapping_add(span(segment));
            if is_behind(side.send_next, next) {
                side.send_next = next;
            }
        }
        if flags.ack && !flags.rst {
            if side.receive_next.is_none_or(|next| is_behind(next, ack)) {
                side.receive_next = Some(ack);
            }
            side.edge = ack.wrapping_add(window);
            side.window = segment.win;
        }
        window
    }

    /// A segment for `to` over that link, in the name of its peer; `None` if it is for the newest connection, and `to` has
    /// had none: it has sent no SYN. Its window is the header's field where those of the other segments are.
    ///
    /// `seq` counts from what `to` expects next, `ack` from `to`'s ISN; without it the segment acknowledges all that `to`
    /// has sent.
    pub fn forge(&self, link: Link, to: Host, Forged { flags, target, seq, ack, len }: Forged) -> Option<RawSegment> {
        let (own, peer) = (link.end(to), 1 - link.end(to));
        let mut over_link = self.connections.iter().filter(|connection| connection.link == link);
        let nobody = Side::default();
        let (ports, [side, other]) = match target {
            Target::Newest => {
                let newest = over_link.max_by_key(|connection| connection.sides[own].began)?;
                newest.sides[own].began?;
                ([newest.ports[peer], newest.ports[own]], [&newest.sides[own], &newest.sides[peer]])
            }
            Target::Ports { port, from } => {
                let ports = [from, port];
                let is_it = |known: &&Connection| known.ports == link.pair(link.peer(to), ports);
                let sides = match over_link.rfind(is_it) {
                    Some(known) => [&known.sides[own], &known.sides[peer]],
                    None => [&nobody; 2],
                };
                (ports, sides)
            }
        };
        let next = side.receive_next.unwrap_or(0);
        let relative = |ack: i64| {
            let ack = u32::try_from(ack.rem_euclid(1 << 32)).expect("below 2^32");
            side.isn.unwrap_or(0).wrapping_add(ack)
        };
        Some(RawSegment {
            from: link.peer(to),
            to,
            ports,
            flags,
            seq: seq.resolve(next, side.edge),
            ack: if flags.ack { ack.map_or(side.send_next, relative) } else { 0 },
            win: if other.window > 0 { other.window } else { u32::from(u16::MAX) },
            len,
        })
    }

    /// What that host has sent last on its newest connection over that link: what an ICMP message for it quotes. `None` as
    /// for [`Connections::forge`].
    pub fn sent_last(&self, link: Link, host: Host) -> Option<RawSegment> {
        let own = link.end(host);
        let over_link = self.connections.iter().filter(|connection| connection.link == link);
        over_link.max_by_key(|connection| connection.sides[own].began)?.sides[own].last
    }

    /// A segment's window in bytes, as its receiver reads it.
    pub fn window(&self, segment: &RawSegment) -> u32 {
        let connection = self.connections.iter().rev().find(|connection| connection.is_of(segment));
        segment.win << connection.map_or(0, |connection| connection.shift(segment))
    }

    /// Whether that SYN has been seen already.
    fn knows_syn(&self, syn: &RawSegment) -> bool {
        let is_it = |known: &Connection| known.is_of(syn) && known.sides[known.link.end(syn.from)].isn == Some(syn.seq);
        self.connections.iter().any(is_it)
    }

    /// The connection that a segment belongs to: of several with these ports the one whose numbers fit.
    fn connection_of(&mut self, segment: &RawSegment) -> Option<&mut Connection> {
        let fits = |connection: &Connection| {
            let near = |isn: u32, number: u32| number.wrapping_sub(isn).cast_signed().abs() < NEAR;
            let own = connection.sides[connection.link.end(segment.from)].isn.is_none_or(|isn| near(isn, segment.seq));
            let acknowledged = connection.sides[connection.link.end(segment.to)].isn;
            own && (!segment.flags.ack || acknowledged.is_none_or(|isn| near(isn, segment.ack)))
        };
        let same = |connection: &Connection| connection.is_of(segment);
        let fitting = self.connections.iter().rposition(|connection| same(connection) && fits(connection));
        let at = fitting.or_else(|| self.connections.iter().rposition(same))?;
        Some(&mut self.connections[at])
    }
}

impl Connection {
    /// Whether a segment has its link and its ports.
    fn is_of(&self, segment: &RawSegment) -> bool {
        (self.link, self.ports) == pair(segment)
    }

    /// By how many bits a window is to be shifted: not on a SYN, and only if both sides offered it (RFC 7323 §2.2).
    fn shift(&self, segment: &RawSegment) -> u8 {
        match (self.sides[self.link.end(segment.from)].scale, self.sides[self.link.end(segment.to)].scale) {
            (Some(shift), Some(_)) if !segment.flags.syn => shift.min(14),
            _ => 0,
        }
    }
}

impl Offset {
    /// The sequence number for a receiver that expects `next`, and whose window ends before `edge`.
    const fn resolve(self, next: u32, edge: u32) -> u32 {
        match self {
            Self::Exact => next,
            Self::Inside => next.wrapping_add(100),
            Self::Outside => edge.wrapping_add(1000),
            Self::Plus(by) => next.wrapping_add_signed(by),
        }
    }
}

/// How far a segment moves its sender's SND.NXT: payload, SYN and FIN count.
fn span(segment: &RawSegment) -> u32 {
    segment.len + u32::from(segment.flags.syn) + u32::from(segment.flags.fin)
}

/// A segment's link, and the ports at its ends.
const fn pair(segment: &RawSegment) -> (Link, [u16; 2]) {
    let link = Link::between(segment.from, segment.to);
    (link, link.pair(segment.from, segment.ports))
}

/// Whether `number` comes before `next` in sequence space.
const fn is_behind(number: u32, next: u32) -> bool {
    next.wrapping_sub(number).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link = Link::ClientServer;

    fn segment(from: Host, flags: Flags, seq: u32, ack: u32, len: u32) -> RawSegment {
        let ports = if from == Host::Client { [40_000, 80] } else { [80, 40_000] };
        RawSegment { from, to: LINK.peer(from), ports, flags, seq, ack, len, win: 500 }
    }

    fn sent(connections: &mut Connections, segment: &RawSegment) -> u32 {
        connections.note_sent(segment, segment.flags.syn.then_some(7))
    }

    fn forge(
        connections: &Connections,
        to: Host,
        flags: Flags,
        target: Target,
        seq: Offset,
        ack: Option<i64>,
    ) -> Option<RawSegment> {
        connections.forge(LINK, to, Forged { flags, target, seq, ack, len: 0 })
    }

    fn established() -> Connections {
        let mut connections = Connections::default();
        sent(&mut connections, &segment(Host::Client, Flags::SYN, 1000, 0, 0));
        sent(&mut connections, &segment(Host::Server, Flags::SYN_ACK, 5000, 1001, 0));
        sent(&mut connections, &segment(Host::Client, Flags::ACK, 1001, 5001, 0));
        connections
    }

    #[test]
    fn a_window_is_scaled_behind_the_handshake_only() {
        let mut connections = established();
        assert_eq!(sent(&mut connections, &segment(Host::Client, Flags::ACK, 1001, 5001, 0)), 500 << 7);
        let syn = RawSegment { ports: [1, 2], ..segment(Host::Client, Flags::SYN, 1, 0, 0) };
        assert_eq!(sent(&mut connections, &syn), 500);
    }

    #[test]
    fn a_forged_segment_stands_where_its_receiver_expects_it() {
        let mut connections = established();
        let seq = |connections: &Connections, offset| {
            forge(connections, Host::Server, Flags::RST, Target::Newest, offset, None).map(|it| it.seq)
        };
        assert_eq!(seq(&connections, Offset::Exact), Some(1001));
        sent(&mut connections, &segment(Host::Client, Flags::DATA, 1001, 5001, 10));
        assert_eq!(seq(&connections, Offset::Exact), Some(1001), "what is sent may be lost yet");
        sent(&mut connections, &segment(Host::Server, Flags::ACK, 5001, 1011, 0));
        assert_eq!(seq(&connections, Offset::Exact), Some(1011));
        assert_eq!(seq(&connections, Offset::Inside), Some(1111));
        assert_eq!(seq(&connections, Offset::Plus(-1)), Some(1010));
        assert_eq!(seq(&connections, Offset::Outside), Some(1011 + (500 << 7) + 1000));
        assert_eq!(connections.sent_last(LINK, Host::Client).map(|it| (it.seq, it.len)), Some((1001, 10)));
        let forged = forge(&connections, Host::Client, Flags::ACK, Target::Newest, Offset::Exact, Some(0))
            .expect("there is a connection");
        assert_eq!((forged.ports, forged.seq, forged.ack), ([80, 40_000], 5001, 1000));
    }

    #[test]
    fn a_host_has_a_connection_when_it_has_sent_a_syn() {
        let mut connections = Connections::default();
        assert_eq!(forge(&connections, Host::Client, Flags::RST, Target::Newest, Offset::Exact, None), None);
        sent(&mut connections, &segment(Host::Client, Flags::SYN, 1000, 0, 0));
        assert!(forge(&connections, Host::Client, Flags::RST, Target::Newest, Offset::Exact, None).is_some());
        sent(&mut connections, &segment(Host::Server, Flags::RST_ACK, 0, 1001, 0));
        assert_eq!(
            forge(&connections, Host::Server, Flags::RST, Target::Newest, Offset::Exact, None),
            None,
            "it has refused"
        );
    }

    #[test]
    fn a_segment_for_given_ports_counts_from_their_connection_or_from_zero() {
        let connections = established();
        let forge = |port, from| {
            let target = Target::Ports { port, from };
            forge(&connections, Host::Server, Flags::ACK, target, Offset::Plus(7), None).expect("it has its ports")
        };
        let [known, unknown] = [forge(80, 40_000), forge(81, 40_000)];
        assert_eq!((known.ports, known.seq, known.ack), ([40_000, 80], 1008, 5001));
        assert_eq!((unknown.ports, unknown.seq, unknown.ack), ([40_000, 81], 7, 0));
    }

    #[test]
    fn the_newest_connection_is_the_one_that_the_host_has_begun_last() {
        let mut connections = Connections::default();
        let first = |flags, ack| RawSegment { ports: [40_001, 80], ..segment(Host::Client, flags, 1000, ack, 0) };
        let second = |flags, ack| RawSegment { ports: [40_002, 80], ..segment(Host::Client, flags, 2000, ack, 0) };
        sent(&mut connections, &first(Flags::SYN, 0));
        sent(&mut connections, &second(Flags::SYN, 0));
        let answer = |to: u16, ack| RawSegment { ports: [80, to], ..segment(Host::Server, Flags::SYN_ACK, 7, ack, 0) };
        sent(&mut connections, &answer(40_002, 2001));
        // The first SYN was lost, and comes again.
        sent(&mut connections, &first(Flags::SYN, 0));
        sent(&mut connections, &answer(40_001, 1001));
        let newest =
            |host| forge(&connections, host, Flags::RST, Target::Newest, Offset::Exact, None).map(|it| it.ports);
        assert_eq!(newest(Host::Server), Some([40_001, 80]));
        assert_eq!(newest(Host::Client), Some([80, 40_002]));
    }
}
