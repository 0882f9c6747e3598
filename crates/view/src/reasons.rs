//! Why a prediction is wrong: what the chosen answer would have needed, and what the run has not got.

use scenario::{Errno, Outcome, Verb};

use crate::layout::{Layout, Look, Row, Thing};
use crate::why::{Past, why};

/// An answer to a question of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The call gives this.
    Gives(Outcome),
    /// The host sends this.
    Sends(Look),
}

/// Why a choice is not what happens in a row; empty if nothing is known.
pub fn against(layout: &Layout, at: usize, choice: Choice) -> String {
    let row = &layout.rows[at];
    let past = Past::of(layout, at);
    let needed = match (&row.thing, choice) {
        (Thing::Call { call: Verb::Read { .. }, outcome: Some(right), .. }, Choice::Gives(chosen)) => {
            read(row, &past, chosen, *right)
        }
        (Thing::Call { call: Verb::Write(_), outcome: Some(right), .. }, Choice::Gives(chosen)) => {
            write(row, &past, chosen, *right)
        }
        (Thing::Call { call: Verb::Connect { .. }, .. }, Choice::Gives(chosen)) => connect(chosen),
        (Thing::Segment(flight), Choice::Sends(chosen)) => {
            sends(chosen, Look::of(&layout.flights[*flight].segment), layout.flights[*flight].segment.len)
        }
        _ => None,
    };
    let reason = needed.map_or_else(|| why(layout, at).unwrap_or_default(), str::to_owned);
    if reason.is_empty() { "Nothing on the wire has led to that.".to_owned() } else { reason }
}

fn read(row: &Row, past: &Past<'_>, chosen: Outcome, right: Outcome) -> Option<&'static str> {
    let has_fin = row.host.is_some_and(|host| past.has_fin(host));
    Some(match (chosen, right) {
        (Outcome::Errno(Errno::EPIPE), _) => "EPIPE is the answer to a write. A read on Linux does not give it.",
        (Outcome::Errno(Errno::ECONNRESET), Outcome::Number(0)) if past.was_told() => {
            "The error has been given to an earlier call, and it is given once."
        }
        (Outcome::Errno(Errno::ECONNRESET), Outcome::Number(0)) if has_fin => {
            "ECONNRESET needs a reset that no FIN preceded. Here a FIN has come first."
        }
        (Outcome::Errno(Errno::ECONNRESET), _) => "No reset has reached this side.",
        (Outcome::Number(0), Outcome::Errno(_) | Outcome::Blocks) if !has_fin => {
            "0 is the end of the stream, and no FIN has come."
        }
        (Outcome::Blocks, Outcome::Number(0)) => "There is nothing to wait for: the stream has ended.",
        (Outcome::Blocks, Outcome::Errno(_)) => "There is nothing to wait for: the connection is over.",
        _ => return None,
    })
}

fn write(row: &Row, past: &Past<'_>, chosen: Outcome, right: Outcome) -> Option<&'static str> {
    let has_fin = row.host.is_some_and(|host| past.has_fin(host));
    Some(match (chosen, right) {
        (Outcome::Errno(Errno::ECONNRESET), Outcome::Number(_)) => {
            "No reset has reached this side so far, so there is no error to give."
        }
        (Outcome::Errno(Errno::EPIPE), Outcome::Number(_)) if has_fin => {
            "A FIN does not stop a write: it says that the other side sends no more."
        }
        (Outcome::Errno(_), Outcome::Number(_)) => "Nothing has ended this connection so far.",
        (Outcome::Blocks, Outcome::Number(_)) => "There is room in the send buffer, so the call need not wait.",
        (Outcome::Errno(Errno::EPIPE), Outcome::Errno(Errno::ECONNRESET)) => {
            "EPIPE needs a FIN before the reset, or that the error has been given to an earlier call."
        }
        (Outcome::Errno(Errno::ECONNRESET), Outcome::Errno(Errno::EPIPE)) => {
            if past.was_told() {
                "The error has been given to an earlier call, and it is given once."
            } else if has_fin {
                "ECONNRESET needs a reset that no FIN preceded. Here a FIN has come first."
            } else {
                return None;
            }
        }
        (Outcome::Blocks, Outcome::Errno(_)) => "There is nothing to wait for: the connection is over.",
        _ => return None,
    })
}

const fn connect(chosen: Outcome) -> Option<&'static str> {
    match chosen {
        Outcome::Number(_) => Some("It would need a SYN-ACK."),
        Outcome::Errno(Errno::ECONNREFUSED) => Some("It would need a reset that answers the SYN."),
        Outcome::Errno(Errno::ECONNRESET) => Some("It would need a reset after the handshake."),
        Outcome::Errno(Errno::ETIMEDOUT) => Some("It would need that no answer comes at all."),
        _ => None,
    }
}

const fn sends(chosen: Look, right: Look, len: u32) -> Option<&'static str> {
    Some(match (chosen, right) {
        (Look::Fin, Look::Rst) => {
            "A FIN says: I send no more. It does not say that something of the other side's was lost."
        }
        (Look::Ack, Look::Rst) => "An ACK would say that all is well, and that the connection goes on.",
        (Look::Data, Look::Rst) => "There is nobody here who would have anything to send.",
        (Look::Rst, Look::Fin) => {
            "A reset needs a reason: data that was not read, SO_LINGER 0, or a segment that finds no connection."
        }
        (Look::Ack, Look::Fin) => "An ACK would not tell the other side that no more comes.",
        (Look::Data, Look::Fin) if len == 0 => "Nothing waits to be sent.",
        _ => return None,
    })
}
