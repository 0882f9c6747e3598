//! A TCP connection as Linux keeps it: smoltcp's part, and around it what a socket has besides the protocol.

use std::collections::VecDeque;
use std::time::Duration;

use scenario::{Errno, Flags, Host, RawSegment, State};
use smoltcp::socket::tcp;

use crate::Rules;
use crate::rules;
use crate::stack::{Stack, WINDOW};
use crate::timers::{InFlight, Timers};
use crate::wire::{self, Ip, after, before};

/// Bytes that a new socket takes before write(2) blocks, without SO_SNDBUF: what tcp_wmem and ten segments give.
const SEND_BUFFER: usize = 78_192;
/// For every three bytes that the peer has acknowledged it takes eleven more (Linux: `tcp_sndbuf_expand`, in slow
/// start).
const SEND_BUFFER_GROWTH: usize = 11;
const SEND_BUFFER_UNIT: usize = 3;
/// But no more than these: half of tcp_wmem's limit, which counts more than the bytes.
pub(crate) const SEND_BUFFER_MAX: usize = 2 << 20;
/// Bytes that a socket holds for a program that does not read, before its window closes, without SO_RCVBUF.
const RECEIVE_BUFFER: usize = 89_776;

pub(crate) struct Connection {
    /// The host's next number when it was made: the newest has the highest.
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) holder: Holder,
    /// Gone when the connection is: closed, reset, given up, or handed to a [`crate::rest::Rest`].
    pub(crate) stack: Option<Stack>,
    /// As it was last recorded.
    pub(crate) state: State,
    /// SO_REUSEADDR, from its listener.
    pub(crate) reuse_address: bool,
    pub(crate) options: Options,
    pub(crate) numbers: Numbers,
    pub(crate) timers: Timers,
    /// Where smoltcp goes on: SND.NXT, or less after a timeout.
    pub(crate) frontier: u32,
    /// In segments.
    pub(crate) congestion_window: u32,
    /// Linux: `tcp_cwnd_validate`.
    pub(crate) was_limited: bool,
    pub(crate) most_in_flight: u32,
    pub(crate) usage_until: u32,
    /// Something has arrived in order that no ACK has told of.
    pub(crate) ack_owed: bool,
    /// ACKs alike since the last new one.
    pub(crate) acks_alike: u32,
    /// Where the segments end that have left and are not acknowledged.
    pub(crate) in_flight: Vec<u32>,
    /// The last new one of these, while there are any.
    pub(crate) last_sent: Option<Vec<u8>>,
    /// The segment that is being taken in has a FIN.
    pub(crate) hears_fin: bool,
    /// Data has arrived on it, ever.
    pub(crate) has_received: bool,
    /// How many bytes the peer has acknowledged.
    pub(crate) acknowledged: usize,
    /// Arrived and not yet read.
    pub(crate) received: VecDeque<u8>,
    /// Linux's SEND_SHUTDOWN: nothing more will be written.
    pub(crate) sending_ended: bool,
    /// Linux's RCV_SHUTDOWN: nothing more will be read, or the peer's FIN has come.
    pub(crate) reading_ended: bool,
    /// Linux's SOCK_DONE: the peer's FIN has come.
    pub(crate) stream_ended: bool,
    /// A FIN is to follow what is written; smoltcp has not been told yet.
    pub(crate) fin_wanted: bool,
    /// The congestion window after a repair, and the number whose ACK ends it.
    pub(crate) repair: Option<(u32, u32)>,
    /// Everything before this number that the peer has not told of counts as lost.
    pub(crate) lost_to: u32,
    /// What the peer has told of with SACK.
    pub(crate) sacked: Vec<(u32, u32)>,
    /// smoltcp believes its FIN to have left, with what was sent again; it has not.
    pub(crate) fin_held: bool,
    /// What smoltcp sends is not lost, and does not leave.
    pub(crate) skips: bool,
    /// Behind the last of what has arrived beyond a gap: the right edge of what SACK tells.
    pub(crate) sacked_to: Option<u32>,
    /// The number of a FIN that arrived before the data in front of it.
    pub(crate) early_fin: Option<u32>,
    /// Linux's sk_err: the one pending error.
    pub(crate) error: Option<Errno>,
    /// When it last answered a segment that it did not accept.
    pub(crate) answered_us: Option<u64>,
}

/// Who would notice what happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A program, by a descriptor.
    Descriptor,
    /// A listener with that id: the handshake is under way.
    Handshake(u32),
    /// A listener with that id: it waits for accept(2).
    Queue(u32),
    /// Nobody: an orphan.
    Nobody,
}

/// What setsockopt(2) has set. A connection inherits its listener's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) linger_s: Option<u16>,
    pub(crate) keep_alive: bool,
    pub(crate) keep_idle_us: u64,
    pub(crate) keep_interval_us: u64,
    pub(crate) keep_count: u32,
    /// 0: off.
    pub(crate) user_timeout_us: u64,
    pub(crate) linger2: Linger2,
    /// SO_SNDBUF; without it the kernel lets it grow.
    pub(crate) send_buffer: Option<usize>,
    pub(crate) receive_buffer: usize,
}

/// TCP_LINGER2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linger2 {
    /// tcp_fin_timeout decides.
    Unset,
    Seconds(u32),
    /// -1
    Negative,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            linger_s: None,
            keep_alive: false,
            keep_idle_us: 7_200_000_000,
            keep_interval_us: 75_000_000,
            keep_count: 9,
            user_timeout_us: 0,
            linger2: Linger2::Unset,
            send_buffer: None,
            receive_buffer: RECEIVE_BUFFER,
        }
    }
}

/// Sequence numbers as they were on the wire (RFC 9293 §3.3.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    /// The own port and the peer's.
    pub(crate) ports: [u16; 2],
    pub(crate) isn: u32,
    /// SND.UNA
    pub(crate) unacknowledged: u32,
    /// SND.NXT
    pub(crate) send_next: u32,
    /// SND.WND
    pub(crate) send_window: u32,
    /// Payload of a full segment.
    pub(crate) full: u32,
    /// Behind the last segment with data that was not full (Linux: snd_sml).
    pub(crate) small_end: u32,
    /// RCV.NXT; 0 until the peer's SYN has come.
    pub(crate) receive_next: u32,
    /// RCV.WND
    pub(crate) receive_window: u32,
}

impl Numbers {
    pub(crate) const fn new(ports: [u16; 2], isn: u32, full: u32) -> Self {
        Self {
            ports,
            isn,
            unacknowledged: isn,
            send_next: isn,
            send_window: 0,
            full,
            small_end: isn,
            receive_next: 0,
            receive_window: 0,
        }
    }

    /// Learns from a segment that the connection has sent; true if it takes up sequence numbers.
    pub(crate) fn sent(&mut self, segment: &RawSegment) -> bool {
        if segment.flags.ack {
            self.receive_next = segment.ack;
            self.receive_window = segment.win;
        }
        let end = segment.seq.wrapping_add(length(segment));
        if !segment.flags.rst && after(end, self.send_next) {
            self.send_next = end;
            if segment.len > 0 && segment.len < self.full {
                self.small_end = end;
            }
        }
        !segment.flags.rst && length(segment) > 0
    }

    /// Whether anything that was sent is not acknowledged.
    pub(crate) const fn is_in_flight(&self) -> bool {
        self.unacknowledged != self.send_next
    }

    /// How many sequence numbers are not acknowledged, that of the SYN left out.
    pub(crate) const fn in_flight_without_syn(&self) -> u32 {
        let in_flight = self.send_next.wrapping_sub(self.unacknowledged);
        if self.unacknowledged == self.isn { in_flight.saturating_sub(1) } else { in_flight }
    }

    /// Whether the segment touches what the host expects (Linux: `tcp_sequence`).
    pub(crate) fn accepts(&self, segment: &RawSegment) -> bool {
        let end = segment.seq.wrapping_add(length(segment));
        let edge = self.receive_next.wrapping_add(self.receive_window);
        !before(end, self.receive_next) && !after(segment.seq, edge)
    }

    /// The same question, as what has no whole socket asks it (Linux: `tcp_in_window`).
    pub(crate) fn is_in_window(&self, segment: &RawSegment) -> bool {
        let end = segment.seq.wrapping_add(length(segment));
        let edge = self.receive_next.wrapping_add(self.receive_window);
        segment.seq == self.receive_next
            || (after(end, self.receive_next) && before(segment.seq, edge))
            || (segment.seq == edge && segment.seq == end)
    }

    /// Whether the segment acknowledges something that was not acknowledged before.
    pub(crate) fn advances(&self, segment: &RawSegment) -> bool {
        segment.flags.ack && after(segment.ack, self.unacknowledged) && !after(segment.ack, self.send_next)
    }
}

/// A segment that has not left.
pub(crate) struct Next {
    pub(crate) seq: u32,
    pub(crate) len: u32,
    pub(crate) fin: bool,
    /// New, or lost: smoltcp shall not pass over it.
    pub(crate) is_lost: bool,
}

/// How many sequence numbers the segment takes up: its payload, SYN and FIN.
pub(crate) const fn length(segment: &RawSegment) -> u32 {
    segment.len + segment.flags.syn as u32 + segment.flags.fin as u32
}

impl Connection {
    pub(crate) fn new(id: u32, name: String, holder: Holder, numbers: Numbers, stack: Option<Stack>) -> Self {
        Self {
            id,
            name,
            holder,
            stack,
            state: State::Closed,
            reuse_address: false,
            options: Options::default(),
            numbers,
            timers: Timers::default(),
            frontier: numbers.isn,
            congestion_window: 10,
            was_limited: false,
            most_in_flight: 0,
            usage_until: numbers.isn,
            ack_owed: false,
            acks_alike: 0,
            in_flight: Vec::new(),
            last_sent: None,
            hears_fin: false,
            has_received: false,
            acknowledged: 0,
            received: VecDeque::new(),
            sending_ended: false,
            reading_ended: false,
            stream_ended: false,
            fin_wanted: false,
            lost_to: numbers.isn,
            sacked: Vec::new(),
            skips: false,
            repair: None,
            fin_held: false,
            sacked_to: None,
            early_fin: None,
            error: None,
            answered_us: None,
        }
    }

    /// A segment with these numbers has left. One that was sent again may reach further than it did before.
    pub(crate) fn note_left(&mut self, seq: u32, end: u32) {
        self.in_flight.retain(|known| !after(*known, seq) || after(*known, end));
        self.in_flight.push(end);
    }

    /// The segment is taken, and stands beyond a gap perhaps.
    pub(crate) fn note_beyond_gap(&mut self, segment: &RawSegment) {
        let end = segment.seq.wrapping_add(length(segment));
        let is_beyond = length(segment) > 0 && after(segment.seq, self.numbers.receive_next);
        if is_beyond && self.sacked_to.is_none_or(|edge| after(end, edge)) {
            self.sacked_to = Some(end);
        }
    }

    /// Everything before that number is acknowledged.
    pub(crate) fn note_acknowledged(&mut self, ack: u32) {
        let opens = self.numbers.unacknowledged == self.numbers.isn;
        self.numbers.unacknowledged = ack;
        if after(ack, self.frontier) {
            self.frontier = ack;
        }
        self.acks_alike = 0;
        let repaired = self.repair.filter(|(_, end)| !after(*end, ack));
        self.sacked.retain(|(_, end)| after(*end, ack));
        let before = self.in_flight.len();
        self.in_flight.retain(|end| after(*end, ack));
        let grown = (self.congestion_window + (before - self.in_flight.len()) as u32).min(1 << 16);
        // Linux: `tcp_is_cwnd_limited`, in slow start.
        if let Some((window, _)) = repaired {
            self.congestion_window = window;
            self.repair = None;
            return;
        }
        let is_used = self.was_limited || self.congestion_window < 2 * self.most_in_flight;
        self.congestion_window = if opens || !is_used { self.congestion_window } else { grown };
        if self.in_flight.is_empty() {
            self.last_sent = None;
        }
    }

    /// How much of what was sent is not acknowledged.
    pub(crate) const fn flight(&self) -> InFlight {
        match self.in_flight.len() {
            0 => InFlight::Nothing,
            1 => InFlight::OneSegment,
            _ => InFlight::Several,
        }
    }

    /// Its state as Linux would say it: shutdown(2) and close(2) act at once, even where data stands before the FIN.
    pub(crate) fn actual_state(&self) -> State {
        let Some(stack) = &self.stack else { return State::Closed };
        match stack.state() {
            tcp::State::Closed => State::Closed,
            tcp::State::Listen => State::Listen,
            tcp::State::SynSent => State::SynSent,
            tcp::State::SynReceived if self.fin_wanted => State::FinWait1,
            tcp::State::SynReceived => State::SynReceived,
            tcp::State::Established => State::Established,
            tcp::State::FinWait1 => State::FinWait1,
            tcp::State::FinWait2 => State::FinWait2,
            tcp::State::CloseWait => State::CloseWait,
            tcp::State::Closing => State::Closing,
            tcp::State::LastAck => State::LastAck,
            tcp::State::TimeWait => State::TimeWait,
        }
    }

    /// Moves what has arrived to where read(2) finds it, as long as the socket's buffer has room.
    pub(crate) fn take_in(&mut self) {
        let room = self.options.receive_buffer.saturating_sub(WINDOW).saturating_sub(self.received.len());
        // Bare smoltcp has one queue, its own.
        if self.stack.as_ref().is_none_or(|stack| stack.rules() == Rules::Bare) {
            return;
        }
        // A closed window opens again when that is worth a segment or more (Linux: `__tcp_select_window`).
        let is_closed = self.stack.as_ref().is_some_and(Stack::is_window_closed);
        if !is_closed || room > self.options.receive_buffer / 16 {
            self.take(room);
        }
    }

    /// Moves all that has arrived: smoltcp's part is about to go.
    pub(crate) fn take_all_in(&mut self) {
        self.take(usize::MAX);
    }

    /// Moves so many bytes, if so many have arrived.
    pub(crate) fn take(&mut self, mut room: usize) {
        let Some(stack) = &mut self.stack else { return };
        while room > 0 && stack.received() > 0 {
            let received = &mut self.received;
            let taken = stack.socket().recv(|bytes| {
                let taken = bytes.len().min(room);
                received.extend(&bytes[..taken]);
                (taken, taken)
            });
            let Ok(taken @ 1..) = taken else { break };
            room -= taken;
        }
    }

    /// Passes on the wish to end that came before the handshake was over.
    pub(crate) fn feed(&mut self, ip: Ip, host: Host, now_us: u64) {
        let Some(stack) = &mut self.stack else { return };
        if self.fin_wanted && matches!(stack.state(), tcp::State::Established | tcp::State::CloseWait) {
            // In LAST-ACK smoltcp learns of no window any more.
            self.reshow(ip, host, now_us, u16::MAX);
            let Some(stack) = &mut self.stack else { return };
            stack.socket().close();
            self.fin_wanted = false;
        }
    }

    /// What smoltcp would send next, if it may: data, the FIN, or both.
    pub(crate) fn next_segment(&self) -> Option<Next> {
        let stack = self.stack.as_ref()?;
        let closing = match stack.state() {
            tcp::State::FinWait1 | tcp::State::Closing | tcp::State::LastAck => true,
            tcp::State::Established | tcp::State::CloseWait => false,
            _ => return None,
        };
        let queue = stack.unacknowledged() as u32;
        let offset = self.frontier.wrapping_sub(self.numbers.unacknowledged);
        if offset > queue {
            return None;
        }
        let mut len = (queue - offset).min(self.numbers.full);
        let (seq, mut is_lost) = (self.frontier, true);
        if before(seq, self.numbers.send_next) {
            let inside = self.sacked.iter().find(|(start, end)| !after(*start, seq) && after(*end, seq));
            // In LAST-ACK smoltcp learns of no window any more, and sends as much as it can.
            let may_cut = stack.state() != tcp::State::LastAck;
            let mut end = self.numbers.send_next;
            if let Some((_, right)) = inside {
                end = *right;
                is_lost = false;
            } else if !before(seq, self.lost_to) {
                is_lost = false;
            } else if let Some(next) = self
                .sacked
                .iter()
                .map(|(start, _)| *start)
                .filter(|s| after(*s, seq))
                .reduce(|a, b| if before(a, b) { a } else { b })
            {
                end = next;
            }
            let most = end.wrapping_sub(seq);
            if may_cut {
                len = len.min(most);
            } else if most < len {
                is_lost = true;
            }
        }
        let fin = closing && offset + len == queue;
        (len > 0 || fin).then_some(Next { seq, len, fin, is_lost })
    }

    /// What leaves again takes nothing new with it: smoltcp believes the window to end there.
    pub(crate) fn show_window(&mut self, ip: Ip, host: Host, now_us: u64, next: &Next) {
        let end = next.seq.wrapping_add(next.len).wrapping_sub(self.numbers.unacknowledged);
        let window = if before(next.seq, self.numbers.send_next) { end.max(1) as u16 } else { u16::MAX };
        self.reshow(ip, host, now_us, window);
    }

    pub(crate) fn reshow(&mut self, ip: Ip, host: Host, now_us: u64, window: u16) {
        let numbers = &self.numbers;
        let update = RawSegment {
            from: host.peer(),
            ports: [numbers.ports[1], numbers.ports[0]],
            flags: Flags::ACK,
            // In the window, whatever has arrived since the last ACK.
            seq: numbers.receive_next.wrapping_add(numbers.receive_window.saturating_sub(1)),
            ack: numbers.unacknowledged,
            len: 0,
            win: 0,
        };
        if let Some(stack) = &mut self.stack
            && stack.shown != window
            && stack.state() != tcp::State::LastAck
        {
            stack.shown = window;
            stack.arrive(now_us, wire::write(ip, &update));
        }
    }

    /// Whether it may leave now (Linux: `tcp_write_xmit`).
    pub(crate) fn may_leave(&self, next: &Next) -> bool {
        rules::may_leave(next, &self.numbers, self.packets_in_network(), self.congestion_window)
    }

    /// Notes how much of the congestion window is used.
    pub(crate) fn validate_window(&mut self) {
        let out = self.in_flight.len() as u32;
        let limited = self.packets_in_network() >= self.congestion_window;
        if !before(self.numbers.unacknowledged, self.usage_until)
            || limited
            || !self.was_limited && out > self.most_in_flight
        {
            self.was_limited = limited;
            self.most_in_flight = out;
            self.usage_until = self.numbers.send_next;
        }
    }

    /// Segments that are under way: after a timeout what was sent before counts as lost.
    fn packets_in_network(&self) -> u32 {
        let arrived = |end: u32| self.sacked.iter().any(|(start, right)| after(end, *start) && !after(end, *right));
        self.in_flight.iter().filter(|end| !after(**end, self.frontier) && !arrived(**end)).count() as u32
    }

    /// Whether a segment could leave, but for the rule that holds small ones back ([`rules::may_leave`]).
    pub(crate) fn has_waiting_segment(&self) -> bool {
        let Some(next) = self.next_segment() else { return false };
        let numbers = &self.numbers;
        let edge = numbers.unacknowledged.wrapping_add(numbers.send_window);
        let end = next.seq.wrapping_add(next.len + u32::from(next.fin));
        next.seq == numbers.send_next && !after(end, edge)
    }

    /// Whether smoltcp has an ACK to send, were there no data in its way.
    pub(crate) fn owes_ack(&self) -> bool {
        let Some(stack) = &self.stack else { return false };
        let may_update = matches!(stack.state(), tcp::State::Established | tcp::State::FinWait1 | tcp::State::FinWait2);
        let window = stack.free() as u32;
        self.ack_owed || may_update && window > 0 && window / 2 >= self.numbers.receive_window
    }

    /// How many more bytes write(2) may take.
    pub(crate) fn send_space(&self) -> usize {
        let grown = SEND_BUFFER + self.acknowledged.min(SEND_BUFFER_MAX) * SEND_BUFFER_GROWTH / SEND_BUFFER_UNIT;
        self.options.send_buffer.unwrap_or_else(|| grown.min(SEND_BUFFER_MAX)).saturating_sub(self.queued())
    }

    /// Bytes that are written and not acknowledged.
    pub(crate) fn queued(&self) -> usize {
        self.stack.as_ref().map_or(0, Stack::unacknowledged)
    }

    /// Bytes that have arrived and are not read.
    pub(crate) fn unread(&self) -> usize {
        self.received.len() + self.stack.as_ref().map_or(0, Stack::received)
    }

    /// The connection ends here and now, without a word (Linux: `tcp_done`). What has arrived stays readable.
    pub(crate) fn end(&mut self) {
        self.take_all_in();
        self.stack = None;
        self.last_sent = None;
        self.fin_wanted = false;
        self.sending_ended = true;
        self.reading_ended = true;
        self.timers.stop();
    }

    /// The peer's FIN has come.
    pub(crate) const fn note_end_of_stream(&mut self) {
        self.stream_ended = true;
        self.reading_ended = true;
    }

    /// A segment that the host had no use for may be answered now: at most one answer in half a second
    /// (tcp_invalid_ratelimit), so that two confused hosts do not answer each other for ever.
    pub(crate) fn may_answer(&mut self, now_us: u64) -> bool {
        may_answer(&mut self.answered_us, now_us)
    }
}

pub(crate) fn may_answer(answered_us: &mut Option<u64>, now_us: u64) -> bool {
    const SPACING_US: u64 = 500_000;
    if answered_us.is_some_and(|answered| now_us - answered < SPACING_US) {
        return false;
    }
    *answered_us = Some(now_us);
    true
}

/// Saturating: a script's spans are bounded far below. Without 128-bit arithmetic, which a page would have to load.
pub(crate) const fn micros(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000).saturating_add(span.subsec_micros() as u64)
}
