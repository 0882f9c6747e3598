//! What the link knows of each connection from the segments that it saw: enough to scale a window and to forge.

use scenario::{Flags, Host, Offset};

use crate::packet::Header;

/// Every connection seen, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Flows(Vec<Flow>);

#[derive(Debug)]
struct Flow {
    /// The client host's port and the server host's.
    ports: [u16; 2],
    sides: [Side; 2],
}

/// One host's end of a connection.
#[derive(Debug, Default)]
struct Side {
    isn: Option<u32>,
    scale: Option<u8>,
    /// SND.NXT: behind everything that it has sent.
    send_next: u32,
    /// RCV.NXT, as far as it has told: its highest acknowledgement; `None` until it has acknowledged a SYN.
    receive_next: Option<u32>,
    /// Its last acknowledgement, and the right edge of the window that came with it.
    edge: u32,
    window: u16,
    /// Whether it knows of the connection: it has sent or received a segment.
    takes_part: bool,
}

/// A number is nearer than this to the ISN it counts from: runs are short, ISNs are random.
const NEAR: i32 = 1 << 28;

impl Flows {
    /// Learns from a segment that a host sends; gives its window in bytes.
    pub(crate) fn note_sent(&mut self, from: Host, header: &Header) -> u32 {
        if header.flags.syn && !header.flags.ack && self.find_incarnation(from, header).is_none() {
            self.0.push(Flow { ports: pair(from, header.ports), sides: Default::default() });
        }
        let Some(flow) = self.find_sent(from, header) else { return u32::from(header.window) };
        let window = u32::from(header.window) << flow.shift(from, header);
        let side = &mut flow.sides[from.index()];
        side.takes_part = true;
        if header.flags.syn {
            side.isn = Some(header.seq);
            side.scale = header.window_scale;
            side.send_next = header.seq.wrapping_add(header.span());
        } else if !header.flags.rst {
            let next = header.seq.wrapping_add(header.span());
            if is_behind(side.send_next, next) {
                side.send_next = next;
            }
        }
        if header.flags.ack && !header.flags.rst {
            if side.receive_next.is_none_or(|next| is_behind(next, header.ack)) {
                side.receive_next = Some(header.ack);
            }
            side.edge = header.ack.wrapping_add(window);
            side.window = header.window;
        }
        window
    }

    /// Learns from a segment that reaches a host.
    pub(crate) fn note_arrived(&mut self, to: Host, header: &Header) {
        if let Some(flow) = self.find_sent(to.peer(), header) {
            flow.sides[to.index()].takes_part = true;
        }
    }

    /// A segment for the newest connection of `to`, in the name of its peer; `None` if `to` has had no connection.
    pub(crate) fn forge(&self, flags: Flags, to: Host, seq: Offset, ack: Option<i64>, len: u32) -> Option<Header> {
        let flow = self.0.iter().rev().find(|flow| flow.sides[to.index()].takes_part)?;
        let [side, other] = [&flow.sides[to.index()], &flow.sides[to.peer().index()]];
        let next = side.receive_next.unwrap_or(0);
        let seq = match seq {
            Offset::Exact => next,
            Offset::Inside => next.wrapping_add(100),
            Offset::Outside => side.edge.wrapping_add(1000),
            Offset::Plus(by) => next.wrapping_add_signed(by),
        };
        let relative = |ack: i64| {
            let ack = u32::try_from(ack.rem_euclid(1 << 32)).expect("below 2^32");
            side.isn.unwrap_or(0).wrapping_add(ack)
        };
        Some(Header {
            ports: [flow.ports[to.peer().index()], flow.ports[to.index()]],
            flags,
            seq,
            ack: if flags.ack { ack.map_or(side.send_next, relative) } else { 0 },
            window: if other.takes_part && other.window > 0 { other.window } else { u16::MAX },
            window_scale: None,
            len,
        })
    }

    /// A forged segment's window in bytes, as its receiver reads it.
    pub(crate) fn window(&self, from: Host, header: &Header) -> u32 {
        let pair = pair(from, header.ports);
        let flow = self.0.iter().rev().find(|flow| flow.ports == pair);
        u32::from(header.window) << flow.map_or(0, |flow| flow.shift(from, header))
    }

    fn find_incarnation(&mut self, from: Host, header: &Header) -> Option<&mut Flow> {
        let pair = pair(from, header.ports);
        let isn = Some(header.seq);
        self.0.iter_mut().rev().find(|flow| flow.ports == pair && flow.sides[from.index()].isn == isn)
    }

    /// The connection that a segment belongs to: of several with these ports the one whose numbers fit.
    fn find_sent(&mut self, from: Host, header: &Header) -> Option<&mut Flow> {
        let pair = pair(from, header.ports);
        let fits = |flow: &Flow| {
            let near = |isn: u32, number: u32| number.wrapping_sub(isn).cast_signed().abs() < NEAR;
            let own = flow.sides[from.index()].isn.is_none_or(|isn| near(isn, header.seq));
            let acknowledged = flow.sides[from.peer().index()].isn;
            own && (!header.flags.ack || acknowledged.is_none_or(|isn| near(isn, header.ack)))
        };
        let same: Vec<usize> =
            self.0.iter().enumerate().filter(|(_, flow)| flow.ports == pair).map(|(at, _)| at).collect();
        let at = same.iter().rev().copied().find(|&at| fits(&self.0[at])).or_else(|| same.last().copied())?;
        Some(&mut self.0[at])
    }
}

impl Flow {
    /// By how many bits a window is to be shifted: not on a SYN, and only if both sides offered it (RFC 7323 §2.2).
    fn shift(&self, from: Host, header: &Header) -> u8 {
        match (self.sides[from.index()].scale, self.sides[from.peer().index()].scale) {
            (Some(shift), Some(_)) if !header.flags.syn => shift.min(14),
            _ => 0,
        }
    }
}

fn pair(from: Host, ports: [u16; 2]) -> [u16; 2] {
    match from {
        Host::Client => ports,
        Host::Server => [ports[1], ports[0]],
    }
}

/// Whether `number` comes before `next` in sequence space.
fn is_behind(number: u32, next: u32) -> bool {
    next.wrapping_sub(number).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(ports: [u16; 2], flags: Flags, seq: u32, ack: u32, len: u32) -> Header {
        let window_scale = flags.syn.then_some(7);
        Header { ports, flags, seq, ack, window: 500, window_scale, len }
    }

    const THERE: [u16; 2] = [40_000, 80];
    const BACK: [u16; 2] = [80, 40_000];

    fn established() -> Flows {
        let mut flows = Flows::default();
        for (from, header) in [
            (Host::Client, header(THERE, Flags::SYN, 1000, 0, 0)),
            (Host::Server, header(BACK, Flags::SYN_ACK, 5000, 1001, 0)),
            (Host::Client, header(THERE, Flags::ACK, 1001, 5001, 0)),
        ] {
            flows.note_sent(from, &header);
            flows.note_arrived(from.peer(), &header);
        }
        flows
    }

    #[test]
    fn a_window_is_scaled_behind_the_handshake_only() {
        let mut flows = established();
        assert_eq!(flows.note_sent(Host::Client, &header(THERE, Flags::ACK, 1001, 5001, 0)), 500 << 7);
        assert_eq!(flows.note_sent(Host::Client, &header([1, 2], Flags::SYN, 1, 0, 0)), 500);
    }

    #[test]
    fn a_forged_segment_stands_where_its_receiver_expects_it() {
        let mut flows = established();
        let seq = |flows: &Flows, offset| flows.forge(Flags::RST, Host::Server, offset, None, 0).map(|it| it.seq);
        assert_eq!(seq(&flows, Offset::Exact), Some(1001));
        let data = header(THERE, Flags::DATA, 1001, 5001, 10);
        flows.note_sent(Host::Client, &data);
        flows.note_arrived(Host::Server, &data);
        assert_eq!(seq(&flows, Offset::Exact), Some(1001), "what is sent may be lost yet");
        let acknowledged = header(BACK, Flags::ACK, 5001, 1011, 0);
        flows.note_sent(Host::Server, &acknowledged);
        assert_eq!(seq(&flows, Offset::Exact), Some(1011));
        assert_eq!(seq(&flows, Offset::Plus(-1)), Some(1010));
        assert_eq!(seq(&flows, Offset::Outside), Some(1011 + (500 << 7) + 1000));
        let forged = flows.forge(Flags::ACK, Host::Client, Offset::Exact, Some(0), 0).expect("there is a connection");
        assert_eq!((forged.ports, forged.seq, forged.ack), (BACK, 5001, 1000));
    }

    #[test]
    fn without_a_connection_nothing_can_be_forged() {
        assert_eq!(Flows::default().forge(Flags::RST, Host::Client, Offset::Exact, None, 0), None);
    }
}
