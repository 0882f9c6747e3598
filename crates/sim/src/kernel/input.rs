//! What arrives on a connection (RFC 9293 §3.10.7): the decision of `rules/` is carried out.

use scenario::link;
use scenario::{Flags, RawSegment, State};

use super::connection::{Connection, Context, Holder};
use super::effect::{Effect, note_rule};
use crate::rules::defer_accept::Acknowledged;
use crate::rules::delayed_ack;
use crate::rules::fin_wait_2::BroughtBy;
use crate::rules::handshake::{self, Echoed, InHandshake, InSynSent};
use crate::rules::loss_recovery::{self, Kind};
use crate::rules::receive_window::{Text, memory_at_limit, memory_left};
use crate::rules::retransmission::{self, Rearm};
use crate::rules::segment_arrives::{self, Action, Facts, Memory};
use crate::rules::{Decision, Pace, acceptable, congestion_control, pending_error, round_trip, send_buffer};
use crate::seq::{after, end, length};
use crate::tcp::{Backoff, Delivered, InFlight, Recent, Sack, Seen, Tcb, Timer, Timestamps};
use crate::wire;

impl Connection {
    /// A segment has arrived for the connection, in any state but a listener's handshake.
    pub(crate) fn segment_arrives(&mut self, cx: &mut Context<'_>, segment: &RawSegment, frame: Vec<u8>) {
        self.brought_by = if segment.flags.fin { BroughtBy::Fin } else { BroughtBy::Ack };
        let Some(tcb) = &self.tcb else { return };
        if self.state == State::SynSent {
            let decision = handshake::in_syn_sent(&tcb.snd, segment);
            return self.act_in_syn_sent(cx, segment, frame, decision);
        }
        let mut facts = self.facts(cx, tcb, segment);
        if facts.memory == Memory::Exhausted && segment.len > 0 {
            self.receive_memory.pack();
            facts.memory = memory_at_limit(self.receive_limit(), &self.receive_memory);
        }
        let (action, rule) = segment_arrives::decide(&facts, segment);
        let is_old_data = delayed_ack::is_old_data(segment, tcb.rcv.nxt, rule);
        self.note_duplicate(segment);
        if let Action::Answer(pace) = action {
            if self.may_answer(cx.now_us, pace) {
                note_rule(cx.effects, rule);
                self.has_received |= is_old_data;
                self.answer(cx);
            }
            return;
        }
        note_rule(cx.effects, rule);
        if action != Action::Drop || self.state == State::LastAck {
            self.note_sack(cx.now_us, segment, &frame);
        }
        match action {
            Action::Take => self.take(cx, segment, frame),
            Action::TakeAndKeepFin => self.take_and_keep_fin(cx, segment, frame),
            Action::TakeAck => self.take_ack(cx, segment),
            Action::TakeAckAndAnswer => {
                self.has_received |= is_old_data;
                self.take_ack(cx, segment);
                let answers = segment_arrives::answers_after_ack(self.state, self.holder.ownership(), segment);
                if self.tcb.is_some() && answers {
                    self.answer(cx);
                }
            }
            Action::TakeAckAndSecondFin => {
                self.take_ack(cx, segment);
                self.unread_fins += 1;
                if let Some(tcb) = &mut self.tcb {
                    tcb.rcv.nxt = end(segment);
                    self.answer(cx);
                }
            }
            Action::TakeAckAndCloseWindow => {
                self.receive_memory.is_short = true;
                self.take_ack(cx, segment);
                if let Some(tcb) = &self.tcb {
                    let frame = wire::write(cx.ip, &tcb.acknowledgement(0));
                    self.leave_as_it_is(cx, frame);
                }
            }
            Action::TakeAckAndReset => {
                self.take_ack(cx, segment);
                if self.tcb.is_some() && self.state != State::TimeWait {
                    self.abort(cx);
                    refuse(cx, segment);
                }
            }
            Action::Reset => self.abort(cx),
            Action::AbortAndReset => {
                self.abort(cx);
                refuse(cx, segment);
            }
            // In LAST-ACK what an ACK tells by SACK counts nevertheless.
            Action::Drop if self.state == State::LastAck && length(segment) == 0 => {
                self.recover(cx, segment.ack, Kind::Duplicate);
                self.output(cx);
            }
            Action::Drop | Action::Answer(_) => {}
        }
    }

    /// Notes what has arrived twice, for a peer that has offered SACK (RFC 2883).
    fn note_duplicate(&mut self, segment: &RawSegment) {
        if let Some(tcb) = &mut self.tcb
            && tcb.sack == Sack::Permitted
            && !segment.flags.rst
            && !segment.flags.syn
        {
            tcb.rcv.note_duplicate(segment);
        }
    }

    /// A segment has arrived for a handshake that a listener has begun.
    pub(crate) fn segment_arrives_in_handshake(
        &mut self,
        cx: &mut Context<'_>,
        segment: &RawSegment,
        frame: Vec<u8>,
        (action, rule): Decision<InHandshake>,
    ) {
        self.brought_by = if segment.flags.fin { BroughtBy::Fin } else { BroughtBy::Ack };
        if let InHandshake::Answer(pace) = action {
            if self.may_answer(cx.now_us, pace) {
                note_rule(cx.effects, rule);
                self.answer(cx);
            }
            return;
        }
        if action == InHandshake::RepeatSynAck && !self.may_answer(cx.now_us, Pace::Limited) {
            return;
        }
        note_rule(cx.effects, rule);
        match action {
            InHandshake::Complete => self.take(cx, segment, frame),
            InHandshake::CompleteAndKeepFin => self.take_and_keep_fin(cx, segment, frame),
            InHandshake::QueueAndChallenge => {
                self.become_socket(cx, segment);
                self.answer(cx);
            }
            InHandshake::Destroy => self.destroy(cx),
            InHandshake::AbortAndReset => {
                self.abort(cx);
                refuse(cx, segment);
            }
            InHandshake::Refuse => refuse(cx, segment),
            InHandshake::RepeatSynAck => {
                self.backoff.retransmits += 1;
                let rto_us = self.rto_us();
                self.timers.set(Timer::Retransmission, cx.now_us + rto_us);
                self.send_first_again(cx);
            }
            InHandshake::Defer => self.put_aside = Acknowledged::Yes,
            InHandshake::Drop | InHandshake::Answer(_) => {}
        }
    }

    /// A listener's handshake begins: the SYN is taken and answered.
    pub(crate) fn answer_syn(&mut self, cx: &mut Context<'_>, segment: &RawSegment, frame: Vec<u8>) {
        if let Some(tcb) = &mut self.tcb {
            tcb.listen();
        }
        self.take(cx, segment, frame);
    }

    /// Forgets timers and round trip of a handshake that was answered with a cookie.
    pub(crate) fn forget_handshake(&mut self) {
        self.timers.clear_all();
        self.round_trip = crate::tcp::RoundTrip::default();
    }

    /// What a listener's handshake makes of a segment.
    pub(crate) fn decide_in_handshake(&self, cx: &Context<'_>, segment: &RawSegment) -> Decision<InHandshake> {
        let tcb = self.tcb.as_ref().expect("a handshake has a TCB");
        let echo = cx.echo().filter(|_| self.recent.is_kept());
        let echoed = Echoed::of(echo, tcb.queue.head().map_or(cx.now_us, |syn_ack| syn_ack.left_us));
        handshake::in_handshake(&self.facts(cx, tcb, segment), segment, echoed)
    }

    fn act_in_syn_sent(
        &mut self,
        cx: &mut Context<'_>,
        segment: &RawSegment,
        frame: Vec<u8>,
        (action, rule): Decision<InSynSent>,
    ) {
        note_rule(cx.effects, rule);
        match action {
            InSynSent::TakeSyn if length(segment) > 1 => {
                let flags = Flags { fin: false, ..segment.flags };
                let bare = RawSegment { flags, len: 0, ..*segment };
                self.take(cx, &bare, wire::write(cx.ip, &bare));
            }
            InSynSent::TakeSyn => self.take(cx, segment, frame),
            InSynSent::Drop => {}
            InSynSent::Reset => self.abort(cx),
            InSynSent::RefuseAndHurry => {
                refuse(cx, segment);
                if self.backoff.retransmits == 0 {
                    self.timers.set(Timer::Retransmission, cx.now_us + handshake::SOON_US);
                }
            }
        }
    }

    fn facts<'a>(&self, cx: &Context<'_>, tcb: &'a Tcb, segment: &RawSegment) -> Facts<'a> {
        let text = if after(segment.seq, tcb.rcv.nxt) { Text::BeyondGap } else { Text::Next(segment.len) };
        Facts {
            state: self.state,
            snd: &tcb.snd,
            rcv: &tcb.rcv,
            timestamp: cx.timestamp(),
            recent: self.recent,
            rto_us: self.rto_us(),
            write_end: tcb.write_end(),
            bytes_acknowledged: self.acknowledged,
            ownership: self.holder.ownership(),
            linger2: self.options.linger2,
            reading_ended: self.reading_ended,
            unread: self.unread,
            memory: memory_left(self.receive_limit(), &self.receive_memory, text),
        }
    }

    /// Whether an answer at that pace may leave now; if so it counts.
    fn may_answer(&mut self, now_us: u64, pace: Pace) -> bool {
        let may = pace.allows(self.answered_us, now_us);
        if may && pace == Pace::Limited {
            self.answered_us = Some(now_us);
        }
        may
    }

    /// The segment is taken, and what follows from it happens.
    fn take(&mut self, cx: &mut Context<'_>, segment: &RawSegment, frame: Vec<u8>) {
        let Some(tcb) = &mut self.tcb else { return };
        let state_before = self.state;
        if pending_error::forgets_noted(&tcb.snd, segment) {
            self.noted_error = None;
        }
        tcb.note_beyond_gap(segment);
        if segment.flags.syn {
            self.recent = Recent::of(cx.timestamp());
            if matches!(tcb.state(), State::Closed | State::Listen | State::SynSent) {
                tcb.agree_on(if cx.timestamps.is_some() { Timestamps::Used } else { Timestamps::None });
            }
        } else if acceptable::replaces_recent(&tcb.rcv, segment) {
            self.recent = acceptable::newer(self.recent, cx.timestamp());
        }
        let tells_window = acceptable::tells_window(&tcb.snd, segment);
        let opens = tcb.snd.una == tcb.snd.iss;
        let was_in_flight = tcb.queue.in_flight() != InFlight::Nothing && !opens;
        let (delivered, answer) = tcb.deliver(cx.now_us, cx.echo().filter(|_| self.recent.is_kept()), segment, frame);
        let mss = tcb.snd.mss;
        self.has_received |= delivered.text > 0;
        if delivered.fin
            && let Some((wait_us, rule)) = delayed_ack::of_fin(state_before, Seen::from(self.has_received))
        {
            self.timers.set(Timer::DelayedAck, cx.now_us + wait_us);
            cx.effects.push(Effect::Rule(rule));
        }
        if self.write_pending && segment.flags.syn && segment.flags.ack && state_before == State::SynSent {
            self.timers.set(Timer::DelayedAck, cx.now_us + delayed_ack::OF_SYN_US);
        }
        self.note_text(segment.len, delivered.text as u32, mss);
        self.received_us = cx.now_us;
        self.window_probes.sent = 0;
        self.keep_alive_probes = 0;
        if delivered.acknowledged > 0 {
            if opens {
                self.open_congestion_window(cx.now_us, state_before);
            }
            self.note_acknowledged(cx.now_us, &delivered);
            if opens {
                self.note_open();
            }
        }
        if let Some(tcb) = &mut self.tcb
            && tells_window
        {
            tcb.snd.note_window(segment);
        }
        if let Some(tcb) = &mut self.tcb
            && opens
        {
            tcb.limit_segments(send_buffer::half_of_window(tcb.snd.max_wnd));
        }
        self.note_window(cx.now_us, segment.win);
        self.note_state(cx);
        // A gap that is filled is answered at once, and once (RFC 9293 §3.8.6.3).
        let answer = if self.take_early_fin(cx) { self.tcb.as_mut().and_then(Tcb::acknowledge) } else { answer };
        if let Some(answer) = answer {
            self.leave(cx, answer);
        }
        if self.current_state() == State::Closed {
            return self.destroy(cx);
        }
        if was_in_flight && segment.flags.ack {
            let window = Seen::from(tells_window);
            let kind = loss_recovery::kind(delivered.acknowledged, length(segment), window);
            self.recover(cx, segment.ack, kind);
            if delivered.segments > 0 {
                self.plan_loss_probe(cx);
            }
        }
        self.output(cx);
        self.check_room();
    }

    fn open_congestion_window(&mut self, now_us: u64, from: State) {
        self.sent_us = now_us;
        if let Some(tcb) = &mut self.tcb {
            tcb.queue.take_news();
            tcb.congestion = congestion_control::opened(from, self.backoff.retransmits, tcb.snd.una);
        }
    }

    fn note_open(&mut self) {
        self.round_trip.note_open();
        if matches!(self.holder, Holder::Handshake(_)) {
            // The SYN of a listener's handshake was the request's, and is no number of the connection's; nor are its
            // timeouts, and the answers that the request has given (Linux: `tcp_create_openreq_child`).
            self.acknowledged = 0;
            self.answered_us = None;
            self.backoff = Backoff::default();
        }
    }

    /// A listener's handshake is a socket now, and its SYN is acknowledged; but that it is open the endpoint does not know
    /// (Linux: `tcp_create_openreq_child`).
    fn become_socket(&mut self, cx: &Context<'_>, segment: &RawSegment) {
        self.open_congestion_window(cx.now_us, self.state);
        let Some(tcb) = &mut self.tcb else { return };
        let delivered = tcb.acknowledge_syn(cx.now_us);
        tcb.snd.note_window(segment);
        tcb.limit_segments(send_buffer::half_of_window(tcb.snd.max_wnd));
        self.note_acknowledged(cx.now_us, &delivered);
        self.note_open();
    }

    /// Only what the segment acknowledges is taken.
    fn take_ack(&mut self, cx: &mut Context<'_>, segment: &RawSegment) {
        let Some(tcb) = &self.tcb else { return };
        let bare = RawSegment { seq: tcb.rcv.nxt, flags: Flags::ACK, len: 0, ..*segment };
        self.take(cx, &bare, wire::write(cx.ip, &bare));
    }

    /// A FIN that came before its text: the text is taken, and the peer told of both.
    fn take_and_keep_fin(&mut self, cx: &mut Context<'_>, segment: &RawSegment, frame: Vec<u8>) {
        let Some(tcb) = &mut self.tcb else { return };
        let fin = segment.seq.wrapping_add(segment.len);
        tcb.rcv.early_fins.push(fin);
        tcb.note_beyond_gap(segment);
        if segment.len > 0 {
            return self.take(cx, segment, frame);
        }
        if tcb.snd.is_advanced_by(segment) {
            self.take_ack(cx, segment);
        }
        self.answer_with_sack(cx, (fin, fin.wrapping_add(1)));
    }

    /// The text before a FIN that came too early may have come; whether it has, and the FIN counts.
    fn take_early_fin(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(tcb) = &mut self.tcb else { return false };
        if !tcb.rcv.early_fins.contains(&tcb.rcv.nxt) {
            return false;
        }
        let fin = RawSegment {
            from: tcb.hosts[1],
            to: tcb.hosts[0],
            ports: [tcb.ports[1], tcb.ports[0]],
            flags: Flags::FIN,
            seq: tcb.rcv.nxt,
            ack: tcb.snd.una,
            len: 0,
            win: tcb.snd.wnd,
        };
        tcb.deliver(cx.now_us, None, &fin, wire::write(cx.ip, &fin));
        self.note_state(cx);
        true
    }

    /// Something new was acknowledged.
    fn note_acknowledged(&mut self, now_us: u64, delivered: &Delivered) {
        self.acknowledged += u64::from(delivered.acknowledged);
        if let Some((measured_us, tcb)) = delivered.round_trip_us.zip(self.tcb.as_ref()) {
            self.round_trip = round_trip::measured(&self.round_trip, measured_us, tcb.snd.una, tcb.snd.nxt);
        }
        self.backoff = retransmission::backoff_after_ack(&self.backoff, delivered.round_trip_us, self.phase());
        match retransmission::timer_after_ack(delivered.segments, self.in_flight(), &self.round_trip) {
            Rearm::GoesOn => {}
            Rearm::Starts { wait_us } => self.timers.set(Timer::Retransmission, now_us + wait_us),
            Rearm::Stops => {
                self.timers.clear(Timer::Retransmission);
                self.timers.clear(Timer::LossProbe);
                self.timers.clear(Timer::Reordering);
            }
        }
    }
}

/// The segment is answered with a reset, unless it is one itself.
fn refuse(cx: &mut Context<'_>, segment: &RawSegment) {
    if let Some(reset) = link::reset(segment) {
        cx.effects.push(Effect::Segment(wire::write(cx.ip, &reset)));
    }
}
