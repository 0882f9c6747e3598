//! Losses: what ACKs tell of them is noted, and what is lost leaves again; decided in `rules/loss_recovery.rs`.

use scenario::{Flags, RawSegment};

use super::connection::{Connection, Context};
use crate::rules::loss_recovery::{self, Answered, Facts, Kind, Looked, Queue, Step, Told};
use crate::seq::{after, before, length};
use crate::tcp::{Found, News, Phase, Sack, Seen, Spurious, Timer, Timestamp};
use crate::wire;

/// No occasion to send is a longer row of segments than this.
const SEGMENTS_MAX: usize = 4_096;

/// What happens to what is lost, when all that an ACK tells is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repair {
    Nothing,
    Lost,
    /// Something new first.
    New,
}

impl Connection {
    /// Notes what SACK tells of what is in flight.
    pub(crate) fn note_sack(&mut self, now_us: u64, segment: &RawSegment, frame: &[u8]) {
        let Some(tcb) = &mut self.tcb else { return };
        if !segment.flags.ack || !tcb.snd.is_in_flight() || after(segment.ack, tcb.snd.nxt) {
            return;
        }
        for range in wire::sack_ranges(frame).into_iter().flatten() {
            match loss_recovery::on_sack(&tcb.snd, segment.ack, range) {
                Told::Nothing => {}
                Told::Twice => tcb.queue.note_duplicate(range.1),
                Told::Arrived => tcb.queue.note_sacked(now_us, range, tcb.congestion.high),
            }
        }
    }

    /// An ACK was taken while something was in flight (Linux: the end of `tcp_ack`).
    pub(crate) fn recover(&mut self, cx: &mut Context<'_>, ack: u32, kind: Kind) {
        let Some(tcb) = &mut self.tcb else { return };
        let news = tcb.queue.take_news();
        if news.duplicate.is_some() {
            tcb.congestion.note_duplicate();
        }
        if let Some(probe) = tcb.congestion.probe {
            match loss_recovery::answers_probe(probe, ack, kind, &news) {
                Answered::NotYet => {}
                Answered::NoLoss => tcb.congestion.probe = None,
                Answered::Loss => tcb.congestion.reduce_at_once(tcb.snd.nxt),
            }
        }
        let facts = Facts {
            phase: tcb.congestion.phase,
            una: tcb.snd.una,
            nxt: tcb.snd.nxt,
            high: tcb.congestion.high,
            kind,
            news,
            spurious: tcb.congestion.spurious,
            undone: self.undone(cx.timestamp, kind),
            new_segment: self.new_segment(),
        };
        let (repair, lost) = if self.sack() == Sack::Permitted && loss_recovery::is_dubious(&facts) {
            self.alert(cx.now_us, &facts)
        } else {
            self.without_sack(&facts)
        };
        self.resize(cx.now_us, kind, &news, lost);
        self.repair(cx, repair);
        self.forget_repaired();
    }

    fn alert(&mut self, now_us: u64, facts: &Facts) -> (Repair, Found) {
        let step = loss_recovery::on_ack(facts);
        let Some(tcb) = &mut self.tcb else { return (Repair::Nothing, Found::default()) };
        match step {
            Step::TryNew => {
                tcb.congestion.high = tcb.snd.nxt;
                return (Repair::New, Found::default());
            }
            Step::Undo => {
                tcb.congestion.undo();
                if facts.phase == Phase::Loss {
                    tcb.queue.find_all();
                    self.backoff.retransmits = 0;
                }
                tcb.congestion.phase = Phase::Open;
            }
            Step::Over => {
                if facts.phase == Phase::Recovery {
                    tcb.congestion.end_reduction();
                }
                tcb.congestion.phase = Phase::Open;
            }
            Step::Repair(spurious) => tcb.congestion.spurious = spurious,
            Step::Look => {}
        }
        let found = self.detect_losses(now_us);
        let Some(tcb) = &mut self.tcb else { return (Repair::Nothing, found) };
        let believed = Queue {
            lost_again: if found.again { Seen::Yes } else { Seen::No },
            losses: if tcb.queue.has_losses() { Seen::Yes } else { Seen::No },
            gaps: if tcb.queue.has_gaps() || tcb.queue.has_repeated() { Seen::Yes } else { Seen::No },
        };
        let repair = match loss_recovery::after_looking(tcb.congestion.phase, believed) {
            Looked::Repair => Repair::Lost,
            Looked::EnterRecovery => {
                let again = tcb.queue.sent_again();
                tcb.congestion.enter_recovery(tcb.snd.nxt, again);
                Repair::Lost
            }
            Looked::Wait(phase) => {
                tcb.congestion.phase = phase;
                Repair::Nothing
            }
        };
        (repair, found)
    }

    /// Without SACK only the timer tells of losses.
    fn without_sack(&mut self, facts: &Facts) -> (Repair, Found) {
        let Some(tcb) = &mut self.tcb else { return (Repair::Nothing, Found::default()) };
        let repair = match tcb.congestion.phase {
            Phase::Loss if before(facts.una, facts.high) => Repair::Lost,
            Phase::Loss => {
                tcb.congestion.phase = Phase::Open;
                Repair::Nothing
            }
            _ => Repair::Nothing,
        };
        (repair, Found::default())
    }

    /// Linux: `tcp_cong_control`
    fn resize(&mut self, now_us: u64, kind: Kind, news: &News, found: Found) {
        let Some(tcb) = &mut self.tcb else { return };
        if tcb.congestion.phase == Phase::Recovery {
            let progress = if kind == Kind::Advances && found.lost == 0 { Seen::Yes } else { Seen::No };
            tcb.congestion.reduce(news.delivered, tcb.queue.packets_in_network(), progress);
        } else if news.acknowledged > 0 {
            tcb.congestion.note_acknowledged(now_us, news.delivered);
        }
    }

    /// Linux: `tcp_xmit_recovery`
    fn repair(&mut self, cx: &mut Context<'_>, repair: Repair) {
        match repair {
            Repair::Nothing => {}
            Repair::Lost => self.send_lost(cx),
            Repair::New => {
                self.output(cx);
                let Some(tcb) = &mut self.tcb else { return };
                if !after(tcb.snd.nxt, tcb.congestion.high) {
                    tcb.congestion.spurious = Spurious::No;
                    self.send_lost(cx);
                }
            }
        }
    }

    /// When nothing is being repaired any more, the time since something left again is over.
    fn forget_repaired(&mut self) {
        if let Some(tcb) = &self.tcb
            && matches!(tcb.congestion.phase, Phase::Open | Phase::Disorder)
            && !tcb.queue.has_repeated()
        {
            self.backoff.since_us = None;
        }
    }

    /// Whether all that left again had arrived before: the peer has got each of it twice, or this ACK had left before
    /// the first of it can have come (Linux: `tcp_may_undo`, `tcp_packet_delayed`).
    fn undone(&self, left: Option<Timestamp>, kind: Kind) -> Seen {
        let Some(tcb) = &self.tcb else { return Seen::No };
        let is_early = kind == Kind::Advances
            && tcb.congestion.can_undo()
            && self.backoff.since_us.is_some_and(|since_us| tcb.queue.is_before(left, since_us));
        if tcb.congestion.is_undone() || is_early { Seen::Yes } else { Seen::No }
    }

    fn new_segment(&self) -> Seen {
        let waits =
            self.tcb.as_ref().is_some_and(|tcb| tcb.next().is_some() && after(tcb.snd.right_edge(), tcb.snd.nxt));
        if waits { Seen::Yes } else { Seen::No }
    }

    /// Linux: `tcp_rack_mark_lost`
    fn detect_losses(&mut self, now_us: u64) -> Found {
        let Some(tcb) = &mut self.tcb else { return Found::default() };
        if !tcb.queue.take_advanced() {
            return Found::default();
        }
        self.look_for_losses(now_us)
    }

    /// Linux: `tcp_rack_detect_loss`
    fn look_for_losses(&mut self, now_us: u64) -> Found {
        let Some(tcb) = &mut self.tcb else { return Found::default() };
        let window_us = loss_recovery::reordering_window_us(
            tcb.congestion.phase,
            tcb.queue.reordering,
            tcb.queue.arrived(),
            tcb.queue.min_rtt_us(),
            self.round_trip.smoothed_us(),
        );
        let found = tcb.queue.detect_losses(now_us, window_us);
        match found.wait_us {
            Some(wait_us) => {
                self.timers.set(Timer::Reordering, loss_recovery::look_again_us(now_us, wait_us));
                self.timers.clear(Timer::LossProbe);
            }
            None => self.timers.clear(Timer::Reordering),
        }
        found
    }

    /// What may only have been late counts as lost now (Linux: `tcp_rack_reo_timeout`).
    pub(crate) fn fire_reordering(&mut self, cx: &mut Context<'_>) {
        self.timers.clear(Timer::Reordering);
        let found = self.look_for_losses(cx.now_us);
        if found.lost == 0 {
            return;
        }
        if let Some(tcb) = &mut self.tcb
            && tcb.congestion.phase != Phase::Recovery
        {
            let again = tcb.queue.sent_again();
            tcb.congestion.enter_recovery(tcb.snd.nxt, again);
            tcb.congestion.reduce(1, tcb.queue.packets_in_network(), Seen::No);
        }
        self.send_lost(cx);
        self.output(cx);
    }

    /// What is lost leaves again, one segment after the other.
    pub(crate) fn send_lost(&mut self, cx: &mut Context<'_>) {
        for _ in 0..SEGMENTS_MAX {
            let Some(tcb) = &self.tcb else { return };
            let Some(lost) = tcb.queue.next_lost() else { return };
            if !loss_recovery::may_repair(&tcb.snd, lost.seq, tcb.queue.packets_in_network(), tcb.congestion.segments())
            {
                return;
            }
            let seq = lost.seq;
            self.send_again_from(cx, seq);
        }
    }

    /// The retransmission timer has fired: the first segment leaves again (Linux: `tcp_enter_loss`).
    pub(crate) fn lose_all(&mut self, cx: &mut Context<'_>, retransmits: u32) {
        self.timers.clear(Timer::LossProbe);
        self.timers.clear(Timer::Reordering);
        let Some(tcb) = &mut self.tcb else { return };
        let again = tcb.queue.sent_again();
        tcb.queue.lose_all(cx.now_us);
        let in_network = tcb.queue.packets_in_network();
        tcb.congestion.enter_loss(tcb.snd.una, tcb.snd.nxt, in_network, retransmits, again);
    }

    /// The first segment leaves again, whatever the congestion window says.
    pub(crate) fn send_head_again(&mut self, cx: &mut Context<'_>) {
        if let Some(seq) = self.tcb.as_ref().and_then(|tcb| tcb.queue.head()).map(|head| head.seq) {
            self.send_again_from(cx, seq);
        }
        self.output(cx);
    }

    fn send_again_from(&mut self, cx: &mut Context<'_>, seq: u32) {
        let Some(tcb) = &mut self.tcb else { return };
        let is_head = seq == tcb.snd.una;
        let Some(frame) = tcb.send_again(cx.now_us, seq) else { return };
        tcb.congestion.note_sent_again();
        self.backoff.since_us.get_or_insert(cx.now_us);
        if is_head && !self.timers.is_set(Timer::Reordering) {
            let due_us = cx.now_us + self.rto_us();
            self.timers.set(Timer::Retransmission, due_us);
            self.timers.clear(Timer::LossProbe);
        }
        self.leave(cx, frame);
    }

    /// The ACK in a frame tells of what has arrived twice, once (RFC 2883).
    pub(crate) fn tell_duplicate(&mut self, cx: &Context<'_>, frame: Vec<u8>) -> Vec<u8> {
        let Some(tcb) = &mut self.tcb else { return frame };
        let segment = wire::read(&frame);
        if tcb.sack == Sack::No || length(&segment) > 0 || segment.flags != Flags::ACK {
            return frame;
        }
        let Some(duplicate) = tcb.rcv.duplicate.take() else { return frame };
        let [first, second, _] = wire::sack_ranges(&frame);
        wire::write_with_sack(cx.ip, &segment, [Some(duplicate), first, second])
    }
}
