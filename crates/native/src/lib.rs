//! Performs a [`scenario::Script`] on the real TCP of the Linux kernel that it runs on.
//!
//! Each host is a network namespace with a TCP of its own: client and server, and a proxy between them where the script
//! has one. The links between them are ours, in user space, and one thread works them:
//! it delays, drops, holds, repeats, forges and records segments. Nothing here needs root.
//!
//! ```text
//!  your program ─ run() ─▶ the runner: a process with a user namespace of its own
//!                            ├─ thread: host client ── its namespace, its TUN ──▶ process: the client's calls
//!                            ├─ thread: host server ── its namespace, its TUN ──▶ process: the server's calls
//!                            └─ thread: the link between the two TUNs
//! ```
//!
//! A process may enter a user namespace only while it has one thread, and SIGKILL needs a process to kill. So [`run`]
//! starts the calling program's own executable again, in other roles, and that program **must call [`enter`] first
//! thing in `main`**: in such a process it plays the role and never returns. A program that cannot (one with the
//! test harness's `main`) names one that does in [`Options::program`]. Runs may be made side by side, from any thread.
//!
//! Map of the code, from the outside in:
//! - `roles.rs`: the roles that a process can have; `spawn.rs`: how it is started; `processor.rs`: all on one processor
//! - `runner.rs`: performs a script ([`scenario::Stage`])
//! - `testbed.rs`: the hosts and the links, states and quiet; plain programs are made on it, too ([`Testbed`])
//! - `socket_names.rs`: which row of the kernel's table is which socket of the script
//! - `host.rs`: a host: a network namespace, and the process that makes its calls; `calls.rs`: that process
//! - `link.rs`: the links between the hosts; `device.rs`: where a link reads and writes packets; `packet.rs`: headers
//! - `namespaces.rs`: whether this process may make namespaces; `rtnetlink.rs`, `tun.rs`: how one gets its interface
//! - `sock_diag.rs`: the kernel's sockets and what each holds, from sock_diag(7); `socket_row.rs`: one of them
//! - `procfs.rs`: the same from /proc/net, counters, and settings in /proc/sys
//! - `reset_reasons.rs`: why the kernel sent a RST, from its tracer
//! - `pcap.rs`: what was on the link, for Wireshark

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod device;
mod error;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod packet;
#[cfg(target_os = "linux")]
mod pcap;
#[cfg(target_os = "linux")]
mod processor;
#[cfg(target_os = "linux")]
mod procfs;
#[cfg(target_os = "linux")]
mod reset_reasons;
#[cfg(target_os = "linux")]
mod roles;
#[cfg(target_os = "linux")]
mod rtnetlink;
#[cfg(target_os = "linux")]
mod runner;
#[cfg(target_os = "linux")]
mod sock_diag;
#[cfg(target_os = "linux")]
mod socket_names;
#[cfg(target_os = "linux")]
mod socket_row;
#[cfg(target_os = "linux")]
mod spawn;
#[cfg(target_os = "linux")]
mod testbed;
#[cfg(target_os = "linux")]
mod tun;
#[cfg(not(target_os = "linux"))]
mod unsupported;

use std::net::IpAddr;
use std::path::PathBuf;

use scenario::{Backend, Host, Script, Trace};
use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
pub use calls::{bind_no_port, poll, queued};
pub use error::Error;
#[cfg(target_os = "linux")]
pub use rtnetlink::bring_up_loopback;
#[cfg(target_os = "linux")]
pub use testbed::Testbed;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Testbed, bind_no_port, poll, queued};

/// Options of a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The rung; `None` for the highest that this machine allows.
    pub rung: Option<Rung>,
    /// The file for a capture of the run (pcap, link type RAW): each segment once, when it leaves.
    pub pcap: Option<PathBuf>,
    /// Whether the trace also says why each RST was sent.
    pub reasons: Reasons,
    /// A program that calls [`enter`] first thing in `main`; `None` for the calling program itself.
    pub program: Option<PathBuf>,
}

/// Whether a trace also says why the kernel sent each RST, as events with a
/// [`scenario::Counter::ResetReason`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reasons {
    /// It does not. Setting the tracer up and down takes the kernel a third of a second.
    #[default]
    Ignored,
    /// It does, if the caller is root: the tracepoint tcp:tcp_send_reset is root's. A note says if it cannot be read.
    Traced,
}

/// What a run is performed on: the rungs, in the order of how much can be done and seen on them, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// Two network namespaces, a TUN in each, and our link between them: all of the language, all events.
    Tun,
    /// Two network namespaces, a veth in each with a packet socket behind it, and our link between them: all of the
    /// language, all events.
    Veth,
    /// One network namespace, whose loopback is recorded: nothing can be done to the link.
    Lo,
    /// The machine's own loopback: calls and states alone.
    Calls,
}

impl Rung {
    /// All rungs, the highest first.
    pub const ALL: [Self; 4] = [Self::Tun, Self::Veth, Self::Lo, Self::Calls];

    /// Its word, in `--rung` and in traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tun => "tun",
            Self::Veth => "veth",
            Self::Lo => "lo",
            Self::Calls => "calls",
        }
    }

    /// The rung of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rung| rung.name() == name)
    }

    /// What it is made of, and what cannot be done or seen on it: a sentence for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Tun => "two stacks, our own link between them (TUN): calls, segments, states, everything",
            Self::Veth => "two stacks, our own link between them (veth): calls, segments, states, everything",
            Self::Lo => {
                "one stack, loopback watched: calls, segments, states; nothing can be done to the link, no host can \
                 crash, there is no delay, a setting is both hosts', and counters are nobody's"
            }
            Self::Calls => {
                "this machine's own loopback: calls and states; no segment is seen, nothing can be done to the link \
                 or to a host, there is no delay, no setting, no counter, no IPv6"
            }
        }
    }

    /// Whether the hosts are apart, with a link of ours between them.
    pub const fn has_link(self) -> bool {
        matches!(self, Self::Tun | Self::Veth)
    }
}

/// The internet protocol of a run, with the hosts' addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// 192.0.2.1 is the client, 192.0.2.2 the server, 192.0.2.3 the proxy (RFC 5737).
    Ipv4,
    /// 2001:db8::1, ::2 and ::3 (RFC 3849).
    Ipv6,
}

impl Protocol {
    /// The hosts' addresses, by [`Host::index`].
    pub fn addresses(self) -> [IpAddr; Host::ALL.len()] {
        let addresses = match self {
            Self::Ipv4 => ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
            Self::Ipv6 => ["2001:db8::1", "2001:db8::2", "2001:db8::3"],
        };
        addresses.map(|address| address.parse().expect("these are addresses"))
    }

    /// The address from which a box on the link speaks, in the same block.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_box(address: IpAddr) -> IpAddr {
        let text = if address.is_ipv4() { "192.0.2.254" } else { "2001:db8::fe" };
        text.parse().expect("this is an address")
    }
}

/// The call that has made a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making<'a> {
    /// listen(2)
    Listening,
    /// connect(2)
    Connecting,
    /// accept(2), on the listener of this name.
    Accepting(&'a str),
}

impl From<Rung> for Backend {
    fn from(rung: Rung) -> Self {
        match rung {
            Rung::Tun => Self::Tun,
            Rung::Veth => Self::Veth,
            Rung::Lo => Self::Lo,
            Rung::Calls => Self::Calls,
        }
    }
}

/// Whether a run has what not every kernel tells, or tells root alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// It has.
    Yes,
    /// It has not; if it was asked for, the notes say why.
    No,
}

/// A run's trace, and what people should know of how it was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Performed {
    /// What happened.
    pub trace: Trace,
    /// What sockets hold: whether the trace has [`scenario::Event::Info`].
    pub infos: Asked,
    /// Why resets were sent: whether the trace has [`scenario::Counter::ResetReason`]s.
    pub reasons: Asked,
    /// The run's rung, and why it is none higher: lines for people.
    pub notes: Vec<String>,
}

/// Performs a script on this machine's kernel.
///
/// # Errors
/// The script cannot be performed here; an outcome other than written is no error, it stands in [`Trace::failed`].
pub fn run(id: &str, script: &Script, options: &Options) -> Result<Trace, Error> {
    perform(id, script, options).map(|performed| performed.trace)
}

/// The same as [`run`], with the notes that a program for people prints.
///
/// # Errors
/// As [`run`].
#[cfg(target_os = "linux")]
pub fn perform(id: &str, script: &Script, options: &Options) -> Result<Performed, Error> {
    roles::perform(id, script, options)
}

/// The same as [`run`], with the notes that a program for people prints.
///
/// # Errors
/// Always: this system has no network namespaces.
#[cfg(not(target_os = "linux"))]
pub fn perform(_id: &str, _script: &Script, _options: &Options) -> Result<Performed, Error> {
    Err(Error::Refused(vec![format!(
        "this is {}: two kernels in one take Linux and its network namespaces",
        std::env::consts::OS
    )]))
}

/// In a process that [`run`] has started: takes its role, and never returns. Elsewhere it does nothing. Call it first
/// thing in `main`.
pub fn enter() {
    #[cfg(target_os = "linux")]
    roles::enter();
}
