//! Losses: what ACKs tell of them is noted, and what is lost leaves again; decided in `rules/loss_recovery.rs`.

use scenario::{Flags, RawSegment};

use super::connection::{Connection, Context};
use crate::rules::congestion_control::{self, OnAck, Timeout};
use crate::rules::loss_recovery::{self, Answered, Facts, Kind, Looked, Queue, Step, Told, Undone};
use crate::rules::retransmission;
use crate::seq::{after, length};
use crate::tcp::{Found, News, Phase, Sack, Seen, Spurious, Timer, Timestamp, is_before};
use crate::wire;

/// Segments that leave on one occasion at most.
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

    /// An ACK was taken while something was in flight.
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
                Answered::Loss => {
                    congestion_control::after_lost_tail(&mut tcb.congestion, tcb.snd.nxt);
                }
            }
        }
        let sent_again = Seen::from(tcb.queue.sent_again() > 0);
        let facts = Facts {
            phase: tcb.congestion.phase,
            una: tcb.snd.una,
            nxt: tcb.snd.nxt,
            high: tcb.congestion.high,
            kind,
            news,
            spurious: tcb.congestion.spurious,
            undone: self.undone(cx.echo(), kind),
            sent_again,
            new_segment: self.new_segment(),
        };
        let (repair, lost) = if self.sack() == Sack::Permitted && loss_recovery::is_dubious(&facts) {
            self.alert(cx.now_us, &facts)
        } else {
            (self.enter(loss_recovery::without_sack(&facts)), Found::default())
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
                congestion_control::undone(&mut tcb.congestion);
                if facts.phase == Phase::Loss {
                    tcb.queue.find_all();
                    self.backoff.retransmits = 0;
                }
            }
            Step::UndoInPart => {
                tcb.queue.note_late_gap();
                congestion_control::undone(&mut tcb.congestion);
                tcb.queue.find_all();
            }
            Step::Wait => {
                tcb.queue.note_late_gap();
                return (Repair::Nothing, Found::default());
            }
            Step::Over => congestion_control::repaired(&mut tcb.congestion),
            Step::Repair(spurious) => tcb.congestion.spurious = spurious,
            Step::Look => {}
        }
        let found = self.detect_losses(now_us);
        let Some(tcb) = &mut self.tcb else { return (Repair::Nothing, found) };
        let believed = Queue {
            lost_again: Seen::from(found.again),
            losses: Seen::from(tcb.queue.has_losses()),
            gaps: Seen::from(tcb.queue.has_gaps() || tcb.queue.has_repeated()),
        };
        let looked = loss_recovery::after_looking(tcb.congestion.phase, believed);
        (self.enter(looked), found)
    }

    /// Enters the phase that follows from what was found.
    fn enter(&mut self, looked: Looked) -> Repair {
        let Some(tcb) = &mut self.tcb else { return Repair::Nothing };
        match looked {
            Looked::Repair => Repair::Lost,
            Looked::EnterRecovery => {
                let again = tcb.queue.sent_again();
                congestion_control::in_recovery(&mut tcb.congestion, tcb.snd.nxt, again);
                Repair::Lost
            }
            Looked::Wait(phase) => {
                tcb.congestion.phase = phase;
                Repair::Nothing
            }
        }
    }

    /// Sets the congestion window after an ACK.
    fn resize(&mut self, now_us: u64, kind: Kind, news: &News, found: Found) {
        let Some(tcb) = &mut self.tcb else { return };
        match congestion_control::on_ack(tcb.congestion.phase, kind, news.acknowledged, found.lost) {
            OnAck::Nothing => {}
            OnAck::Grows => congestion_control::grown(&mut tcb.congestion, now_us, news.delivered),
            OnAck::Reduces(progress) => {
                let in_network = tcb.queue.packets_in_network();
                congestion_control::reduced(&mut tcb.congestion, news.delivered, in_network, progress);
            }
        }
    }

    fn repair(&mut self, cx: &mut Context<'_>, repair: Repair) {
        match repair {
            Repair::Nothing => {}
            Repair::Lost => self.send_lost(cx),
            Repair::New => {
                self.output(cx);
                let Some(tcb) = &mut self.tcb else { return };
                if !loss_recovery::has_tried_new(tcb.snd.nxt, tcb.congestion.high) {
                    tcb.congestion.spurious = Spurious::No;
                    self.send_lost(cx);
                }
            }
        }
    }

    fn forget_repaired(&mut self) {
        if let Some(tcb) = &self.tcb
            && loss_recovery::is_repaired(tcb.congestion.phase, Seen::from(tcb.queue.has_repeated()))
        {
            self.backoff.since_us = None;
        }
    }

    fn undone(&self, echo: Option<Timestamp>, kind: Kind) -> Undone {
        let Some(tcb) = &self.tcb else { return Undone::No };
        let early = self.backoff.since_us.is_some_and(|since_us| is_before(echo, since_us));
        congestion_control::is_undone(&tcb.congestion, kind, Seen::from(early))
    }

    fn new_segment(&self) -> Seen {
        let waits =
            self.tcb.as_ref().is_some_and(|tcb| tcb.next().is_some() && after(tcb.snd.right_edge(), tcb.snd.nxt));
        Seen::from(waits)
    }

    fn detect_losses(&mut self, now_us: u64) -> Found {
        let Some(tcb) = &mut self.tcb else { return Found::default() };
        if !tcb.queue.take_advanced() {
            return Found::default();
        }
        self.look_for_losses(now_us)
    }

    fn look_for_losses(&mut self, now_us: u64) -> Found {
        let Some(tcb) = &mut self.tcb else { return Found::default() };
        let window_us = loss_recovery::reordering_window_us(
            tcb.congestion.phase,
            tcb.queue.reordering,
            tcb.queue.arrived(),
            tcb.queue.min_rtt_us(),
            self.round_trip.smoothed_us(),
        );
        let found =
            tcb.queue.detect_losses(now_us, |left_us, rtt_us| loss_recovery::lost_at_us(left_us, rtt_us, window_us));
        match found.wait_us {
            Some(wait_us) => {
                self.timers.set(Timer::Reordering, loss_recovery::look_again_us(now_us, wait_us));
                self.timers.clear(Timer::LossProbe);
            }
            None => self.timers.clear(Timer::Reordering),
        }
        found
    }

    /// What may only have been late counts as lost now.
    pub(crate) fn fire_reordering(&mut self, cx: &mut Context<'_>) {
        self.timers.clear(Timer::Reordering);
        let found = self.look_for_losses(cx.now_us);
        let looked = loss_recovery::on_reordering_timeout(self.phase(), found.lost);
        if self.enter(looked) == Repair::Nothing {
            return;
        }
        if let Some(tcb) = self.tcb.as_mut().filter(|_| looked == Looked::EnterRecovery) {
            let in_network = tcb.queue.packets_in_network();
            congestion_control::reduced(&mut tcb.congestion, 1, in_network, Seen::No);
        }
        self.send_lost(cx);
        self.output(cx);
    }

    /// What is lost leaves again, one segment after the other.
    pub(crate) fn send_lost(&mut self, cx: &mut Context<'_>) {
        for _ in 0..SEGMENTS_MAX {
            let Some(tcb) = &self.tcb else { return };
            let Some(lost) = tcb.queue.next_lost() else { return };
            if !loss_recovery::may_repair(&tcb.snd, lost.seq, tcb.queue.packets_in_network(), tcb.congestion.segments) {
                return;
            }
            let seq = lost.seq;
            self.send_again_from(cx, seq);
        }
    }

    /// The retransmission timer has fired.
    pub(crate) fn lose_all(&mut self, cx: &mut Context<'_>, retransmits: u32) {
        self.timers.clear(Timer::LossProbe);
        self.timers.clear(Timer::Reordering);
        let Some(tcb) = &mut self.tcb else { return };
        let sent_again = tcb.queue.sent_again();
        tcb.queue.lose(|segment, rtt_us| loss_recovery::is_lost_by_timeout(&segment, cx.now_us, rtt_us));
        let in_network = tcb.queue.packets_in_network();
        let timeout = Timeout { una: tcb.snd.una, nxt: tcb.snd.nxt, in_network, retransmits, sent_again };
        congestion_control::after_timeout(&mut tcb.congestion, &timeout);
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
        let una = tcb.snd.una;
        let Some(frame) = tcb.send_again(cx.now_us, seq) else { return };
        tcb.congestion.note_sent_again();
        self.backoff.since_us.get_or_insert(cx.now_us);
        if retransmission::begins_anew(seq, una, self.timers.due_us(Timer::Reordering)) {
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
