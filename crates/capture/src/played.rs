//! A cause is a story, and a story is a script: it is performed, and what is sent is compared with the capture.

use crate::capture::Capture;
use crate::ending::{Cause, Ending};
use crate::read::bit;
use crate::track::{Connection, Seen};

/// A story takes so many turns of speaking at most; of longer conversations the last ones are played.
const TURNS_MAX: usize = 12;
/// Longer turns are shortened: a script's buffers are not larger.
const TURN_MAX: i64 = 20_000;
/// Longer delays are shortened: a run takes that much longer, and sends the same.
const DELAY_MAX_MS: u64 = 500;
/// Longer pauses are shortened: nothing that a capture shows hangs on more.
const PAUSE_MAX_MS: u64 = 60_000;
/// A script is quiet for so long behind each of its calls.
const QUIET_MS: u64 = 100;

/// What came of playing the ways in which a connection can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// So many ways were performed with this connection's turns and lengths.
    pub tried: usize,
    /// Those that send just what the capture has.
    pub same: Vec<Way>,
    /// Whether turns were left out, or turns or pauses shortened to play it.
    pub shortened: bool,
}

/// A way to end a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What it is; `None` for an orderly end.
    pub cause: Option<Cause>,
    /// The script, for the playground and for a kernel.
    pub script: String,
}

/// Plays every way to end a connection with its own turns, and keeps those that send the same. `perform` gives the
/// capture of a script's run, as a file, or nothing if it cannot be performed. `None` if its beginning was not captured.
pub fn play(connection: &Connection, ending: &Ending, perform: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Played> {
    let ways = Ways::of(connection, ending)?;
    let same =
        (0..ways.ways.len()).filter(|place| perform(ways.script(*place)).is_some_and(|run| ways.sends_same(&run)));
    Some(ways.played(same))
}

/// The ways to end a connection, to be performed one by one.
#[derive(Clone, Debug)]
pub struct Ways {
    ways: Vec<Way>,
    sent: Vec<(usize, What)>,
    shortened: bool,
}

impl Ways {
    /// All of them, with the connection's own turns. `None` if its beginning was not captured.
    pub fn of(connection: &Connection, ending: &Ending) -> Option<Self> {
        let (turns, shortened) = turns(connection, ending)?;
        let ways = Stories { turns: &turns, delay_ms: delay_ms(connection) }.all();
        Some(Self { ways, sent: signature(&turns), shortened })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ways.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    /// The script of one of them.
    ///
    /// # Panics
    /// There are not so many.
    pub fn script(&self, place: usize) -> &str {
        &self.ways[place].script
    }

    /// Whether a run, given as a capture file, sends just what the connection sent.
    pub fn sends_same(&self, run: &[u8]) -> bool {
        let (connections, _) = Capture::read(run);
        let Some(connection) = connections.first() else { return false };
        let turns = turns(connection, &Ending::of(connection));
        turns.is_some_and(|(turns, _)| signature(&turns) == self.sent)
    }

    /// What came of playing them: the places of those that send the same.
    pub fn played(&self, same: impl IntoIterator<Item = usize>) -> Played {
        let same = same.into_iter().filter_map(|place| self.ways.get(place).cloned()).collect();
        Played { tried: self.ways.len(), same, shortened: self.shortened }
    }
}

/// What one side sends in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    from: usize,
    what: What,
    /// How long the side waited before, as far as it was seen.
    pause_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Syn,
    Data(i64),
    /// FIN, and how much of the peer's data it acknowledges.
    Fin {
        acks: i64,
    },
    /// The number before the next one again, to be answered.
    Probe,
    /// RST; of one with ACK, how much of the peer's data it acknowledges.
    Reset {
        acks: Option<i64>,
    },
}

/// The turns up to the segment that ended it, repetitions left out.
fn turns(connection: &Connection, ending: &Ending) -> Option<(Vec<Turn>, bool)> {
    if !connection.is_whole() || !connection.sides[0].syn_seen() {
        return None;
    }
    let mut turns: Vec<Turn> = Vec::new();
    let mut sent = [0_i64; 2];
    let round_us = round_us(connection);
    let mut last: Option<&Seen> = None;
    for segment in connection.segments() {
        let whats = whats(segment, &mut sent);
        if whats.is_empty() && turns.iter().all(|turn| turn.what == What::Syn) {
            // The handshake's end: from here on both may speak.
            last = Some(segment);
        }
        for what in whats {
            // Between the other side's turn and the answer to it lies the way there and back.
            let pause_us = last.map_or(0, |last| {
                let way_us = if last.from == segment.from { 0 } else { round_us[segment.from] };
                segment.at_us.saturating_sub(last.at_us).saturating_sub(way_us)
            });
            last = Some(segment);
            match turns.last_mut() {
                Some(Turn { from, what: What::Data(length), .. })
                    if *from == segment.from && matches!(what, What::Data(_)) =>
                {
                    if let What::Data(more) = what {
                        *length += more;
                    }
                }
                _ => turns.push(Turn { from: segment.from, what, pause_ms: pause_us / 1000 }),
            }
        }
        if ending.segment == Some(segment.number) && segment.has(bit::RST) {
            break;
        }
    }
    Some(shorten(turns))
}

fn whats(segment: &Seen, sent: &mut [i64; 2]) -> Vec<What> {
    let acks = segment.ack.map(|ack| (ack - 1).min(sent[1 - segment.from]));
    if segment.has(bit::RST) {
        return vec![What::Reset { acks }];
    }
    // The next number is one more than the bytes that were sent: the SYN took 0.
    if segment.is_pure_ack() && segment.seq == sent[segment.from] {
        return vec![What::Probe];
    }
    let mut whats = Vec::new();
    if segment.has(bit::SYN) && !segment.again {
        whats.push(What::Syn);
    }
    let first = if segment.has(bit::SYN) { segment.seq + 1 } else { segment.seq };
    let new = first + i64::from(segment.len) - 1 - sent[segment.from];
    if segment.len > 0 && new > 0 {
        sent[segment.from] += new;
        whats.push(What::Data(new));
    }
    if segment.has(bit::FIN) && !segment.again {
        whats.push(What::Fin { acks: acks.unwrap_or(0) });
    }
    whats
}

/// Leaves out turns in the middle, and shortens long ones; what a reset acknowledges follows.
fn shorten(mut turns: Vec<Turn>) -> (Vec<Turn>, bool) {
    let before = turns.clone();
    let speaks = |turn: &Turn| matches!(turn.what, What::Data(_));
    while turns.iter().filter(|turn| speaks(turn)).count() > TURNS_MAX {
        let first = turns.iter().position(speaks).expect("there are some");
        turns.remove(first);
    }
    for turn in &mut turns {
        if let What::Data(length) = &mut turn.what {
            *length = (*length).min(TURN_MAX);
        }
        turn.pause_ms = turn.pause_ms.min(PAUSE_MAX_MS);
    }
    let shortened = turns != before;
    if shortened {
        let total = |of: &[Turn], side: usize| -> i64 {
            of.iter()
                .map(|turn| if let (What::Data(length), true) = (turn.what, turn.from == side) { length } else { 0 })
                .sum()
        };
        let less = [0, 1].map(|side| total(&before, side) - total(&turns, side));
        for turn in &mut turns {
            if let What::Reset { acks: Some(acks) } | What::Fin { acks } = &mut turn.what {
                *acks = (*acks - less[1 - turn.from]).max(0);
            }
        }
    }
    (turns, shortened)
}

/// What each side sends, one side behind the other: what crosses on the way has no order. Turns of one side are one.
fn signature(turns: &[Turn]) -> Vec<(usize, What)> {
    let mut signature: Vec<(usize, What)> = Vec::new();
    for side in [0, 1] {
        let begins = signature.len();
        for turn in turns.iter().filter(|turn| turn.from == side) {
            match (signature[begins..].last_mut().map(|(_, last)| last), turn.what) {
                (Some(What::Data(length)), What::Data(more)) => *length += more,
                (Some(What::Probe), What::Probe) => {}
                _ => signature.push((side, turn.what)),
            }
        }
    }
    signature
}

/// How long the way from the capture to each side and back is, from the handshake.
fn round_us(connection: &Connection) -> [u64; 2] {
    let segments: Vec<&Seen> = connection.segments().collect();
    let Some(answer) = segments.iter().position(|segment| segment.from == 1) else { return [0, 0] };
    let answer_us = segments[answer].at_us;
    let asked = segments[..answer].last().map_or(0, |asked| answer_us.saturating_sub(asked.at_us));
    let mut behind = segments[answer..].iter();
    let done = behind.find(|segment| segment.from == 0).map_or(0, |done| done.at_us.saturating_sub(answer_us));
    [done, asked]
}

/// Half a round trip.
fn delay_ms(connection: &Connection) -> u64 {
    (round_us(connection).iter().sum::<u64>() / 2 / 1000).clamp(1, DELAY_MAX_MS)
}

struct Stories<'a> {
    turns: &'a [Turn],
    delay_ms: u64,
}

/// What becomes of the last thing that a side is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    All,
    /// Its last byte, or all of it, is never read.
    LeavesRest,
    /// It is not sent in the conversation: what follows sends it.
    LeavesLast,
    /// The side does not even accept the connection.
    Nothing,
}

/// With which call a side sends its FIN.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Close,
    Shutdown,
    /// With none in the conversation: what follows it makes the FIN leave.
    Later,
}

const NAMES: [&str; 2] = ["client", "server"];

impl Stories<'_> {
    fn all(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        if !self.turns.iter().any(|turn| turn.from == 1 && turn.what == What::Syn) {
            ways.push(self.way(Some(Cause::NobodyListens), "client connect()\n"));
            let silence = "server listen()\nlink drop all SYN from client\nclient connect() &\nwait 20s\n";
            ways.push(self.way(Some(Cause::Firewall), silence));
            return ways;
        }
        for side in [0, 1] {
            let (own, peer) = (NAMES[side], NAMES[1 - side]);
            let mut add = |cause, how, reading, last: &[&str]| {
                if let Some(mut lines) = self.conversation(side, how, reading) {
                    lines.extend(last.iter().copied());
                    ways.push(self.way(cause, &lines));
                }
            };
            if !self.turns.iter().any(|turn| matches!(turn.what, What::Reset { .. })) {
                add(None, Leaving::Close, Reading::All, &[]);
            }
            add(Some(Cause::UnreadData), Leaving::Shutdown, Reading::LeavesRest, &[own, " close()\n"]);
            add(Some(Cause::Killed), Leaving::Shutdown, Reading::LeavesRest, &[own, " kill()\n"]);
            let linger = [own, " setsockopt(SO_LINGER, 0)\n", own, " close()\n"];
            add(Some(Cause::LingerZero), Leaving::Shutdown, Reading::All, &linger);
            let linger2 = [own, " setsockopt(TCP_LINGER2, -1)\n", own, " close()\n"];
            add(Some(Cause::Linger2), Leaving::Later, Reading::All, &linger2);
            let length = self.last_data(1 - side).unwrap_or(1);
            let write = format!("{peer} write({length})\n");
            add(Some(Cause::WroteAfterClose), Leaving::Close, Reading::LeavesLast, &[&write]);
            let reboot = [own, " crash()\n", own, " boot()\n", &write];
            add(Some(Cause::NoSuchConnection), Leaving::Shutdown, Reading::LeavesLast, &reboot);
            for forged in ["R", "R."] {
                let inject = ["link inject ", forged, " to ", peer, "\n"];
                add(Some(Cause::Forged), Leaving::Shutdown, Reading::All, &inject);
            }
            let mut probes = Vec::new();
            for option in ["TCP_KEEPIDLE, 1s", "TCP_KEEPINTVL, 1s", "TCP_KEEPCNT, 2", "SO_KEEPALIVE, 1"] {
                probes.extend([own, " setsockopt(", option, ")\n"]);
            }
            probes.extend([peer, " crash()\nwait 4s\n"]);
            add(Some(Cause::KeepAliveGaveUp), Leaving::Shutdown, Reading::All, &probes);
        }
        let only_client =
            self.turns.iter().all(|turn| turn.from == 0 || matches!(turn.what, What::Syn | What::Reset { .. }));
        if only_client && let Some(lines) = self.conversation(1, Leaving::Later, Reading::Nothing) {
            ways.push(self.way(Some(Cause::ListenerClosed), &(lines + "listener close()\n")));
        }
        ways
    }

    fn way(&self, cause: Option<Cause>, lines: &str) -> Way {
        Way { cause, script: format!("link delay {}ms\n{lines}", self.delay_ms) }
    }

    fn last_data(&self, side: usize) -> Option<i64> {
        self.turns.iter().rev().find_map(|turn| match turn.what {
            What::Data(length) if turn.from == side => Some(length),
            _ => None,
        })
    }

    /// The turns as calls, up to the ending: `own` leaves so, and its peer with shutdown(WR). `None` if this side could not
    /// have done it so.
    fn conversation(&self, own: usize, leaving: Leaving, reading: Reading) -> Option<String> {
        let peer = 1 - own;
        let peer_last = self.turns.iter().rposition(|turn| turn.from == peer && matches!(turn.what, What::Data(_)));
        if matches!(reading, Reading::LeavesRest | Reading::Nothing) && peer_last.is_none() {
            return None;
        }
        let mut lines = "server listen()\nclient connect()\n".to_owned();
        if reading != Reading::Nothing {
            lines += "server accept()\n";
        }
        let mut calls = if reading == Reading::Nothing { 1 } else { 2 };
        let mut closed = false;
        for (place, turn) in self.turns.iter().enumerate() {
            let (from, to) = (NAMES[turn.from], NAMES[1 - turn.from]);
            // The turn before this one is acknowledged, and its calls have had their quiet.
            let pause_ms = turn.pause_ms.saturating_sub(QUIET_MS * calls + self.delay_ms);
            if turn.what == What::Syn {
                continue;
            }
            // Probes have a timer of their own.
            if pause_ms > 0 && turn.what != What::Probe {
                lines += &format!("wait {pause_ms}ms &\n");
            }
            calls = 1;
            match turn.what {
                What::Syn | What::Probe | What::Reset { .. } => {}
                What::Data(_) if turn.from == own && closed => return None,
                What::Data(_) if reading == Reading::LeavesLast && Some(place) == peer_last => {}
                What::Data(length) => {
                    lines += &format!("{from} write({length})\n");
                    let is_rest = reading == Reading::LeavesRest && Some(place) == peer_last;
                    let read = if is_rest { length - 1 } else { length };
                    let reads = turn.from == own || !closed && reading != Reading::Nothing;
                    if read > 0 && reads {
                        calls = 2;
                        lines += &format!("{to} read({read})\n");
                    }
                }
                What::Fin { .. } if turn.from != own => lines += &format!("{from} shutdown(WR)\n"),
                What::Fin { .. } => match leaving {
                    Leaving::Later => {}
                    Leaving::Shutdown => lines += &format!("{from} shutdown(WR)\n"),
                    Leaving::Close => {
                        lines += &format!("{from} close()\n");
                        closed = true;
                    }
                },
            }
        }
        Some(lines)
    }
}
