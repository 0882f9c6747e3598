//! The congestion window, in segments, and the phase of loss recovery: slow start and congestion avoidance
//! (RFC 5681 §3.1, RFC 6928), fast recovery with proportional rate reduction (RFC 6937), F-RTO (RFC 5682).

use super::retransmission_queue::Seen;
use crate::seq::before;

/// TCP_INIT_CWND (RFC 6928)
const INITIAL: u32 = 10;
/// No run has more in flight.
const MOST: u32 = 1 << 16;

#[derive(Clone, Debug)]
pub(crate) struct CongestionWindow {
    segments: u32,
    slow_start_threshold: u32,
    /// Segments acknowledged since it last grew beyond the threshold (Linux: `snd_cwnd_cnt`).
    grown_by: u32,
    /// Whether the window, and not the program, held something back (Linux: `is_cwnd_limited`), and the most segments
    /// that were in flight, both until `usage_until` is acknowledged (`tcp_cwnd_validate`).
    was_limited: bool,
    most_in_flight: u32,
    usage_until: u32,
    /// The most segments in flight since the window was last made use of or grown, and when that was, in microseconds
    /// (Linux: `snd_cwnd_used`, `snd_cwnd_stamp`).
    used: u32,
    used_us: u64,
    pub(crate) phase: Phase,
    /// SND.NXT when the phase began: recovery ends when that is acknowledged (Linux: `high_seq`).
    pub(crate) high: u32,
    /// Of the loss that is being repaired.
    undo: Option<Undo>,
    /// Segments delivered, and sent, since recovery has begun (Linux: `prr_delivered`, `prr_out`).
    delivered: u32,
    sent: u32,
    prior: u32,
    /// Whether a timeout may turn out to have been none.
    pub(crate) spurious: Spurious,
    /// A tail loss probe that nothing has answered.
    pub(crate) probe: Option<Probe>,
}

/// Linux: `tcp_ca_state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing is missing.
    Open,
    /// SACK has told of a gap, or something has left again.
    Disorder,
    /// Losses are repaired that SACK has told of.
    Recovery,
    /// The retransmission timer has fired.
    Loss,
}

/// F-RTO (RFC 5682): what has left before a timeout may still arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spurious {
    Possible,
    No,
}

/// What was before a loss (Linux: `undo_marker`, `prior_cwnd`, `prior_ssthresh`).
#[derive(Clone, Copy, Debug)]
struct Undo {
    segments: u32,
    slow_start_threshold: u32,
    /// Segments that have left again and that the peer has not got twice; none yet (Linux: `undo_retrans`).
    again: Option<u32>,
}

/// A tail loss probe (RFC 8985 §7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    /// SND.NXT behind it (Linux: `tlp_high_seq`).
    pub(crate) high: u32,
    pub(crate) kind: ProbeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    New,
    Again,
}

impl CongestionWindow {
    pub(crate) const fn new(iss: u32) -> Self {
        Self {
            segments: INITIAL,
            slow_start_threshold: u32::MAX,
            grown_by: 0,
            was_limited: false,
            most_in_flight: 0,
            usage_until: iss,
            used: 0,
            used_us: 0,
            phase: Phase::Open,
            high: iss,
            undo: None,
            delivered: 0,
            sent: 0,
            prior: 0,
            spurious: Spurious::No,
            probe: None,
        }
    }

    /// A connection whose SYN was lost more than once begins so.
    pub(crate) const fn of_one_segment(iss: u32) -> Self {
        Self { segments: 1, slow_start_threshold: INITIAL / 2, ..Self::new(iss) }
    }

    pub(crate) const fn segments(&self) -> u32 {
        self.segments
    }

    /// Nothing was in flight, and for longer than the timeout no text has left: what is known of the network is old, and
    /// the window goes back by half for each timeout, to the one it began with (RFC 5681 §4.1; Linux: `tcp_cwnd_restart`).
    pub(crate) fn restart(&mut self, now_us: u64, idle_us: u64, rto_us: u64) {
        if idle_us <= rto_us {
            return;
        }
        self.slow_start_threshold = self.threshold();
        let least = self.segments.min(INITIAL);
        let mut left_us = idle_us - rto_us;
        while left_us > 0 && self.segments > least {
            self.segments >>= 1;
            left_us = left_us.saturating_sub(rto_us);
        }
        self.segments = self.segments.max(least);
        self.used = 0;
        self.used_us = now_us;
    }

    /// Linux: `tcp_current_ssthresh`
    fn threshold(&self) -> u32 {
        match self.phase {
            Phase::Recovery => self.slow_start_threshold,
            _ => self.slow_start_threshold.max(self.segments / 2 + self.segments / 4),
        }
    }

    /// A new segment has left. A window that the program has not made use of for a timeout shrinks towards what it did
    /// use (RFC 7661; Linux: `tcp_cwnd_application_limited`).
    pub(crate) fn note_use(&mut self, now_us: u64, rto_us: u64, packets_out: u32) {
        if self.is_used() {
            self.used = 0;
            self.used_us = now_us;
            return;
        }
        self.used = self.used.max(packets_out);
        if now_us - self.used_us < rto_us {
            return;
        }
        let used = self.used.max(INITIAL);
        if self.phase == Phase::Open && used < self.segments {
            self.slow_start_threshold = self.threshold();
            self.segments = (self.segments + used) / 2;
        }
        self.used = 0;
        self.used_us = now_us;
    }

    /// Linux: `tcp_is_cwnd_limited`
    const fn is_used(&self) -> bool {
        let is_slow_start = self.segments < self.slow_start_threshold;
        self.was_limited || is_slow_start && self.segments < 2 * self.most_in_flight
    }

    /// So many segments were acknowledged: slow start, and behind its threshold one segment more in a round trip, if
    /// the window is made use of (Linux: `tcp_reno_cong_avoid`, `tcp_is_cwnd_limited`).
    pub(crate) fn note_acknowledged(&mut self, now_us: u64, segments: u32) {
        self.used_us = now_us;
        if !self.is_used() {
            return;
        }
        let is_slow_start = self.segments < self.slow_start_threshold;
        let mut rest = segments;
        if is_slow_start {
            let grown = (self.segments + segments).min(self.slow_start_threshold).min(MOST);
            rest = segments - (grown - self.segments);
            self.segments = grown;
        }
        if rest == 0 || self.segments >= MOST {
            return;
        }
        if self.grown_by >= self.segments {
            self.grown_by = 0;
            self.segments += 1;
        }
        self.grown_by += rest;
        if self.grown_by >= self.segments {
            let more = self.grown_by / self.segments;
            self.grown_by -= more * self.segments;
            self.segments += more;
        }
    }

    /// A retransmission timeout (RFC 5681 §3.1; Linux: `tcp_enter_loss`). `retransmits`: timeouts before it, in a row.
    pub(crate) fn enter_loss(&mut self, una: u32, nxt: u32, in_network: u32, retransmits: u32, sent_again: u32) {
        let is_new = matches!(self.phase, Phase::Open | Phase::Disorder);
        if is_new || !before(una, self.high) || self.phase == Phase::Loss && retransmits == 0 {
            self.begin_undo(sent_again);
            self.slow_start_threshold = (self.segments / 2).max(2);
        }
        self.spurious = if is_new || retransmits > 0 { Spurious::Possible } else { Spurious::No };
        self.segments = in_network + 1;
        self.grown_by = 0;
        self.phase = Phase::Loss;
        self.high = nxt;
        self.probe = None;
    }

    /// What was longer than the path takes is lost, which says nothing of how full the network is
    /// (Linux: `tcp_simple_retransmit`).
    pub(crate) const fn note_too_long(&mut self, nxt: u32) {
        if !matches!(self.phase, Phase::Loss) {
            self.high = nxt;
            self.undo = None;
            self.spurious = Spurious::No;
            self.phase = Phase::Loss;
        }
    }

    /// SACK has told of a loss (RFC 6675 §5; Linux: `tcp_enter_recovery`).
    pub(crate) fn enter_recovery(&mut self, nxt: u32, sent_again: u32) {
        self.begin_undo(sent_again);
        self.begin_reduction(nxt);
        self.phase = Phase::Recovery;
    }

    fn begin_undo(&mut self, sent_again: u32) {
        let probes = u32::from(self.probe.is_some_and(|probe| probe.kind == ProbeKind::Again));
        let again = sent_again + probes;
        self.undo = Some(Undo {
            segments: self.segments,
            slow_start_threshold: self.threshold(),
            again: (again > 0).then_some(again),
        });
    }

    /// Linux: `tcp_init_cwnd_reduction`
    const fn begin_reduction(&mut self, nxt: u32) {
        self.high = nxt;
        self.probe = None;
        self.grown_by = 0;
        self.prior = self.segments;
        self.delivered = 0;
        self.sent = 0;
        self.slow_start_threshold = if self.segments / 2 > 2 { self.segments / 2 } else { 2 };
    }

    /// Proportional rate reduction (RFC 6937; Linux: `tcp_cwnd_reduction`): how many may leave, where so many were
    /// delivered just now and so many are in the network; one more if there was progress, and no other loss.
    pub(crate) fn reduce(&mut self, delivered: u32, in_network: u32, progress: Seen) {
        if delivered == 0 || self.prior == 0 {
            return;
        }
        self.delivered += delivered;
        let may = if in_network > self.slow_start_threshold {
            (self.slow_start_threshold * self.delivered).div_ceil(self.prior).saturating_sub(self.sent)
        } else {
            let most = self.delivered.saturating_sub(self.sent).max(delivered) + u32::from(progress == Seen::Yes);
            most.min(self.slow_start_threshold - in_network)
        };
        self.segments = in_network + may.max(u32::from(self.sent == 0));
    }

    /// Recovery is over (Linux: `tcp_end_cwnd_reduction`).
    pub(crate) const fn end_reduction(&mut self) {
        if self.undo.is_some() {
            self.segments = self.slow_start_threshold;
        }
    }

    /// A probe that left again was needed: there was a loss (Linux: `tcp_process_tlp_ack`).
    pub(crate) const fn reduce_at_once(&mut self, nxt: u32) {
        self.begin_reduction(nxt);
        self.segments = self.slow_start_threshold;
    }

    /// The peer has got a segment twice.
    pub(crate) const fn note_duplicate(&mut self) {
        if let Some(Undo { again: Some(again), .. }) = &mut self.undo {
            *again = again.saturating_sub(1);
        }
    }

    /// A segment has left again.
    pub(crate) const fn note_sent_again(&mut self) {
        if let Some(undo) = &mut self.undo {
            undo.again = match undo.again {
                None => Some(1),
                Some(again) => Some(again + 1),
            };
        }
        self.note_sent_in_recovery();
    }

    const fn note_sent_in_recovery(&mut self) {
        if matches!(self.phase, Phase::Recovery) {
            self.sent += 1;
        }
    }

    /// Whether all that left again had arrived before (Linux: `tcp_may_undo`, without what timestamps tell).
    pub(crate) const fn is_undone(&self) -> bool {
        matches!(self.undo, Some(Undo { again: Some(0), .. }))
    }

    pub(crate) const fn can_undo(&self) -> bool {
        self.undo.is_some()
    }

    /// There was no loss: the window is what it was (Linux: `tcp_undo_cwnd_reduction`).
    pub(crate) fn undo(&mut self) {
        if let Some(before) = self.undo.take() {
            self.segments = self.segments.max(before.segments);
            self.slow_start_threshold = self.slow_start_threshold.max(before.slow_start_threshold);
        }
    }

    /// A new segment has left: notes whether the window is made use of (Linux: `tcp_cwnd_validate`).
    pub(crate) fn note_sent(&mut self, packets_out: u32, in_network: u32, una: u32, nxt: u32) {
        self.note_sent_in_recovery();
        let is_limited = in_network >= self.segments;
        let is_over = !before(una, self.usage_until);
        if is_over || is_limited || !self.was_limited && packets_out > self.most_in_flight {
            self.was_limited = is_limited;
            self.most_in_flight = packets_out;
            self.usage_until = nxt;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_only_while_it_is_made_use_of() {
        let mut window = CongestionWindow::new(0);
        window.note_sent(2, 2, 0, 200);
        window.note_acknowledged(0, 2);
        assert_eq!(window.segments(), 10, "two of ten are no use");
        window.note_sent(10, 10, 200, 1200);
        window.note_acknowledged(0, 10);
        assert_eq!(window.segments(), 20);
    }

    #[test]
    fn behind_a_timeout_it_grows_to_half_and_then_by_one_in_a_round_trip() {
        let mut window = CongestionWindow::new(0);
        window.enter_loss(0, 1_000, 0, 0, 0);
        assert_eq!(window.segments(), 1);
        let mut grown = Vec::new();
        for _ in 0..5 {
            let flight = window.segments();
            window.note_sent(flight, flight, 0, 1_000);
            (0..flight).for_each(|_| window.note_acknowledged(0, 1));
            grown.push(window.segments());
        }
        assert_eq!(grown, [2, 4, 5, 6, 7], "as a kernel did");
    }

    #[test]
    fn behind_a_silence_it_is_what_it_began_with() {
        let grown = |segments| CongestionWindow { segments, ..CongestionWindow::new(0) };
        for (segments, idle_us, left) in [
            (12, 250_000, 12),
            (12, 250_001, 10),
            (64, 300_000, 32),
            (64, 510_000, 16),
            (64, 1_000_000, 10),
            (4, 900_000, 4),
        ] {
            let mut window = grown(segments);
            window.restart(0, idle_us, 250_000);
            assert_eq!(window.segments(), left, "{segments} segments, {idle_us} us");
        }
    }

    #[test]
    fn a_window_that_is_not_used_shrinks_by_half_of_what_is_too_much() {
        let mut window = CongestionWindow { segments: 40, slow_start_threshold: 20, ..CongestionWindow::new(0) };
        window.note_use(249_999, 250_000, 2);
        assert_eq!(window.segments(), 40);
        window.note_use(250_000, 250_000, 2);
        assert_eq!((window.segments(), window.slow_start_threshold), (25, 30));
    }

    #[test]
    fn a_loss_leaves_half_and_lets_as_many_leave_as_have_arrived() {
        let mut window = CongestionWindow::new(0);
        window.enter_recovery(1_000, 0);
        // Ten have left, three have arrived and five are lost.
        window.reduce(3, 2, Seen::No);
        assert_eq!(window.segments(), 5, "two are in the network, and three may leave");
        window.end_reduction();
        assert_eq!(window.segments(), 5);
    }

    #[test]
    fn in_recovery_half_as_many_leave_as_arrive_until_half_are_in_the_network() {
        let mut window = CongestionWindow::new(0);
        window.enter_recovery(1_000, 0);
        // Half of ten is five: the second, fourth … that arrives lets one leave.
        let mut left = Vec::new();
        for in_network in [9, 8, 8, 7, 7, 6] {
            window.reduce(1, in_network, Seen::No);
            let may = window.segments() - in_network;
            left.push(may);
            (0..may).for_each(|_| window.note_sent_again());
        }
        assert_eq!(left, [1, 0, 1, 0, 1, 0]);
    }

    #[test]
    fn below_half_one_more_leaves_while_there_is_progress_and_no_other_loss() {
        for (progress, segments) in [(Seen::No, 2), (Seen::Yes, 3)] {
            let mut window = CongestionWindow::new(0);
            window.enter_recovery(1_000, 0);
            window.reduce(1, 1, progress);
            assert_eq!(window.segments(), segments, "{progress:?}");
        }
    }

    #[test]
    fn what_the_peer_has_got_twice_was_not_lost() {
        let mut window = CongestionWindow::new(0);
        window.enter_loss(0, 1_000, 0, 0, 0);
        assert!(!window.is_undone(), "nothing has left again yet");
        window.note_sent_again();
        window.note_duplicate();
        assert!(window.is_undone());
        window.undo();
        assert_eq!(window.segments(), 10);
    }
}
