//! The retransmission timer and the tail loss probe.

use scenario::{RuleId, State};

use super::{Decision, Ownership, defer_accept};
use crate::sysctls::Sysctls;
use crate::tcp::{Backoff, InFlight, Phase, Probe, RTO_INITIAL_US, RTO_MAX_US, RTO_MIN_US, RoundTrip, Sack, Seen};

/// TCP_TIMEOUT_MIN_US
pub(super) const TIMEOUT_MIN_US: u64 = 2_000;

/// What the timers know of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) now_us: u64,
    pub(crate) state: State,
    pub(crate) ownership: Ownership,
    pub(crate) in_flight: InFlight,
    pub(crate) sack: Sack,
    pub(crate) phase: Phase,
    /// A tail loss probe that nothing has answered.
    pub(crate) probe: Option<Probe>,
    /// Whether a new segment waits for which the peer's window has room.
    pub(crate) new_segment: NewSegment,
    /// Whether the peer's window is closed, and when a segment last came from it, in microseconds.
    pub(crate) closed_window: Seen,
    pub(crate) heard_us: u64,
    pub(crate) round_trip: &'a RoundTrip,
    pub(crate) backoff: &'a Backoff,
    /// TCP_USER_TIMEOUT
    pub(crate) user_timeout_us: Option<u64>,
    pub(crate) sysctls: &'a Sysctls,
    /// Of a listener's handshake.
    pub(crate) deferral: defer_accept::Facts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewSegment {
    None,
    Waits,
}

/// What a timer that has fired asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing now.
    Nothing,
    /// Nothing leaves, and the next timeout waits twice as long.
    Wait,
    /// The limit is reached: ETIMEDOUT, and nothing leaves.
    GiveUp,
    /// A loss probe: the new segment leaves.
    ProbeWithNew,
    /// A loss probe: the last segment leaves again.
    ProbeWithLast,
    /// A loss probe of the only segment: it leaves again.
    ProbeWithOnly,
    /// What is not acknowledged leaves again; the timeout is doubled, or stays.
    Retransmit(Doubling),
    /// The same, doubled, into a closed window: it is no try that counts.
    RetransmitAsProbe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubling {
    No,
    Yes,
}

/// The timeout in force: doubled with each one in a row (RFC 6298 §5.5).
pub(crate) fn rto_us(round_trip: &RoundTrip, doublings: u32) -> u64 {
    (round_trip.rto_us() << doublings.min(20)).min(RTO_MAX_US)
}

/// The retransmission timer has fired.
///
/// RFC 6298 §5, RFC 9293 §3.8.3. Linux: `tcp_retransmit_timer`, `tcp_write_timeout`; in SYN-RECEIVED
/// `reqsk_timer_handler`. Seen in `peer-vanished-write`.
pub(crate) fn on_timeout(facts: &Facts<'_>) -> Decision<Action> {
    if has_waited_long_enough(facts) {
        return (Action::GiveUp, Some(RuleId::GiveUp));
    }
    if facts.state == State::SynReceived && defer_accept::on_timeout(facts.deferral) == defer_accept::OnTimeout::Wait {
        return (Action::Wait, None);
    }
    let retransmits = facts.backoff.retransmits;
    let is_handshake = matches!(facts.state, State::SynSent | State::SynReceived);
    let may_probe = facts.sack == Sack::Permitted && is_calm(retransmits, facts.phase, facts.probe);
    if !is_handshake && facts.in_flight == InFlight::OneSegment && may_probe {
        // The tail loss probe of a single segment, which was not due before; it does not count as a timeout.
        return match facts.new_segment {
            NewSegment::Waits => (Action::ProbeWithNew, Some(RuleId::LossProbe)),
            NewSegment::None => (Action::ProbeWithOnly, None),
        };
    }
    if !is_handshake && is_closed(facts) {
        return (Action::RetransmitAsProbe, None);
    }
    let is_linear = facts.state == State::SynSent && retransmits < facts.sysctls.syn_linear_timeouts;
    (Action::Retransmit(if is_linear { Doubling::No } else { Doubling::Yes }), None)
}

/// Two round trips have passed without an answer: what waits for one leaves now, or else the last segment again, once.
///
/// RFC 8985 §7.3. Linux: `tcp_send_loss_probe`. Seen in `loss-probe`.
pub(crate) fn on_loss_probe(facts: &Facts<'_>) -> Decision<Action> {
    if !is_calm(facts.backoff.retransmits, facts.phase, facts.probe) {
        return (Action::Nothing, None);
    }
    match facts.new_segment {
        NewSegment::Waits => (Action::ProbeWithNew, Some(RuleId::LossProbe)),
        NewSegment::None => (Action::ProbeWithLast, Some(RuleId::LossProbe)),
    }
}

/// When a loss probe is due, where something new has just left or was acknowledged and the retransmission timer is set:
/// two round trips later, if the peer has offered SACK. Of a single segment the ACK may be delayed: its probe waits longer,
/// and is sent at the timeout if that comes first ([`on_timeout`]).
///
/// RFC 8985 §7.2. Linux: `tcp_schedule_loss_probe`.
pub(crate) fn loss_probe_due_us(facts: &Facts<'_>, timeout_due_us: u64) -> Option<u64> {
    let two_round_trips_us = facts.round_trip.smoothed_us().map(|smoothed_us| facts.now_us + 2 * smoothed_us);
    if !is_calm(facts.backoff.retransmits, facts.phase, facts.probe) || facts.sack == Sack::No {
        return None;
    }
    // TCP_TIMEOUT_INIT where the handshake has measured nothing.
    let due_us =
        |more_us| two_round_trips_us.map_or(facts.now_us + RTO_INITIAL_US, |two_round_trips| two_round_trips + more_us);
    match facts.in_flight {
        InFlight::Nothing => None,
        InFlight::OneSegment => Some(due_us(RTO_MIN_US)).filter(|due_us| *due_us < timeout_due_us),
        InFlight::Several => Some(due_us(TIMEOUT_MIN_US).min(timeout_due_us)),
    }
}

fn is_calm(retransmits: u32, phase: Phase, probe: Option<Probe>) -> bool {
    retransmits == 0 && phase == Phase::Open && probe.is_none()
}

/// How long the next timeout waits, where the last one led to this: no longer than TCP_USER_TIMEOUT allows.
///
/// Linux: `tcp_clamp_rto_to_user_timeout`.
pub(crate) fn next_timeout_us(facts: &Facts<'_>) -> u64 {
    let wait_us = rto_us(facts.round_trip, facts.backoff.doublings);
    match (facts.user_timeout_us, facts.backoff.since_us) {
        (Some(limit_us), Some(since_us)) => wait_us.min((since_us + limit_us).saturating_sub(facts.now_us).max(1)),
        _ => wait_us,
    }
}

/// What is left of the backing off when an ACK has brought something new: only a measured round trip ends the doubling,
/// and while a loss is being repaired the time counts on. `measured_us`: what the ACK has measured.
///
/// RFC 6298 §5. Linux: `tcp_clean_rtx_queue`, `tcp_ack_update_rtt`; the time is its `retrans_stamp`.
pub(crate) fn backoff_after_ack(before: &Backoff, measured_us: Option<u64>, phase: Phase) -> Backoff {
    Backoff {
        doublings: if measured_us.is_some() { 0 } else { before.doublings },
        since_us: before.since_us.filter(|_| matches!(phase, Phase::Recovery | Phase::Loss)),
        ..Backoff::default()
    }
}

/// What becomes of the retransmission timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rearm {
    /// As it is.
    GoesOn,
    Starts {
        wait_us: u64,
    },
    Stops,
}

/// An ACK has brought something new, so many whole segments: for a part of one the timer goes on.
///
/// RFC 6298 §5.2, §5.3. Linux: `tcp_clean_rtx_queue`, `tcp_rearm_rto`, FLAG_SET_XMIT_TIMER.
pub(crate) fn timer_after_ack(segments: u32, in_flight: InFlight, round_trip: &RoundTrip) -> Rearm {
    if segments == 0 {
        Rearm::GoesOn
    } else if in_flight == InFlight::Nothing {
        Rearm::Stops
    } else {
        Rearm::Starts { wait_us: round_trip.rto_us() }
    }
}

/// Whether the timer begins anew when the segment that begins with `seq` leaves again: with the first, unless losses
/// are looked for first (`reordering_due_us`).
///
/// RFC 6298 §5.1. Linux: `tcp_xmit_retransmit_queue`.
pub(crate) fn begins_anew(seq: u32, una: u32, reordering_due_us: Option<u64>) -> bool {
    seq == una && reordering_due_us.is_none()
}

/// Whether what leaves again probes a window that the peer has closed to it. An orphan's tries count all the same.
///
/// No RFC. Linux: `tcp_retransmit_timer` (SOCK_DEAD).
fn is_closed(facts: &Facts<'_>) -> bool {
    facts.closed_window == Seen::Yes && facts.ownership == Ownership::Owned
}

/// A peer with a closed window that answers is not given up: only one that has been silent for 240 s, or for
/// TCP_USER_TIMEOUT. `elapsed_us`: since something first left again.
///
/// RFC 9293 §3.8.6.1. Linux: `tcp_rtx_probe0_timed_out` (2 * TCP_RTO_MAX).
fn has_probed_long_enough(facts: &Facts<'_>, elapsed_us: u64) -> bool {
    if facts.user_timeout_us.is_some_and(|limit_us| elapsed_us > limit_us) {
        return true;
    }
    let limit_us = facts.user_timeout_us.unwrap_or(u64::MAX).min(2 * RTO_MAX_US);
    (facts.now_us - facts.heard_us).min(elapsed_us) > limit_us
}

fn has_waited_long_enough(facts: &Facts<'_>) -> bool {
    let Backoff { retransmits, since_us, timeouts, .. } = *facts.backoff;
    let sysctls = facts.sysctls;
    match facts.state {
        State::SynSent if retransmits >= sysctls.syn_retries + sysctls.syn_linear_timeouts => return true,
        State::SynReceived => {
            return timeouts.max(retransmits) >= sysctls.synack_retries
                && !defer_accept::outlasts_limit(facts.deferral);
        }
        _ => {}
    }
    let elapsed_us = since_us.map_or(0, |since_us| facts.now_us - since_us);
    if facts.state != State::SynSent && is_closed(facts) {
        return has_probed_long_enough(facts, elapsed_us);
    }
    if retransmits == 0 {
        return false;
    }
    if let Some(limit_us) = facts.user_timeout_us {
        return elapsed_us >= limit_us;
    }
    if facts.state == State::SynSent {
        return false;
    }
    let rto_us = rto_us(facts.round_trip, facts.backoff.doublings);
    elapsed_us >= model_timeout_us(retries(facts.ownership, rto_us, sysctls))
}

/// How often something leaves again in vain, where the next would wait for `wait_us`: tcp_retries2, and for an orphan
/// tcp_orphan_retries, whose 0 stands for 8 until the wait is at its longest.
///
/// Linux: `tcp_orphan_retries`.
pub(super) const fn retries(ownership: Ownership, wait_us: u64, sysctls: &Sysctls) -> u32 {
    match ownership {
        Ownership::Owned => sysctls.retries2,
        Ownership::Orphan if sysctls.orphan_retries == 0 && wait_us < RTO_MAX_US => 8,
        Ownership::Orphan => sysctls.orphan_retries,
    }
}

/// How long so many doublings of the shortest timeout take (Linux: `tcp_model_timeout`): 15 are 924.6 s.
fn model_timeout_us(retries: u32) -> u64 {
    const DOUBLINGS_MAX: u32 = (RTO_MAX_US / RTO_MIN_US).ilog2();
    let doublings = retries.min(DOUBLINGS_MAX);
    ((2 << doublings) - 1) * RTO_MIN_US + u64::from(retries - doublings) * RTO_MAX_US
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::ProbeKind;

    #[test]
    fn fifteen_retries_are_the_924_seconds_of_the_manual() {
        assert_eq!(model_timeout_us(15), 924_600_000);
        assert_eq!(model_timeout_us(3), 3_000_000);
    }

    fn decide(change: impl FnOnce(&mut Facts<'_>, &mut Backoff)) -> Action {
        let (round_trip, sysctls) = (RoundTrip::default(), Sysctls::default());
        let mut backoff = Backoff::default();
        let unchanged = Backoff::default();
        let mut facts = Facts {
            now_us: 10_000_000,
            state: State::Established,
            ownership: Ownership::Owned,
            in_flight: InFlight::OneSegment,
            sack: Sack::Permitted,
            phase: Phase::Open,
            probe: None,
            new_segment: NewSegment::None,
            closed_window: Seen::No,
            heard_us: 0,
            round_trip: &round_trip,
            backoff: &unchanged,
            user_timeout_us: None,
            sysctls: &sysctls,
            deferral: defer_accept::Facts { deferred: 0, timeouts: 0, acknowledged: defer_accept::Acknowledged::No },
        };
        change(&mut facts, &mut backoff);
        on_timeout(&Facts { backoff: &backoff, ..facts }).0
    }

    #[test]
    fn the_first_timeout_of_a_single_segment_is_a_probe() {
        assert_eq!(decide(|_, _| {}), Action::ProbeWithOnly);
        assert_eq!(decide(|facts, _| facts.new_segment = NewSegment::Waits), Action::ProbeWithNew);
        assert_eq!(decide(|facts, _| facts.sack = Sack::No), Action::Retransmit(Doubling::Yes), "RFC 8985 §7.2");
        let probe = Some(Probe { high: 1, kind: ProbeKind::Again });
        assert_eq!(decide(|facts, _| facts.probe = probe), Action::Retransmit(Doubling::Yes));
        assert_eq!(decide(|facts, _| facts.phase = Phase::Recovery), Action::Retransmit(Doubling::Yes));
        assert_eq!(decide(|facts, _| facts.in_flight = InFlight::Several), Action::Retransmit(Doubling::Yes));
    }

    #[test]
    fn the_first_syns_leave_at_even_distances() {
        let in_syn_sent = |retransmits| {
            decide(|facts, backoff| {
                facts.state = State::SynSent;
                backoff.retransmits = retransmits;
            })
        };
        assert_eq!(in_syn_sent(3), Action::Retransmit(Doubling::No));
        assert_eq!(in_syn_sent(4), Action::Retransmit(Doubling::Yes));
        assert_eq!(in_syn_sent(10), Action::GiveUp);
    }

    #[test]
    fn what_a_repeated_syn_makes_leave_again_counts_as_a_try_of_the_handshake() {
        let in_syn_received = |timeouts, retransmits| {
            decide(|facts, backoff| {
                facts.state = State::SynReceived;
                (backoff.timeouts, backoff.retransmits) = (timeouts, retransmits);
            })
        };
        assert_eq!(in_syn_received(4, 4), Action::Retransmit(Doubling::Yes));
        assert_eq!(in_syn_received(5, 5), Action::GiveUp);
        assert_eq!(in_syn_received(0, 5), Action::GiveUp);
    }

    #[test]
    fn tcp_user_timeout_takes_the_place_of_tcp_retries2() {
        let after = |since_us| {
            decide(|facts, backoff| {
                facts.user_timeout_us = Some(5_000_000);
                (backoff.retransmits, backoff.since_us) = (1, Some(since_us));
            })
        };
        assert_eq!(after(5_000_000), Action::GiveUp);
        assert_eq!(after(5_000_001), Action::Retransmit(Doubling::Yes));
    }

    #[test]
    fn a_peer_that_answers_with_a_closed_window_is_not_given_up() {
        let after = |heard_us, now_us, user_timeout_us| {
            decide(|facts, backoff| {
                (facts.closed_window, facts.heard_us, facts.now_us) = (Seen::Yes, heard_us, now_us);
                facts.user_timeout_us = user_timeout_us;
                (facts.phase, backoff.since_us) = (Phase::Loss, Some(0));
            })
        };
        assert_eq!(after(1_999_000_000, 2_000_000_000, None), Action::RetransmitAsProbe);
        assert_eq!(after(1_760_000_000, 2_000_000_000, None), Action::RetransmitAsProbe);
        assert_eq!(after(1_759_999_999, 2_000_000_000, None), Action::GiveUp);
        assert_eq!(after(9_000_000, 9_000_001, Some(9_000_000)), Action::GiveUp);
        assert_eq!(after(9_000_000, 9_000_000, Some(9_000_000)), Action::RetransmitAsProbe);
        let orphan = decide(|facts, backoff| {
            (facts.closed_window, facts.ownership) = (Seen::Yes, Ownership::Orphan);
            backoff.retransmits = 1;
        });
        assert_eq!(orphan, Action::Retransmit(Doubling::Yes));
    }

    #[test]
    fn only_a_measured_round_trip_ends_the_doubling() {
        let before = Backoff { retransmits: 2, doublings: 3, since_us: Some(7), timeouts: 2 };
        let after = |measured_us, phase| {
            let Backoff { retransmits, doublings, since_us, timeouts } = backoff_after_ack(&before, measured_us, phase);
            assert_eq!((retransmits, timeouts), (0, 0));
            (doublings, since_us)
        };
        assert_eq!(after(None, Phase::Open), (3, None));
        assert_eq!(after(Some(20_000), Phase::Open), (0, None));
        assert_eq!(after(Some(20_000), Phase::Loss), (0, Some(7)));
    }

    #[test]
    fn the_timer_begins_anew_with_a_whole_segment_and_stops_with_the_last() {
        let round_trip = RoundTrip::default();
        let after = |segments, in_flight| timer_after_ack(segments, in_flight, &round_trip);
        assert_eq!(after(0, InFlight::OneSegment), Rearm::GoesOn);
        assert_eq!(after(1, InFlight::OneSegment), Rearm::Starts { wait_us: 1_000_000 });
        assert_eq!(after(1, InFlight::Nothing), Rearm::Stops);
        assert!(begins_anew(101, 101, None) && !begins_anew(201, 101, None) && !begins_anew(101, 101, Some(7)));
    }
}
