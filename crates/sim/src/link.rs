//! Frames under way on each link, and the record of what was on them. [`Links`] decides what becomes of a segment.

use std::time::Duration;

use scenario::link::{self, Connections, Disposition, Links};
use scenario::{Event, Fate, Host, Icmp, Link, Map, Numbering, RawSegment, Refusal};

use crate::micros::micros;
use crate::pcap::Frame;
use crate::tcp::{Timestamp, TimestampsOption};
use crate::wire::{self, Ip};

pub(crate) struct Wires {
    ip: Ip,
    pub(crate) links: Links,
    pub(crate) connections: Connections,
    /// Frames under way, by time of arrival, then by order of departure.
    flights: Map<(u64, u64), Flight>,
    departures: u64,
    /// How much later than the script says a segment arrives.
    late: Duration,
    numbering: Numbering,
    pub(crate) last_sent_us: u64,
    /// Every frame that left, for a capture; `None` when nobody wants one.
    pub(crate) capture: Option<Vec<Frame>>,
}

pub(crate) struct Flight {
    pub(crate) to: Host,
    pub(crate) frame: Vec<u8>,
    pub(crate) timestamps: Option<TimestampsOption>,
    /// The segment's place among the events.
    pub(crate) event: usize,
}

/// Who has made a segment.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// A host; with the timestamp that it echoes.
    Host { echo: Option<Timestamp> },
    /// Something in between, which knows no timestamps.
    Forger,
}

impl Wires {
    pub(crate) const fn new(ip: Ip, late: Duration, capture: Option<Vec<Frame>>) -> Self {
        Self {
            ip,
            links: Links::new(),
            connections: Connections::new(),
            flights: Map::new(),
            departures: 0,
            late,
            numbering: Numbering::new(),
            last_sent_us: 0,
            capture,
        }
    }

    /// A host sends: the segment is recorded and, unless it is lost, under way.
    pub(crate) fn send(
        &mut self,
        now_us: u64,
        raw: &RawSegment,
        frame: Vec<u8>,
        echo: Option<Timestamp>,
        events: &mut Vec<Event>,
    ) {
        let origin = Origin::Host { echo };
        self.numbering.note(raw);
        self.connections.note_sent(raw, None);
        self.last_sent_us = now_us;
        match self.links.send(Duration::from_micros(now_us), raw) {
            Disposition::Lost => self.record(now_us, None, raw, &frame, Fate::Dropped, events),
            Disposition::Refused(refusal, after) => {
                self.record(now_us, None, raw, &frame, Fate::Dropped, events);
                self.refuse(now_us, after, raw, refusal, events);
            }
            Disposition::Arrives(after) => self.launch(now_us, after, raw, frame, origin, events),
            Disposition::ArrivesTwice(after) => {
                self.launch(now_us, after, raw, frame.clone(), origin, events);
                self.launch(now_us, after, raw, frame, origin, events);
            }
        }
    }

    /// A forged segment takes as long as others, but no rule of the link meets it.
    pub(crate) fn inject(&mut self, now_us: u64, frame: Vec<u8>, events: &mut Vec<Event>) {
        let raw = wire::read(&frame);
        self.numbering.note_forged(&raw);
        self.last_sent_us = now_us;
        let delay = self.links.delay(Link::between(raw.from, raw.to));
        self.launch(now_us, delay, &raw, frame, Origin::Forger, events);
    }

    /// A box in between tells the sender that its segment was not let through.
    fn refuse(
        &mut self,
        now_us: u64,
        after: Duration,
        refused: &RawSegment,
        refusal: Refusal,
        events: &mut Vec<Event>,
    ) {
        match refusal {
            Refusal::Reset => {
                if let Some(reset) = link::reset(refused) {
                    self.launch(now_us, after, &reset, wire::write(self.ip, &reset), Origin::Forger, events);
                }
            }
            Refusal::Icmp(icmp) => self.send_icmp(now_us, after, icmp, refused, events),
        }
    }

    /// An ICMP message leaves for the sender of the segment that it quotes.
    pub(crate) fn send_icmp(
        &mut self,
        now_us: u64,
        after: Duration,
        icmp: Icmp,
        quoted: &RawSegment,
        events: &mut Vec<Event>,
    ) {
        let RawSegment { from: to, to: peer, ports, .. } = *quoted;
        let link = Link::between(to, peer);
        let arrives_us = now_us + micros(after);
        let frame = wire::write_icmp(self.ip, icmp, quoted);
        self.last_sent_us = now_us;
        let seq = self.numbering.relative(quoted).seq;
        events.push(Event::Icmp { at_us: now_us, arrives_us: Some(arrives_us), to, link, ports, icmp, seq });
        if let Some(capture) = &mut self.capture {
            capture.push(Frame { at_us: now_us, bytes: frame.clone() });
        }
        self.fly(arrives_us, Flight { to, frame, timestamps: None, event: events.len() - 1 });
    }

    fn fly(&mut self, arrives_us: u64, flight: Flight) {
        self.departures += 1;
        self.flights.insert((arrives_us, self.departures), flight);
    }

    fn launch(
        &mut self,
        now_us: u64,
        after: Duration,
        raw: &RawSegment,
        frame: Vec<u8>,
        origin: Origin,
        events: &mut Vec<Event>,
    ) {
        let arrives_us = now_us + micros(after) + micros(self.late);
        let has_timestamp = !raw.flags.syn || self.links.offers_timestamps(raw.from);
        let (fate, timestamps) = match origin {
            Origin::Host { echo } => {
                let option = TimestampsOption { value: Timestamp::of(now_us), echo };
                (Fate::Delivered, Some(option).filter(|_| has_timestamp))
            }
            Origin::Forger => (Fate::Injected, None),
        };
        self.record(now_us, Some(arrives_us), raw, &frame, fate, events);
        self.fly(arrives_us, Flight { to: raw.to, frame, timestamps, event: events.len() - 1 });
    }

    fn record(
        &mut self,
        at_us: u64,
        arrives_us: Option<u64>,
        raw: &RawSegment,
        frame: &[u8],
        fate: Fate,
        events: &mut Vec<Event>,
    ) {
        let segment = self.numbering.relative(raw);
        events.push(Event::Segment { at_us, arrives_us, from: raw.from, to: raw.to, ports: raw.ports, segment, fate });
        if let Some(capture) = &mut self.capture {
            capture.push(Frame { at_us, bytes: frame.to_vec() });
        }
    }

    /// When the next segment arrives, in microseconds.
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.flights.first().map(|(&(arrives_us, _), _)| arrives_us)
    }

    /// The next segment that arrives at `now_us` or before.
    pub(crate) fn arrival(&mut self, now_us: u64) -> Option<Flight> {
        self.next_us().filter(|arrives_us| *arrives_us <= now_us)?;
        self.flights.pop_first().map(|(_, flight)| flight)
    }
}
