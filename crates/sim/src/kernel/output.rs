//! What leaves on a connection.

use scenario::{Flags, RawSegment};

use super::connection::{Connection, Context};
use super::effect::Effect;
use crate::rules::transmit::{self, Burst, Flight, Gate, Hold};
use crate::rules::window_probe::{self, Persist};
use crate::rules::{congestion_control, receive_window, retransmission};
use crate::seq::{after, end};
use crate::tcp::{InFlight, Next, Sack, Seen, Timer};
use crate::wire;

/// Segments that leave on one occasion at most.
const SEGMENTS_MAX: usize = 4_096;

impl Connection {
    /// Sends what may leave now: segments, and an ACK that nothing takes along (Linux: `tcp_write_xmit`).
    pub(crate) fn output(&mut self, cx: &mut Context<'_>) {
        if let Some(tcb) = &mut self.tcb {
            tcb.queue.note_occasion();
            tcb.make_room_for_sack();
        }
        let mut burst = Burst::First;
        for _ in 0..SEGMENTS_MAX {
            let Some(tcb) = &self.tcb else { return };
            let Some(next) = tcb.next() else { break };
            let piece = tcb.piece();
            let flight = Flight {
                in_network: tcb.queue.packets_in_network(),
                congestion_window: tcb.congestion.segments,
                phase: tcb.congestion.phase,
                head_age_us: tcb.queue.head().map(|head| cx.now_us - head.left_us),
                silent_us: cx.now_us - self.left_us,
                smoothed_us: self.round_trip.smoothed_us(),
                piece,
                burst,
                path_narrowed: tcb.path_narrowed,
            };
            match transmit::gate(&next, &tcb.snd, &flight, self.options.nagle) {
                Gate::Send => self.transmit(cx, &next),
                Gate::Hold(hold) => {
                    if hold == Hold::Path
                        && let Some(tcb) = &mut self.tcb
                    {
                        tcb.path_narrowed = Seen::No;
                    }
                    break;
                }
            }
            burst = burst.after(next.len, piece);
        }
        self.acknowledge_if_owed(cx);
        self.watch_window(cx.now_us);
    }

    /// The segment leaves, whatever else would hold it.
    pub(crate) fn transmit(&mut self, cx: &mut Context<'_>, next: &Next) {
        let Some(tcb) = &mut self.tcb else { return };
        let mut frame = tcb.transmit(next).expect("the endpoint has that segment");
        if transmit::pushes(next) {
            wire::set_push(&mut frame);
        }
        self.leave(cx, frame);
    }

    fn acknowledge_if_owed(&mut self, cx: &mut Context<'_>) {
        let is_delayed = self.timers.is_set(Timer::DelayedAck);
        if let Some(tcb) = &mut self.tcb
            && tcb.ack_owed
            && !is_delayed
            && let Some(frame) = tcb.acknowledge()
        {
            self.leave(cx, frame);
        }
    }

    /// Sends an ACK of what the host expects. A delayed ACK leaves with it, and not once more later (Linux:
    /// `tcp_event_ack_sent`).
    pub(crate) fn answer(&mut self, cx: &mut Context<'_>) {
        if let Some(tcb) = &mut self.tcb
            && let Some(frame) = if tcb.ack_owed { tcb.acknowledge() } else { None }
                .or_else(|| Some(wire::write(cx.ip, &tcb.acknowledgement(0))))
        {
            self.leave(cx, frame);
        }
    }

    /// Sends an ACK with this SACK block, of what has arrived beyond a gap and the endpoint does not keep; without the
    /// block if the peer has not offered SACK.
    pub(crate) fn answer_with_sack(&mut self, cx: &mut Context<'_>, range: (u32, u32)) {
        if let Some(tcb) = &self.tcb {
            let range = Some(range).filter(|_| tcb.sack == Sack::Permitted);
            let frame = wire::write_with_sack(cx.ip, &tcb.acknowledgement(0), [range, None, None]);
            self.leave(cx, frame);
        }
    }

    /// Sends a frame with the window that is to be offered now, and notes what it tells.
    pub(crate) fn leave(&mut self, cx: &mut Context<'_>, frame: Vec<u8>) {
        let mut frame = self.tell_duplicate(cx, frame);
        let Some(buffer) = self.receive_buffer() else { return };
        let window = match wire::read(&frame).flags.syn {
            true => receive_window::initial(&buffer),
            false => receive_window::offer(&buffer),
        };
        wire::set_window(&mut frame, u16::try_from(window).unwrap_or(u16::MAX));
        self.leave_as_it_is(cx, frame);
        if let Some(tcb) = &mut self.tcb {
            // More than a segment can tell (Linux: `tcp_select_window`).
            tcb.rcv.wnd = tcb.rcv.wnd.max(window);
        }
    }

    /// Sends a frame with the window that it has, and notes what it tells.
    pub(crate) fn leave_as_it_is(&mut self, cx: &mut Context<'_>, frame: Vec<u8>) {
        let Some(tcb) = &mut self.tcb else { return };
        let segment = wire::read(&frame);
        tcb.path_narrowed = Seen::No;
        let end = end(&segment);
        let is_new = after(end, tcb.snd.nxt);
        if segment.flags.syn && !segment.flags.ack {
            // A SYN offers a window too.
            tcb.rcv.wnd = segment.win;
        }
        if segment.flags.ack {
            self.timers.clear(Timer::DelayedAck);
        }
        if segment.len > 0 {
            self.sent_us = cx.now_us;
        }
        self.left_us = cx.now_us;
        if tcb.note_left(cx.now_us, &segment, &frame) {
            if is_new {
                let (packets_out, in_network) = (tcb.queue.packets_out(), tcb.queue.packets_in_network());
                let (una, nxt) = (tcb.snd.una, tcb.snd.nxt);
                congestion_control::after_sending(&mut tcb.congestion, packets_out, in_network, una, nxt);
            }
            if !self.timers.is_set(Timer::Retransmission) {
                let rto_us = self.rto_us();
                self.timers.set(Timer::Retransmission, cx.now_us + rto_us);
            }
            if is_new {
                let rto_us = self.rto_us();
                if let Some(tcb) = self.tcb.as_mut().filter(|_| !self.wants_room) {
                    let packets_out = tcb.queue.packets_out();
                    congestion_control::after_use(&mut tcb.congestion, cx.now_us, rto_us, packets_out);
                }
                self.plan_loss_probe(cx);
            }
        }
        cx.effects.push(Effect::Segment(frame));
    }

    /// Something new has left, or was acknowledged: when is a loss probe due?
    pub(crate) fn plan_loss_probe(&mut self, cx: &Context<'_>) {
        let due_us =
            self.timers.due_us(Timer::Retransmission).filter(|_| !self.timers.is_set(Timer::Reordering)).and_then(
                |timeout_due_us| retransmission::loss_probe_due_us(&self.retransmission_facts(cx), timeout_due_us),
            );
        match due_us {
            Some(due_us) => self.timers.set(Timer::LossProbe, due_us),
            None => self.timers.clear(Timer::LossProbe),
        }
    }

    /// Whether the peer has offered SACK.
    pub(crate) fn sack(&self) -> Sack {
        self.tcb.as_ref().map_or(Sack::No, |tcb| tcb.sack)
    }

    pub(crate) fn in_flight(&self) -> InFlight {
        self.tcb.as_ref().map_or(InFlight::Nothing, |tcb| tcb.queue.in_flight())
    }

    fn watch_window(&mut self, now_us: u64) {
        let Some(tcb) = &self.tcb else { return };
        let due_us = self.timers.due_us(Timer::WindowProbe);
        match window_probe::after_output(tcb.state(), tcb.next().as_ref(), &tcb.snd, &self.round_trip, due_us) {
            Persist::GoesOn => {}
            Persist::Starts { wait_us } => {
                self.window_probes.since_us = None;
                self.timers.set(Timer::WindowProbe, now_us + wait_us);
            }
            Persist::Stops => {
                self.timers.clear(Timer::WindowProbe);
                self.window_probes.doublings = 0;
            }
        }
    }

    /// The peer has offered a window.
    pub(crate) fn note_window(&mut self, now_us: u64, window: u32) {
        if self.timers.is_set(Timer::WindowProbe)
            && let Some(wait_us) = window_probe::after_answer(window, &self.round_trip, self.window_probes.doublings)
        {
            self.timers.set(Timer::WindowProbe, now_us + wait_us);
        }
    }

    /// A program has read: the peer may be told of the room.
    pub(crate) fn tell_window(&mut self, cx: &mut Context<'_>) {
        let reading_ended = Seen::from(self.reading_ended);
        if self.receive_buffer().is_some_and(|buffer| receive_window::is_worth_telling(&buffer, reading_ended)) {
            self.answer(cx);
        }
    }

    /// The connection ends with a reset of its own (Linux: `tcp_send_active_reset`): `<SEQ=SND.NXT><ACK=RCV.NXT>
    /// <CTL=RST,ACK>`.
    pub(crate) fn reset(&mut self, cx: &mut Context<'_>) {
        let Some(tcb) = &self.tcb else { return };
        let reset = RawSegment { flags: Flags::RST_ACK, ..tcb.acknowledgement(tcb.rcv.wnd) };
        self.destroy(cx);
        cx.effects.push(Effect::Segment(wire::write(cx.ip, &reset)));
    }
}
