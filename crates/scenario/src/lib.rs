//! The vocabulary of the book: what a reader writes down ([`Script`]) and what a run gives back ([`Trace`]).
//!
//! Everything else in the workspace performs scripts (`sim` in memory, `native` on a Linux kernel)
//! or shows traces (`view`, `player`). This crate does neither: no clock, no sockets, no files, no randomness.
//!
//! Map of the code:
//! - [`Script`], [`Statement`], [`Call`], [`LinkAction`] … (`script.rs`, `link_action.rs`): the script language as data
//! - [`SocketOption`], [`Sysctl`] (`settings.rs`): what is set on a socket, and for a whole host
//! - [`Script::parse`] (`parse/`): from text, with errors that say what would be right
//! - [`Host`], [`Network`], [`Link`] (`host.rs`, `network.rs`): who there is, and what lies between them
//! - [`Outcome`], [`Errno`], [`Ready`] (`outcome.rs`): what calls return
//! - [`Segment`], [`Flags`], [`Numbering`] (`segment.rs`, `numbering.rs`): what is on the wire
//! - [`Icmp`] (`icmp.rs`): what something in between says of a segment
//! - [`link`] (`link/`): what the link does to segments, and what is in a forged one, the same for every witness
//! - [`State`] (`state.rs`): RFC 9293's states
//! - [`Info`] (`info.rs`): what a socket holds
//! - [`Trace`], [`Event`] (`trace.rs`, `notation.rs`, `json.rs`): what happened, as data, as text, as JSON
//! - [`SocketId`], [`Sockets`] (`sockets.rs`): whose event it is
//! - [`Counter`] (`counter.rs`): what a kernel counts
//! - [`RuleId`] (`rule.rs`): Linux's rules, with where each is written
//! - [`perform`], [`Stage`] (`perform.rs`): the order of a run and its judgement, the same for every witness
//! - [`packed`]: a script in an address
//! - [`Map`] (`map.rs`): a small ordered map

mod counter;
mod host;
mod icmp;
mod info;
#[cfg(feature = "json")]
mod json;
pub mod link;
mod link_action;
mod map;
mod network;
mod notation;
mod numbering;
mod outcome;
pub mod packed;
mod parse;
mod perform;
mod rule;
mod script;
mod segment;
mod settings;
mod sockets;
mod state;
mod trace;

pub use counter::Counter;
pub use host::Host;
pub use icmp::Icmp;
pub use info::{Info, Timer};
pub use link_action::{Count, Flows, Forgotten, Kind, LinkAction, Meeting, Offset, Refusal, Target, TooLong};
pub use map::Map;
pub use network::{Link, Network};
pub use numbering::{Numbering, RawSegment};
pub use outcome::{Errno, Outcome, Ready};
pub use parse::{CALLS, LINK, OPTIONS, ScriptError};
pub use perform::{Returned, Stage, Until, perform};
pub use rule::RuleId;
pub use script::{
    Action, Call, Connecting, Expected, HostAction, How, Opening, Payload, Place, Queue, Script, Statement, Verb, Whom,
};
pub use segment::{Fate, Flags, Segment};
pub use settings::{BufferMemory, SocketOption, Sysctl};
pub use sockets::{SocketId, Sockets, queued_at, queued_name};
pub use state::State;
pub use trace::{Backend, Event, Failed, Trace, Witness};
