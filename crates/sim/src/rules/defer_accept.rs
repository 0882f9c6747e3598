//! TCP_DEFER_ACCEPT: a listener's handshake goes on until data comes, or for some timeouts.

use scenario::{RawSegment, RuleId};

use crate::tcp::RTO_MAX_US;

/// The timeout of a handshake that has not timed out yet (TCP_TIMEOUT_INIT).
const FIRST_S: u32 = 1;
const LONGEST_S: u32 = (RTO_MAX_US / 1_000_000) as u32;

/// After how many timeouts so many seconds are over.
///
/// Linux: `secs_to_retrans`.
pub(crate) fn timeouts_in(seconds: u32) -> u32 {
    if seconds == 0 {
        return 0;
    }
    let (mut timeouts, mut timeout_s, mut over_s) = (1, FIRST_S, FIRST_S);
    while seconds > over_s {
        timeouts += 1;
        timeout_s = (timeout_s * 2).min(LONGEST_S);
        over_s += timeout_s;
    }
    timeouts
}

/// What a handshake knows of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// The listener's, of [`timeouts_in`].
    pub(crate) deferred: u32,
    /// How often the handshake's timer has fired.
    pub(crate) timeouts: u32,
    pub(crate) acknowledged: Acknowledged,
}

/// Whether an ACK has come that would have completed the handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    #[default]
    No,
    Yes,
}

/// Whether the ACK that would complete the handshake is put aside: it brings neither text nor FIN.
///
/// No RFC. Linux: `tcp_check_req`. Seen in `defer-accept`.
pub(crate) fn on_ack(facts: Facts, segment: &RawSegment) -> Option<RuleId> {
    let is_bare = segment.len == 0 && !segment.flags.fin;
    (is_bare && facts.timeouts < facts.deferred).then_some(RuleId::AcceptDeferred)
}

/// What a timeout of the handshake asks for, beside the limit of tcp_synack_retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnTimeout {
    /// The second segment leaves again.
    Repeat,
    /// The client has it: nothing leaves.
    Wait,
}

/// Near the end of the time the second segment leaves again, so that the client's answer can complete the handshake.
///
/// No RFC. Linux: `syn_ack_recalc`.
pub(crate) fn on_timeout(facts: Facts) -> OnTimeout {
    let is_put_aside = facts.deferred > 0 && facts.acknowledged == Acknowledged::Yes;
    if is_put_aside && facts.timeouts + 1 < facts.deferred { OnTimeout::Wait } else { OnTimeout::Repeat }
}

/// Whether the limit of tcp_synack_retries does not count yet (Linux: `syn_ack_recalc`).
pub(crate) fn outlasts_limit(facts: Facts) -> bool {
    facts.acknowledged == Acknowledged::Yes && facts.timeouts < facts.deferred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_to_timeouts() {
        assert_eq!([0, 1, 2, 3, 4, 7, 8, 60].map(timeouts_in), [0, 1, 2, 2, 3, 3, 4, 6]);
    }

    #[test]
    fn the_second_segment_leaves_again_where_the_client_has_it_near_the_end_only() {
        let facts = |timeouts, acknowledged| Facts { deferred: 3, timeouts, acknowledged };
        let seen = [0, 1, 2].map(|timeouts| on_timeout(facts(timeouts, Acknowledged::Yes)));
        assert_eq!(seen, [OnTimeout::Wait, OnTimeout::Wait, OnTimeout::Repeat]);
        assert_eq!(on_timeout(facts(0, Acknowledged::No)), OnTimeout::Repeat);
        assert!(outlasts_limit(facts(2, Acknowledged::Yes)) && !outlasts_limit(facts(3, Acknowledged::Yes)));
    }
}
