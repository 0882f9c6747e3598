use serde::{Deserialize, Serialize};

use crate::{Action, Counter, Fate, Host, Icmp, Info, Link, Outcome, RuleId, Segment, SocketId, Sockets, State, Verb};

/// The trace of a run: its events in the order of time.
///
/// Times are microseconds since the run began: virtual in `sim`, real in `native`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The form's version: 1.
    pub version: u32,
    /// The scenario's id: the script's file name without `.tcp`.
    pub scenario: String,
    /// What performed it: the simulator, or a Linux kernel.
    pub witness: Witness,
    /// The backend on which it was performed.
    pub backend: Backend,
    /// The kernel's release; for `sim` the name and version of the stack.
    pub kernel: String,
    /// The names of the sockets that the events speak of.
    pub sockets: Sockets,
    /// The events, in the order of time; those of one time in the order of cause.
    pub events: Vec<Event>,
    /// The outcomes that are not as the script says.
    pub failed: Vec<Failed>,
}

impl Trace {
    /// The form's version, written into every trace.
    pub const VERSION: u32 = 1;

    /// Whether every outcome was as written.
    pub fn as_written(&self) -> bool {
        self.failed.is_empty()
    }
}

/// What performed a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Witness {
    /// The simulator: smoltcp with Linux's rules, in memory.
    Sim,
    /// A Linux kernel.
    Linux,
}

/// What a run was performed on, which decides what can be done and seen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The simulator: all of the language, all events.
    Memory,
    /// Two network namespaces, a TUN in each, and a link in user space between them: all of the language, all events.
    Tun,
    /// Two network namespaces, a veth in each with a packet socket behind it, and a link in user space between them: all
    /// of the language, all events.
    Veth,
    /// One network namespace, whose loopback is recorded: nothing can be done to the link.
    Lo,
    /// The machine's own loopback: calls and states alone.
    Calls,
}

impl Backend {
    /// Its word in JSON (the key is `rung`) and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Tun => "tun",
            Self::Veth => "veth",
            Self::Lo => "lo",
            Self::Calls => "calls",
        }
    }
}

/// One event of a run. Times (`…_us`) are in microseconds since the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A call returned, or (outcome `blocks`) never did.
    Call {
        /// When it returned.
        at_us: u64,
        /// When it was made.
        began_us: u64,
        /// The host whose program made it.
        host: Host,
        /// The socket; for `listen`, `connect` and `accept` the one that was made.
        socket: SocketId,
        /// The statement's line; 0 where no script was performed.
        line: u32,
        /// The call and its arguments.
        call: Verb,
        /// What it returned.
        outcome: Outcome,
    },
    /// A segment left.
    Segment {
        /// When it left.
        at_us: u64,
        /// When it arrived; absent if it was dropped.
        arrives_us: Option<u64>,
        /// The sender; of a forged segment, the host in whose name it was sent.
        from: Host,
        /// The receiver.
        to: Host,
        /// The sender's port and the receiver's.
        ports: [u16; 2],
        /// Its header.
        segment: Segment,
        /// What became of it.
        fate: Fate,
    },
    /// A router or middlebox on a link has sent an ICMP message.
    Icmp {
        /// When it left.
        at_us: u64,
        /// When it arrived; absent if its receiver was down.
        arrives_us: Option<u64>,
        /// The receiver.
        to: Host,
        /// The link.
        link: Link,
        /// The ports of the segment that it quotes: its receiver's own, and the peer's.
        ports: [u16; 2],
        /// What it says.
        icmp: Icmp,
        /// The sequence number of the segment that it quotes, relative as in [`Segment`].
        seq: i64,
    },
    /// A connection or a listener changed its state.
    State {
        /// When it was seen.
        at_us: u64,
        /// The socket's host.
        host: Host,
        /// The socket. An orphan keeps its name; a connection that nobody has accepted is called after its listener,
        /// `listener.1` for the first.
        socket: SocketId,
        /// The state that it left.
        from: State,
        /// The state that it entered.
        to: State,
    },
    /// A statement that is no call: of the link, of a host, or a wait.
    Statement {
        /// When it took effect.
        at_us: u64,
        /// The statement's line; 0 where no script was performed.
        line: u32,
        /// What it did; never [`Action::Call`] or [`Action::Expect`].
        action: Action,
        /// The statement as the script has it, for display.
        text: String,
    },
    /// One of Linux's rules acted, over what smoltcp does (`sim` only).
    Rule {
        /// When it acted.
        at_us: u64,
        /// The host on which it acted.
        host: Host,
        /// The rule.
        rule: RuleId,
    },
    /// The kernel counted something (`native` only).
    Counter {
        /// When it was read.
        at_us: u64,
        /// The host that counts.
        host: Host,
        /// What it counts.
        counter: Counter,
        /// How much it grew.
        by: u64,
    },
    /// What a socket holds (TCP_INFO) differs from what it held when it was asked last; a new socket holds nothing, and so
    /// does one that is gone. Sockets are asked when the link is quiet.
    Info {
        /// When it was asked.
        at_us: u64,
        /// The socket's host.
        host: Host,
        /// The socket, as in [`Event::State`].
        socket: SocketId,
        /// What it holds now.
        info: Info,
    },
}

impl Event {
    /// When it happened; calls when they returned, segments when they left.
    pub const fn at_us(&self) -> u64 {
        match self {
            Self::Call { at_us, .. }
            | Self::Segment { at_us, .. }
            | Self::Icmp { at_us, .. }
            | Self::State { at_us, .. }
            | Self::Statement { at_us, .. }
            | Self::Rule { at_us, .. }
            | Self::Counter { at_us, .. }
            | Self::Info { at_us, .. } => *at_us,
        }
    }
}

/// An outcome that is not as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The statement's line.
    pub line: u32,
    /// What the script says.
    pub expected: String,
    /// What the run gave.
    pub got: String,
}
