//! What the segments of a connection show, before anything is concluded from it.

use crate::read::bit;
use crate::track::{Connection, Opened, Seen};

/// The client's index and the server's.
pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;
/// Something that comes again so much later was sent again: Linux waits 200 ms at least.
const AGAIN_US: u64 = 190_000;

/// So many segments that came one way show that it is the data's way.
const DATA_MIN: usize = 4;
/// So many segments whose IP-IDs go up by small steps show that their host counts them.
const IDS: usize = 3;
const ID_STEP: u16 = 64;
/// And a number so far away is not that host's next.
const ID_FAR: u16 = 1024;
/// Windows are rounded by their scale, at most by so many bytes (RFC 7323 §2.3, for scales up to 11).
const WINDOW_SLACK: i64 = 2048;
/// What an earlier life of the same pair says of a side's way counts as so many segments.
const EARLIER: usize = 3;

/// A connection's segments in order, and what they show.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) seen: Vec<&'a Seen>,
    pub(crate) handshake: Handshake,
    /// Place of each side's first FIN, forged ones left out.
    pub(crate) fins: [Option<usize>; 2],
    /// Places of segments that are no resets and have another TTL than their side's others.
    pub(crate) alien: Vec<usize>,
    pub(crate) resets: Vec<Reset>,
    hops: [Hops; 2],
}

/// How far a handshake came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The capture begins later.
    NotSeen,
    /// SYN, and no answer.
    Syn,
    /// SYN-ACK, and nothing of the client behind it.
    SynAck,
    /// Complete.
    Done,
}

/// A reset, and how it stands to what came before and behind it. Each boolean is one thing that the segments show, asked
/// for by its name; what follows from several of them is decided in `causes.rs`.
#[derive(Clone, Debug)]
pub(crate) struct Reset {
    /// Its place.
    pub(crate) at: usize,
    pub(crate) from: usize,
    /// Without ACK: an answer to a segment.
    pub(crate) bare: bool,
    pub(crate) fit: Fit,
    /// The peer's segment that it answers: its number is that segment's ACK.
    pub(crate) answers: Option<usize>,
    /// The peer's payload that had been seen before.
    pub(crate) peer_bytes: i64,
    /// Whether its sender acknowledges more than was seen of its peer.
    pub(crate) acks_unseen: bool,
    /// Whether its sender had sent data or a FIN before, which came the same way.
    pub(crate) spoke: bool,
    /// Place of a later segment which shows that the sender lived on.
    pub(crate) lives_on: Option<usize>,
    /// Place of a later segment in its sender's name that proves nothing: it came another way, and either of the two may
    /// be forged; or it may have left before the reset.
    pub(crate) contested: Option<usize>,
    /// What in its headers is unlike its sender's other segments.
    pub(crate) odd: Vec<Odd>,
}

/// How a reset's number stands to what its receiver expects (RFC 5961 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The next number, or one of those under way.
    Exact,
    /// Ahead, but inside the window: it is questioned.
    Inside,
    /// It is ignored.
    Outside,
}

/// What in a reset's headers is unlike its sender's other segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// Its TTL, and the others'.
    Ttl(u8, u8),
    /// Its TTL is the handshake's, and the data came with another: a box answers for the host.
    HandshakeTtl(u8, u8),
    /// A Linux host's own reset carries a timestamp where its segments do.
    NoTimestamp,
    /// A Linux host never takes back what it has offered of its window (`tcp_select_window`).
    Window,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(connection: &'a Connection) -> Self {
        let seen: Vec<&Seen> = connection.segments().collect();
        let hops = [CLIENT, SERVER].map(|side| Hops::of(connection, &seen, side));
        let is_alien = |at: &usize| !seen[*at].is_reset() && hops[seen[*at].from].is_alien(seen[*at].ttl);
        let alien: Vec<usize> = (0..seen.len()).filter(is_alien).collect();
        let fin = |side: usize| {
            // With RST it is a reset, and nothing else of it counts (RFC 9293 §3.10.7.4).
            // Beside SYN no host sends it, and none takes it (RFC 9293 §3.10.7.3).
            let is_fin = |at: &usize| {
                seen[*at].has(bit::FIN) && seen[*at].bits & (bit::RST | bit::SYN) == 0 && !alien.contains(at)
            };
            (0..seen.len()).find(|at| seen[*at].from == side && is_fin(at))
        };
        let fins = [fin(CLIENT), fin(SERVER)];
        let handshake = handshake(connection, &seen);
        let resets = (0..seen.len())
            .filter(|at| seen[*at].is_reset())
            .map(|at| reset(connection, &seen, at, handshake, &hops))
            .collect();
        Self { connection, seen, handshake, fins, alien, resets, hops }
    }

    /// Whether the server's answer to the SYN was captured.
    pub(crate) fn is_answered(&self) -> bool {
        self.seen.iter().any(|seen| seen.from == SERVER && seen.has(bit::SYN))
    }

    /// Whether that side's FIN had been seen before that place.
    pub(crate) fn fin_before(&self, side: usize, at: usize) -> Option<usize> {
        self.fins[side].filter(|fin| *fin < at)
    }

    /// The last segment of a side before a place, resets left out.
    pub(crate) fn last_before(&self, side: usize, at: usize) -> Option<usize> {
        (0..at).rev().find(|before| self.seen[*before].from == side && !self.seen[*before].is_reset())
    }

    /// Segments of a side at the end that had no answer: those behind the other side's last one that were sent again,
    /// and what they repeat.
    pub(crate) fn unanswered(&self, side: usize, before: usize) -> Vec<usize> {
        let begins = self.last_before(1 - side, before).map_or(0, |last| last + 1);
        let own: Vec<usize> =
            (begins..before).filter(|at| self.seen[*at].from == side && !self.seen[*at].is_reset()).collect();
        let mut unanswered: Vec<usize> = Vec::new();
        for &at in &own {
            let segment = self.seen[at];
            let probe = self.is_probe(at);
            let repeats = own.iter().take_while(|earlier| **earlier < at).find(|earlier| {
                let earlier = self.seen[**earlier];
                earlier.seq == segment.seq && segment.at_us.saturating_sub(earlier.at_us) >= AGAIN_US
            });
            if probe || (segment.end() > segment.seq && (segment.again || repeats.is_some())) {
                unanswered.push(at);
            }
        }
        unanswered
    }

    /// A keep-alive or window probe: an old number again, with one byte or none, and no acknowledgement that is new.
    pub(crate) fn is_probe(&self, at: usize) -> bool {
        let segment = self.seen[at];
        if segment.len > 1 || segment.bits & (bit::SYN | bit::FIN | bit::RST) != 0 {
            return false;
        }
        let own = || self.seen[..at].iter().filter(|other| other.from == segment.from && !other.is_reset());
        let is_new = self.connection.is_whole() && own().filter_map(|other| other.ack).max() < segment.ack;
        !is_new && own().map(|other| other.end()).max().is_some_and(|next| segment.seq == next - 1)
    }

    /// When a side first said that its window is closed.
    pub(crate) fn first_zero_window_us(&self, side: usize) -> u64 {
        let mut closed = self.seen.iter().filter(|seen| seen.from == side && seen.win == 0 && seen.has(bit::ACK));
        closed.find(|seen| !seen.is_reset() && !seen.has(bit::SYN)).map_or(u64::MAX, |seen| seen.at_us)
    }

    /// How long the connection was silent before a place, in microseconds.
    pub(crate) fn silence_us(&self, at: usize) -> u64 {
        match at.checked_sub(1) {
            Some(before) => self.seen[at].at_us.saturating_sub(self.seen[before].at_us),
            None => 0,
        }
    }

    /// Whether a segment came another way than most of its side's, and too few came to say which way is the side's.
    pub(crate) fn is_unsure(&self, at: usize) -> bool {
        let segment = self.seen[at];
        let hops = &self.hops[segment.from];
        let Some(ttl) = segment.ttl else { return false };
        if self.has_id_of_another(at) {
            return true;
        }
        let is_two_ways = hops.resets.iter().any(|other| *other != ttl);
        if is_two_ways && segment.is_reset() && self.last_before(segment.from, at).is_none() {
            return true;
        }
        // A refusal has nothing of its side to be compared with, and is what a host without a listener sends.
        let Some(&(main, _)) = hops.counts.first() else {
            return self.handshake == Handshake::NotSeen;
        };
        let count = hops.counts.iter().find(|(known, _)| *known == ttl).map_or(0, |(_, count)| *count);
        let others = if segment.is_reset() { count } else { count.saturating_sub(1) };
        if hops.syn.is_none() && others < 2 {
            return true;
        }
        // Its resets came two ways, and of what came this way nothing was taken but a handshake.
        if is_two_ways && !self.is_taken(segment.from, ttl) {
            let said = self.seen.iter().filter(|seen| seen.from == segment.from && !seen.is_reset());
            if segment.has(bit::FIN) || said.clone().all(|seen| seen.has(bit::SYN)) {
                return true;
            }
        }
        if segment.is_reset() {
            let is_odd = self.resets.iter().any(|reset| reset.at == at && !reset.odd.is_empty());
            let is_another = hops.syn.is_some_and(|syn| syn != ttl) && !is_way_of_data(&self.seen, at, ttl);
            return !is_odd && (ttl != main || is_another);
        }
        hops.syn.is_some_and(|syn| syn != ttl) && hops.counts.len() > 1 && !hops.is_alien(Some(ttl))
    }

    /// Whether more than the addresses says that a segment is its host's own, as far as its TTL tells: its SYN has options
    /// as a known system writes them, its IP-IDs count up, or the other side has taken what came the same way.
    pub(crate) fn shows_its_host(&self, at: usize) -> bool {
        let segment = self.seen[at];
        let side = &self.connection.sides[segment.from];
        let counts = |before: &&Seen| before.from == segment.from && counts_on(before, segment);
        side.linux
            || side.no_linux
            || self.seen[..at].iter().copied().any(|before| counts(&before))
            || segment.ttl.is_some_and(|ttl| is_way_of_data(&self.seen, at, ttl))
    }

    /// Whether the other side goes on with anything of a side's, SYNs left out, that came with this TTL.
    fn is_taken(&self, side: usize, ttl: u8) -> bool {
        let is_it = |seen: &Seen| seen.from == side && seen.ttl == Some(ttl) && !seen.is_reset() && !seen.has(bit::SYN);
        (0..self.seen.len()).any(|at| is_it(self.seen[at]) && is_taken(&self.seen, at))
    }

    /// Whether a reset's IP-ID is not the next of its side, whose segments counted up so far. Only of resets that a
    /// host sends for a socket: an answer to a segment without a socket has an IP-ID of its own, 0 on Linux
    /// (`tcp_v4_send_reset`).
    pub(crate) fn has_id_of_another(&self, at: usize) -> bool {
        let reset = self.seen[at];
        let Some(id) = reset.ip_id.filter(|id| *id != 0 && reset.is_reset() && reset.ack.is_some()) else {
            return false;
        };
        let own = self.seen[..at].iter().rev().filter(|seen| seen.from == reset.from && !seen.has(bit::SYN));
        let ids: Vec<u16> = own.filter(|seen| !seen.is_reset()).filter_map(|seen| seen.ip_id).take(IDS).collect();
        let counts_up =
            ids.len() == IDS && ids.windows(2).all(|pair| (1..=ID_STEP).contains(&pair[0].wrapping_sub(pair[1])));
        // One that was overtaken on its way has an older number.
        counts_up && ids[0].wrapping_add(ID_FAR).wrapping_sub(id) > 2 * ID_FAR
    }

    pub(crate) fn number(&self, at: usize) -> u64 {
        self.seen[at].number
    }
}

fn handshake(connection: &Connection, seen: &[&Seen]) -> Handshake {
    let [client, server] = &connection.sides;
    if connection.opened == Opened::Unknown {
        return Handshake::NotSeen;
    }
    let answered = seen.iter().any(|seen| seen.from == CLIENT && !seen.has(bit::SYN) && !seen.is_reset());
    let spoke = seen.iter().any(|seen| seen.from == SERVER && !seen.has(bit::SYN) && !seen.is_reset());
    // A SYN-ACK with a number that does not follow from what was refused is one all the same.
    let is_answer = |seen: &&Seen| seen.from == SERVER && seen.has(bit::SYN) && seen.has(bit::ACK);
    let has_answer = server.syn_seen() || seen.iter().copied().any(|seen| is_answer(&seen));
    match (client.syn_seen(), has_answer) {
        _ if answered || spoke => Handshake::Done,
        (_, true) => Handshake::SynAck,
        (true, false) => Handshake::Syn,
        (false, false) => Handshake::NotSeen,
    }
}

fn reset(connection: &Connection, seen: &[&Seen], at: usize, handshake: Handshake, hops: &[Hops; 2]) -> Reset {
    let segment = seen[at];
    let from = segment.from;
    let bare = segment.ack.is_none();
    let before = &seen[..at];
    let counts = |other: &&&Seen| !other.is_reset() && !other.is_stray_syn();
    let own = || before.iter().filter(move |other| other.from == from && counts(other));
    let peers = || before.iter().filter(move |other| other.from != from && counts(other));
    let own_next = own().map(|other| other.end()).max();
    let expected = peers().filter_map(|other| other.ack).max();
    let answers = if bare { answers(seen, at) } else { None };
    let own_fin = own().any(|other| other.has(bit::FIN));
    let asked = peers().filter(|other| other.opens()).map(|other| other.end()).max().unwrap_or(1);
    let mut fit = fit(connection, segment, handshake, own_next, expected, own_fin, asked);
    let is_last_word = !seen[at + 1..].iter().any(|other| other.from != from);
    if fit == Fit::Inside && is_last_word {
        // Nobody questions it: what lies between was not captured.
        fit = Fit::Exact;
    }
    // A scanner's kernel resets what it knows nothing of, and the scanner may go on all the same.
    let is_scan = from == CLIENT && bare && answers.is_some_and(|answered| seen[answered].opens());
    // What answers an acknowledgement of nothing, or of what was never sent, ends nothing at its sender (RFC 9293
    // §3.10.7.3, §3.10.7.4).
    let is_sent = own_next.map_or(segment.seq == 0, |next| (1..=next).contains(&segment.seq));
    let answers_nonsense = bare && answers.is_some() && !is_sent;
    let lives_on =
        if is_scan || answers_nonsense { None } else { lives_on(connection, seen, at, &hops[from], answers) };
    let hops = &hops[from];
    // A bare reset behind a SYN-ACK, or a server's SYN, that came another way, or a refusal: the reset is forged, or its
    // host knows nothing of what was forged in its name. So it is while nothing that the client sent was acknowledged.
    let opens_as_client = |other: &&Seen| other.opens() && other.from == SERVER && !other.has(bit::ACK);
    let refuses = segment.seq == 0 && !bare && own_next.is_some() && own().all(|other| other.has(bit::SYN));
    let is_server_s_word = from == SERVER && own_next.is_some() && own().all(|other| other.ack <= Some(asked));
    let disowns = (answers.is_some() || refuses)
        && !hops.earlier
        && own().count() < DATA_MIN
        && own().all(|other| other.ttl.is_some() && other.ttl != segment.ttl)
        && (refuses
            || is_server_s_word
            || own().next_back().is_some_and(|last| last.opens())
            || own().any(opens_as_client));
    let is_contest = |later: usize| {
        let another_way = seen[later].ttl != segment.ttl;
        let taken = hops.is_settled(seen[later].ttl) && is_taken(seen, later);
        another_way && if own_next.is_none() { !taken } else { disowns || !hops.outweighs(segment.ttl) }
    };
    let is_proof = |at: usize, is_new: bool| is_new && !is_contest(at);
    Reset {
        at,
        from,
        bare,
        fit,
        answers,
        peer_bytes: payload(peers().copied()),
        acks_unseen: acks_unseen(seen, at),
        spoke: own().any(|other| (other.len > 0 || other.has(bit::FIN)) && other.ttl == segment.ttl),
        lives_on: lives_on.filter(|(at, is_new)| is_proof(*at, *is_new)).map(|(at, _)| at),
        contested: lives_on.filter(|(at, is_new)| !is_proof(*at, *is_new)).map(|(at, _)| at),
        // What refuses a SYN has nothing before it to be compared with, but for an earlier life, which may be forged.
        odd: if own_next.is_some() && !disowns { odd(connection, seen, at, hops) } else { Vec::new() },
    }
}

/// Whether a reset's sender has acknowledged more than had come from its peer, in the reset or before it.
fn acks_unseen(seen: &[&Seen], at: usize) -> bool {
    let mut come = None;
    seen[..=at].iter().filter(|other| !other.is_stray_syn()).any(|other| {
        if other.from != seen[at].from {
            come = come.max(Some(other.end()).filter(|_| !other.is_reset()));
        }
        other.from == seen[at].from && come.is_some() && other.ack > come
    })
}

/// What a bare reset answers: its number is that segment's ACK (RFC 9293 §3.5.2). Data, SYN and FIN count until they
/// are acknowledged, a mere acknowledgement until the reset's sender sends anything.
fn answers(seen: &[&Seen], at: usize) -> Option<usize> {
    let reset = seen[at];
    let fits = |other: usize| {
        let segment = seen[other];
        if segment.from == reset.from || segment.is_reset() || segment.ack != Some(reset.seq) {
            return false;
        }
        let mut later = seen[other + 1..at].iter().filter(|later| later.from == reset.from && !later.is_reset());
        if segment.end() > segment.seq { !later.any(|later| covers(later, segment)) } else { later.next().is_none() }
    };
    let open: Vec<usize> = (0..at).filter(|other| fits(*other)).collect();
    let of = |wanted: &dyn Fn(&Seen) -> bool| open.iter().copied().rfind(|other| wanted(seen[*other]));
    of(&|segment| segment.len > 0).or_else(|| of(&|segment| segment.end() > segment.seq)).or_else(|| of(&|_| true))
}

fn covers(answer: &Seen, segment: &Seen) -> bool {
    answer.ack.is_some_and(|ack| ack >= segment.end())
}

/// Payload between the first byte and the last.
fn payload<'a>(seen: impl Iterator<Item = &'a Seen>) -> i64 {
    let mut range: Option<(i64, i64)> = None;
    for segment in seen.filter(|segment| segment.len > 0) {
        let (from, to) = (segment.seq, segment.seq + i64::from(segment.len));
        range = Some(range.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
    }
    range.map_or(0, |(first, last)| last - first)
}

fn fit(
    connection: &Connection,
    segment: &Seen,
    handshake: Handshake,
    own_next: Option<i64>,
    expected: Option<i64>,
    own_fin: bool,
    asked: i64,
) -> Fit {
    let peer = 1 - segment.from;
    // In SYN-SENT the acknowledgement counts, and nothing else (RFC 9293 §3.10.7.3).
    if own_next.is_none()
        && segment.from == SERVER
        && matches!(handshake, Handshake::Syn | Handshake::SynAck | Handshake::Done)
    {
        let acceptable = segment.ack.is_some_and(|ack| (1..=asked).contains(&ack));
        return if acceptable { Fit::Exact } else { Fit::Outside };
    }
    // Nobody has answered the SYN: whoever sent it gives up.
    let refuses = segment.ack.is_some() && segment.seq == 0;
    if handshake == Handshake::Syn && segment.from == CLIENT && !refuses {
        return Fit::Exact;
    }
    let (Some(lowest), Some(highest)) = (expected.or(own_next), own_next.max(expected)) else {
        return Fit::Exact;
    };
    let before_fin = own_fin && segment.seq == lowest - 1;
    if (lowest..=highest).contains(&segment.seq) || before_fin {
        Fit::Exact
    } else if segment.seq > highest && segment.seq < lowest + i64::from(connection.sides[peer].window.max(1)) {
        Fit::Inside
    } else {
        Fit::Outside
    }
}

/// A later segment of the same side which it would not send after a reset of its own: new data or a FIN behind the
/// reset's number, or the acknowledgement of something that was sent after it. With it whether it left behind the reset
/// without doubt: what is repeated may have been overtaken, and a file that is not in the order of time has none for one moment.
fn lives_on(
    connection: &Connection,
    seen: &[&Seen],
    at: usize,
    hops: &Hops,
    answered: Option<usize>,
) -> Option<(usize, bool)> {
    let reset = seen[at];
    let peer_next = |to: usize| {
        seen[..to].iter().filter(|other| other.from != reset.from && !other.is_reset()).map(|other| other.end()).max()
    };
    // What the reset answers had come before it: who goes on has acknowledged that, and what has not may be older, where
    // no IP-ID tells (IPv6).
    let asked = answered.map(|answered| seen[answered].end());
    // What the reset itself acknowledges had come before it, whatever the order of the file: nobody goes on by it.
    let own = seen[..=at].iter().filter(|other| other.from == reset.from);
    // Nor by what it had acknowledged before, where not all that had come was kept.
    let acknowledged = own.clone().filter(|_| !connection.is_whole()).filter_map(|other| other.ack).max();
    let known = peer_next(at).map(|next| next.max(reset.ack.max(acknowledged).unwrap_or(next)));
    // A segment that was held up on its way comes behind the reset, but not with numbers behind all that was sent.
    let sent = own.map(|other| other.end()).max().unwrap_or(reset.seq);
    (at + 1..seen.len()).find_map(|later| {
        let segment = seen[later];
        let another_way = segment.ttl.is_some_and(|ttl| !hops.is_known(ttl));
        let opens = segment.has(bit::SYN) && !segment.has(bit::ACK);
        let is_older = segment.ip_id.is_none() && segment.has(bit::ACK) && asked.is_some() && segment.ack < asked;
        if segment.from != reset.from || another_way || opens || segment.is_reset() || is_older {
            return None;
        }
        let new = segment.end() > sent.max(segment.seq) && segment.seq >= reset.seq && !segment.has(bit::SYN);
        let acknowledges = segment.ack.is_some_and(|ack| known.is_some_and(|known| ack > known));
        let repeats = segment.again && !segment.has(bit::SYN) && segment.at_us.saturating_sub(reset.at_us) >= AGAIN_US;
        let answers_syn = segment.opens() && !segment.again;
        let is_new = new || (acknowledges && !segment.has(bit::SYN)) || answers_syn;
        (is_new || repeats).then_some((
            later,
            connection.in_order && !counts_on(segment, reset) && (is_new || counts_on(reset, segment)),
        ))
    })
}

/// Whether a segment's IP-ID shows that its host sent it behind another one.
fn counts_on(earlier: &Seen, later: &Seen) -> bool {
    matches!((earlier.ip_id, later.ip_id), (Some(1..), Some(1..)))
        && (1..=ID_FAR).contains(&later.ip_id.unwrap_or_default().wrapping_sub(earlier.ip_id.unwrap_or_default()))
}

/// Whether so many segments of a side had come with this TTL before a place that it is the way of its data, and the other
/// side has taken some of it: what a forger sends may be as many.
fn is_way_of_data(seen: &[&Seen], at: usize, ttl: u8) -> bool {
    let came = |other: &usize| {
        let other = seen[*other];
        other.from == seen[at].from && other.ttl == Some(ttl) && !other.is_reset() && !other.is_stray_syn()
    };
    let came: Vec<usize> = (0..at).filter(came).collect();
    came.len() >= DATA_MIN && came.iter().any(|other| seen[*other].len > 0 && is_taken(seen, *other))
}

/// Whether the other side goes on with a segment: it answers otherwise than with a reset.
fn is_taken(seen: &[&Seen], at: usize) -> bool {
    let mut behind = seen[at + 1..].iter().filter(|later| later.from != seen[at].from && !later.is_reset());
    behind.any(|later| !later.has(bit::SYN) && later.ack.is_some_and(|ack| ack >= seen[at].end()))
}

/// With which TTLs a side's segments came, resets left out.
#[derive(Debug)]
struct Hops {
    syn: Option<u8>,
    /// Whether an earlier life of the pair showed the way.
    earlier: bool,
    /// Whether the peer took a SYN-ACK that came the way of `syn`, and more came that way behind it.
    opened: bool,
    /// With which TTLs the side's resets came.
    resets: Vec<u8>,
    /// Each with its count; the most frequent is the first.
    counts: Vec<(u8, usize)>,
}

impl Hops {
    fn of(connection: &Connection, seen: &[&Seen], side: usize) -> Self {
        let [before, now] = [connection.sides[side].earlier_ttl, connection.sides[side].syn_ttl];
        // The SYN that showed the way before may have been forged: this life's own way is known where it was used often.
        let came_so = || seen.iter().filter(|seen| seen.from == side && !seen.is_reset() && seen.ttl == now).count();
        let earlier = before.filter(|before| now.is_none_or(|now| now == *before) || came_so() < DATA_MIN);
        let mut counts: Vec<(u8, usize)> = earlier.map(|ttl| (ttl, EARLIER)).into_iter().collect();
        let own = || seen.iter().filter(|seen| seen.from == side);
        for ttl in own().filter(|seen| !seen.is_reset() && !seen.is_stray_syn()).filter_map(|seen| seen.ttl) {
            match counts.iter_mut().find(|(known, _)| *known == ttl) {
                Some((_, count)) => *count += 1,
                None => counts.push((ttl, 1)),
            }
        }
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
        if let Some(first) = counts.iter().position(|(_, count)| *count == most) {
            counts[..=first].rotate_right(1);
        }
        let known = !connection.sides[side].earlier_way_unknown;
        let syn = earlier.or(now).filter(|_| known);
        let way = || own().filter(|seen| seen.ttl == syn && !seen.is_reset());
        let answered = way().any(|seen| seen.opens() && seen.has(bit::ACK) == (side == SERVER));
        let opened = answered && way().any(|seen| !seen.has(bit::SYN));
        let resets = own().filter(|seen| seen.is_reset()).filter_map(|seen| seen.ttl).collect();
        Self { syn, earlier: earlier.is_some(), opened, resets, counts }
    }

    /// Whether so many segments came with this TTL, and none with another, that it is the side's way.
    fn is_settled(&self, ttl: Option<u8>) -> bool {
        matches!(self.counts.as_slice(), [(main, DATA_MIN..)] if Some(*main) == ttl)
    }

    /// Whether the side's way is known better than that of its resets with this TTL: a handshake shows it, or the
    /// greater number does.
    fn outweighs(&self, reset: Option<u8>) -> bool {
        let resets = self.resets.iter().filter(|ttl| Some(**ttl) == reset).count();
        self.opened || self.earlier || self.counts.first().is_some_and(|(_, most)| *most >= DATA_MIN || *most > resets)
    }

    /// Whether this is the side's own way: that of its SYN, or without one that of many segments.
    fn is_known(&self, ttl: u8) -> bool {
        match self.syn {
            Some(syn) => ttl == syn && !self.is_alien(Some(ttl)),
            None => self.counts.first().is_some_and(|&(main, most)| ttl == main && most >= DATA_MIN),
        }
    }

    /// Whether a reset with this TTL came another way than its side's other segments.
    fn odd(&self, ttl: u8) -> Option<Odd> {
        let &(main, most) = self.counts.first()?;
        let count = self.counts.iter().find(|(known, _)| *known == ttl).map_or(0, |(_, count)| *count);
        if ttl == main {
            None
        } else if self.syn == Some(ttl) {
            (count == 1 && most >= DATA_MIN).then_some(Odd::HandshakeTtl(ttl, main))
        } else {
            // Where the handshake is missing, more must be seen to know the side's way.
            let known = most >= if self.syn.is_some() { 2 } else { DATA_MIN } && self.outweighs(Some(ttl));
            (known && (count == 0 || self.is_alien(Some(ttl)))).then_some(Odd::Ttl(ttl, main))
        }
    }

    /// A segment that came another way than most: its TTL is rare, and the side's way is known.
    fn is_alien(&self, ttl: Option<u8>) -> bool {
        let (Some(ttl), Some(&(main, most))) = (ttl, self.counts.first()) else { return false };
        let count = self.counts.iter().find(|(known, _)| *known == ttl).map_or(0, |(_, count)| *count);
        match self.syn {
            Some(syn) => syn == main && ttl != main && count < most,
            None => ttl != main && count * 3 <= most,
        }
    }
}

fn odd(connection: &Connection, seen: &[&Seen], at: usize, hops: &Hops) -> Vec<Odd> {
    let (segment, before) = (seen[at], &seen[..at]);
    let side = &connection.sides[segment.from];
    let mut odd = Vec::new();
    let is_shown = |odd: &Odd| match odd {
        Odd::HandshakeTtl(_, main) => is_way_of_data(seen, at, *main),
        _ => true,
    };
    odd.extend(segment.ttl.and_then(|ttl| hops.odd(ttl)).filter(is_shown));
    let its_own = segment.ack.is_some() && segment.seq != 0;
    if its_own && side.linux && side.timestamps == Some(true) && segment.timestamp == Some(false) {
        odd.push(Odd::NoTimestamp);
    }
    // The right edge of the window; a SYN has it unscaled.
    let edge = |seen: &Seen| seen.ack.map(|ack| ack + i64::from(seen.win));
    let own = before.iter().filter(|other| other.from == segment.from && other.ttl == segment.ttl);
    let offered = own.filter(|other| !other.is_reset() && !other.has(bit::SYN)).filter_map(|other| edge(other)).max();
    if its_own && side.linux && offered > edge(segment).map(|edge| edge + WINDOW_SLACK) {
        odd.push(Odd::Window);
    }
    odd
}
