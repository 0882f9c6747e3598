//! What happens to one connection: segments, timers, and its way from full socket to rest to nothing.

use scenario::{Flags, RawSegment, State};
use smoltcp::socket::tcp;

use super::{Effect, Kernel};
use crate::Rules;
use crate::connection::{Connection, Holder, length};
use crate::rest::{Rest, TIME_WAIT_US, acknowledgement};
use crate::rules::{self, Pace, Rule, Verdict};
use crate::timers::{self, Blocked};
use crate::wire;

/// No step of a connection takes more turns than this.
const TURNS_MAX: usize = 64;

impl Kernel {
    pub(super) fn arrive_at_connection(&mut self, at: usize, segment: &RawSegment, frame: Vec<u8>) {
        let (verdict, rule) = match self.rules {
            Rules::Linux => self.judge(at, segment),
            Rules::Bare => (Verdict::Pass, None),
        };
        let connection = &mut self.connections[at];
        if self.rules == Rules::Linux && rules::repeats_ack(connection, segment) {
            // Linux: `tcp_is_sackblock_valid`. What was never sent cannot have arrived.
            let is_sent = |end| !wire::after(end, connection.numbers.send_next);
            for (start, end) in wire::sack_ranges(&frame).into_iter().flatten() {
                if is_sent(end) && wire::after(start, connection.numbers.unacknowledged) {
                    connection.sacked.retain(|(left, right)| *left < start || *right > end);
                    connection.sacked.push((start, end));
                }
            }
            if wire::sacked_to(&frame).is_some_and(is_sent) {
                connection.timers.note_gap(self.now_us);
            } else if verdict == Verdict::Pass && rules::says_nothing_new(connection, segment) {
                return connection.timers.note_received(self.now_us);
            }
        }
        connection.hears_fin = segment.flags.fin;
        if matches!(verdict, Verdict::Pass | Verdict::KeepFin) {
            connection.note_beyond_gap(segment);
        }
        match verdict {
            Verdict::Pass | Verdict::PassAndHurry => {
                self.effects.extend(rule.map(Effect::Rule));
                self.pass(at, segment, frame);
                if verdict == Verdict::PassAndHurry {
                    self.connections[at].timers.hurry(self.now_us);
                }
            }
            Verdict::KeepFin => {
                self.effects.extend(rule.map(Effect::Rule));
                connection.early_fin = Some(segment.seq.wrapping_add(segment.len));
                if segment.len > 0 {
                    self.pass(at, segment, frame);
                } else {
                    if connection.numbers.advances(segment) {
                        self.pass_ack(at, segment);
                    }
                    let answer = acknowledgement(&self.connections[at].numbers, self.host);
                    let sack = (segment.seq, segment.seq.wrapping_add(1));
                    self.effects.push(Effect::Segment(wire::write_with_sack(self.ip, &answer, Some(sack))));
                }
            }
            Verdict::DropAndHurry => {
                self.effects.extend(rule.map(Effect::Rule));
                connection.timers.hurry(self.now_us);
            }
            Verdict::Drop => self.effects.extend(rule.map(Effect::Rule)),
            Verdict::Answer(pace) => {
                if pace == Pace::Always || connection.may_answer(self.now_us) {
                    self.effects.extend(rule.map(Effect::Rule));
                    self.answer(at);
                }
            }
            Verdict::TakeAck | Verdict::TakeAckAndAnswer => {
                self.effects.extend(rule.map(Effect::Rule));
                self.pass_ack(at, segment);
                let connection = &self.connections[at];
                // An orphan that a FIN brings into FIN-WAIT-2 is still whole when it answers.
                let rests = |rest: &Rest| rest.id == connection.id && rest.state == State::FinWait2;
                let is_there = connection.stack.is_some() || segment.flags.fin && self.rests.iter().any(rests);
                if verdict == Verdict::TakeAckAndAnswer && is_there {
                    self.answer(at);
                }
            }
            Verdict::Reset => {
                self.effects.extend(rule.map(Effect::Rule));
                self.fail(at);
            }
            Verdict::Refuse => {
                self.effects.extend(rule.map(Effect::Rule));
                self.fail(at);
                self.send(wire::refusal(segment));
            }
            Verdict::Forget => {
                self.effects.extend(rule.map(Effect::Rule));
                self.forget(at);
            }
            Verdict::Repeat => {
                self.effects.extend(rule.map(Effect::Rule));
                self.retransmit(at);
            }
        }
        self.connections[at].hears_fin = false;
        self.sweep();
    }

    /// The last ACK leaves again. One that was waiting leaves with it, and not once more later (Linux:
    /// `tcp_event_ack_sent`).
    fn answer(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if connection.timers.ack_at.take().is_some() {
            return self.work(at);
        }
        let answer = acknowledgement(&connection.numbers, self.host);
        self.send(Some(answer));
    }

    fn judge(&self, at: usize, segment: &RawSegment) -> (Verdict, Option<&'static Rule>) {
        let connection = &self.connections[at];
        let Holder::Handshake(listener) = connection.holder else {
            return rules::judge(connection, segment);
        };
        let judged = rules::judge_handshake(connection, segment);
        let listener = self.listeners.iter().find(|known| known.id == listener).expect("see is_abandoned");
        if matches!(judged.0, Verdict::Pass | Verdict::KeepFin)
            && segment.ack == connection.numbers.send_next
            && let Some((verdict, rule)) =
                rules::full_queue_meets_ack(listener.queue.len(), listener.backlog, &self.settings)
        {
            return (verdict, Some(rule));
        }
        judged
    }

    /// smoltcp takes the segment.
    fn pass(&mut self, at: usize, segment: &RawSegment, frame: Vec<u8>) {
        let now_us = self.now_us;
        let connection = &mut self.connections[at];
        let Some(stack) = &mut connection.stack else { return };
        let was = (stack.received(), stack.state());
        let is_bare = length(segment) == 0 && segment.flags.ack && !segment.flags.rst;
        let is_open = !matches!(connection.state, State::SynSent | State::SynReceived);
        let repeats = is_bare && is_open && !connection.numbers.advances(segment);
        let tells_gap = repeats && wire::sacked_to(&frame).is_some() && connection.state != State::LastAck;
        if !repeats || self.rules == Rules::Bare {
            stack.arrive(now_us, frame);
        }
        if stack.received() != was.0 || segment.flags.fin && stack.state() != was.1 {
            connection.ack_owed = true;
        }
        if tells_gap {
            connection.acks_alike += 1;
        }
        let ended = connection.state == State::Established && stack.state() == tcp::State::CloseWait;
        connection.has_received |= segment.len > 0;
        if ended && self.rules == Rules::Linux {
            connection.timers.ack_at = Some(now_us + rules::fin_ack_us(connection.has_received));
            connection.numbers.receive_next = segment.seq.wrapping_add(length(segment));
            self.effects.push(Effect::Rule(&rules::FIN_ACK_WAITS));
        }
        if !segment.flags.rst {
            connection.timers.note_received(now_us);
        }
        let advances = connection.numbers.advances(segment);
        if advances {
            let newly = segment.ack.wrapping_sub(connection.numbers.unacknowledged);
            connection.acknowledged = connection.acknowledged.saturating_add(newly as usize);
            connection.note_acknowledged(segment.ack);
            connection.timers.note_acknowledged(now_us, segment.ack, connection.flight());
        }
        if segment.flags.ack || segment.flags.syn {
            connection.numbers.send_window = segment.win;
        }
        connection.timers.note_window(now_us, segment.win);
        let repeats_head = tells_gap && connection.acks_alike == 3;
        if repeats_head {
            self.retransmit(at);
        }
        self.work(at);
        self.pass_early_fin(at);
    }

    /// smoltcp takes what the segment acknowledges, and nothing else of it.
    fn pass_ack(&mut self, at: usize, segment: &RawSegment) {
        let (seq, flags) = (self.connections[at].numbers.receive_next, Flags::ACK);
        let bare = RawSegment { seq, flags, len: 0, ..*segment };
        self.pass(at, &bare, wire::write(self.ip, &bare));
    }

    /// The data before a FIN that came too early has come.
    fn pass_early_fin(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let numbers = &connection.numbers;
        if connection.early_fin != Some(numbers.receive_next) {
            return;
        }
        let fin = RawSegment {
            from: self.host.peer(),
            ports: [numbers.ports[1], numbers.ports[0]],
            flags: Flags::FIN,
            seq: numbers.receive_next,
            ack: numbers.unacknowledged,
            len: 0,
            win: numbers.send_window,
        };
        connection.early_fin = None;
        if let Some(stack) = &mut connection.stack {
            stack.arrive(self.now_us, wire::write(self.ip, &fin));
            self.work(at);
        }
    }

    /// The connection of a handshake whose listener is gone.
    pub(super) fn is_abandoned(&self, at: usize) -> bool {
        match self.connections[at].holder {
            Holder::Handshake(id) => !self.listeners.iter().any(|listener| listener.id == id && listener.listens),
            _ => false,
        }
    }

    /// It is reset: whoever holds it finds the error.
    fn fail(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if matches!(connection.holder, Holder::Descriptor | Holder::Queue(_)) {
            let (errno, rule) = rules::reset_error(connection.state);
            connection.error = Some(errno);
            self.effects.push(Effect::Rule(rule));
        }
        self.forget(at);
    }

    /// It ends without a word.
    pub(super) fn forget(&mut self, at: usize) {
        self.connections[at].end();
        self.observe(at);
    }

    /// It ends with a reset of its own.
    pub(super) fn reset(&mut self, at: usize) {
        if let Some(stack) = &mut self.connections[at].stack {
            stack.socket().abort();
            self.observe(at);
            let stack = self.connections[at].stack.as_mut().expect("it was there");
            // The RST leaves at the next occasion; what is removed before that never sends it.
            stack.speak(self.now_us);
            self.emit(at);
        }
        self.forget(at);
    }

    /// Everything that the connection has to do now: take in, hand on, speak, and move on when it is over.
    pub(super) fn work(&mut self, at: usize) {
        self.turn(at);
        for _ in 0..TURNS_MAX {
            let connection = &mut self.connections[at];
            let next = connection.next_segment();
            if next.is_none() && connection.timers.ack_at.is_some() {
                break;
            }
            connection.skips = self.rules == Rules::Linux && next.as_ref().is_some_and(|next| !next.is_lost);
            let may_speak = self.rules == Rules::Bare
                || connection.skips
                || next.as_ref().is_none_or(|next| connection.may_leave(next));
            if self.rules == Rules::Linux
                && may_speak
                && let Some(next) = &next
            {
                connection.show_window(self.ip, self.host, self.now_us, next);
            }
            if !may_speak && connection.owes_ack() && connection.timers.ack_at.is_none() {
                self.acknowledge(at);
                continue;
            }
            if may_speak && connection.fin_held && next.as_ref().is_some_and(|next| next.fin && next.len == 0) {
                self.send_fin(at);
                continue;
            }
            let Some(stack) = &mut connection.stack else { break };
            if !may_speak || !stack.speak(self.now_us) {
                // What smoltcp said, and nobody heard.
                if may_speak
                    && self.rules == Rules::Linux
                    && connection.ack_owed
                    && connection.timers.ack_at.is_none()
                    && connection.numbers.receive_next != 0
                {
                    self.acknowledge(at);
                }
                break;
            }
            self.turn(at);
        }
        self.move_on(at);
    }

    /// smoltcp says what it expects, and nothing else: its answer to a byte that it has.
    fn acknowledge(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let numbers = &connection.numbers;
        let old = RawSegment {
            from: self.host.peer(),
            ports: [numbers.ports[1], numbers.ports[0]],
            flags: Flags::ACK,
            seq: numbers.receive_next.wrapping_sub(1),
            ack: numbers.unacknowledged,
            len: 1,
            win: 0,
        };
        if let Some(stack) = &mut connection.stack {
            stack.arrive(self.now_us, wire::write(self.ip, &old));
        }
        self.turn(at);
        self.connections[at].ack_owed = false;
    }

    /// The FIN that was held leaves.
    fn send_fin(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        connection.fin_held = false;
        let fin =
            RawSegment { flags: Flags { fin: true, ..Flags::ACK }, ..acknowledgement(&connection.numbers, self.host) };
        let frame = wire::write(self.ip, &fin);
        if let Some(stack) = &mut connection.stack {
            stack.say(frame);
        }
        self.turn(at);
    }

    /// smoltcp sends one segment, whatever may leave otherwise.
    pub(super) fn speak_once(&mut self, at: usize) {
        if let Some(stack) = &mut self.connections[at].stack {
            stack.speak(self.now_us);
        }
        self.turn(at);
    }

    fn turn(&mut self, at: usize) {
        self.observe(at);
        self.emit(at);
        let connection = &mut self.connections[at];
        connection.take_in();
        connection.feed(self.ip, self.host, self.now_us);
        self.observe(at);
    }

    /// Records the state if it has changed.
    pub(super) fn observe(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let (from, to) = (connection.state, connection.actual_state());
        if from == to || to == State::Listen {
            return;
        }
        connection.state = to;
        if matches!(to, State::CloseWait | State::Closing | State::TimeWait) {
            connection.note_end_of_stream();
        }
        let (id, name) = (connection.id, connection.name.clone());
        self.effects.push(Effect::State { id, name, from, to });
        if let Holder::Handshake(listener) = self.connections[at].holder
            && matches!(to, State::Established | State::CloseWait)
        {
            self.queue(at, listener);
        }
        if to == State::Established {
            timers::watch_keep_alive(&mut self.connections[at], self.now_us);
        }
    }

    /// The handshake is over: the connection waits for accept(2).
    fn queue(&mut self, at: usize, listener: u32) {
        let connection = &mut self.connections[at];
        connection.holder = Holder::Queue(listener);
        if let Some(listener) = self.listeners.iter_mut().find(|known| known.id == listener) {
            connection.options = listener.options;
            listener.queue.push(connection.id);
        }
    }

    /// Sends what smoltcp has put out, and learns from it.
    fn emit(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let Some(stack) = &mut connection.stack else { return };
        for mut frame in stack.leaving() {
            let mut segment = wire::read(self.host, &frame);
            // A FIN that has not left joins nothing that has.
            let last = segment.seq.wrapping_add(segment.len);
            if self.rules == Rules::Linux
                && segment.flags.fin
                && segment.len > 0
                && wire::before(segment.seq, connection.numbers.send_next)
                && last == connection.numbers.send_next
            {
                wire::without_fin(self.ip, self.host, &mut frame);
                segment.flags.fin = false;
                connection.fin_held = true;
            }
            if std::mem::take(&mut connection.skips) {
                connection.frontier = segment.seq.wrapping_add(length(&segment));
                continue;
            }
            if segment.flags.ack {
                connection.timers.ack_at = None;
                connection.ack_owed = false;
            }
            let end = segment.seq.wrapping_add(length(&segment));
            let is_new = wire::after(end, connection.numbers.send_next);
            if connection.numbers.sent(&segment) {
                connection.note_left(segment.seq, end);
                if wire::after(end, connection.frontier) {
                    connection.frontier = end;
                }
                connection.timers.note_sent(self.now_us, end);
                connection.validate_window();
                if is_new {
                    connection.last_sent = (self.rules == Rules::Linux).then(|| frame.clone());
                    connection.timers.plan_loss_probe(self.now_us, connection.flight());
                } else {
                    connection.timers.note_repeated(self.now_us);
                }
            }
            self.effects.push(Effect::Segment(frame));
        }
        if let Some((id, numbers)) = &mut self.newest
            && *id == connection.id
        {
            *numbers = connection.numbers;
        }
    }

    /// A connection that is over for smoltcp, or that nobody needs whole any more, becomes less.
    pub(super) fn move_on(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let Some(stack) = &mut connection.stack else { return };
        if stack.is_over() {
            return self.forget(at);
        }
        if self.rules == Rules::Bare {
            return;
        }
        let blocked = connection.next_segment().is_some()
            && !connection.numbers.is_in_flight()
            && connection.state != State::SynSent;
        connection.timers.watch_window(self.now_us, if blocked { Blocked::Yes } else { Blocked::No });
        match connection.state {
            State::TimeWait => self.rest(at, TIME_WAIT_US),
            State::FinWait2 if connection.holder == Holder::Nobody && connection.timers.orphan_at.is_none() => {
                let wait_us = rules::fin_wait_2_us(connection, &self.settings);
                if wait_us > TIME_WAIT_US {
                    connection.timers.orphan_at = Some(self.now_us + wait_us - TIME_WAIT_US);
                } else if connection.hears_fin {
                    // Linux: `tcp_rcv_state_process`, "we could lose such FIN otherwise".
                    connection.timers.orphan_at = Some(self.now_us + wait_us);
                } else {
                    self.rest(at, wait_us);
                }
            }
            _ => {}
        }
    }

    /// Only a rest stays (Linux: `tcp_time_wait`).
    pub(super) fn rest(&mut self, at: usize, wait_us: u64) {
        if self.rests.len() >= self.settings.max_tw_buckets as usize {
            self.effects.push(Effect::Rule(&rules::NO_ROOM_TO_REST));
            return self.forget(at);
        }
        let connection = &mut self.connections[at];
        self.rests.push(Rest {
            id: connection.id,
            name: connection.name.clone(),
            state: connection.state,
            numbers: connection.numbers,
            reuse_address: connection.reuse_address,
            ends_us: self.now_us + wait_us,
            answered_us: None,
        });
        connection.end();
        // The state goes on in the rest.
        connection.state = State::Closed;
    }

    /// Lets go of connections that are gone and that nobody holds.
    pub(super) fn sweep(&mut self) {
        self.connections.retain(|Connection { stack, holder, .. }| {
            stack.is_some() || matches!(holder, Holder::Descriptor | Holder::Queue(_))
        });
    }
}
