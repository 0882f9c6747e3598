//! Performs a scenario in memory. No clock, no sockets, no randomness: the same script gives the same bytes.
//!
//! smoltcp cuts and reassembles the bytes, and its state is the connection's. When a segment leaves, whether one
//! counts, and when a connection ends is decided beside it, as Linux decides it, and held against a Linux kernel.
//!
//! Map of the code, each line using those below it:
//! - [`run`]: a script in, a [`Trace`] out
//! - `stage`: the hosts, the links and one clock, as a [`scenario::Stage`]
//! - `link`: delay, loss, forgery, and the record of every segment
//! - `lateness`: runs that are later than virtual time, to tell races
//! - `host_stack`: what performs a host's calls: `kernel/`, or `bare` (smoltcp alone)
//! - `kernel/`: one Linux host: system calls, segments that arrive, timers that fire, what sockets hold
//! - `rules/`: Linux's decisions, pure functions of facts to an action; [`scenario::RuleId`] lists those that a
//!   trace shows
//! - `tcp/`: what is known of one connection's TCP, and `tcp/endpoint`, the only file that touches its smoltcp socket
//! - `network_interface`: smoltcp's interface; `wire`, `seq`: segments as bytes and numbers; `pcap`: a run as a capture

mod bare;
mod error;
mod host_stack;
mod kernel;
mod lateness;
mod link;
mod micros;
mod network_interface;
mod pcap;
mod rules;
mod seq;
mod socket_options;
mod stage;
mod sysctls;
mod tcp;
mod wire;

use scenario::{Action, Backend, Call, Host, LinkAction, Script, Trace, Verb, Witness};

pub use error::Error;
pub use host_stack::Stack;
pub use lateness::{Lateness, Timers};
pub use pcap::{Frame, pcap};

use crate::rules::send_buffer;
use crate::stage::World;
use crate::tcp::{Buffers, RECEIVE_BUFFER_MAX};
use crate::wire::Ip;

/// Of how many events room is made for each statement: more than most have, so that the record of a short run is not
/// copied while it grows.
const EVENTS_EXPECTED: usize = 6;

/// Performs a script.
///
/// # Errors
/// A bound was reached, or the run needs something that it has not got.
pub fn run(id: &str, script: &Script, stack: Stack) -> Result<Trace, Error> {
    perform(id, script, stack, Lateness::default(), None).map(|(trace, _)| trace)
}

/// Performs a script later than in virtual time: what differs from [`run`] hangs on a race.
///
/// # Errors
/// As [`run`].
pub fn run_late(id: &str, script: &Script, stack: Stack, lateness: Lateness) -> Result<Trace, Error> {
    perform(id, script, stack, lateness, None).map(|(trace, _)| trace)
}

/// Performs a script, and keeps every frame that left, lost ones too.
///
/// # Errors
/// As [`run`].
pub fn capture(id: &str, script: &Script, stack: Stack) -> Result<(Trace, Vec<Frame>), Error> {
    perform(id, script, stack, Lateness::default(), Some(Vec::new()))
}

fn perform(
    id: &str,
    script: &Script,
    stack: Stack,
    lateness: Lateness,
    capture: Option<Vec<Frame>>,
) -> Result<(Trace, Vec<Frame>), Error> {
    let events = script.statements.len() * EVENTS_EXPECTED;
    let mut world = World::new(script.network(), version(script), stack, buffers(script), lateness, capture, events);
    let failed = scenario::perform(script, &mut world)?;
    let (sockets, events, mut frames) = world.end();
    for frame in &mut frames {
        wire::fill_checksums(&mut frame.bytes);
    }
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

/// What the buffers of each host's sockets hold at most: what its programs write in the whole run, and what the peer's
/// do, or a forger.
fn buffers(script: &Script) -> [Buffers; Host::ALL.len()] {
    let network = script.network();
    let mut writes = [0; Host::ALL.len()];
    let mut forged = 0;
    for statement in &script.statements {
        match &statement.action {
            Action::Call(Call { host, verb: Verb::Write(payload), .. }) => writes[host.index()] += payload.len(),
            // What holds no number of its own is moved to where smoltcp expects it, so it needs no window.
            Action::Link(_, LinkAction::Inject { flags, len, .. }) if *len > 0 || flags.syn || flags.fin => {
                forged = RECEIVE_BUFFER_MAX;
            }
            _ => {}
        }
    }
    let mut buffers = writes.map(|send| Buffers { receive: forged + 1, send: send.min(send_buffer::MOST) });
    for link in network.links() {
        for host in link.ends() {
            buffers[host.index()].receive += writes[link.peer(host).index()];
        }
    }
    buffers
}

fn version(script: &Script) -> Ip {
    if script.ipv6() { Ip::V6 } else { Ip::V4 }
}
