//! What a host sends and what reaches it, in packetdrill's words.

use std::collections::BTreeSet;

use scenario::{Action, Event, Fate, Flags, Host, LinkAction, Meeting, Outcome, Script, Segment, Trace, Verb};

/// The segments of a run as one host sees them.
pub(super) struct Wire<'r> {
    script: &'r Script,
    trace: &'r Trace,
    host: Host,
    /// The largest payload of a segment.
    mss: u32,
    /// The numbers behind bytes of the host's that its kernel sends with PSH, though more is written.
    pushed: BTreeSet<i64>,
}

impl<'r> Wire<'r> {
    pub(super) fn new(script: &'r Script, trace: &'r Trace, host: Host) -> Self {
        // Both handshakes have timestamps, which take twelve bytes, unless a host is set otherwise.
        let usual = if script.ipv6() { 1428 } else { 1448 };
        let longest = trace.events.iter().filter_map(|event| match event {
            Event::Segment { segment, .. } => Some(segment.len),
            _ => None,
        });
        let mss = longest.max().unwrap_or(0).max(usual);
        Self { script, trace, host, mss, pushed: pushed(trace, host, mss) }
    }

    /// Whether the host sends full segments.
    pub(super) fn is_bulk(&self) -> bool {
        let is_full = |event: &Event| {
            matches!(event, Event::Segment { from, segment, fate, .. }
                if *from == self.host && *fate != Fate::Injected && segment.len >= self.mss)
        };
        self.trace.events.iter().any(is_full)
    }

    /// When that segment passes the host, in microseconds, and its line without the time.
    pub(super) fn line(&self, index: usize) -> Option<(u64, String)> {
        let Event::Segment { at_us, arrives_us, from, segment, fate, .. } = &self.trace.events[index] else {
            return None;
        };
        let segment = *segment;
        if *from == self.host {
            // A forged one comes from nobody: its named sender has not sent it.
            let is_sent = *fate != Fate::Injected && !self.is_copy(index);
            return is_sent.then(|| (*at_us, format!("> {} <...>", numbers(self.with_push(segment)))));
        }
        let note = if *fate == Fate::Injected { " // forged on the way" } else { "" };
        let options = if segment.flags.syn {
            // Without SACK Linux does not probe for losses.
            format!(" <mss {},nop,nop,sackOK>", self.mss)
        } else {
            self.sack(index)
        };
        let at_us = (*arrives_us)?;
        Some((at_us, format!("< {} win {}{options}{note}", numbers(segment), segment.win)))
    }

    /// Whether the link has made this segment: a second one of what a rule doubles.
    fn is_copy(&self, index: usize) -> bool {
        let (earlier, Some(Event::Segment { at_us, from, segment, .. })) =
            (&self.trace.events[..index], self.trace.events.get(index))
        else {
            return false;
        };
        let is_doubled = self.script.statements.iter().any(|statement| {
            matches!(&statement.action, Action::Link(_, LinkAction::Meet { meeting: Meeting::Twice, kind, from: whose, .. })
                if whose == from && kind.matches(segment.flags, segment.len))
        });
        let is_same = |event: &Event| {
            matches!(event, Event::Segment { at_us: left, from: sender, segment: other, .. }
                if left == at_us && sender == from && other == segment)
        };
        is_doubled && earlier.iter().any(is_same)
    }

    fn with_push(&self, segment: Segment) -> Segment {
        let is_pushed = segment.len > 0 && self.pushed.contains(&(segment.seq + i64::from(segment.len)));
        Segment { flags: Flags { psh: segment.flags.psh || is_pushed, ..segment.flags }, ..segment }
    }

    /// What the sender of this segment has of the host's bytes behind a gap, the last arrived first (RFC 2018 §4).
    fn sack(&self, index: usize) -> String {
        let Event::Segment { at_us: left_us, segment: Segment { ack: Some(ack), flags, .. }, .. } =
            &self.trace.events[index]
        else {
            return String::new();
        };
        if flags.rst {
            return String::new();
        }
        let mut arrived: Vec<(u64, [i64; 2])> = self.trace.events[..index]
            .iter()
            .filter_map(|event| match event {
                Event::Segment { arrives_us: Some(arrives_us), from, segment, .. } if *from == self.host => {
                    let end = segment.seq + i64::from(segment.len) + i64::from(segment.flags.fin);
                    (arrives_us <= left_us).then_some((*arrives_us, [segment.seq, end]))
                }
                _ => None,
            })
            .collect();
        arrived.sort_by_key(|(arrives_us, _)| *arrives_us);
        let mut blocks: Vec<[i64; 2]> = Vec::new();
        for (_, [mut begin, mut end]) in arrived {
            if begin <= *ack && end > *ack {
                // It would have been acknowledged: it has come at that moment, and behind what is answered here.
                break;
            }
            if begin <= *ack || begin == end {
                continue;
            }
            blocks.retain(|[other, behind]| {
                let touches = *other <= end && begin <= *behind;
                if touches {
                    [begin, end] = [begin.min(*other), end.max(*behind)];
                }
                !touches
            });
            blocks.insert(0, [begin, end]);
        }
        let blocks: Vec<String> = blocks.iter().take(BLOCKS_MAX).map(|[begin, end]| format!("{begin}:{end}")).collect();
        if blocks.is_empty() { String::new() } else { format!(" <nop,nop,sack {}>", blocks.join(" ")) }
    }
}

/// So many blocks have room beside timestamps.
const BLOCKS_MAX: usize = 3;

/// `P. 1:6(5) ack 1`
fn numbers(segment: Segment) -> String {
    let segment = segment.to_string();
    let (flags, numbers) = segment.split_once(' ').unwrap_or((&segment, ""));
    format!("{flags} {}", numbers.trim_start())
}

/// Where the kernel sets PSH inside of a large write: behind a full segment, once more than half of the largest window
/// that the peer has offered was written since the last PSH (`forced_push`).
fn pushed(trace: &Trace, host: Host, mss: u32) -> BTreeSet<i64> {
    let mss = i64::from(mss);
    let mut pushed = BTreeSet::new();
    // The first byte behind the handshake is number 1.
    let [mut written, mut last_push] = [1; 2];
    // How much is in the last segment, while it has room and has not left.
    let mut in_segment = 0;
    for Write { began_us, length } in writes(trace, host) {
        let (window, left) = (largest_window(trace, host, began_us), left(trace, host, began_us));
        if left >= written {
            in_segment = 0;
        }
        let end = written + length;
        while written < end {
            let taken = (mss - in_segment).min(end - written);
            [written, in_segment] = [written + taken, in_segment + taken];
            if in_segment < mss {
                continue;
            }
            in_segment = 0;
            if written < end && written > last_push + i64::from(window / 2) {
                pushed.insert(written);
                last_push = written;
            }
        }
        last_push = end;
    }
    pushed
}

struct Write {
    began_us: u64,
    /// How many bytes it took.
    length: i64,
}

/// What the host has written, in order.
fn writes(trace: &Trace, host: Host) -> Vec<Write> {
    let write = |event: &Event| match event {
        Event::Call { began_us, host: caller, call: Verb::Write(_), outcome: Outcome::Number(length), .. }
            if *caller == host =>
        {
            Some(Write { began_us: *began_us, length: i64::try_from(*length).ok()? })
        }
        _ => None,
    };
    let mut writes: Vec<Write> = trace.events.iter().filter_map(write).collect();
    writes.sort_by_key(|write| write.began_us);
    writes
}

/// The largest window that the host's peer had offered by then, in bytes.
pub(super) fn largest_window(trace: &Trace, host: Host, by_us: u64) -> u32 {
    let offered = trace.events.iter().filter_map(|event| match event {
        Event::Segment { arrives_us: Some(arrives_us), to, segment, .. } if *to == host && *arrives_us <= by_us => {
            Some(segment.win)
        }
        _ => None,
    });
    offered.max().unwrap_or(0)
}

/// The number behind the last byte that had left the host before that moment.
fn left(trace: &Trace, host: Host, before_us: u64) -> i64 {
    let left = trace.events.iter().filter_map(|event| match event {
        Event::Segment { at_us, from, segment, fate, .. }
            if *from == host && *fate != Fate::Injected && *at_us < before_us =>
        {
            Some(segment.seq + i64::from(segment.len))
        }
        _ => None,
    });
    left.max().unwrap_or(0)
}
