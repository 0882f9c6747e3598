//! The congestion window: how many segments may be in flight (RFC 5681, RFC 6928), what is left of it behind a loss
//! (RFC 6937), and what of it is taken back where there was none.
//!
//! Each function makes of what is known what is known then, and looks at nothing else.

use scenario::State;

use super::loss_recovery::{Kind, Undone};
use crate::seq::before;
use crate::tcp::{CongestionWindow, INITIAL_WINDOW, Phase, ProbeKind, Seen, Spurious, Undo};

/// No run has more in flight.
const MOST: u32 = 1 << 16;
/// More SYNs than this in vain, and an open connection begins with one segment.
const SYN_RETRANSMITS_MAX: u32 = 1;

/// The window of a connection that has just opened: a SYN that was lost once is no sign of a full network.
///
/// RFC 5681 §3.1, RFC 6928 §2. Linux: `tcp_init_transfer`.
pub(crate) fn opened(from: State, syn_retransmits: u32, una: u32) -> CongestionWindow {
    let new = CongestionWindow::new(una);
    if from == State::SynSent && syn_retransmits > SYN_RETRANSMITS_MAX {
        CongestionWindow { segments: 1, slow_start_threshold: INITIAL_WINDOW / 2, ..new }
    } else {
        new
    }
}

/// A program writes, nothing is in flight, and no text has left for `idle_us`. Where that is longer than the timeout, what
/// is known of the network is old: the window goes back by half for each timeout, to the one it began with.
///
/// RFC 5681 §4.1. Linux: `tcp_slow_start_after_idle_check`, `tcp_cwnd_restart`.
pub(crate) fn after_idle(window: &mut CongestionWindow, now_us: u64, idle_us: u64, rto_us: u64) {
    if idle_us <= rto_us {
        return;
    }
    window.slow_start_threshold = threshold(window);
    let least = window.segments.min(INITIAL_WINDOW);
    let mut left_us = idle_us - rto_us;
    while left_us > 0 && window.segments > least {
        window.segments >>= 1;
        left_us = left_us.saturating_sub(rto_us);
    }
    window.segments = window.segments.max(least);
    window.used = 0;
    window.used_us = now_us;
}

/// Linux: `tcp_current_ssthresh`.
fn threshold(window: &CongestionWindow) -> u32 {
    match window.phase {
        Phase::Recovery => window.slow_start_threshold,
        _ => window.slow_start_threshold.max(window.segments / 2 + window.segments / 4),
    }
}

/// A new segment has left. A window that the program has not made use of for a timeout shrinks towards what it did use.
///
/// RFC 7661. Linux: `tcp_cwnd_validate`, `tcp_cwnd_application_limited`.
pub(crate) fn after_use(window: &mut CongestionWindow, now_us: u64, rto_us: u64, packets_out: u32) {
    if is_used(window) {
        window.used = 0;
        window.used_us = now_us;
        return;
    }
    window.used = window.used.max(packets_out);
    if now_us - window.used_us < rto_us {
        return;
    }
    let used = window.used.max(INITIAL_WINDOW);
    if window.phase == Phase::Open && used < window.segments {
        window.slow_start_threshold = threshold(window);
        window.segments = (window.segments + used) / 2;
    }
    window.used = 0;
    window.used_us = now_us;
}

/// Linux: `tcp_is_cwnd_limited`.
const fn is_used(window: &CongestionWindow) -> bool {
    let is_slow_start = window.segments < window.slow_start_threshold;
    window.was_limited || is_slow_start && window.segments < 2 * window.most_in_flight
}

/// Whether the window holds something back, and how much was in flight, since a new segment has left: both count until
/// what was in flight then is acknowledged.
///
/// RFC 7661. Linux: `tcp_cwnd_validate`.
pub(crate) fn after_sending(window: &mut CongestionWindow, packets_out: u32, in_network: u32, una: u32, nxt: u32) {
    let is_limited = in_network >= window.segments;
    let is_over = !before(una, window.usage_until);
    if is_over || is_limited || !window.was_limited && packets_out > window.most_in_flight {
        window.was_limited = is_limited;
        window.most_in_flight = packets_out;
        window.usage_until = nxt;
    }
}

/// What an ACK makes of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnAck {
    Nothing,
    /// [`grown`]
    Grows,
    /// [`reduced`], with more room where there was progress and no other loss.
    Reduces(Seen),
}

/// An ACK that acknowledges so many whole segments, and by which so many count as lost.
///
/// Linux: `tcp_cong_control`, `tcp_fastretrans_alert`.
pub(crate) fn on_ack(phase: Phase, kind: Kind, acknowledged: u32, lost: u32) -> OnAck {
    if phase == Phase::Recovery {
        let progress = kind == Kind::Advances && lost == 0;
        OnAck::Reduces(Seen::from(progress))
    } else if acknowledged > 0 {
        OnAck::Grows
    } else {
        OnAck::Nothing
    }
}

/// So many segments were delivered: slow start, and behind its threshold one segment more in a round trip, if the window
/// is made use of.
///
/// RFC 5681 §3.1. Linux: `tcp_reno_cong_avoid`, `tcp_slow_start`, `tcp_cong_avoid_ai`, `tcp_is_cwnd_limited`.
pub(crate) fn grown(window: &mut CongestionWindow, now_us: u64, segments: u32) {
    window.used_us = now_us;
    if !is_used(window) {
        return;
    }
    let is_slow_start = window.segments < window.slow_start_threshold;
    let mut rest = segments;
    if is_slow_start {
        let grown = (window.segments + segments).min(window.slow_start_threshold).min(MOST);
        rest = segments - (grown - window.segments);
        window.segments = grown;
    }
    if rest == 0 || window.segments >= MOST {
        return;
    }
    if window.grown_by >= window.segments {
        window.grown_by = 0;
        window.segments += 1;
    }
    window.grown_by += rest;
    if window.grown_by >= window.segments {
        let more = window.grown_by / window.segments;
        window.grown_by -= more * window.segments;
        window.segments += more;
    }
}

/// What is in flight when the retransmission timer fires.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout {
    pub(crate) una: u32,
    pub(crate) nxt: u32,
    /// Segments that are believed to be under way.
    pub(crate) in_network: u32,
    /// Timeouts before it, in a row.
    pub(crate) retransmits: u32,
    /// Segments that had left again before it.
    pub(crate) sent_again: u32,
}

/// RFC 5681 §3.1, RFC 5682 §2.1. Linux: `tcp_enter_loss`.
pub(crate) fn after_timeout(window: &mut CongestionWindow, timeout: &Timeout) {
    let &Timeout { una, nxt, in_network, retransmits, sent_again } = timeout;
    let is_new = matches!(window.phase, Phase::Open | Phase::Disorder);
    if is_new || !before(una, window.high) || window.phase == Phase::Loss && retransmits == 0 {
        window.undo = Some(undo(window, sent_again));
        window.slow_start_threshold = half(window);
    }
    window.spurious = if is_new || retransmits > 0 { Spurious::Possible } else { Spurious::No };
    window.segments = in_network + 1;
    window.grown_by = 0;
    window.phase = Phase::Loss;
    window.high = nxt;
    window.probe = None;
}

/// What was longer than the path takes is lost, which says nothing of how full the network is.
///
/// RFC 1191 §6.4. Linux: `tcp_simple_retransmit`.
pub(crate) const fn after_too_long(window: &mut CongestionWindow, nxt: u32) {
    if !matches!(window.phase, Phase::Loss) {
        window.high = nxt;
        window.undo = None;
        window.spurious = Spurious::No;
        window.phase = Phase::Loss;
    }
}

/// SACK has told of a loss.
///
/// RFC 6675 §5. Linux: `tcp_enter_recovery`.
pub(crate) fn in_recovery(window: &mut CongestionWindow, nxt: u32, sent_again: u32) {
    window.undo = Some(undo(window, sent_again));
    window.phase = Phase::Recovery;
    reducing(window, nxt);
}

/// Linux: `tcp_init_undo`.
fn undo(window: &CongestionWindow, sent_again: u32) -> Undo {
    let probes = u32::from(window.probe.is_some_and(|probe| probe.kind == ProbeKind::Again));
    let again = sent_again + probes;
    Undo { segments: window.segments, slow_start_threshold: threshold(window), again: (again > 0).then_some(again) }
}

/// Linux: `tcp_reno_ssthresh`.
const fn half(window: &CongestionWindow) -> u32 {
    if window.segments / 2 > 2 { window.segments / 2 } else { 2 }
}

/// Linux: `tcp_init_cwnd_reduction`.
const fn reducing(window: &mut CongestionWindow, nxt: u32) {
    window.high = nxt;
    window.probe = None;
    window.grown_by = 0;
    window.prior = window.segments;
    window.delivered = 0;
    window.sent = 0;
    window.slow_start_threshold = half(window);
}

/// Proportional rate reduction: how many may leave, where so many were delivered just now and so many are in the network;
/// one more if there was progress, and no other loss.
///
/// RFC 6937 §3.1. Linux: `tcp_cwnd_reduction`.
pub(crate) fn reduced(window: &mut CongestionWindow, delivered: u32, in_network: u32, progress: Seen) {
    if delivered == 0 || window.prior == 0 {
        return;
    }
    window.delivered += delivered;
    let may = if in_network > window.slow_start_threshold {
        (window.slow_start_threshold * window.delivered).div_ceil(window.prior).saturating_sub(window.sent)
    } else {
        let most = window.delivered.saturating_sub(window.sent).max(delivered) + u32::from(progress == Seen::Yes);
        most.min(window.slow_start_threshold - in_network)
    };
    window.segments = in_network + may.max(u32::from(window.sent == 0));
}

/// All is repaired: behind recovery the window is what is left of it.
///
/// RFC 6675 §5. Linux: `tcp_end_cwnd_reduction`.
pub(crate) const fn repaired(window: &mut CongestionWindow) {
    if matches!(window.phase, Phase::Recovery) && window.undo.is_some() {
        window.segments = window.slow_start_threshold;
    }
    window.phase = Phase::Open;
}

/// A probe that left again was needed: there was a loss.
///
/// RFC 8985 §7.4. Linux: `tcp_process_tlp_ack`.
pub(crate) const fn after_lost_tail(window: &mut CongestionWindow, nxt: u32) {
    reducing(window, nxt);
    window.segments = window.slow_start_threshold;
}

/// Whether all that left again had arrived before: the peer has got each of it twice, or the ACK had left before the
/// first of it can have come (`early`).
///
/// RFC 2883 §4, RFC 3522. Linux: `tcp_may_undo`, `tcp_packet_delayed`.
pub(crate) fn is_undone(window: &CongestionWindow, kind: Kind, early: Seen) -> Undone {
    match window.undo {
        Some(_) if kind == Kind::Advances && early == Seen::Yes => Undone::Early,
        Some(Undo { again: Some(0), .. }) => Undone::Twice,
        _ => Undone::No,
    }
}

/// There was no loss: the window is what it was.
///
/// RFC 3522 §3.2. Linux: `tcp_undo_cwnd_reduction`.
pub(crate) fn undone(window: &mut CongestionWindow) {
    if let Some(undo) = window.undo.take() {
        window.segments = window.segments.max(undo.segments);
        window.slow_start_threshold = window.slow_start_threshold.max(undo.slow_start_threshold);
    }
    window.phase = Phase::Open;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(segments: u32) -> CongestionWindow {
        CongestionWindow { segments, ..CongestionWindow::new(0) }
    }

    fn timeout(retransmits: u32) -> Timeout {
        Timeout { una: 0, nxt: 1_000, in_network: 0, retransmits, sent_again: 0 }
    }

    fn changed(known: &CongestionWindow, change: impl FnOnce(&mut CongestionWindow)) -> CongestionWindow {
        let mut window = *known;
        change(&mut window);
        window
    }

    #[test]
    fn more_than_one_syn_in_vain_and_a_connection_begins_with_one_segment() {
        assert_eq!(opened(State::SynSent, 1, 1).segments, 10);
        let small = opened(State::SynSent, 2, 1);
        assert_eq!((small.segments, small.slow_start_threshold), (1, 5));
        assert_eq!(opened(State::SynReceived, 2, 1).segments, 10, "what was lost is the second segment");
    }

    #[test]
    fn the_window_grows_only_while_it_is_made_use_of() {
        let window = changed(&of(10), |window| after_sending(window, 2, 2, 0, 200));
        assert_eq!(changed(&window, |window| grown(window, 0, 2)).segments, 10, "two of ten are no use");
        let window = changed(&window, |window| after_sending(window, 10, 10, 200, 1_200));
        assert_eq!(changed(&window, |window| grown(window, 0, 10)).segments, 20);
    }

    #[test]
    fn behind_a_timeout_it_grows_to_half_and_then_by_one_in_a_round_trip() {
        let mut window = changed(&of(10), |window| after_timeout(window, &timeout(0)));
        assert_eq!(window.segments, 1);
        let mut seen = Vec::new();
        for _ in 0..5 {
            let flight = window.segments;
            window = changed(&window, |window| after_sending(window, flight, flight, 0, 1_000));
            window = (0..flight).fold(window, |window, _| changed(&window, |window| grown(window, 0, 1)));
            seen.push(window.segments);
        }
        assert_eq!(seen, [2, 4, 5, 6, 7], "as a kernel did");
    }

    #[test]
    fn behind_a_silence_it_is_what_it_began_with() {
        for (segments, idle_us, left) in [
            (12, 250_000, 12),
            (12, 250_001, 10),
            (64, 300_000, 32),
            (64, 510_000, 16),
            (64, 1_000_000, 10),
            (4, 900_000, 4),
        ] {
            let window = changed(&of(segments), |window| after_idle(window, 0, idle_us, 250_000));
            assert_eq!(window.segments, left, "{segments} segments, {idle_us} us");
        }
    }

    #[test]
    fn a_window_that_is_not_used_shrinks_by_half_of_what_is_too_much() {
        let window = changed(&CongestionWindow { slow_start_threshold: 20, ..of(40) }, |window| {
            after_use(window, 249_999, 250_000, 2);
        });
        assert_eq!(window.segments, 40);
        let window = changed(&window, |window| after_use(window, 250_000, 250_000, 2));
        assert_eq!((window.segments, window.slow_start_threshold), (25, 30));
    }

    #[test]
    fn a_loss_leaves_half_and_lets_as_many_leave_as_have_arrived() {
        // Ten have left, three have arrived and five are lost.
        let window = changed(&changed(&of(10), |window| in_recovery(window, 1_000, 0)), |window| {
            reduced(window, 3, 2, Seen::No);
        });
        assert_eq!(window.segments, 5, "two are in the network, and three may leave");
        let window = changed(&window, repaired);
        assert_eq!((window.segments, window.phase), (5, Phase::Open));
    }

    #[test]
    fn in_recovery_half_as_many_leave_as_arrive_until_half_are_in_the_network() {
        let mut window = changed(&of(10), |window| in_recovery(window, 1_000, 0));
        // Half of ten is five: the second, fourth … that arrives lets one leave.
        let mut left = Vec::new();
        for in_network in [9, 8, 8, 7, 7, 6] {
            window = changed(&window, |window| reduced(window, 1, in_network, Seen::No));
            let may = window.segments - in_network;
            left.push(may);
            (0..may).for_each(|_| window.note_sent_again());
        }
        assert_eq!(left, [1, 0, 1, 0, 1, 0]);
    }

    #[test]
    fn below_half_one_more_leaves_while_there_is_progress_and_no_other_loss() {
        for (kind, lost, segments) in [(Kind::Advances, 1, 2), (Kind::Other, 0, 2), (Kind::Advances, 0, 3)] {
            let OnAck::Reduces(progress) = on_ack(Phase::Recovery, kind, 1, lost) else { panic!("it is recovery") };
            let window = changed(&changed(&of(10), |window| in_recovery(window, 1_000, 0)), |window| {
                reduced(window, 1, 1, progress);
            });
            assert_eq!(window.segments, segments, "{kind:?}, {lost} lost");
        }
        assert_eq!(on_ack(Phase::Loss, Kind::Advances, 1, 1), OnAck::Grows);
        assert_eq!(on_ack(Phase::Open, Kind::Other, 0, 0), OnAck::Nothing);
    }

    #[test]
    fn what_the_peer_has_got_twice_was_not_lost() {
        let mut window = changed(&of(10), |window| after_timeout(window, &timeout(0)));
        assert_eq!(is_undone(&window, Kind::Advances, Seen::No), Undone::No, "nothing has left again yet");
        window.note_sent_again();
        assert_eq!(is_undone(&window, Kind::Advances, Seen::Yes), Undone::Early, "the ACK was under way");
        assert_eq!(is_undone(&window, Kind::Duplicate, Seen::Yes), Undone::No);
        window.note_duplicate();
        assert_eq!(is_undone(&window, Kind::Duplicate, Seen::No), Undone::Twice);
        assert_eq!(changed(&window, undone).segments, 10);
        assert_eq!(is_undone(&of(10), Kind::Advances, Seen::Yes), Undone::No, "there was no loss");
    }

    #[test]
    fn a_narrower_path_and_a_lost_tail_leave_what_they_must() {
        assert_eq!(changed(&of(10), |window| after_too_long(window, 1_000)).segments, 10);
        let window = changed(&of(10), |window| after_lost_tail(window, 1_000));
        assert_eq!((window.segments, window.slow_start_threshold, window.phase), (5, 5, Phase::Open));
    }
}
