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

/// What came of playing the ways in which a connection can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// So many ways were performed with this connection's turns and lengths.
    pub tried: usize,
    /// Those that send just what the capture has.
    pub same: Vec<Way>,
    /// Whether turns were left out or shortened to play it.
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
    sent: Vec<Turn>,
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
    for segment in connection.segments() {
        for what in whats(segment, &mut sent) {
            match turns.last_mut() {
                Some(Turn { from, what: What::Data(length) }) if *from == segment.from => match what {
                    What::Data(more) => *length += more,
                    _ => turns.push(Turn { from: segment.from, what }),
                },
                _ => turns.push(Turn { from: segment.from, what }),
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
fn signature(turns: &[Turn]) -> Vec<Turn> {
    let mut signature: Vec<Turn> = Vec::new();
    for side in [0, 1] {
        let begins = signature.len();
        for turn in turns.iter().filter(|turn| turn.from == side) {
            match (signature[begins..].last_mut().map(|last| &mut last.what), turn.what) {
                (Some(What::Data(length)), What::Data(more)) => *length += more,
                (Some(What::Probe), What::Probe) => {}
                _ => signature.push(*turn),
            }
        }
    }
    signature
}

/// Half a round trip, from the handshake.
fn delay_ms(connection: &Connection) -> u64 {
    let mut client = connection.segments().filter(|segment| segment.from == 0);
    let (Some(syn), Some(answer)) = (client.next(), client.next()) else { return 10 };
    let half_ms = answer.at_us.saturating_sub(syn.at_us) / 2 / 1000;
    half_ms.clamp(1, DELAY_MAX_MS)
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
            let mut add = |cause, how, reading, last: &str| {
                if let Some(lines) = self.conversation(side, how, reading) {
                    ways.push(self.way(cause, &(lines + &last.replace("OWN", own).replace("PEER", peer))));
                }
            };
            if !self.turns.iter().any(|turn| matches!(turn.what, What::Reset { .. })) {
                add(None, Leaving::Close, Reading::All, "");
            }
            add(Some(Cause::UnreadData), Leaving::Shutdown, Reading::LeavesRest, "OWN close()\n");
            add(Some(Cause::Killed), Leaving::Shutdown, Reading::LeavesRest, "OWN kill()\n");
            let linger = "OWN setsockopt(SO_LINGER, 0)\nOWN close()\n";
            add(Some(Cause::LingerZero), Leaving::Shutdown, Reading::All, linger);
            let linger2 = "OWN setsockopt(TCP_LINGER2, -1)\nOWN close()\n";
            add(Some(Cause::Linger2), Leaving::Later, Reading::All, linger2);
            let length = self.last_data(1 - side).unwrap_or(1);
            let write = format!("PEER write({length})\n");
            add(Some(Cause::WroteAfterClose), Leaving::Close, Reading::LeavesLast, &write);
            let reboot = format!("OWN crash()\nOWN boot()\n{write}");
            add(Some(Cause::NoSuchConnection), Leaving::Shutdown, Reading::LeavesLast, &reboot);
            add(Some(Cause::Forged), Leaving::Shutdown, Reading::All, "link inject R to PEER\n");
            add(Some(Cause::Forged), Leaving::Shutdown, Reading::All, "link inject R. to PEER\n");
            let probes = "OWN setsockopt(TCP_KEEPIDLE, 1s)\nOWN setsockopt(TCP_KEEPINTVL, 1s)\n\
                          OWN setsockopt(TCP_KEEPCNT, 2)\nOWN setsockopt(SO_KEEPALIVE, 1)\nPEER crash()\nwait 4s\n";
            add(Some(Cause::KeepAliveGaveUp), Leaving::Shutdown, Reading::All, probes);
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
        let mut closed = false;
        for (place, turn) in self.turns.iter().enumerate() {
            let (from, to) = (NAMES[turn.from], NAMES[1 - turn.from]);
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
