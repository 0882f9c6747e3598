//! What is written beside a row, in its order: the page, the SVG and the table write the same.

use scenario::{Counter, Outcome, RuleId, Verb};

use crate::layout::{Change, Row, Thing};

/// One thing that is written beside a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note<'a> {
    /// A call, and what it gave; `None` where it has only been made.
    Call {
        /// The socket's name, where it needs one.
        socket: Option<&'a str>,
        /// The call.
        call: &'a Verb,
        /// What it gave.
        outcome: Option<Outcome>,
    },
    /// A statement of the link, of a host, or a wait.
    Statement(&'a str),
    /// What the kernel counted.
    Counter {
        /// What.
        counter: &'a Counter,
        /// How much it grew.
        by: u64,
    },
    /// A state that is entered.
    State(&'a Change),
    /// What the script says the call gives, where it gives something else.
    Expected(&'a str),
    /// What the script says beside the statement.
    Caption(&'a str),
    /// A rule that acted.
    Rule(RuleId),
}

/// What is written beside a row.
pub fn notes(row: &Row) -> Vec<Note<'_>> {
    let mut notes = Vec::new();
    match &row.thing {
        Thing::Call { socket, call, outcome } => {
            notes.push(Note::Call { socket: socket.as_deref(), call, outcome: *outcome });
        }
        Thing::Statement { text, .. } => notes.push(Note::Statement(text)),
        Thing::Counter { counter, by } => notes.push(Note::Counter { counter, by: *by }),
        Thing::Segment(_) | Thing::Icmp { .. } | Thing::Effect => {}
    }
    notes.extend(row.changes.iter().map(Note::State));
    notes.extend(row.expected.as_deref().map(Note::Expected));
    notes.extend(row.caption.as_deref().map(Note::Caption));
    notes.extend(row.rules.iter().copied().map(Note::Rule));
    notes
}
