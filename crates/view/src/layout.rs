//! The layout of a run: rows, one for each thing that happens, and the flights of segments across them.
//! [`Layout::of`] makes it from a trace (`from_trace.rs`).
//!
//! It has no widths: sides are hosts, heights are weights, places on a wire are thousandths of its width. So one layout
//! serves a wide page, a narrow one and paper.

use std::ops::Range;

use catalogue::messages::Cause;
use scenario::{
    Action, Counter, Fate, Flags, Host, Icmp, Info, Link, Network, Outcome, RuleId, Segment, SocketId, State, Verb,
};

/// A run, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The question that the script asks.
    pub title: String,
    /// What the script says of itself.
    pub summary: String,
    /// Which lifelines there are, and which wires between them.
    pub network: Network,
    /// In the order of time. A step of the player is a row.
    pub rows: Vec<Row>,
    /// In the order of departure.
    pub flights: Vec<Flight>,
    /// How many connections lie side by side on each host's lifeline; by [`Host::index`].
    pub lanes: [usize; Host::ALL.len()],
    /// Where the run differs from the script and no row tells it: line, expected, got.
    pub unplaced: Vec<(u32, String, String)>,
}

/// One thing that happens, with what it changes at once on its host.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Microseconds since the run began.
    pub at_us: u64,
    /// How long nothing happened before it, if that was long enough to show.
    pub pause_us: Option<u64>,
    /// The side on which it stands; `None` for what happens to a link or to all hosts.
    pub host: Option<Host>,
    /// The link that it is about: of a segment, of a statement, of the connection on which something happens. `None` where
    /// it is about none, or about all of a host's.
    pub link: Option<Link>,
    /// What happens.
    pub thing: Thing,
    /// The states that change with it, on its side.
    pub changes: Vec<Change>,
    /// The rules that acted.
    pub rules: Vec<RuleId>,
    /// What sockets hold from here on: whose, its name, and what. Asked when the link was quiet again, behind the row.
    pub infos: Vec<(Host, String, Info)>,
    /// The line of its statement, if it is one.
    pub line: Option<u32>,
    /// What the script says beside the statement.
    pub caption: Option<String>,
    /// What the script expected, if something else came.
    pub expected: Option<String>,
    /// What the call's outcome tells of the connection's end: runtimes have texts for it.
    pub cause: Option<Cause>,
    /// The connections of each host as they are before the row and after it; by [`Host::index`].
    pub lanes: [Vec<Lane>; Host::ALL.len()],
    /// Whether a call of that host has not returned while the row passes.
    pub blocked: [bool; Host::ALL.len()],
    /// How far down it begins, in weights.
    pub top: u32,
    /// Its height, in weights: about pixels, guessed from the length of its texts.
    pub height: u32,
    /// The flights that cross it: indices into [`Layout::flights`].
    pub crossing: Vec<usize>,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// A call.
    Call {
        /// The socket's name, where it needs one to be told from others.
        socket: Option<String>,
        /// The call and its arguments.
        call: Verb,
        /// What it returned; `None` where the row is only its beginning.
        outcome: Option<Outcome>,
    },
    /// A segment leaves: an index into [`Layout::flights`].
    Segment(usize),
    /// A statement of the link, of a host, or a wait.
    Statement {
        /// What it does.
        action: Action,
        /// As the script has it.
        text: String,
    },
    /// Something in between sends an ICMP message.
    Icmp {
        /// What it says.
        icmp: Icmp,
        /// Who receives it.
        to: Host,
    },
    /// Nothing but the row's changes and rules: something arrived, or a timer ran out.
    Effect,
    /// The kernel counted something.
    Counter {
        /// What.
        counter: Counter,
        /// How much it grew.
        by: u64,
    },
}

/// A connection, or a listener, entered a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The socket's name, where it needs one to be told from others.
    pub socket: Option<String>,
    /// The socket's name.
    pub name: String,
    /// The socket.
    pub id: SocketId,
    /// The state that it left.
    pub from: State,
    /// The state that it entered.
    pub to: State,
}

/// A connection on a lifeline, while a row passes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lane {
    /// Its state where the row begins; `None` if there is no connection.
    pub before: Option<State>,
    /// Its state where the row ends.
    pub after: Option<State>,
}

/// A segment on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// Who sent it, or is said to have.
    pub from: Host,
    /// Who is to receive it.
    pub to: Host,
    /// Its header.
    pub segment: Segment,
    /// The sender's port and the receiver's.
    pub ports: [u16; 2],
    /// Whether its link has had several connections, so that its port is needed to tell whose it is.
    pub is_one_of_several: bool,
    /// What became of it.
    pub fate: Fate,
    /// When it left.
    pub at_us: u64,
    /// When it arrived, if it did.
    pub arrives_us: Option<u64>,
    /// The row in which it leaves.
    pub row: usize,
    /// The last row that it crosses: it arrives where that row ends.
    pub last: usize,
}

impl Flight {
    /// Its link.
    pub const fn link(&self) -> Link {
        Link::between(self.from, self.to)
    }

    /// Its connection: the link, and the ports at the link's ends.
    pub const fn pair(&self) -> (Link, [u16; 2]) {
        (self.link(), self.link().pair(self.from, self.ports))
    }
}

/// How a segment is drawn, by the flag that matters most for how connections end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It resets.
    Rst,
    /// It ends a direction.
    Fin,
    /// It opens a direction.
    Syn,
    /// It carries bytes.
    Data,
    /// It only acknowledges.
    Ack,
}

impl Look {
    /// The look of a segment.
    pub const fn of(Segment { flags, len, .. }: &Segment) -> Self {
        match *flags {
            Flags { rst: true, .. } => Self::Rst,
            Flags { fin: true, .. } => Self::Fin,
            Flags { syn: true, .. } => Self::Syn,
            _ if *len > 0 => Self::Data,
            _ => Self::Ack,
        }
    }
}

/// A piece of a flight's line inside a band of a row; x in thousandths of the wire's width, from its left end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Where it enters the band.
    pub x1: i32,
    /// Where it leaves the band.
    pub x2: i32,
    /// How far down in the band it ends, in thousandths: less than 1000 where a segment is lost.
    pub y2: i32,
    /// The flight begins here.
    pub begins: bool,
    /// The flight ends here.
    pub ends: bool,
}

/// Where a segment's line begins, below its label. In weights.
pub const LABEL: u32 = 20;
/// The height of a segment's line that arrives before anything else happens. In weights.
pub const ARROW: u32 = 16;

impl Layout {
    /// The part of a flight's line between two heights of the picture; `None` if it is not there.
    pub fn piece(&self, flight: usize, from: u32, to: u32) -> Option<Piece> {
        let Flight { from: sender, to: receiver, fate, row, last, .. } = self.flights[flight];
        let begin = self.rows[row].top + LABEL;
        let end = if row == last { begin + ARROW } else { self.rows[last].top + self.rows[last].height };
        let (from, until) = (from.max(begin), to.min(end));
        // A band without height may grow on a narrow page: what passes goes straight down through it.
        if from > until || (from == until && !(begin < from && until < end)) {
            return None;
        }
        let way = |y: u32| (i64::from(y - begin) * 1000 / i64::from(end - begin)) as i32;
        let (mut a, mut b) = (way(from), way(until));
        let mut y2 = 1000;
        let [first, final_] = covers(fate);
        if a >= final_ || b <= first {
            return None;
        }
        let begins = a <= first;
        let ends = b >= final_;
        if ends && b > final_ {
            y2 = (final_ - a) * 1000 / (b - a).max(1);
        }
        (a, b) = (a.max(first), b.min(final_));
        if Link::between(sender, receiver).end(sender) == 1 {
            (a, b) = (1000 - a, 1000 - b);
        }
        Some(Piece { x1: a, x2: b, y2, begins, ends })
    }
}

/// A run of so many rows is drawn whole; of a longer one so many, and so many of them above those in view.
const WHOLE_MAX: usize = 400;
const DRAWN: usize = 90;
const DRAWN_ABOVE: usize = 35;

impl Layout {
    /// Which rows are drawn when the reader looks at this height: all of them, unless they are very many.
    pub fn drawn(&self, height: u32) -> Range<usize> {
        let rows = self.rows.len();
        if rows <= WHOLE_MAX {
            return 0..rows;
        }
        let seen = self.rows.partition_point(|row| row.top + row.height <= height);
        // In steps, so that the picture changes once in a while and not with every pixel.
        let first = (seen.saturating_sub(DRAWN_ABOVE) / 20 * 20).min(rows - DRAWN);
        first..first + DRAWN
    }

    /// How far down a row begins; behind the last, the height of the whole.
    pub fn top(&self, row: usize) -> u32 {
        match (self.rows.get(row), self.rows.last()) {
            (Some(row), _) => row.top,
            (None, Some(last)) => last.top + last.height,
            (None, None) => 0,
        }
    }
}

/// Which part of its way a segment's line covers, in thousandths from the sender.
pub const fn covers(fate: Fate) -> [i32; 2] {
    match fate {
        Fate::Delivered => [0, 1000],
        Fate::Dropped => [0, 560],
        Fate::Injected => [190, 1000],
    }
}
