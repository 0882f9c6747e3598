//! ICMP messages that arrive.

use scenario::{Icmp, RawSegment};

use super::Kernel;
use super::connection::{Connection, Context, Holder};
use super::effect::{Effect, note_rule};
use crate::rules::icmp_error::{self, Action, Facts, Phase, TooLong, Version};
use crate::rules::{congestion_control, send_buffer};
use crate::tcp::{Seen, Timer};
use crate::wire::Ip;

impl Kernel {
    /// A message has arrived that quotes a segment of this host's; for what is left of a connection it means nothing.
    pub(super) fn icmp_arrives(&mut self, icmp: Icmp, quoted: &RawSegment) {
        let is_its = |known: &Connection| known.tcb.is_some() && known.peer == quoted.to && known.ports == quoted.ports;
        if let Some(at) = self.connections.iter().position(is_its) {
            if let Icmp::FragmentationNeeded(mtu) = icmp {
                return self.path_narrows(at, mtu, quoted);
            }
            self.with(at, |connection, cx| connection.icmp_arrives(cx, icmp, quoted.seq));
            self.sweep();
        }
    }
}

impl Kernel {
    /// The path to a host takes no longer packets than this: those of all connections to it are shorter from now on, and
    /// what was too long leaves again at once.
    fn path_narrows(&mut self, at: usize, mtu: u16, quoted: &RawSegment) {
        let Connection { tcb: Some(tcb), .. } = &self.connections[at] else { return };
        let (action, rule) = icmp_error::on_too_long(&tcb.snd, self.path_mtus[quoted.to.index()], mtu, quoted.seq);
        note_rule(&mut self.effects, rule);
        if action == TooLong::Ignore {
            return;
        }
        self.path_mtus[quoted.to.index()] = mtu;
        let to_it = self.connections.iter_mut().filter(|known| known.peer == quoted.to);
        for tcb in to_it.filter_map(|known| known.tcb.as_mut()) {
            tcb.note_path_mtu(mtu);
            tcb.path_narrowed = Seen::from(tcb.ports != quoted.ports);
            tcb.limit_segments(send_buffer::half_of_window(tcb.snd.max_wnd));
        }
        self.with(at, Connection::cut_and_send_again);
        self.sweep();
    }
}

impl Connection {
    /// Sends again what was too long, in pieces. Where these carry an old time they count as lost once more when
    /// something is told to have arrived that had left just before.
    fn cut_and_send_again(&mut self, cx: &mut Context<'_>) {
        let Some(tcb) = &mut self.tcb else { return };
        if !tcb.queue.lose_too_long(tcb.snd.mss) {
            return;
        }
        congestion_control::after_too_long(&mut tcb.congestion, tcb.snd.nxt);
        let departed = tcb.queue.departed();
        self.send_lost(cx);
        if let (Some(tcb), Some(departed)) = (&mut self.tcb, departed)
            && icmp_error::is_dated_back(self.received_us, departed.left_us)
        {
            tcb.queue.date_back(departed);
        }
        self.output(cx);
    }

    fn icmp_arrives(&mut self, cx: &mut Context<'_>, icmp: Icmp, seq: u32) {
        let Some(tcb) = &self.tcb else { return };
        let phase = if matches!(self.holder, Holder::Handshake(_)) { Phase::Request } else { Phase::Socket };
        let facts = Facts { state: self.state, phase, snd: &tcb.snd, backoff: &self.backoff };
        let version = match cx.ip {
            Ip::V4 => Version::V4,
            Ip::V6 => Version::V6,
        };
        let (action, rule) = icmp_error::decide(&facts, version, icmp, seq);
        let takes_back = icmp_error::takes_back(&facts, version, icmp, seq);
        note_rule(cx.effects, rule);
        match action {
            Action::Ignore => {}
            Action::Destroy => self.destroy(cx),
            Action::Abort(errno) => {
                if self.has_program() {
                    self.error = Some(errno);
                    self.has_queued_error = icmp_error::is_queued(version);
                }
                self.destroy(cx);
            }
            Action::Note(errno) => {
                self.noted_error = Some(errno);
                if let Some(rule) = takes_back {
                    cx.effects.push(Effect::Rule(rule));
                    self.take_back_doubling(cx.now_us);
                }
            }
        }
    }

    /// The timeout is shorter now.
    fn take_back_doubling(&mut self, now_us: u64) {
        let Some(due_us) = self.timers.due_us(Timer::Retransmission) else { return };
        let before_us = self.rto_us();
        self.backoff.doublings -= 1;
        let due_us = icmp_error::due_after_taking_back_us(now_us, due_us, before_us, self.rto_us());
        self.timers.set(Timer::Retransmission, due_us);
    }
}
