//! A TCP connection as Linux keeps it: smoltcp's part, and around it what a socket has besides the protocol.

use std::collections::VecDeque;
use std::time::Duration;

use scenario::{Errno, RawSegment, State};
use smoltcp::socket::tcp;

use crate::stack::{Stack, WINDOW};
use crate::timers::Timers;
use crate::wire::{after, before};

/// Bytes that a socket holds for its peer before write(2) blocks, without SO_SNDBUF.
const SEND_BUFFER: usize = 46_080;
/// Bytes that a socket holds for its program before its window closes, without SO_RCVBUF.
const RECEIVE_BUFFER: usize = 65_536;

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
    /// Written and not yet given to smoltcp.
    pub(crate) unsent: VecDeque<u8>,
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
    pub(crate) send_buffer: usize,
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
            send_buffer: SEND_BUFFER,
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
    /// RCV.NXT; 0 until the peer's SYN has come.
    pub(crate) receive_next: u32,
    /// RCV.WND
    pub(crate) receive_window: u32,
}

impl Numbers {
    pub(crate) const fn new(ports: [u16; 2], isn: u32) -> Self {
        Self { ports, isn, unacknowledged: isn, send_next: isn, send_window: 0, receive_next: 0, receive_window: 0 }
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
        }
        !segment.flags.rst && length(segment) > 0
    }

    /// Whether anything that was sent is not acknowledged.
    pub(crate) const fn in_flight(&self) -> bool {
        self.unacknowledged != self.send_next
    }

    /// Whether the segment touches what the host expects (Linux: `tcp_sequence`).
    pub(crate) fn accepts(&self, segment: &RawSegment) -> bool {
        let end = segment.seq.wrapping_add(length(segment));
        let edge = self.receive_next.wrapping_add(self.receive_window);
        !before(end, self.receive_next) && !after(segment.seq, edge)
    }

    /// Whether the segment acknowledges something that was not acknowledged before.
    pub(crate) fn advances(&self, segment: &RawSegment) -> bool {
        segment.flags.ack && after(segment.ack, self.unacknowledged) && !after(segment.ack, self.send_next)
    }
}

/// How many sequence numbers the segment takes up: its payload, SYN and FIN.
pub(crate) const fn length(segment: &RawSegment) -> u32 {
    segment.len + segment.flags.syn as u32 + segment.flags.fin as u32
}

impl Connection {
    pub(crate) fn new(id: u32, name: String, holder: Holder, ports: [u16; 2], isn: u32, stack: Stack) -> Self {
        Self {
            id,
            name,
            holder,
            stack: Some(stack),
            state: State::Closed,
            reuse_address: false,
            options: Options::default(),
            numbers: Numbers::new(ports, isn),
            timers: Timers::default(),
            unsent: VecDeque::new(),
            received: VecDeque::new(),
            sending_ended: false,
            reading_ended: false,
            stream_ended: false,
            fin_wanted: false,
            error: None,
            answered_us: None,
        }
    }

    /// Its state as Linux would say it: shutdown(2) and close(2) act at once, even where data stands before the FIN.
    pub(crate) fn actual_state(&self) -> State {
        let Some(stack) = &self.stack else { return State::Closed };
        match stack.state() {
            tcp::State::Closed => State::Closed,
            tcp::State::Listen => State::Listen,
            tcp::State::SynSent => State::SynSent,
            tcp::State::SynReceived | tcp::State::Established if self.fin_wanted => State::FinWait1,
            tcp::State::SynReceived => State::SynReceived,
            tcp::State::Established => State::Established,
            tcp::State::FinWait1 => State::FinWait1,
            tcp::State::FinWait2 => State::FinWait2,
            tcp::State::CloseWait if self.fin_wanted => State::LastAck,
            tcp::State::CloseWait => State::CloseWait,
            tcp::State::Closing => State::Closing,
            tcp::State::LastAck => State::LastAck,
            tcp::State::TimeWait => State::TimeWait,
        }
    }

    /// Moves what has arrived to where read(2) finds it, as long as the socket's buffer has room.
    pub(crate) fn take_in(&mut self) {
        let room = self.options.receive_buffer.saturating_sub(WINDOW.min(self.options.receive_buffer));
        if self.received.len() <= room {
            self.take_all_in();
        }
    }

    /// Moves all that has arrived: smoltcp's part is about to go.
    pub(crate) fn take_all_in(&mut self) {
        let Some(stack) = &mut self.stack else { return };
        while stack.received() > 0 {
            let received = &mut self.received;
            let taken = stack.socket().recv(|bytes| {
                received.extend(&*bytes);
                (bytes.len(), bytes.len())
            });
            if !matches!(taken, Ok(1..)) {
                break;
            }
        }
    }

    /// Gives smoltcp what is written, and after the last byte the wish to end.
    ///
    /// Nothing while the peer's window is closed: its window probes are the timers' matter.
    pub(crate) fn feed(&mut self) {
        let Some(stack) = &mut self.stack else { return };
        let is_open = matches!(stack.state(), tcp::State::Established | tcp::State::CloseWait);
        if !is_open {
            return;
        }
        while !self.unsent.is_empty() && self.numbers.send_window > 0 {
            let given = stack.socket().send_slice(self.unsent.as_slices().0);
            let Ok(given @ 1..) = given else { break };
            self.unsent.drain(..given);
        }
        if self.fin_wanted && self.unsent.is_empty() {
            stack.socket().close();
            self.fin_wanted = false;
        }
    }

    /// How many more bytes write(2) may take.
    pub(crate) fn send_space(&self) -> usize {
        self.options.send_buffer.saturating_sub(self.queued())
    }

    /// Bytes that are written and not acknowledged.
    pub(crate) fn queued(&self) -> usize {
        self.unsent.len() + self.stack.as_ref().map_or(0, Stack::unacknowledged)
    }

    /// Bytes that have arrived and are not read.
    pub(crate) fn unread(&self) -> usize {
        self.received.len() + self.stack.as_ref().map_or(0, Stack::received)
    }

    /// The connection ends here and now, without a word (Linux: `tcp_done`). What has arrived stays readable.
    pub(crate) fn end(&mut self) {
        self.take_all_in();
        self.stack = None;
        self.unsent.clear();
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

/// Saturating: a script's spans are bounded far below.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
