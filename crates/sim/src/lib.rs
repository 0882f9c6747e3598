//! Performs a scenario in memory. No clock, no sockets, no randomness: the same script gives the same bytes.
//!
//! All of TCP is smoltcp's, as it is. Around it stands what Linux does beyond the protocol: the socket calls, the
//! pending error, the rules for resets, orphans and TIME-WAIT, the timers.
//!
//! Map of the code:
//! - [`run`]: a script in, a [`Trace`] out
//! - `stage`: two kernels, the link and one clock, as a [`scenario::Stage`]
//! - `link`: delay, loss, forgery, and the record of every segment
//! - `kernel/`: one host: the system calls, what arrives, what becomes of a connection, what
//!   sockets hold
//! - `rules/`: Linux's rules, one function each; [`scenario::RuleId`] lists them
//! - `connection`, `rest`, `timers`, `settings`: what a kernel keeps
//! - `stack`: one connection of smoltcp; `wire`: segments as bytes; `pcap`: a run as a capture

mod connection;
mod kernel;
mod link;
mod pcap;
mod rest;
mod rules;
mod settings;
mod stack;
mod stage;
mod timers;
mod wire;

use std::fmt;

use scenario::{Action, Backend, Call, Host, Script, Trace, Verb, Witness};

pub use pcap::pcap;

use crate::stage::World;
use crate::wire::Ip;

/// Which rules a run follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// smoltcp, and what Linux does beyond it.
    Linux,
    /// smoltcp alone, as a program meets it that uses it without more. It does not say why a connection ended, so
    /// neither do the calls.
    Bare,
}

/// Why a run could not be carried to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It wanted more than is allowed.
    Bound {
        /// Of what.
        what: &'static str,
        /// How much is allowed.
        most: u64,
    },
    /// `link inject` needs a connection whose numbers it can take.
    NothingToForge {
        /// The statement's line.
        line: u32,
        /// The host that has had no connection yet.
        host: Host,
    },
    /// `link ipv6` in a build without the feature `ipv6`.
    WithoutIpv6,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound { what, most } => write!(f, "the run reached a bound: more than {most} {what}"),
            Self::NothingToForge { line, host } => {
                write!(
                    f,
                    "line {line}: {host} has had no connection yet, so there are no numbers to forge a segment with"
                )
            }
            Self::WithoutIpv6 => {
                f.write_str("this build performs no `link ipv6`: it was made without the feature `ipv6`")
            }
        }
    }
}

impl std::error::Error for Error {}

/// A frame that was on the link: an IP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it left, in microseconds since the run began.
    pub at_us: u64,
    /// IP header, TCP header, payload.
    pub bytes: Vec<u8>,
}

/// Performs a script.
///
/// # Errors
/// A bound was reached, or the run needs something that it has not got.
pub fn run(id: &str, script: &Script, rules: Rules) -> Result<Trace, Error> {
    perform(id, script, rules, None).map(|(trace, _)| trace)
}

/// Performs a script, and keeps every frame that left, lost ones too.
///
/// # Errors
/// As [`run`].
pub fn capture(id: &str, script: &Script, rules: Rules) -> Result<(Trace, Vec<Frame>), Error> {
    perform(id, script, rules, Some(Vec::new()))
}

fn perform(id: &str, script: &Script, rules: Rules, capture: Option<Vec<Frame>>) -> Result<(Trace, Vec<Frame>), Error> {
    let mut world = World::new(version(script)?, rules, bytes_written(script), capture);
    let failed = scenario::perform(script, &mut world)?;
    let (sockets, events, frames) = world.end();
    let trace = Trace {
        version: Trace::VERSION,
        scenario: id.to_owned(),
        witness: Witness::Sim,
        backend: Backend::Memory,
        kernel: "smoltcp 0.14.0".to_owned(),
        sockets,
        events,
        failed,
    };
    Ok((trace, frames))
}

/// How many bytes the programs of each host write in the whole run.
fn bytes_written(script: &Script) -> [usize; 2] {
    let mut bytes = [0; 2];
    for statement in &script.statements {
        if let Action::Call(Call { host, verb: Verb::Write(payload), .. }) = &statement.action {
            bytes[host.index()] += payload.len();
        }
    }
    bytes
}

#[cfg(feature = "ipv6")]
fn version(script: &Script) -> Result<Ip, Error> {
    Ok(if script.ipv6() { Ip::V6 } else { Ip::V4 })
}

#[cfg(not(feature = "ipv6"))]
fn version(script: &Script) -> Result<Ip, Error> {
    if script.ipv6() { Err(Error::WithoutIpv6) } else { Ok(Ip::V4) }
}
