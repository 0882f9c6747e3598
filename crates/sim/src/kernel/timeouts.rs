//! What happens when a connection's timer fires.

use scenario::{Errno, State};

use super::{Effect, Kernel, orphan};
use crate::Rules;
use crate::connection::Holder;
use crate::rest::{TIME_WAIT_US, acknowledgement};
use crate::rules::{self, Rule};
use crate::timers::{self, Fired};
use crate::wire;

impl Kernel {
    pub(super) fn fire_connection(&mut self, at: usize) {
        let now_us = self.now_us;
        let connection = &mut self.connections[at];
        let due = |timer: Option<u64>| timer.is_some_and(|timer| timer <= now_us);
        let holder = orphan(connection.holder);
        if due(connection.timers.loss_probe_at) {
            let fired = timers::loss_probe(connection, now_us);
            self.carry_out(at, fired, &rules::LOSS_PROBE);
        }
        let connection = &mut self.connections[at];
        if due(connection.timers.retransmit_at) {
            let fired = timers::retransmission(connection, &self.settings, now_us, holder);
            let rule = if fired == Fired::SendWaiting { &rules::LOSS_PROBE } else { &rules::GIVE_UP };
            self.carry_out(at, fired, rule);
        }
        let connection = &mut self.connections[at];
        if due(connection.timers.window_probe_at) {
            let fired = timers::window_probe(connection, &self.settings, now_us, holder);
            let rule = if fired == Fired::Probe { &rules::WINDOW_PROBE } else { &rules::WINDOW_GIVE_UP };
            self.carry_out(at, fired, rule);
        }
        let connection = &mut self.connections[at];
        if due(connection.timers.keep_alive_at) {
            let fired = timers::keep_alive(connection, now_us);
            let rule = if fired == Fired::Probe { &rules::KEEP_ALIVE } else { &rules::KEEP_ALIVE_GIVE_UP };
            self.carry_out(at, fired, rule);
        }
        let connection = &mut self.connections[at];
        if due(connection.timers.ack_at) {
            connection.timers.ack_at = None;
            self.work(at);
        }
        let connection = &mut self.connections[at];
        if due(connection.timers.orphan_at) {
            connection.timers.orphan_at = None;
            match rules::fin_wait_2_us(connection, &self.settings).saturating_sub(TIME_WAIT_US) {
                0 => {
                    self.effects.push(Effect::Rule(&rules::KEPT_ORPHAN_RESETS));
                    self.reset(at);
                }
                wait_us => self.rest(at, wait_us),
            }
        }
    }

    fn carry_out(&mut self, at: usize, fired: Fired, rule: &'static Rule) {
        match fired {
            Fired::Nothing => {}
            Fired::Retransmit if self.is_abandoned(at) => self.forget(at),
            Fired::Retransmit => self.retransmit(at),
            Fired::SendWaiting => {
                self.effects.push(Effect::Rule(rule));
                self.speak_once(at);
                self.work(at);
            }
            Fired::RepeatLast => {
                self.effects.push(Effect::Rule(rule));
                self.repeat_last(at);
            }
            // What fits is the probe (Linux: `tcp_write_wakeup`).
            Fired::Probe
                if std::ptr::eq(rule, &rules::WINDOW_PROBE)
                    && self.connections[at].numbers.send_window > 0
                    && self.connections[at].state != State::LastAck =>
            {
                self.effects.push(Effect::Rule(rule));
                let (ip, host, now_us) = (self.ip, self.host, self.now_us);
                let window = self.connections[at].numbers.send_window as u16;
                self.connections[at].reshow(ip, host, now_us, window);
                self.speak_once(at);
                self.work(at);
            }
            Fired::Probe => {
                let mut probe = acknowledgement(&self.connections[at].numbers, self.host);
                probe.seq = self.connections[at].numbers.unacknowledged.wrapping_sub(1);
                self.effects.push(Effect::Rule(rule));
                self.send(Some(probe));
            }
            Fired::GiveUp | Fired::GiveUpAndReset => {
                let connection = &mut self.connections[at];
                if matches!(connection.holder, Holder::Descriptor | Holder::Queue(_)) {
                    connection.error = Some(Errno::ETIMEDOUT);
                }
                self.effects.push(Effect::Rule(rule));
                if fired == Fired::GiveUpAndReset { self.reset(at) } else { self.forget(at) }
            }
        }
    }

    /// The last segment leaves again, as it was: smoltcp would begin at the first that is not acknowledged.
    fn repeat_last(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let Some(frame) = connection.last_sent.clone() else { return };
        let numbers = &connection.numbers;
        let frame = wire::renew(self.ip, self.host, frame, numbers.receive_next, numbers.receive_window);
        connection.timers.ack_at = None;
        connection.timers.note_sent(self.now_us, numbers.send_next);
        self.effects.push(Effect::Segment(frame));
    }

    pub(super) fn retransmit(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        connection.timers.ack_at = None;
        if self.rules == Rules::Linux && connection.numbers.is_in_flight() {
            if connection.timers.retransmits > 0 {
                connection.lost_to = connection.numbers.send_next;
                connection.congestion_window = 1;
                connection.repair = None;
            } else {
                let una = connection.numbers.unacknowledged;
                let furthest = connection
                    .sacked
                    .iter()
                    .map(|(start, _)| *start)
                    .reduce(|a, b| if wire::after(a, b) { a } else { b });
                let head = una.wrapping_add(1);
                connection.lost_to = furthest.unwrap_or(head);
                if furthest.is_some() && connection.repair.is_none() {
                    let window = (connection.congestion_window * 7 / 10).max(2);
                    connection.repair = Some((window, connection.numbers.send_next));
                    connection.congestion_window = 1;
                }
            }
        } else {
            connection.lost_to = connection.numbers.send_next;
        }
        connection.frontier = connection.numbers.unacknowledged;
        connection.fin_held = false;
        if let Some(stack) = &mut connection.stack {
            stack.expire();
        }
        self.work(at);
    }
}
