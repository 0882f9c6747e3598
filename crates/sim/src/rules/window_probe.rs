//! The persist timer: probes of a window that is closed, or too small for what waits.

use scenario::{RuleId, State};

use super::retransmission::retries;
use super::{Decision, Ownership};
use crate::sysctls::Sysctls;
use crate::tcp::{Next, RTO_MAX_US, RoundTrip, SendSequence, WindowProbes};

/// What a persist timer that has fired asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// ETIMEDOUT, and nothing leaves.
    GiveUp,
    /// As much as fits leaves, or an empty segment with a number that was acknowledged long ago.
    Probe,
}

/// What the persist timer knows of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) ownership: Ownership,
    pub(crate) round_trip: &'a RoundTrip,
    pub(crate) probes: WindowProbes,
    /// Since the first probe.
    pub(crate) waited_us: u64,
    /// TCP_USER_TIMEOUT
    pub(crate) user_timeout_us: Option<u64>,
    pub(crate) sysctls: &'a Sysctls,
}

/// RFC 9293 §3.8.6.1. Linux: `tcp_probe_timer`, `tcp_send_probe0`. Seen in `zero-window-stall`.
pub(crate) fn on_timeout(facts: &Facts<'_>) -> Decision<Action> {
    let wait_us = wait_us(facts.round_trip, facts.probes.doublings);
    let most = retries(facts.ownership, wait_us, facts.sysctls);
    let is_late = facts.user_timeout_us.is_some_and(|limit_us| facts.waited_us >= limit_us);
    if is_late || facts.probes.sent >= most {
        return (Action::GiveUp, Some(RuleId::WindowGiveUp));
    }
    (Action::Probe, Some(RuleId::WindowProbe))
}

/// What becomes of the persist timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persist {
    /// As it is.
    GoesOn,
    Starts {
        wait_us: u64,
    },
    Stops,
}

/// The persist timer runs while something waits and nothing is in flight. `next`: what waits; `due_us`: when the timer is
/// due, if it runs.
///
/// RFC 9293 §3.8.6.1. Linux: `tcp_check_probe_timer`.
pub(crate) fn after_output(
    state: State,
    next: Option<&Next>,
    snd: &SendSequence,
    round_trip: &RoundTrip,
    due_us: Option<u64>,
) -> Persist {
    let is_open = !matches!(state, State::Listen | State::SynSent | State::SynReceived);
    if !is_open || next.is_none() || snd.is_in_flight() {
        Persist::Stops
    } else if due_us.is_none() {
        Persist::Starts { wait_us: wait_us(round_trip, 0) }
    } else {
        Persist::GoesOn
    }
}

/// How long the next probe waits when the peer has offered this window while the persist timer ran: a full wait behind an
/// answer that keeps it closed. `None`: as long as before.
///
/// No RFC. Linux: `tcp_ack_probe`.
pub(crate) fn after_answer(window: u32, round_trip: &RoundTrip, doublings: u32) -> Option<u64> {
    (window == 0).then(|| wait_us(round_trip, doublings))
}

/// How often the wait may be doubled.
pub(crate) const fn doublings_max(sysctls: &Sysctls) -> u32 {
    sysctls.retries2
}

/// How long a probe waits for an answer (Linux: `tcp_probe0_when`).
pub(crate) fn wait_us(round_trip: &RoundTrip, doublings: u32) -> u64 {
    (round_trip.rto_us() << doublings.min(20)).min(RTO_MAX_US)
}

/// The same after a probe has left: no longer than TCP_USER_TIMEOUT allows (Linux:
/// `tcp_clamp_probe0_to_user_timeout`).
pub(crate) fn next_wait_us(facts: &Facts<'_>, doublings: u32) -> u64 {
    let wait_us = wait_us(facts.round_trip, doublings);
    match facts.user_timeout_us {
        Some(limit_us) => wait_us.min(limit_us.saturating_sub(facts.waited_us).max(1)),
        None => wait_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::Standing;

    #[test]
    fn the_timer_runs_while_something_waits_and_nothing_is_in_flight() {
        let idle = SendSequence { una: 1, nxt: 1, ..SendSequence::new(0, 1_448) };
        let busy = SendSequence { nxt: 2, ..idle };
        let next = Next { seq: 1, len: 9, fin: false, standing: Standing::New };
        let round_trip = RoundTrip::default();
        let after = |state, next, snd, due_us| after_output(state, next, snd, &round_trip, due_us);
        let starts = Persist::Starts { wait_us: 1_000_000 };
        assert_eq!(after(State::Established, Some(&next), &idle, None), starts);
        assert_eq!(after(State::Established, Some(&next), &idle, Some(7)), Persist::GoesOn);
        assert_eq!(after(State::Established, Some(&next), &busy, Some(7)), Persist::Stops);
        assert_eq!(after(State::Established, None, &idle, Some(7)), Persist::Stops);
        assert_eq!(after(State::SynSent, Some(&next), &idle, None), Persist::Stops);
    }

    #[test]
    fn only_an_answer_that_keeps_the_window_closed_begins_a_full_wait() {
        let round_trip = RoundTrip::default();
        assert_eq!([0, 1].map(|window| after_answer(window, &round_trip, 2)), [Some(4_000_000), None]);
    }

    #[test]
    fn it_gives_up_after_tcp_retries2_probes_or_tcp_user_timeout() {
        let (round_trip, sysctls) = (RoundTrip::default(), Sysctls::default());
        let facts = Facts {
            ownership: Ownership::Owned,
            round_trip: &round_trip,
            probes: WindowProbes { sent: 14, ..WindowProbes::default() },
            waited_us: 9_000_000,
            user_timeout_us: None,
            sysctls: &sysctls,
        };
        assert_eq!(on_timeout(&facts).0, Action::Probe);
        assert_eq!(on_timeout(&Facts { user_timeout_us: Some(9_000_000), ..facts }).0, Action::GiveUp);
        let fifteen = WindowProbes { sent: 15, ..WindowProbes::default() };
        assert_eq!(on_timeout(&Facts { probes: fifteen, ..facts }).0, Action::GiveUp);
        assert_eq!(on_timeout(&Facts { ownership: Ownership::Orphan, ..facts }).0, Action::GiveUp, "eight will do");
    }
}
