//! What is left of a connection in TIME-WAIT, or in FIN-WAIT-2 without a descriptor (Linux: `tcp_timewait_sock`).

use scenario::{RawSegment, RuleId, State};

use super::acceptable::in_window;
use super::bind::Listening;
use super::{Decision, Pace};
use crate::seq::{after, before, end, length};
use crate::tcp::ReceiveSequence;

/// TCP_TIMEWAIT_LEN. RFC 9293 §3.6.1 asks for twice the longest life of a segment: four minutes.
pub(crate) const TIME_WAIT_US: u64 = 60_000_000;

/// What is left of a connection does about a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Ignore,
    /// Its minute begins anew.
    Restart,
    /// It repeats its last ACK.
    Acknowledge { pace: Pace, minute: Minute },
    /// It takes in the peer's FIN: TIME-WAIT begins.
    TakeFin,
    /// It is gone.
    Destroy,
    /// It is gone, and the segment is answered with a reset.
    Refuse,
    /// It makes room for a new connection.
    MakeRoom,
}

/// RFC 9293 §3.10.7.4, RFC 1337, RFC 6191. Linux: `tcp_timewait_state_process`, step by step.
///
/// Seen in `write-after-peer-close`, `final-ack-lost`, `time-wait-reopen`, `time-wait-assassination`.
pub(crate) fn decide(facts: &Facts<'_>, segment: &RawSegment) -> Decision<Action> {
    if facts.state == State::FinWait2 { in_fin_wait_2(facts, segment) } else { in_time_wait(facts, segment) }
}

/// What is known of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) state: State,
    pub(crate) rcv: &'a ReceiveSequence,
    /// Milliseconds by which the segment's timestamp is older than the newest, negative if it is newer; `None` if one of
    /// the two is missing.
    pub(crate) age_ms: Option<i32>,
    /// tcp_rfc1337
    pub(crate) rfc1337: u32,
    /// Whether a listener has the port.
    pub(crate) listening: Listening,
}

impl Facts<'_> {
    /// Whether PAWS rejects the segment (Linux: `tcp_paws_reject`); here even a reset.
    fn is_late(&self) -> bool {
        self.age_ms.is_some_and(|age_ms| age_ms > 0)
    }
}

fn in_fin_wait_2(facts: &Facts<'_>, segment: &RawSegment) -> Decision<Action> {
    let (rcv, end) = (facts.rcv, end(segment));
    if facts.is_late() || !in_window(rcv, segment) {
        return (Action::Acknowledge { pace: Pace::of(segment), minute: Minute::GoesOn }, None);
    }
    if segment.flags.rst {
        return (Action::Destroy, None);
    }
    if segment.flags.syn && !before(segment.seq, rcv.nxt) {
        return (Action::Refuse, Some(RuleId::SynInFinWait2));
    }
    if !segment.flags.ack || !after(end, rcv.nxt) || length(segment) == 0 {
        return (Action::Ignore, None);
    }
    if !segment.flags.fin || end != rcv.nxt.wrapping_add(1) {
        return (Action::Refuse, Some(RuleId::RestData));
    }
    (Action::TakeFin, None)
}

fn in_time_wait(facts: &Facts<'_>, segment: &RawSegment) -> Decision<Action> {
    let is_late = facts.is_late();
    let is_next = segment.seq == facts.rcv.nxt && !is_late;
    if is_next && segment.flags.rst {
        return if facts.rfc1337 == 0 {
            (Action::Destroy, Some(RuleId::TimeWaitKilled))
        } else {
            (Action::Ignore, Some(RuleId::TimeWaitKept))
        };
    }
    if is_next && length(segment) == 0 {
        return (Action::Restart, None);
    }
    let is_new_syn = segment.flags.syn && !segment.flags.rst && !segment.flags.ack && !is_late;
    let is_newer = facts.age_ms.is_some_and(|age_ms| age_ms < 0);
    if is_new_syn && (after(segment.seq, facts.rcv.nxt) || is_newer) {
        // Where nobody listens, `tcp_v4_rcv` goes on with the ACK.
        return match facts.listening {
            Listening::Yes => (Action::MakeRoom, Some(RuleId::TimeWaitReopens)),
            Listening::No => (REPEATED_ACK, Some(RuleId::TimeWaitAnswers)),
        };
    }
    if segment.flags.rst {
        return (Action::Ignore, None);
    }
    (
        Action::Acknowledge {
            pace: Pace::of(segment),
            minute: if segment.flags.ack || is_late { Minute::BeginsAnew } else { Minute::GoesOn },
        },
        Some(RuleId::TimeWaitAnswers),
    )
}

/// The last ACK, each time, while the minute goes on.
const REPEATED_ACK: Action = Action::Acknowledge { pace: Pace::Always, minute: Minute::GoesOn };

/// Whether the minute of TIME-WAIT begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Minute {
    BeginsAnew,
    GoesOn,
}

/// tcp_tw_reuse_delay
const REUSE_AFTER_US: u64 = 1_000_000;

/// Whether connect(2) may take the pair of ports, after so long in TIME-WAIT (`None`: in FIN-WAIT-2, or of a connection
/// without timestamps). On a link that is not loopback only with tcp_tw_reuse 1.
///
/// RFC 6191 §2. Linux: `tcp_twsk_unique`. Seen in `ports-exhausted`.
pub(crate) fn may_be_reused(rests_us: Option<u64>, tw_reuse: u32) -> bool {
    tw_reuse == 1 && rests_us.is_some_and(|rests_us| rests_us > REUSE_AFTER_US)
}

/// Whether there is room for one more (tcp_max_tw_buckets); `None`: there is.
///
/// Linux: `inet_twsk_alloc`, `tcp_time_wait`. Seen in `time-wait-overflow`.
pub(crate) fn no_room(held: usize, max_tw_buckets: u32) -> Option<RuleId> {
    (held >= max_tw_buckets as usize).then_some(RuleId::NoRoomToRest)
}

/// Its time is over. Seen in `time-wait-minute`, `fin-wait2-orphan`.
pub(crate) fn ends(state: State) -> RuleId {
    if state == State::TimeWait { RuleId::TimeWaitEnds } else { RuleId::FinWait2Ends }
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host};

    use super::*;

    fn on(state: State, flags: &str, seq: u32, len: u32, rfc1337: u32) -> Action {
        let rcv = ReceiveSequence { nxt: 500, wup: 500, wnd: 1000, ..ReceiveSequence::default() };
        let flags = Flags::from_text(flags).expect("these are flags");
        let segment =
            RawSegment { from: Host::Server, to: Host::Client, ports: [80, 1], flags, seq, ack: 1, len, win: 0 };
        decide(&Facts { state, rcv: &rcv, age_ms: None, rfc1337, listening: Listening::Yes }, &segment).0
    }

    fn of_age(age_ms: i32, flags: &str, seq: u32) -> Action {
        let rcv = ReceiveSequence { nxt: 500, wup: 500, wnd: 1000, ..ReceiveSequence::default() };
        let flags = Flags::from_text(flags).expect("these are flags");
        let segment =
            RawSegment { from: Host::Server, to: Host::Client, ports: [80, 1], flags, seq, ack: 1, len: 0, win: 0 };
        let listening = Listening::Yes;
        decide(&Facts { state: State::TimeWait, rcv: &rcv, age_ms: Some(age_ms), rfc1337: 0, listening }, &segment).0
    }

    #[test]
    fn a_late_segment_is_answered_and_a_syn_with_a_newer_timestamp_taken() {
        let answered = Action::Acknowledge { pace: Pace::Limited, minute: Minute::BeginsAnew };
        assert_eq!(of_age(5, ".", 500), answered);
        assert_eq!(of_age(0, ".", 500), Action::Restart);
        assert_eq!(of_age(5, "R", 500), Action::Ignore);
        assert_eq!(of_age(-5, "S", 400), Action::MakeRoom);
        assert_eq!(of_age(5, "S", 501), answered);
    }

    #[test]
    fn a_reset_at_the_next_number_ends_time_wait_unless_tcp_rfc1337() {
        assert_eq!(on(State::TimeWait, "R", 500, 0, 0), Action::Destroy);
        assert_eq!(on(State::TimeWait, "R", 500, 0, 1), Action::Ignore);
        assert_eq!(on(State::TimeWait, "R", 501, 0, 0), Action::Ignore);
    }

    #[test]
    fn a_newer_syn_takes_over_and_an_older_one_is_answered() {
        assert_eq!(on(State::TimeWait, "S", 501, 0, 0), Action::MakeRoom);
        let answered = Action::Acknowledge { pace: Pace::Limited, minute: Minute::GoesOn };
        assert_eq!(on(State::TimeWait, "S", 400, 0, 0), answered);
    }

    #[test]
    fn a_newer_syn_is_answered_where_nobody_listens() {
        let rcv = ReceiveSequence { nxt: 500, wup: 500, wnd: 1000, ..ReceiveSequence::default() };
        let (from, to) = (Host::Server, Host::Client);
        let syn = RawSegment { from, to, ports: [80, 1], flags: Flags::SYN, seq: 501, ack: 0, len: 0, win: 0 };
        let facts = Facts { state: State::TimeWait, rcv: &rcv, age_ms: None, rfc1337: 0, listening: Listening::No };
        assert_eq!(decide(&facts, &syn), (REPEATED_ACK, Some(RuleId::TimeWaitAnswers)));
    }

    #[test]
    fn in_fin_wait_2_a_fin_is_taken_and_text_refused() {
        assert_eq!(on(State::FinWait2, "F.", 500, 0, 0), Action::TakeFin);
        assert_eq!(on(State::FinWait2, ".", 500, 4, 0), Action::Refuse);
        assert_eq!(on(State::FinWait2, "F.", 500, 4, 0), Action::Refuse);
        assert_eq!(on(State::FinWait2, ".", 500, 0, 0), Action::Ignore);
        assert_eq!(on(State::FinWait2, "S", 500, 0, 0), Action::Refuse);
    }
}
