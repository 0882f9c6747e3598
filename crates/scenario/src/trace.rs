use serde::{Deserialize, Serialize};

use crate::{Action, Counter, Fate, Host, Icmp, Info, Link, Outcome, RuleId, Segment, SocketId, Sockets, State, Verb};

/// What happened in a run, in the order of time.
///
/// Times are microseconds since the run began: virtual in `sim`, real in `native`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The form's version: 1.
    pub version: u32,
    /// The scenario's id: the script's file name without `.tcp`.
    pub scenario: String,
    /// Who performed it.
    pub witness: Witness,
    /// On what it was performed.
    pub backend: Backend,
    /// The kernel's release; for `sim` the name and version of the stack.
    pub kernel: String,
    /// The names of the sockets that the events speak of.
    pub sockets: Sockets,
    /// In the order of time; what happens at one time stands in the order of cause.
    pub events: Vec<Event>,
    /// Where the run differs from what the script says.
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

/// Who performed a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Witness {
    /// The simulator: smoltcp with Linux's rules, in memory.
    Sim,
    /// A Linux kernel.
    Linux,
}

/// What a run was performed on: how much of what happens there can be had and seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The simulator: everything.
    Memory,
    /// Two network namespaces, a TUN in each, and a link in user space between them: everything.
    Tun,
    /// Two network namespaces, a veth in each with a packet socket behind it, and a link in user space between them:
    /// everything.
    Veth,
    /// One network namespace that talks to itself, watched.
    Lo,
    /// The machine as it is: calls and states.
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

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A call returned, or (outcome `blocks`) never did.
    Call {
        /// When it returned.
        at_us: u64,
        /// When it was made.
        began_us: u64,
        /// Whose program made it.
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
        /// Who sent it; of a forged one, who is said to have sent it.
        from: Host,
        /// Who is to receive it.
        to: Host,
        /// The sender's port and the receiver's.
        ports: [u16; 2],
        /// Its header.
        segment: Segment,
        /// What became of it.
        fate: Fate,
    },
    /// Something in between has sent an ICMP message.
    Icmp {
        /// When it left.
        at_us: u64,
        /// When it arrived; absent if its receiver was down.
        arrives_us: Option<u64>,
        /// Who receives it.
        to: Host,
        /// On which link.
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
        /// When.
        at_us: u64,
        /// Where.
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
        /// When.
        at_us: u64,
        /// Where.
        host: Host,
        /// Which.
        rule: RuleId,
    },
    /// The kernel counted something (`native` only).
    Counter {
        /// When it was read.
        at_us: u64,
        /// Where.
        host: Host,
        /// What it counts.
        counter: Counter,
        /// How much it grew.
        by: u64,
    },
    /// What a socket holds has changed, since it was last asked or since it began, when it held nothing. Asked when the
    /// link is quiet; a socket that is gone holds nothing.
    Info {
        /// When it was asked.
        at_us: u64,
        /// Where.
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
