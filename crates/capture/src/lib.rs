//! Captures → connections → how each ended: who, why, how sure.
//!
//! No files, no clock, no threads: bytes come in pieces, and memory grows with the number of connections, never with
//! the size of a capture.
//!
//! Map of the code:
//! - [`Capture`] (`capture.rs`): one file, from its bytes to its connections
//! - [`Reader`] (`read/`): pcap and pcapng, link types, IP, TCP; what cannot be read is named and counted ([`Skipped`])
//! - [`Tracker`] (`track/`): segments → [`Connection`]s; Zeek's history and [`ConnState`]
//! - [`Ending`] (`ending/`): who ended it, why, how sure, with the numbers of the packets; what each program was told
//! - [`packets`] (`lines.rs`): pasted lines of tcpdump and tshark
//! - [`play`], [`Ways`] (`played.rs`): the ways to end a connection as scripts, and which of them send the same
//! - [`matched`] (`matching.rs`): two captures of one connection
//! - [`Report`] (`report.rs`): what was found, as data
//! - [`traced`] (`traced.rs`): a connection as a trace, to be drawn
//! - [`search`]: a word in a text, for the programs of the page
//! - [`html`]: how text becomes HTML, for the programs of the page
//! - [`text`]: pasted text instead of a capture: a log's line, a trace, what `ss` and `nstat` print

mod capture;
mod ending;
pub mod html;
mod lines;
mod matching;
mod played;
mod read;
mod report;
pub mod search;
pub mod text;
mod traced;
mod track;

pub use capture::{Capture, is_capture};
pub use ending::{By, Cause, Ending, Evidence, Kind as EndingKind, Named, Next, Sure, heading, limits, told};
pub use lines::packets;
pub use matching::{Fate as UnseenFate, Matched, Unseen, matched};
pub use played::{Played, Way, Ways, play};
pub use read::{Beginning, Kind, Options, Packet, Reader, Skip, Skipped, kind};
pub use report::{Depth, NotRead, Report, Sides, Told};
pub use traced::{segment, traced};
pub use track::{CONNECTIONS_MAX, ConnState, Connection, Opened, Seen, Side, Tracker};
