//! Linux's decisions: pure functions of facts to an action, each with the RFC's clause and the kernel's function
//! (6.18). Nothing here changes anything; `kernel/` asks, and carries out what is decided, and no rule is named outside.
//! What a decision goes by is data: `tcp/` keeps it, and asks no rule.
//!
//! A decision that a reader should see comes with its [`RuleId`]: the trace shows it where it acted
//! ([`scenario::Event::Rule`]), and the id names the run that shows it.

pub(crate) mod accept_queue;
pub(crate) mod acceptable;
pub(crate) mod bind;
pub(crate) mod close;
pub(crate) mod congestion_control;
pub(crate) mod connect;
pub(crate) mod defer_accept;
pub(crate) mod delayed_ack;
pub(crate) mod disconnect;
pub(crate) mod fin_wait_2;
pub(crate) mod handshake;
pub(crate) mod icmp_error;
pub(crate) mod initial_sequence_number;
pub(crate) mod keep_alive;
pub(crate) mod listener;
pub(crate) mod loss_recovery;
pub(crate) mod pending_error;
pub(crate) mod poll;
pub(crate) mod read;
pub(crate) mod receive_window;
pub(crate) mod retransmission;
pub(crate) mod round_trip;
pub(crate) mod segment_arrives;
pub(crate) mod send_buffer;
pub(crate) mod shutdown;
pub(crate) mod time_wait;
pub(crate) mod transmit;
pub(crate) mod window_probe;

use scenario::{RawSegment, RuleId};

use crate::seq::length;

/// What is decided, and the rule that the trace shows for it.
pub(crate) type Decision<A> = (A, Option<RuleId>);

/// Whether a program would notice what happens to a connection (Linux: SOCK_DEAD).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// A descriptor, a listener's queue, or a handshake.
    Owned,
    /// Nobody: close(2) has returned.
    Orphan,
}

/// How often a segment that is not taken is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each time.
    Always,
    /// Once in half a second, see [`Pace::allows`].
    Limited,
}

/// tcp_invalid_ratelimit
const SPACING_US: u64 = 500_000;

impl Pace {
    /// Text makes no loop of answers, so it is always answered (Linux: `tcp_oow_rate_limited`).
    pub(crate) const fn of(segment: &RawSegment) -> Self {
        if length(segment) > 0 && !segment.flags.syn { Self::Always } else { Self::Limited }
    }

    /// Whether an answer may leave now, where the last limited one left at `answered_us`: so that two confused hosts do
    /// not answer each other for ever.
    pub(crate) fn allows(self, answered_us: Option<u64>, now_us: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Limited => answered_us.is_none_or(|answered_us| now_us - answered_us >= SPACING_US),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limited_answer_waits_half_a_second() {
        assert!(Pace::Limited.allows(None, 0));
        assert!(!Pace::Limited.allows(Some(0), 499_999));
        assert!(Pace::Limited.allows(Some(0), 500_000));
        assert!(Pace::Always.allows(Some(0), 0));
    }
}
