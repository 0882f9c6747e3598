//! How a connection ended: who, why, how sure, and the segments that say so.

mod cause;
mod causes;
mod facts;
mod limits;
mod told;

use std::fmt;

pub use cause::{Cause, heading};
pub use limits::limits;
pub use told::{Next, told};

use crate::read::bit;
use crate::track::Connection;
use facts::{CLIENT, Facts, Fit, Handshake, Reset, SERVER};

/// How a connection ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Both sides closed.
    Orderly,
    /// One side closed.
    HalfClosed,
    /// A reset ended it.
    Reset,
    /// A reset answered the SYN.
    Refused,
    /// The SYN has no answer.
    NoAnswer,
    /// It never came farther than the handshake.
    HandshakeOnly,
    /// Retransmissions into silence.
    Vanished,
    /// A closed window.
    Stalled,
    /// It had not ended when the capture did.
    Open,
    /// Too little of it was captured.
    CannotTell,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Orderly,
        Self::HalfClosed,
        Self::Reset,
        Self::Refused,
        Self::NoAnswer,
        Self::HandshakeOnly,
        Self::Vanished,
        Self::Stalled,
        Self::Open,
        Self::CannotTell,
    ];

    /// Its word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orderly => "orderly",
            Self::HalfClosed => "half-closed",
            Self::Reset => "reset",
            Self::Refused => "refused",
            Self::NoAnswer => "no-answer",
            Self::HandshakeOnly => "handshake-only",
            Self::Vanished => "vanished",
            Self::Stalled => "stalled",
            Self::Open => "open",
            Self::CannotTell => "cannot-tell",
        }
    }
}

impl Kind {
    /// The book's scenario that shows it, where no cause has one.
    pub const fn scenario(self) -> Option<&'static str> {
        match self {
            Self::Orderly => Some("graceful-four-segments"),
            Self::HandshakeOnly => Some("accept-queue-full"),
            _ => None,
        }
    }

    /// The book's chapter that explains it, where no cause has one.
    pub const fn chapter(self) -> Option<&'static str> {
        match self {
            Self::Orderly => Some("orderly/polite-goodbye.md"),
            Self::HandshakeOnly => Some("silence/accept-queue.md"),
            _ => None,
        }
    }
}

/// Who ended it: whose segment was the one that did, as far as the capture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum By {
    Client,
    Server,
    Between,
    Both,
    Unknown,
}

impl By {
    const fn side(side: usize) -> Self {
        if side == CLIENT { Self::Client } else { Self::Server }
    }

    /// Its word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Between => "between",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }
}

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Nothing else sends these segments.
    Certain,
    /// Other causes would have to be unusual.
    Likely,
    /// There is no evidence against it.
    Possible,
}

impl Sure {
    /// Its word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// A cause and its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Why the connection ended; [`Cause::id`] is its name in reports.
    pub cause: Cause,
    /// How sure it is.
    pub sure: Sure,
    /// What was seen that speaks for it.
    pub evidence: Vec<Evidence>,
}

/// Something that was seen, with the numbers of the packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Their numbers in the file.
    pub packets: Vec<u64>,
    /// What these packets show, as a sentence without a full stop.
    pub why: String,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The kind of ending; [`Kind::name`] is its word in reports.
    pub kind: Kind,
    /// Who ended it.
    pub by: By,
    /// The segment that ended it, by its number in the file.
    pub segment: Option<u64>,
    /// Why, the best first; behind that, what was there and ended nothing.
    pub causes: Vec<Named>,
}

impl Ending {
    /// The verdict on a connection. Every connection gets one: [`Kind::CannotTell`] where too little was captured.
    pub fn of(connection: &Connection) -> Self {
        let facts = Facts::of(connection);
        let mut ending = judge(&facts);
        surest_first(&mut ending.causes);
        causes::add_notes(&facts, &mut ending);
        ending
    }

    /// Whether a cause is among those named.
    pub fn names(&self, cause: Cause) -> bool {
        self.causes.iter().any(|named| named.cause == cause)
    }

    fn new(kind: Kind, by: By) -> Self {
        Self { kind, by, segment: None, causes: Vec::new() }
    }

    fn because(mut self, cause: Cause, sure: Sure, packets: &[u64], why: impl fmt::Display) -> Self {
        self.add(cause, sure, packets, why);
        self
    }

    fn add(&mut self, cause: Cause, sure: Sure, packets: &[u64], why: impl fmt::Display) {
        let evidence = Evidence { packets: packets.to_vec(), why: why.to_string() };
        match self.causes.iter_mut().find(|named| named.cause == cause) {
            Some(named) => named.evidence.push(evidence),
            None => self.causes.push(Named { cause, sure, evidence: vec![evidence] }),
        }
    }
}

/// Sorts causes by how sure they are, and leaves those that are as sure in their order. They are few: the standard
/// library's stable sort would be four kilobytes of a page's program.
fn surest_first(causes: &mut Vec<Named>) {
    for last in 1..causes.len() {
        let at = causes[..last].partition_point(|named| named.sure <= causes[last].sure);
        let named = causes.remove(last);
        causes.insert(at, named);
    }
}

fn judge(facts: &Facts<'_>) -> Ending {
    let reset = facts.resets.iter().find(|reset| reset.fit == Fit::Exact);
    match reset {
        Some(reset) if !is_late(facts, reset) => by_reset(facts, reset),
        _ => without_reset(facts),
    }
}

/// Whether both FINs had been seen, and each acknowledged or nothing of the peer's left to answer: the reset ends nothing.
fn is_late(facts: &Facts<'_>, reset: &Reset) -> bool {
    let [Some(client), Some(server)] = facts.fins else { return false };
    if client > reset.at || server > reset.at {
        return false;
    }
    let answers_data =
        reset.answers.is_some_and(|at| facts.seen[at].len > 0 && facts.fin_before(reset.from, at).is_some());
    !answers_data
}

fn by_reset(facts: &Facts<'_>, reset: &Reset) -> Ending {
    let refuses =
        reset.from == SERVER && facts.handshake != Handshake::NotSeen && facts.last_before(SERVER, reset.at).is_none();
    let kind = if refuses { Kind::Refused } else { Kind::Reset };
    let by = causes::by(facts, reset);
    let mut ending = Ending::new(kind, by);
    ending.segment = Some(facts.number(reset.at));
    causes::of_reset(facts, reset, &mut ending);
    ending
}

fn without_reset(facts: &Facts<'_>) -> Ending {
    let is_one_sided = facts.connection.sides.iter().any(|side| side.packets == 0);
    if is_one_sided && facts.handshake != Handshake::Syn {
        // Nothing of the other direction was captured: its silence says nothing.
        return Ending::new(Kind::CannotTell, By::Unknown);
    }
    if let [Some(client), Some(server)] = facts.fins {
        return orderly(facts, client, server);
    }
    for side in [CLIENT, SERVER] {
        if let Some(ending) = silent(facts, side) {
            return ending;
        }
    }
    if let Some(side) = [CLIENT, SERVER].into_iter().find(|side| facts.fins[*side].is_some()) {
        let fin = facts.fins[side].expect("it was found");
        let mut ending = Ending::new(Kind::HalfClosed, By::side(side)).because(
            Cause::NotClosed,
            Sure::Certain,
            &[facts.number(fin)],
            format_args!("a FIN of the {}'s, and none of the other side's", By::side(side).name()),
        );
        ending.segment = Some(facts.number(fin));
        if facts.is_unsure(fin) {
            ending.by = By::Unknown;
        }
        if facts.is_unsure(fin) || !facts.shows_its_host(fin) {
            ending.causes.iter_mut().for_each(|named| named.sure = Sure::Likely);
        }
        return ending;
    }
    match facts.handshake {
        Handshake::Syn => causes::no_answer(facts),
        Handshake::SynAck => causes::handshake_only(facts),
        Handshake::Done if !facts.seen.iter().any(|seen| seen.len > 0) && causes::repeats_syn_ack(facts).is_some() => {
            causes::handshake_only(facts)
        }
        Handshake::Done => Ending::new(Kind::Open, By::Unknown),
        Handshake::NotSeen if facts.seen.iter().any(|seen| seen.len > 0) => Ending::new(Kind::Open, By::Unknown),
        Handshake::NotSeen => Ending::new(Kind::CannotTell, By::Unknown),
    }
}

/// Who closed first: whose FIN the other side's FIN acknowledges.
fn orderly(facts: &Facts<'_>, client: usize, server: usize) -> Ending {
    let acknowledges = |fin: usize, other: usize| {
        let (fin, other) = (facts.seen[fin], facts.seen[other]);
        fin.ack.is_some_and(|ack| ack >= other.end())
    };
    let by = match (acknowledges(client, server), acknowledges(server, client)) {
        (true, false) => By::Server,
        (false, true) => By::Client,
        _ => By::Both,
    };
    let by = if facts.is_unsure(client) || facts.is_unsure(server) { By::Unknown } else { by };
    let mut ending = Ending::new(Kind::Orderly, by);
    ending.segment = Some(facts.number(client.min(server)));
    ending
}

/// One side repeats itself: into silence, or before a closed window.
fn silent(facts: &Facts<'_>, side: usize) -> Option<Ending> {
    if matches!(facts.handshake, Handshake::Syn | Handshake::SynAck) {
        return None;
    }
    stalled(facts, side).or_else(|| vanished(facts, side))
}

fn stalled(facts: &Facts<'_>, side: usize) -> Option<Ending> {
    let peer = 1 - side;
    let closed = facts.last_before(peer, facts.seen.len()).map(|at| facts.seen[at])?;
    if closed.win != 0 || !closed.has(bit::ACK) || closed.has(bit::SYN) {
        return None;
    }
    let asks: Vec<u64> = (0..facts.seen.len())
        .filter(|at| {
            facts.seen[*at].from == side
                && facts.is_probe(*at)
                && facts.seen[*at].at_us >= facts.first_zero_window_us(peer)
        })
        .map(|at| facts.number(at))
        .collect();
    if asks.is_empty() {
        return None;
    }
    let why = format_args!("its window is 0, and the {} asks again", By::side(side).name());
    let packets = [vec![closed.number], asks].concat();
    Some(Ending::new(Kind::Stalled, By::side(peer)).because(Cause::SlowReader, Sure::Likely, &packets, why))
}

fn vanished(facts: &Facts<'_>, side: usize) -> Option<Ending> {
    let unanswered = facts.unanswered(side, facts.seen.len());
    if unanswered.is_empty() {
        return None;
    }
    let packets: Vec<u64> = unanswered.iter().map(|at| facts.number(*at)).collect();
    let why = format_args!("the {} repeats itself, and nothing comes back", By::side(side).name());
    Some(
        Ending::new(Kind::Vanished, By::Unknown)
            .because(Cause::LostPeer, Sure::Likely, &packets, why)
            .because(Cause::Firewall, Sure::Possible, &packets, "something on the way swallows them")
            .because(Cause::IdleBox, Sure::Possible, &packets, "something on the way has forgotten the connection"),
    )
}
