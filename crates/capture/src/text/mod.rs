//! Pasted text: from a line of a log, a stack trace, or what `ss` and `nstat` print, to what it says of the end.
//!
//! ```
//! use capture::text::{Answer, answer};
//!
//! let Answer::Message(message) = answer("Error: read ECONNRESET\n    at TCP.onStreamRead") else { panic!() };
//! assert_eq!(message.found.ending.id, "connection-reset");
//! assert_eq!(message.found.causes()[0].id, "keep-alive-race");
//! ```

mod answer;
mod codes;
mod counters;
mod find;
mod found;
mod names;
mod near;
mod pattern;
mod plain;
mod sockets;
pub mod table;
mod translations;

pub use answer::{Answer, By, Message};
pub use counters::Counter;
pub use found::{Found, table};
pub use names::{ERRNOS, Errno, System};
pub use plain::BYTES_MAX;
pub(crate) use plain::without_colours;
pub use sockets::{Count, Sockets};

/// What a pasted text says. Any text is right; at most [`BYTES_MAX`] of it are looked at.
pub fn answer(text: &str) -> Answer {
    let plain = without_colours(text);
    if is_packets(&plain) {
        return Answer::Packets;
    }
    if let Some(sockets) = sockets::read(&plain) {
        return Answer::Sockets(sockets);
    }
    if let Some(counters) = counters::read(&plain) {
        return Answer::Counters(counters);
    }
    let answer = find::message(text);
    // A counter's name says more than words of a sentence, or what is near to it.
    let yields = matches!(
        answer,
        Answer::Message(Message { by: By::Words(_) | By::Near(_) | By::State(_), .. })
            | Answer::Part(_)
            | Answer::Nothing
    );
    let named = yields.then(|| counters::named(&plain)).flatten();
    named.map_or(answer, Answer::Counters)
}

/// Whether it is what `tcpdump` or `tshark` prints of TCP: a line with two ends and TCP's flags.
fn is_packets(text: &str) -> bool {
    text.lines().take(200).any(|line| {
        let of_tcpdump = line.contains(" > ") && line.contains("Flags [");
        let of_tshark =
            (line.contains(" → ") || line.contains(" -> ")) && line.contains("TCP") && line.contains("Seq=");
        of_tcpdump || of_tshark
    })
}
