//! What happens when a connection's timer fires: the decision of `rules/` is carried out.

use scenario::{RuleId, State};

use super::connection::{Connection, Context};
use super::effect::{Effect, note_rule};
use crate::rules::keep_alive::{self, Sending};
use crate::rules::retransmission::{self, Action, Doubling, Facts, NewSegment};
use crate::rules::{transmit, window_probe};
use crate::tcp::{Probe, ProbeKind, Seen, Tcb, Timer};
use crate::wire;

impl Connection {
    /// Fires a timer that is due.
    pub(crate) fn fire(&mut self, cx: &mut Context<'_>, timer: Timer) {
        match timer {
            Timer::LossProbe => self.fire_loss_probe(cx),
            Timer::Reordering => self.fire_reordering(cx),
            Timer::Retransmission => self.fire_retransmission(cx),
            Timer::WindowProbe => self.fire_window_probe(cx),
            Timer::KeepAlive => self.fire_keep_alive(cx),
            Timer::DelayedAck => {
                self.timers.clear(Timer::DelayedAck);
                self.output(cx);
            }
            // What an orphan becomes is the kernel's to carry out.
            Timer::FinWait2 => {}
        }
    }

    pub(crate) fn retransmission_facts<'a>(&'a self, cx: &'a Context<'_>) -> Facts<'a> {
        let waits =
            self.tcb.as_ref().is_some_and(|tcb| tcb.next().is_some_and(|next| transmit::may_probe(&next, &tcb.snd)));
        Facts {
            now_us: cx.now_us,
            state: self.state,
            ownership: self.holder.ownership(),
            in_flight: self.in_flight(),
            sack: self.sack(),
            phase: self.phase(),
            probe: self.tcb.as_ref().and_then(|tcb| tcb.congestion.probe),
            new_segment: if waits { NewSegment::Waits } else { NewSegment::None },
            closed_window: Seen::from(self.tcb.as_ref().is_some_and(|tcb| tcb.snd.wnd == 0)),
            heard_us: self.received_us,
            round_trip: &self.round_trip,
            backoff: &self.backoff,
            user_timeout_us: self.options.user_timeout_us,
            sysctls: cx.sysctls,
            deferral: self.deferral(),
        }
    }

    fn fire_loss_probe(&mut self, cx: &mut Context<'_>) {
        self.timers.clear(Timer::LossProbe);
        let (action, rule) = retransmission::on_loss_probe(&self.retransmission_facts(cx));
        if action == Action::Nothing {
            return;
        }
        self.set_retransmission(cx);
        note_rule(cx.effects, rule);
        self.probe_for_loss(cx, if action == Action::ProbeWithNew { ProbeKind::New } else { ProbeKind::Again });
    }

    fn fire_retransmission(&mut self, cx: &mut Context<'_>) {
        let (action, rule) = retransmission::on_timeout(&self.retransmission_facts(cx));
        match action {
            Action::GiveUp => return self.give_up(cx, rule),
            Action::Wait => {
                self.backoff.timeouts += 1;
                self.backoff.doublings += 1;
                return self.set_retransmission(cx);
            }
            Action::Retransmit(doubling) => {
                self.lose_all(cx, self.backoff.retransmits);
                self.backoff.since_us.get_or_insert(cx.now_us);
                self.backoff.retransmits += 1;
                self.backoff.timeouts += 1;
                self.backoff.doublings += u32::from(doubling == Doubling::Yes);
            }
            Action::RetransmitAsProbe => {
                self.lose_all(cx, self.backoff.retransmits);
                self.backoff.since_us.get_or_insert(cx.now_us);
                self.backoff.doublings += 1;
            }
            Action::ProbeWithNew | Action::ProbeWithOnly | Action::ProbeWithLast | Action::Nothing => {}
        }
        note_rule(cx.effects, rule);
        match action {
            Action::ProbeWithNew => self.probe_for_loss(cx, ProbeKind::New),
            Action::ProbeWithOnly => self.probe_for_loss(cx, ProbeKind::Again),
            _ => self.send_first_again(cx),
        }
        self.set_retransmission(cx);
    }

    fn set_retransmission(&mut self, cx: &Context<'_>) {
        let wait_us = retransmission::next_timeout_us(&self.retransmission_facts(cx));
        self.timers.set(Timer::Retransmission, cx.now_us + wait_us);
    }

    /// A loss probe leaves: the new segment that waits, whatever holds it, or the last one again.
    fn probe_for_loss(&mut self, cx: &mut Context<'_>, kind: ProbeKind) {
        match kind {
            ProbeKind::New => {
                if let Some(next) = self.tcb.as_ref().and_then(Tcb::next) {
                    self.transmit(cx, &next);
                }
            }
            ProbeKind::Again => {
                if let Some(frame) = self.tcb.as_mut().and_then(|tcb| tcb.send_last_again(cx.now_us)) {
                    self.leave(cx, frame);
                }
            }
        }
        if let Some(tcb) = &mut self.tcb {
            tcb.congestion.probe = Some(Probe { high: tcb.snd.nxt, kind });
        }
        self.output(cx);
    }

    /// What is lost leaves again, from the first that is not acknowledged; of a handshake its segment.
    pub(crate) fn send_first_again(&mut self, cx: &mut Context<'_>) {
        self.timers.clear(Timer::DelayedAck);
        let Some(tcb) = &mut self.tcb else { return };
        if matches!(tcb.state(), State::SynSent | State::SynReceived) {
            tcb.repeat_handshake();
            return self.output(cx);
        }
        self.send_head_again(cx);
    }

    fn give_up(&mut self, cx: &mut Context<'_>, rule: Option<RuleId>) {
        note_rule(cx.effects, rule);
        self.note_given_up(cx);
        self.destroy(cx);
    }

    fn fire_window_probe(&mut self, cx: &mut Context<'_>) {
        let since_us = *self.window_probes.since_us.get_or_insert(cx.now_us);
        let facts = window_probe::Facts {
            ownership: self.holder.ownership(),
            round_trip: &self.round_trip,
            probes: self.window_probes,
            waited_us: cx.now_us - since_us,
            user_timeout_us: self.options.user_timeout_us,
            sysctls: cx.sysctls,
        };
        let (action, rule) = window_probe::on_timeout(&facts);
        if action == window_probe::Action::GiveUp {
            return self.give_up(cx, rule);
        }
        let doublings = (self.window_probes.doublings + 1).min(window_probe::doublings_max(cx.sysctls));
        let due_us = cx.now_us + window_probe::next_wait_us(&facts, doublings);
        self.window_probes.sent += 1;
        self.window_probes.doublings = doublings;
        self.timers.set(Timer::WindowProbe, due_us);
        note_rule(cx.effects, rule);
        let Some(tcb) = &mut self.tcb else { return };
        // In LAST-ACK the endpoint cannot be told to send less than a segment.
        if tcb.snd.wnd > 0
            && tcb.state() != State::LastAck
            && let Some(frame) = tcb.transmit_into(tcb.snd.wnd)
        {
            self.leave(cx, frame);
            return self.output(cx);
        }
        self.probe(cx);
    }

    /// An empty segment with a number that was acknowledged long ago, which the peer must answer
    /// (Linux: `tcp_xmit_probe_skb`).
    fn probe(&self, cx: &mut Context<'_>) {
        if let Some(tcb) = &self.tcb {
            let mut probe = tcb.acknowledgement(tcb.rcv.window_left());
            probe.seq = tcb.snd.una.wrapping_sub(1);
            cx.effects.push(Effect::Segment(wire::write(cx.ip, &probe)));
        }
    }

    fn fire_keep_alive(&mut self, cx: &mut Context<'_>) {
        let in_flight = self.tcb.as_ref().is_some_and(|tcb| tcb.snd.is_in_flight());
        let is_busy = in_flight || self.queued() > 0 || self.state == State::SynSent;
        let sending = if is_busy { Sending::Busy } else { Sending::Idle };
        let idle_us = cx.now_us - self.received_us;
        let (action, rule) = keep_alive::on_timeout(&self.options, sending, idle_us, self.keep_alive_probes);
        match action {
            keep_alive::Action::Stop => self.timers.clear(Timer::KeepAlive),
            keep_alive::Action::Wait { us } => self.timers.set(Timer::KeepAlive, cx.now_us + us),
            keep_alive::Action::Probe { next_us } => {
                self.keep_alive_probes += 1;
                self.timers.set(Timer::KeepAlive, cx.now_us + next_us);
                note_rule(cx.effects, rule);
                self.probe(cx);
            }
            keep_alive::Action::GiveUp => {
                note_rule(cx.effects, rule);
                self.note_given_up(cx);
                self.reset(cx);
            }
        }
    }
}
