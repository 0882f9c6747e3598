//! Each picture in words: the sentence under it, and the text for a screen reader.

use std::time::Duration;

use scenario::{Fate, Host};

use super::buffers::{Buffers, End};
use super::chain::{self, Chain, Why};
use super::clock::{Clock, Mark, Sending};
use super::flows::Flow;
use super::queues::Queues;
use crate::holding::Owner;
use crate::layout::Layout;
use crate::texts::{LOST, segment};

/// The two boxes of a host, and what lies between the hosts.
pub const BOXES: [&str; 3] = ["to send", "on the wire", "to read"];
/// The three places of a connection that a listener gets.
pub const PLACES: [&str; 3] = ["SYN queue", "accept queue", "handed out by accept()"];
/// How bytes look in their boxes: those that wait, and those that have left.
pub const BYTES: [&str; 3] = ["waiting", "sent, kept until acknowledged", "thrown away"];
/// How the marks of a wait look; by [`Sending`] in its order.
pub const MARKS: [&str; 4] = ["sent", "sent again", "probe", "reset"];
/// The marks of a chain: bytes that arrive, bytes that no socket takes, and the silence before a close.
pub const CHAIN: [&str; 3] = ["bytes pass", "bytes that meet nobody", "silence, then this end closes first"];

/// `The client's send buffer: 8 bytes, not sent. On the wire: nothing.`
pub fn buffers(layout: &Layout, buffers: &Buffers) -> String {
    let mut words = Vec::new();
    for host in Host::BOTH {
        words.extend(end(host, &buffers.ends[host.index()]));
    }
    if words.is_empty() {
        words.push("The buffers are empty.".to_owned());
    }
    let wire: Vec<String> = buffers
        .wire
        .iter()
        .map(|flight| &layout.flights[*flight])
        .map(|flight| segment(&flight.segment, flight.to, flight.fate))
        .collect();
    if !wire.is_empty() {
        words.push(format!("On the wire: {}.", wire.join("; ")));
    }
    words.join(" ")
}

fn end(host: Host, end: &End) -> Vec<String> {
    let mut words = Vec::new();
    let bytes = |count: u64| if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") };
    match (end.unsent, end.unacknowledged) {
        (0, 0) => {}
        (unsent, 0) => words.push(format!("The {host} has {} to send, none has left.", bytes(unsent))),
        (0, kept) => {
            words.push(format!("The {host} has sent {} and keeps them until they are acknowledged.", bytes(kept)));
        }
        (unsent, kept) => {
            words.push(format!(
                "The {host} keeps {} that it has sent, and has {} more to send.",
                bytes(kept),
                bytes(unsent)
            ));
        }
    }
    if end.unread > 0 {
        words.push(format!("{} unread at the {host}.", bytes(end.unread)));
    }
    if end.never_read > 0 {
        words.push(format!("{} thrown away at the {host}, unread.", bytes(end.never_read)));
    }
    if end.in_doubt > 0 {
        words.push(format!(
            "{} thrown away at the {host}, and no acknowledgement of them has come.",
            bytes(end.in_doubt)
        ));
    }
    match end.owner {
        Owner::Kernel => words.push(format!("No program holds the {host}'s end any more.")),
        Owner::Queue => words.push(format!("No program holds the {host}'s end yet.")),
        Owner::Nobody | Owner::Program => {}
    }
    words
}

/// `In the SYN queue: four. In the accept queue: one, two, three; it is full.`
pub fn queues(queues: &Queues) -> String {
    let list = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    let full = if queues.finished.len() >= queues.room as usize { "; it is full" } else { "" };
    let taken = if queues.accepted.is_empty() {
        String::new()
    } else {
        format!(" Handed out by accept(): {}.", list(&queues.accepted))
    };
    format!("In the SYN queue: {}. In the accept queue: {}{full}.{taken}", list(&queues.begun), list(&queues.finished))
}

/// `client: nothing has passed for 0.2 s; the box keeps it for 5 s.`
pub fn flows(flows: &[Flow]) -> String {
    if flows.is_empty() {
        return "The table is empty.".to_owned();
    }
    let lines = flows.iter().map(|flow| {
        let idle = format!("{}: nothing has passed for {} s", flow.name, of_duration(flow.idle));
        let half = if flow.is_half_closed { " half-closed" } else { "" };
        match flow.kept {
            _ if flow.is_forgotten() => format!("{idle}, and the box has forgotten it{half}."),
            Some(kept) => format!("{idle}; the box keeps it{half} for {} s.", of_duration(kept)),
            None => format!("{idle}."),
        }
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// `5`, `0.2`: seconds.
pub fn of_duration(duration: Duration) -> String {
    seconds(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 2))
}

/// `Sent at 0 s; again at 0.2, 0.4 s (lost). After 5.2 s read() = ETIMEDOUT.`
pub fn clock(clock: &Clock) -> String {
    let mut words: Vec<String> = Vec::new();
    for marks in clock.marks.chunk_by(|a, b| (a.sending, a.arrives) == (b.sending, b.arrives)) {
        let mut times: Vec<String> = marks.iter().map(|mark| seconds(mark.at_us)).collect();
        times.dedup();
        words.push(format!("{} at {} s{}", sending(marks[0]), times.join(", "), lost(marks[0])));
    }
    let mut words = words.join("; ");
    if words.is_empty() {
        "Nothing is sent".clone_into(&mut words);
    } else if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match &clock.end {
        Some(end) => format!("{words}. After {} s: {}.", seconds(end.at_us), end.what),
        None => format!("{words}. Nothing ends it in this run."),
    }
}

/// `client closes first, after 1.2 s of silence; downstream follows.`
pub fn chain(chain: &Chain) -> String {
    let words = chain.connections.iter().map(|ends| {
        let words: Vec<String> = ends.iter().filter_map(closes).collect();
        let words = if words.is_empty() { "neither closes".to_owned() } else { words.join("; ") };
        let meet_nobody = ends.iter().flat_map(|end| &end.bytes).any(|bytes| bytes.meet_nobody);
        let lost = if meet_nobody { " The bytes that come after that meet nobody." } else { "" };
        let [one, other] = ends.each_ref().map(|end| &end.name);
        format!("Between {one} and {other}: {words}.{lost}")
    });
    words.collect::<Vec<_>>().join(" ")
}

fn closes(end: &chain::End) -> Option<String> {
    let closing = end.closing?;
    let name = &end.name;
    Some(match closing.why {
        Why::First => format!("{name} closes first, after {} s of silence", seconds(closing.silence_us)),
        Why::Second => format!("{name} follows"),
        Why::Broken => format!("{name} is ended by a reset, or by a timeout"),
    })
}

const fn sending(mark: Mark) -> &'static str {
    match mark.sending {
        Sending::New => "sent",
        Sending::Again => "sent again",
        Sending::Probe => "a probe",
        Sending::Reset => "a reset",
    }
}

fn lost(mark: Mark) -> String {
    if mark.arrives { String::new() } else { format!(" ({LOST})") }
}

/// `0.2`, `1.75`, `12`: seconds, with hundredths where they tell something.
pub fn seconds(us: u64) -> String {
    let hundredths = (us + 5_000) / 10_000;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A segment on the wire, in few letters: `P. 8 bytes`.
pub fn on_the_wire(layout: &Layout, flight: usize) -> String {
    let flight = &layout.flights[flight];
    let len = flight.segment.len;
    let bytes = if len > 0 { format!(" {len} bytes") } else { String::new() };
    let lost = if flight.fate == Fate::Dropped { format!(", {LOST}") } else { String::new() };
    format!("{}{bytes}{lost}", flight.segment.flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::tests::{layout, row};

    #[test]
    fn pictures_have_words() {
        let layout = layout("write-after-peer-close");
        let at = |step: &str| {
            let row = row(&layout, step);
            buffers(&layout, &super::super::buffers::buffers(&layout, None, row).expect("one connection"))
        };
        assert!(
            at("client.write.2").starts_with("The client has 8 bytes to send, none has left."),
            "{}",
            at("client.write.2")
        );
        assert!(
            at("client.data.2").contains("The client has sent 8 bytes and keeps them until they are acknowledged.")
        );
        assert!(at("client.data.2").contains("No program holds the server's end any more."));
        assert!(
            at("client.data.2").contains("On the wire: data to the server: P.  6:14(8) ack 2."),
            "{}",
            at("client.data.2")
        );
    }

    #[test]
    fn seconds_have_no_idle_digits() {
        assert_eq!([0, 200_000, 1_754_000, 12_000_000].map(seconds), ["0", "0.2", "1.75", "12"]);
    }
}
