//! What was found, as data: the form that `who-reset --json` prints.

use std::fmt;
use std::net::SocketAddr;

use serde::Serialize;

use crate::ending::{By, Cause, Ending, Evidence, Named, told};
use crate::played::{Played, play};
use crate::read::Skipped;
use crate::track::{Connection, Opened};

/// How wide a cause and how sure it is stand in a text.
const ID_WIDTH: usize = SPACES.len();
/// As a text: to pad by a width writes letter by letter.
const SPACES: &str = "                                ";

/// What a set of captures shows.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The form's version: 1.
    pub version: u32,
    /// The files, in the order in which they were given.
    pub files: Vec<String>,
    /// The connections of all files.
    pub connections: Vec<Told>,
    /// What could not be read.
    pub skipped: Vec<NotRead>,
    #[serde(skip)]
    depth: Depth,
}

/// How far connections are looked into.
#[derive(Clone, Copy, Debug, Default)]
pub enum Depth {
    /// What their segments say.
    #[default]
    Read,
    /// And the ways to end them are played, by who performs a script and gives its capture.
    Played(fn(&str) -> Option<Vec<u8>>),
}

/// One connection.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The place of its file among `files`.
    pub file: usize,
    /// `192.0.2.1:40000`
    pub client: SocketAddr,
    /// `192.0.2.2:80`
    pub server: SocketAddr,
    /// `client`, or `unknown` where the beginning is missing.
    pub opened: &'static str,
    /// Time of the first segment, in seconds since 1970 or since the capture's zero.
    pub began_s: f64,
    /// Time of the last segment.
    pub ended_s: f64,
    /// Segments, doubles counted.
    pub packets: u64,
    /// Bytes of payload seen, repeated ones once.
    pub bytes: Sides<u64>,
    /// Zeek's history.
    pub history: String,
    /// Zeek's conn_state.
    pub conn_state: &'static str,
    /// How it ended.
    pub ending: Verdict,
    /// What each program's next calls return, if its kernel is Linux.
    pub told: Sides<Vec<Returned>>,
    /// The book's scenario that shows the first cause.
    pub scenario: Option<&'static str>,
    /// The book's chapter that explains it.
    pub chapter: Option<&'static str>,
    /// What to run next to be sure.
    pub next: Vec<&'static str>,
    /// The ways to end it that were played, where that was asked for and its beginning was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub played: Option<Ways>,
}

/// What came of playing the ways to end a connection.
#[derive(Clone, Debug, Serialize)]
pub struct Ways {
    /// How many were performed.
    pub tried: usize,
    /// Whether turns were left out, or turns or pauses shortened.
    pub shortened: bool,
    /// Those that send just these segments.
    pub same: Vec<SameWay>,
}

/// A way to end a connection that sends just these segments.
#[derive(Clone, Debug, Serialize)]
pub struct SameWay {
    /// [`crate::Cause::id`]; `orderly` where both sides close.
    pub id: &'static str,
    /// The script, for the playground and for a kernel.
    pub script: String,
}

impl From<Played> for Ways {
    fn from(played: Played) -> Self {
        let same = played
            .same
            .into_iter()
            .map(|way| SameWay { id: way.cause.map_or("orderly", Cause::id), script: way.script });
        Self { tried: played.tried, shortened: played.shortened, same: same.collect() }
    }
}

/// How a connection ended.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// [`crate::EndingKind::name`]
    pub kind: &'static str,
    /// [`crate::By::name`]
    pub by: &'static str,
    /// The number of the packet that ended it.
    pub packet: Option<u64>,
    /// Why, the best first.
    pub causes: Vec<Why>,
}

/// A cause, and how sure it is.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// [`crate::Cause::id`]
    pub id: &'static str,
    /// [`crate::Sure::name`]
    pub sure: &'static str,
    /// What was seen that speaks for it.
    pub evidence: Vec<Shown>,
}

/// Packets that were seen, and what they show.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The packets' numbers in the file, counted from 1.
    pub packets: Vec<u64>,
    /// What these packets show, as a sentence without a full stop.
    pub why: String,
}

/// A call and what it returns.
#[derive(Clone, Debug, Serialize)]
pub struct Returned {
    /// `read`, `write` or `connect`.
    pub call: &'static str,
    /// A number or an errno's name.
    pub outcome: String,
}

/// The same thing of both sides.
#[derive(Clone, Debug, Serialize)]
pub struct Sides<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize)]
pub struct NotRead {
    /// What could not be read, and why.
    pub what: String,
    /// How often it was there.
    pub count: u64,
}

impl Report {
    /// The form's version, written into every report.
    pub const VERSION: u32 = 1;

    /// A report without files.
    pub const fn new(depth: Depth) -> Self {
        Self { version: Self::VERSION, files: Vec::new(), connections: Vec::new(), skipped: Vec::new(), depth }
    }

    /// Adds what one file shows.
    pub fn add(&mut self, file: String, connections: &[Connection], skipped: &Skipped) {
        let place = self.files.len();
        self.files.push(file);
        self.connections.extend(connections.iter().map(|connection| Told::of(place, connection, self.depth)));
        self.skipped.extend(skipped.iter().map(|(what, count)| NotRead { what: what.to_string(), count }));
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new(Depth::Read)
    }
}

impl Told {
    /// What one connection shows; `file` is the place of its file.
    pub fn of(file: usize, connection: &Connection, depth: Depth) -> Self {
        let [client, server] = connection.addresses;
        let ending = Ending::of(connection);
        let told = told(connection, &ending).map(|calls| {
            calls.into_iter().map(|next| Returned { call: next.call, outcome: next.outcome.to_string() }).collect()
        });
        let [told_client, told_server] = told;
        let first = ending.causes.first().map(|named| named.cause);
        let mut next: Vec<&str> = Vec::new();
        for named in &ending.causes {
            if !next.contains(&named.cause.next()) {
                next.push(named.cause.next());
            }
        }
        let [began_s, ended_s] = connection.times_us.map(|us| us as f64 / 1e6);
        Self {
            file,
            client,
            server,
            opened: match connection.opened {
                Opened::Client => "client",
                Opened::Unknown => "unknown",
            },
            began_s,
            ended_s,
            packets: connection.packets,
            bytes: Sides { client: connection.sides[0].bytes, server: connection.sides[1].bytes },
            history: connection.history(),
            conn_state: connection.conn_state().name(),
            told: Sides { client: told_client, server: told_server },
            scenario: first.and_then(Cause::scenario).or_else(|| ending.kind.scenario()),
            chapter: first.map(Cause::chapter).or_else(|| ending.kind.chapter()),
            next,
            played: match depth {
                Depth::Played(perform) => play(connection, &ending, perform).map(Ways::from),
                Depth::Read => None,
            },
            ending: Verdict::of(ending),
        }
    }
}

impl Verdict {
    fn of(ending: Ending) -> Self {
        let shown = |Evidence { packets, why }| Shown { packets, why };
        let why = |Named { cause, sure, evidence }| Why {
            id: cause.id(),
            sure: sure.name(),
            evidence: evidence.into_iter().map(shown).collect(),
        };
        Self {
            kind: ending.kind.name(),
            by: ending.by.name(),
            packet: ending.segment,
            causes: ending.causes.into_iter().map(why).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, file) in self.files.iter().enumerate() {
            writeln!(f, "{file}")?;
            for told in self.connections.iter().filter(|told| told.file == place) {
                write!(f, "  {told}")?;
            }
        }
        for skipped in &self.skipped {
            writeln!(f, "not read: {} × {}", skipped.count, skipped.what)?;
        }
        Ok(())
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, packets, bytes, history, conn_state, ending, told, .. } = self;
        write!(f, "{client} > {server}: {}", ending.kind)?;
        if ending.by != By::Unknown.name() {
            write!(f, " by {}", ending.by)?;
        }
        if let Some(packet) = ending.packet {
            write!(f, ", packet {packet}")?;
        }
        writeln!(f, " ({packets} segments, {}+{} bytes, {conn_state} {history})", bytes.client, bytes.server)?;
        for cause in &ending.causes {
            for (place, evidence) in cause.evidence.iter().enumerate() {
                let Why { sure, id, .. } = cause;
                if place == 0 {
                    let rest = ID_WIDTH.saturating_sub(sure.len() + ", ".len() + id.len());
                    all(f, &["    ", sure, ", ", id, &SPACES[..rest], " ", &evidence.why, " ["])?;
                } else {
                    all(f, &["    ", SPACES, " ", &evidence.why, " ["])?;
                }
                for (place, packet) in evidence.packets.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { " " })?;
                    fmt::Display::fmt(packet, f)?;
                }
                f.write_str("]\n")?;
            }
        }
        for (side, calls) in [("client", &told.client), ("server", &told.server)] {
            if !calls.is_empty() {
                all(f, &["    the ", side, "'s program is told: "])?;
                for (place, Returned { call, outcome }) in calls.iter().enumerate() {
                    all(f, &[if place == 0 { "" } else { ", then " }, call, "() = ", outcome])?;
                }
                f.write_str("\n")?;
            }
        }
        if let Some(Ways { tried, same, shortened }) = &self.played {
            let ids: Vec<&str> = same.iter().map(|way| way.id).collect();
            let short = if *shortened { ", with turns or pauses shortened" } else { "" };
            writeln!(
                f,
                "    of {tried} ways to end it, {} send just these segments{short}: {}",
                same.len(),
                ids.join(", ")
            )?;
        }
        Ok(())
    }
}

/// Writes texts as they are. `write!` asks of each how it is to be padded, and that takes time.
fn all(f: &mut fmt::Formatter<'_>, texts: &[&str]) -> fmt::Result {
    texts.iter().try_for_each(|text| f.write_str(text))
}
