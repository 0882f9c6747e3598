//! What a script does to a link.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Flags, Host, Icmp};

/// What is done to a link, or to a segment on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkAction {
    /// The delay of each segment that leaves from now on, one way, the same in both directions; 10 ms until set.
    Delay(Duration),
    /// The hosts speak IPv6; the script's first statement.
    Ipv6,
    /// Every segment is lost, in both directions, until [`LinkAction::Restore`].
    Cut,
    /// The end of [`LinkAction::Cut`].
    Restore,
    /// A rule for segments that leave from now on.
    Meet {
        /// What happens to a segment that meets the rule.
        meeting: Meeting,
        /// How many segments use it up.
        count: Count,
        /// Which segments meet it.
        kind: Kind,
        /// Whose segments meet it.
        from: Host,
    },
    /// The MTU, in bytes: a segment whose IP packet is longer is lost.
    Mtu(u16, TooLong),
    /// A middlebox on the link keeps a table of flows, and forgets a flow when none of its segments has passed for a time.
    Forget {
        /// The time without a segment after which a flow is forgotten.
        after: Duration,
        /// What becomes of a segment whose flow it has forgotten.
        then: Forgotten,
        /// Which flows it forgets.
        flows: Flows,
    },
    /// An ICMP message for `to`. It quotes the segment that `to` has sent last on its newest connection.
    Icmp {
        /// What it says.
        icmp: Icmp,
        /// Who receives it.
        to: Host,
    },
    /// A forged segment, in the name of `to`'s peer.
    Inject {
        /// Its control bits.
        flags: Flags,
        /// Who receives it.
        to: Host,
        /// Its ports.
        target: Target,
        /// Its sequence number.
        seq: Offset,
        /// Its acknowledgement number, relative to `to`'s ISN; `to`'s SND.NXT where the script gives none and the flags have ACK.
        ack: Option<i64>,
        /// Bytes of payload.
        len: u32,
    },
}

/// The ports of a forged segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Those of its receiver's newest connection.
    Newest,
    /// These. Where its receiver has had a connection with them the segment counts from that one's numbers, else from 0.
    Ports {
        /// The receiver's.
        port: u16,
        /// The peer's; [`Target::FROM`] where the script gives none.
        from: u16,
    },
}

impl Target {
    /// The peer's port where a script gives none: none that a host chooses by itself.
    pub const FROM: u16 = 1_024;
}

/// What happens to a segment that meets a rule of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Meeting {
    /// It is lost.
    Drop,
    /// It arrives twice.
    Twice,
    /// It arrives later by this time; segments that leave behind it overtake it.
    Hold(Duration),
    /// It is lost, and its sender is told, as a firewall's REJECT does.
    Reject(Refusal),
}

/// What becomes of the sender of a segment that is too long for the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TooLong {
    /// Nothing tells it: a black hole.
    Lost,
    /// An ICMP message tells it the MTU (RFC 1191, RFC 8201).
    Told,
}

/// How a sender is told that its segment was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// With a RST in its peer's name, if it was no RST itself.
    Reset,
    /// With an ICMP message that quotes it.
    Icmp(Icmp),
}

/// What a middlebox does with a segment of a flow that it has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forgotten {
    /// It is lost.
    Drop,
    /// It is lost, and its sender gets a RST in its peer's name.
    Reset,
}

/// The flows that a middlebox forgets after a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flows {
    /// Every flow; a half-closed one after its own time, where a script gives one.
    All,
    /// Those in which one side's FIN has passed and the other's has not.
    HalfClosed,
}

/// How many segments a rule of the link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Count {
    /// This many segments; `next` is 1.
    Next(u32),
    /// Every segment until the run ends.
    All,
}

/// Which segments a rule of the link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// SYN without ACK.
    Syn,
    /// SYN with ACK.
    SynAck,
    /// Any segment with FIN.
    Fin,
    /// Any segment with RST.
    Rst,
    /// ACK without payload or another flag.
    Ack,
    /// Any segment with payload.
    Data,
    /// Every segment.
    Any,
}

impl Kind {
    /// Whether a segment with these flags and so many bytes of payload is of this kind.
    pub const fn matches(self, flags: Flags, len: u32) -> bool {
        match self {
            Self::Syn => flags.syn && !flags.ack,
            Self::SynAck => flags.syn && flags.ack,
            Self::Fin => flags.fin,
            Self::Rst => flags.rst,
            Self::Ack => flags.ack && !flags.syn && !flags.fin && !flags.rst && len == 0,
            Self::Data => len > 0,
            Self::Any => true,
        }
    }

    /// All of them with their words.
    pub const WORDS: [(&str, Self); 7] = [
        ("SYN", Self::Syn),
        ("SYN-ACK", Self::SynAck),
        ("FIN", Self::Fin),
        ("RST", Self::Rst),
        ("ACK", Self::Ack),
        ("data", Self::Data),
        ("any", Self::Any),
    ];
}

/// A forged segment's sequence number, as seen from what its receiver expects next (RCV.NXT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Offset {
    /// RCV.NXT itself.
    Exact,
    /// RCV.NXT + 100.
    Inside,
    /// 1000 beyond the right edge of the window.
    Outside,
    /// RCV.NXT plus this many.
    Plus(i32),
}
