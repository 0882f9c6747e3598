//! How things look, the same in the page, in the SVG and on paper: hues of states, colours of segments, marks at the
//! ends of arrows. The style sheet gives the classes their colours; those of its light theme are here as well.

use scenario::{Outcome, State};

use crate::layout::{Layout, Look, Row, Thing};

/// States share a hue by what they mean for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There is no connection yet, or no host.
    None,
    /// It is over.
    Gone,
    /// It is being opened.
    Opening,
    /// It is open both ways.
    Open,
    /// This side has sent its FIN.
    HalfMine,
    /// The other side has.
    HalfTheirs,
    /// Both have.
    Ending,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Gone, Self::Opening, Self::Open, Self::HalfMine, Self::HalfTheirs, Self::Ending];

    /// That of a state.
    pub const fn of(state: Option<State>) -> Self {
        match state {
            None => Self::None,
            Some(State::Closed) => Self::Gone,
            Some(State::Listen | State::SynSent | State::SynReceived) => Self::Opening,
            Some(State::Established) => Self::Open,
            Some(State::FinWait1 | State::FinWait2) => Self::HalfMine,
            Some(State::CloseWait) => Self::HalfTheirs,
            Some(State::Closing | State::LastAck | State::TimeWait) => Self::Ending,
        }
    }

    /// Its class in the page.
    pub const fn class(self) -> &'static str {
        match self {
            Self::None => "sc-none",
            Self::Gone => "sc-gone",
            Self::Opening => "sc-opening",
            Self::Open => "sc-open",
            Self::HalfMine => "sc-half-mine",
            Self::HalfTheirs => "sc-half-theirs",
            Self::Ending => "sc-ending",
        }
    }

    /// Its colour on white.
    pub const fn on_white(self) -> &'static str {
        match self {
            Self::None | Self::Gone => "#c9cdd2",
            Self::Opening => "#a9d094",
            Self::Open => "#7fb3da",
            Self::HalfMine => "#e8b765",
            Self::HalfTheirs => "#c79be0",
            Self::Ending => "#c9a58f",
        }
    }
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rst, Self::Fin, Self::Syn, Self::Data, Self::Ack];

    /// Its class in the page.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Rst => "sc-rst",
            Self::Fin => "sc-fin",
            Self::Syn => "sc-syn",
            Self::Data => "sc-data",
            Self::Ack => "sc-ack",
        }
    }

    /// Its colour on white.
    pub const fn on_white(self) -> &'static str {
        match self {
            Self::Rst => "#b3121d",
            Self::Fin => "#8a4700",
            Self::Syn => "#2f661f",
            Self::Data => "#0f5c8f",
            Self::Ack => "#596068",
        }
    }

    /// What its line is broken into (`stroke-dasharray`); a whole line has none.
    pub const fn dashes(self) -> Option<&'static str> {
        match self {
            Self::Rst => Some("7 4"),
            Self::Ack => Some("1.5 3.5"),
            Self::Fin | Self::Syn | Self::Data => None,
        }
    }

    /// What stands at the line's end, as an SVG path, drawn as if the segment went to the right.
    pub const fn tip(self) -> &'static str {
        match self {
            Self::Rst => "M-11-5.5L0 5.5M-11 5.5L0-5.5",
            Self::Fin => "M0 0L-7-6L-14 0L-7 6Z",
            Self::Syn | Self::Data => "M0 0L-10-4.5V4.5Z",
            Self::Ack => "M-8-4L0 0L-8 4",
        }
    }
}

/// The kind of a row, where each kind has one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// A segment.
    Segment(Look),
    /// A call that gives an error.
    Error,
    /// A call that gives something else, or nothing yet.
    Call,
    /// A state is entered, and nothing else is to be seen.
    State(Phase),
    /// The link, a host, or time.
    Statement,
}

impl Hue {
    /// That of a row.
    pub fn of(layout: &Layout, row: &Row) -> Self {
        match (&row.thing, row.changes.last()) {
            (Thing::Segment(flight), _) => Self::Segment(Look::of(&layout.flights[*flight].segment)),
            (Thing::Call { outcome: Some(Outcome::Errno(_)), .. }, _) => Self::Error,
            (Thing::Call { .. }, _) => Self::Call,
            (Thing::Effect, Some(change)) => Self::State(Phase::of(Some(change.to))),
            (Thing::Effect | Thing::Statement { .. } | Thing::Icmp { .. } | Thing::Counter { .. }, _) => {
                Self::Statement
            }
        }
    }

    /// Its class in the page.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Segment(look) => look.class(),
            Self::Error => "sc-errno",
            Self::Call => "sc-returned",
            Self::State(phase) => phase.class(),
            Self::Statement => "sc-statement",
        }
    }
}

/// Where a lost segment breaks off: a path, drawn as if it went to the right.
pub const BROKEN_OFF: &str = "M1-8L-2-3L3 2L0 7M8 1h3M15 2h2.5M22 3h2";
/// Where a forged segment begins.
pub const FROM_NOWHERE: &str = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0M-4-4L4 4";
