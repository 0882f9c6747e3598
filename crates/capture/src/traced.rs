//! A captured connection as a trace: what `view` draws and what the notation writes.

use std::time::Duration;

use scenario::{Action, Backend, Event, Fate, Flags, Host, Segment, SocketId, Sockets, State, Trace, Witness};

use crate::ending::{By, Cause, Ending};
use crate::read::bit;
use crate::track::{Connection, Seen};

/// The segments that were kept of a connection, and the states that they show. A capture has one time for a segment:
/// it leaves and arrives then. A statement stands where segments were not kept.
pub fn traced(connection: &Connection, ending: &Ending) -> Trace {
    let mut sockets = Sockets::new();
    let ids = Host::BOTH.map(|host| sockets.add(host, host.name()));
    let ports = connection.addresses.map(|address| address.port());
    let begins_us = connection.times_us[0];
    let mut states = States { ids, now: [State::Closed; 2], fins: [None; 2] };
    let mut events = Vec::new();
    for (place, seen) in connection.segments().enumerate() {
        let at_us = seen.at_us.saturating_sub(begins_us);
        if let Some((_, count)) = connection.gap().filter(|(before, _)| *before == place) {
            let text = format!("{count} segments from here on are not shown");
            events.push(Event::Statement { at_us, line: 0, action: Action::Wait(Duration::ZERO), text });
        }
        let ended_here = ending.segment == Some(seen.number);
        let is_forged = ending.by == By::Between && ended_here
            || ending.causes.iter().any(|named| {
                named.cause == Cause::NotBelieved
                    && named.evidence.iter().any(|shown| shown.packets.contains(&seen.number))
            });
        let fate = if is_forged { Fate::Injected } else { Fate::Delivered };
        events.push(Event::Segment {
            at_us,
            arrives_us: Some(at_us),
            from: Host::BOTH[seen.from],
            to: Host::BOTH[1 - seen.from],
            ports: [ports[seen.from], ports[1 - seen.from]],
            segment: segment(seen),
            fate,
        });
        if ended_here && seen.has(bit::RST) {
            states.end(seen.from, fate, at_us, &mut events);
        } else if fate == Fate::Delivered && !seen.has(bit::RST) {
            states.take(seen, at_us, &mut events);
        }
    }
    Trace {
        version: Trace::VERSION,
        scenario: String::from("capture"),
        witness: Witness::Linux,
        backend: Backend::Tun,
        kernel: String::new(),
        sockets,
        events,
        failed: Vec::new(),
    }
}

/// Its header, as the rest of the project has it.
pub fn segment(seen: &Seen) -> Segment {
    let flags = Flags {
        syn: seen.has(bit::SYN),
        fin: seen.has(bit::FIN),
        rst: seen.has(bit::RST),
        psh: seen.has(bit::PSH),
        ack: seen.has(bit::ACK),
    };
    Segment { flags, seq: seen.seq, ack: seen.ack, len: seen.len, win: seen.win }
}

/// The states that segments show (RFC 9293 §3.3.2). A change of state without a segment is not in a capture.
struct States {
    ids: [SocketId; 2],
    now: [State; 2],
    /// The number behind each side's FIN.
    fins: [Option<i64>; 2],
}

impl States {
    /// A reset has ended the connection: for its receiver, and for its sender, if it is the sender's own.
    fn end(&mut self, from: usize, fate: Fate, at_us: u64, events: &mut Vec<Event>) {
        if fate != Fate::Injected {
            self.enter(from, State::Closed, at_us, events);
        }
        self.enter(1 - from, State::Closed, at_us, events);
    }

    /// A segment that its sender has sent, and that is no reset.
    fn take(&mut self, seen: &Seen, at_us: u64, events: &mut Vec<Event>) {
        let (own, peer) = (seen.from, 1 - seen.from);
        if self.now[own] == State::Closed {
            let first = match (seen.has(bit::SYN), seen.has(bit::ACK)) {
                (true, false) => State::SynSent,
                (true, true) => State::SynReceived,
                (false, _) => State::Established,
            };
            // Who has left does not come back.
            if self.fins[own].is_none() {
                self.enter(own, first, at_us, events);
            }
        }
        if self.now[own] == State::SynReceived && !seen.has(bit::SYN)
            || self.now[own] == State::SynSent && seen.ack.is_some()
        {
            self.enter(own, State::Established, at_us, events);
        }
        if seen.has(bit::FIN) && self.fins[own].is_none() {
            self.fins[own] = Some(seen.end());
            let next = if self.now[own] == State::CloseWait { State::LastAck } else { State::FinWait1 };
            self.enter(own, next, at_us, events);
        }
        self.arrive(peer, seen, at_us, events);
    }

    /// The segment has arrived at the peer.
    fn arrive(&mut self, side: usize, seen: &Seen, at_us: u64, events: &mut Vec<Event>) {
        if self.now[side] == State::SynReceived && seen.ack.is_some() {
            self.enter(side, State::Established, at_us, events);
        }
        let acked = self.fins[side].is_some_and(|fin| seen.ack.is_some_and(|ack| ack >= fin));
        if acked {
            match self.now[side] {
                State::FinWait1 => self.enter(side, State::FinWait2, at_us, events),
                State::Closing => self.enter(side, State::TimeWait, at_us, events),
                State::LastAck => self.enter(side, State::Closed, at_us, events),
                _ => {}
            }
        }
        if seen.has(bit::FIN) {
            match self.now[side] {
                State::Established => self.enter(side, State::CloseWait, at_us, events),
                State::FinWait1 => self.enter(side, State::Closing, at_us, events),
                State::FinWait2 => self.enter(side, State::TimeWait, at_us, events),
                _ => {}
            }
        }
    }

    fn enter(&mut self, side: usize, to: State, at_us: u64, events: &mut Vec<Event>) {
        let from = std::mem::replace(&mut self.now[side], to);
        if from != to {
            events.push(Event::State { at_us, host: Host::BOTH[side], socket: self.ids[side], from, to });
        }
    }
}
