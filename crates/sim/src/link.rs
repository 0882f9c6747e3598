//! The link: delay, loss, forgery; and the record of what was on it.

use scenario::{Count, Event, Fate, Host, Kind, LinkAction, Map, Meeting, Numbering};

use crate::Frame;
use crate::micros::micros;
use crate::wire;

/// One way, until a script sets it.
const DELAY_US: u64 = 10_000;

pub(crate) struct Link {
    delay_us: u64,
    is_cut: bool,
    rules: Vec<Meet>,
    /// By time of arrival, then by order of departure.
    flights: Map<(u64, u64), Flight>,
    departures: u64,
    numbering: Numbering,
    pub(crate) last_sent_us: u64,
    /// Every frame that left, for a capture; `None` when nobody wants one.
    pub(crate) capture: Option<Vec<Frame>>,
}

struct Meet {
    meeting: Meeting,
    left: Count,
    kind: Kind,
    from: Host,
}

pub(crate) struct Flight {
    pub(crate) to: Host,
    pub(crate) frame: Vec<u8>,
    /// Its place among the events.
    pub(crate) event: usize,
}

impl Link {
    pub(crate) const fn new(capture: Option<Vec<Frame>>) -> Self {
        Self {
            delay_us: DELAY_US,
            is_cut: false,
            rules: Vec::new(),
            flights: Map::new(),
            departures: 0,
            numbering: Numbering::new(),
            last_sent_us: 0,
            capture,
        }
    }

    /// A host sends: the segment is recorded and, unless it is lost, under way. `reaches`: its receiver is up.
    pub(crate) fn send(&mut self, now_us: u64, from: Host, frame: Vec<u8>, reaches: bool, events: &mut Vec<Event>) {
        let raw = wire::read(from, &frame);
        self.numbering.note(&raw);
        self.last_sent_us = now_us;
        let meeting = self.meeting(raw.flags, raw.len, from);
        let lost = self.is_cut || !reaches || meeting == Some(Meeting::Drop);
        let delay_us = match meeting {
            Some(Meeting::Hold(longer)) => self.delay_us.saturating_add(micros(longer)),
            _ => self.delay_us,
        };
        let arrives_us = now_us + delay_us;
        let fate = if lost { Fate::Dropped } else { Fate::Delivered };
        if meeting == Some(Meeting::Twice) && !lost {
            self.record(now_us, Some(arrives_us), &raw, &frame, fate, events);
            self.fly(arrives_us, from.peer(), frame.clone(), events.len() - 1);
        }
        self.record(now_us, (!lost).then_some(arrives_us), &raw, &frame, fate, events);
        if !lost {
            self.fly(arrives_us, from.peer(), frame, events.len() - 1);
        }
    }

    /// A forged segment takes as long as others, but no rule of the link meets it.
    pub(crate) fn inject(&mut self, now_us: u64, from: Host, frame: Vec<u8>, events: &mut Vec<Event>) {
        let raw = wire::read(from, &frame);
        self.last_sent_us = now_us;
        let arrives_us = now_us + self.delay_us;
        self.record(now_us, Some(arrives_us), &raw, &frame, Fate::Injected, events);
        self.fly(arrives_us, from.peer(), frame, events.len() - 1);
    }

    fn record(
        &mut self,
        at_us: u64,
        arrives_us: Option<u64>,
        raw: &scenario::RawSegment,
        frame: &[u8],
        fate: Fate,
        events: &mut Vec<Event>,
    ) {
        let segment = self.numbering.relative(raw);
        events.push(Event::Segment { at_us, arrives_us, from: raw.from, ports: raw.ports, segment, fate });
        if let Some(capture) = &mut self.capture {
            capture.push(Frame { at_us, bytes: frame.to_vec() });
        }
    }

    fn fly(&mut self, arrives_us: u64, to: Host, frame: Vec<u8>, event: usize) {
        self.departures += 1;
        self.flights.insert((arrives_us, self.departures), Flight { to, frame, event });
    }

    /// The first rule that the segment meets; it is used up by it.
    fn meeting(&mut self, flags: scenario::Flags, len: u32, from: Host) -> Option<Meeting> {
        if self.is_cut {
            return None;
        }
        let at = self.rules.iter().position(|rule| rule.from == from && rule.kind.matches(flags, len))?;
        let rule = &mut self.rules[at];
        let meeting = rule.meeting;
        if let Count::Next(left) = &mut rule.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rules.remove(at);
            }
        }
        Some(meeting)
    }

    pub(crate) fn act(&mut self, action: &LinkAction) {
        match *action {
            LinkAction::Delay(delay) => self.delay_us = micros(delay),
            LinkAction::Cut => self.is_cut = true,
            LinkAction::Restore => self.is_cut = false,
            LinkAction::Meet { count: Count::Next(0), .. } => {}
            LinkAction::Meet { meeting, count, kind, from } => {
                self.rules.push(Meet { meeting, left: count, kind, from });
            }
            LinkAction::Ipv6 | LinkAction::Inject { .. } => {}
        }
    }

    /// When the next segment arrives.
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.flights.first().map(|(&(arrives_us, _), _)| arrives_us)
    }

    /// The next segment that arrives at `now_us` or before.
    pub(crate) fn arrival(&mut self, now_us: u64) -> Option<Flight> {
        self.next_us().filter(|arrives_us| *arrives_us <= now_us)?;
        self.flights.pop_first().map(|(_, flight)| flight)
    }
}
