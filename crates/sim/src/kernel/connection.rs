//! A connection as Linux keeps it: a socket, and its TCP while there is one.

use std::rc::Rc;

use scenario::{Errno, Host, Queue, State};

use super::effect::{Blocking, Effect, note_rule};
use crate::rules::bind::{Binding, Reuse};
use crate::rules::connect::SocketState;
use crate::rules::defer_accept::{self, Acknowledged};
use crate::rules::fin_wait_2::BroughtBy;
use crate::rules::receive_window::{Buffer, Scale};
use crate::rules::{Ownership, congestion_control, disconnect, initial_sequence_number, receive_window, send_buffer};
use crate::socket_options::{KeepAlive, SocketOptions};
use crate::sysctls::Sysctls;
use crate::tcp::{
    Backoff, DeferredFin, Phase, ReceiveMemory, Recent, RoundTrip, Tcb, Timer, Timers, Timestamp, TimestampsOption,
    WindowProbes,
};
use crate::wire::Ip;

pub(crate) struct Connection {
    /// The host's next number when it was made: the newest has the highest.
    pub(crate) id: u32,
    pub(crate) name: Rc<str>,
    pub(crate) holder: Holder,
    /// The host at its other end.
    pub(crate) peer: Host,
    /// The own port and the peer's.
    pub(crate) ports: [u16; 2],
    pub(crate) binding: Binding,
    pub(crate) reuse: Reuse,
    pub(crate) options: SocketOptions,
    pub(crate) blocking: Blocking,
    /// The state that the trace has.
    pub(crate) state: State,
    /// The TCB; `None` when the connection is gone: closed, reset, given up, or shrunk to what TIME-WAIT needs.
    pub(crate) tcb: Option<Tcb>,
    pub(crate) timers: Timers,
    pub(crate) round_trip: RoundTrip,
    pub(crate) backoff: Backoff,
    pub(crate) window_probes: WindowProbes,
    /// Keep-alive probes without an answer.
    pub(crate) keep_alive_probes: u32,
    /// Time of the last acceptable segment, in microseconds.
    pub(crate) received_us: u64,
    /// When text last left; at first, when the connection opened (Linux: `lsndtime`).
    pub(crate) sent_us: u64,
    /// When its last segment left, an ACK too (Linux: `tcp_wstamp_ns`).
    pub(crate) left_us: u64,
    /// The newest of the peer's timestamps.
    pub(crate) recent: Recent,
    /// Time of the last answer that counts for the pace of answers, in microseconds.
    pub(crate) answered_us: Option<u64>,
    /// Whether its window is scaled.
    pub(crate) scale: Scale,
    /// Whether the segment that is being taken has a FIN.
    pub(crate) brought_by: BroughtBy,
    /// Bytes that have arrived in order and are not read.
    pub(crate) unread: usize,
    /// The memory that unread bytes take.
    pub(crate) receive_memory: ReceiveMemory,
    /// Whether data has ever arrived in order, be it old.
    pub(crate) has_received: bool,
    /// How many sequence numbers the peer has acknowledged.
    pub(crate) acknowledged: u64,
    /// Bytes of memory that the send buffer may take, where neither SO_SNDBUF nor tcp_wmem says it.
    pub(crate) send_limit: u32,
    /// Whether write(2) waits for the handshake (Linux: `sk_write_pending`).
    pub(crate) write_pending: bool,
    /// Whether write(2) waits for room (Linux: SOCK_NOSPACE).
    pub(crate) wants_room: bool,
    /// SEND_SHUTDOWN: nothing more will be written.
    pub(crate) sending_ended: bool,
    /// RCV_SHUTDOWN: nothing more will be read, or the peer's FIN has come.
    pub(crate) reading_ended: bool,
    /// SOCK_DONE: the peer's FIN has come.
    pub(crate) stream_ended: bool,
    /// FINs whose numbers no read(2) has passed: one, or more if a forger has sent others behind the first (Linux:
    /// `copied_seq`).
    pub(crate) unread_fins: usize,
    pub(crate) socket_state: SocketState,
    /// Whether an ACK was put aside for TCP_DEFER_ACCEPT, of a listener's handshake.
    pub(crate) put_aside: Acknowledged,
    /// How often connect(2) with AF_UNSPEC has ended it.
    pub(crate) disconnects: u32,
    /// Of a connection that is gone: the number behind all that it had to send, and the largest window it was offered.
    pub(crate) ended_at: Option<(u32, u32)>,
    /// The number that the next connection of this socket begins with.
    pub(crate) next_iss: Option<u32>,
    /// SIOCOUTQ of a connection that is gone.
    pub(crate) unacknowledged_at_end: u32,
    /// The pending error (Linux: `sk_err`).
    pub(crate) error: Option<Errno>,
    /// What ICMP has told of the connection (Linux: `sk_err_soft`).
    pub(crate) noted_error: Option<Errno>,
    /// An ICMP message lies in the error queue, where only recvmsg(2) with MSG_ERRQUEUE takes it out; poll(2) sees it.
    pub(crate) has_queued_error: bool,
}

/// What a connection belongs to, and who would notice its end.
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

impl Holder {
    pub(crate) const fn ownership(self) -> Ownership {
        match self {
            Self::Nobody => Ownership::Orphan,
            _ => Ownership::Owned,
        }
    }
}

/// What a connection needs of its host: time, address, settings, and the list that its effects go to.
pub(crate) struct Context<'a> {
    pub(crate) now_us: u64,
    /// Those of the segment that arrives; a forged one has none.
    pub(crate) timestamps: Option<TimestampsOption>,
    pub(crate) ip: Ip,
    pub(crate) sysctls: &'a Sysctls,
    pub(crate) effects: &'a mut Vec<Effect>,
}

impl Context<'_> {
    /// TSval of the segment that arrives.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        self.timestamps.map(|option| option.value)
    }

    /// Its TSecr.
    pub(crate) fn echo(&self) -> Option<Timestamp> {
        self.timestamps.and_then(|option| option.echo)
    }
}

impl Connection {
    pub(crate) fn new(
        id: u32,
        name: Rc<str>,
        holder: Holder,
        peer: Host,
        ports: [u16; 2],
        options: SocketOptions,
    ) -> Self {
        Self {
            id,
            name,
            holder,
            peer,
            ports,
            binding: Binding::Loose,
            reuse: Reuse::No,
            options,
            blocking: Blocking::Waits,
            state: State::Closed,
            tcb: None,
            timers: Timers::default(),
            round_trip: RoundTrip::default(),
            backoff: Backoff::default(),
            window_probes: WindowProbes::default(),
            keep_alive_probes: 0,
            received_us: 0,
            sent_us: 0,
            left_us: 0,
            recent: Recent::default(),
            answered_us: None,
            scale: Scale::of(options.receive_buffer),
            brought_by: BroughtBy::Ack,
            unread: 0,
            receive_memory: ReceiveMemory::new(),
            has_received: false,
            acknowledged: 0,
            send_limit: send_buffer::grown(0),
            write_pending: false,
            wants_room: false,
            sending_ended: false,
            reading_ended: false,
            stream_ended: false,
            unread_fins: 0,
            socket_state: SocketState::Unconnected,
            put_aside: Acknowledged::No,
            disconnects: 0,
            ended_at: None,
            next_iss: None,
            unacknowledged_at_end: 0,
            error: None,
            noted_error: None,
            has_queued_error: false,
        }
    }

    /// The state as Linux would say it.
    pub(crate) fn current_state(&self) -> State {
        match &self.tcb {
            None => State::Closed,
            Some(tcb) if tcb.fin_deferred() == Some(DeferredFin::Queued) => State::FinWait1,
            Some(tcb) => tcb.state(),
        }
    }

    /// Records the state if it has changed.
    pub(crate) fn note_state(&mut self, cx: &mut Context<'_>) {
        let (from, to) = (self.state, self.current_state());
        if from == to || to == State::Listen {
            return;
        }
        self.state = to;
        if matches!(to, State::CloseWait | State::Closing | State::TimeWait) {
            self.unread_fins += usize::from(!self.stream_ended);
            self.stream_ended = true;
            self.reading_ended = true;
        }
        cx.effects.push(Effect::State { id: self.id, name: self.name.clone(), from, to });
        if to == State::Established && self.options.keep_alive == KeepAlive::On {
            self.timers.set(Timer::KeepAlive, cx.now_us + self.options.keep_idle_us);
        }
    }

    /// What its handshake knows of TCP_DEFER_ACCEPT.
    pub(crate) fn deferral(&self) -> defer_accept::Facts {
        let is_handshake = matches!(self.holder, Holder::Handshake(_));
        defer_accept::Facts {
            deferred: if is_handshake { self.options.deferred_timeouts } else { 0 },
            timeouts: self.backoff.timeouts,
            acknowledged: self.put_aside,
        }
    }

    /// Whether a program, or a listener's queue, finds the errors of the connection.
    pub(crate) const fn has_program(&self) -> bool {
        matches!(self.holder, Holder::Descriptor | Holder::Queue(_))
    }

    /// The phase of loss recovery.
    pub(crate) fn phase(&self) -> Phase {
        self.tcb.as_ref().map_or(Phase::Open, |tcb| tcb.congestion.phase)
    }

    /// The retransmission timeout in force.
    pub(crate) fn rto_us(&self) -> u64 {
        crate::rules::retransmission::rto_us(&self.round_trip, self.backoff.doublings)
    }

    /// Bytes that are written and not acknowledged.
    pub(crate) fn queued(&self) -> usize {
        self.tcb.as_ref().map_or(0, Tcb::queued)
    }

    /// What ioctl(2) counts (Linux: `tcp_ioctl`).
    pub(crate) fn bytes_in(&self, queue: Queue) -> u64 {
        match queue {
            Queue::Unread => self.unread as u64,
            Queue::Unacknowledged => match &self.tcb {
                None => self.unacknowledged_at_end.into(),
                Some(tcb) => send_buffer::unacknowledged(tcb.state(), tcb.snd.una, tcb.write_end()).into(),
            },
        }
    }

    /// What the send buffer holds, and may hold; `None` when the connection is gone.
    pub(crate) fn send_buffer(&self) -> Option<send_buffer::Buffer> {
        let tcb = self.tcb.as_ref()?;
        let SocketOptions { send_buffer, send_memory, .. } = self.options;
        let segments = send_buffer::segments_of_a_piece(tcb.congestion.segments, self.round_trip.smoothed_us());
        Some(send_buffer::Buffer {
            limit: send_buffer.map(send_buffer::limit_of).or(send_memory).unwrap_or(self.send_limit),
            bytes: tcb.queued() as u32,
            pieces: tcb.pieces(segments),
            tail: tcb.tail(),
            goal: send_buffer::goal(tcb.snd.max_wnd, tcb.snd.mss),
        })
    }

    /// A program writes, and nothing is in flight: the congestion window may be too old.
    pub(crate) fn check_idle(&mut self, now_us: u64) {
        let (idle_us, rto_us) = (now_us - self.sent_us, self.rto_us());
        if let Some(tcb) = self.tcb.as_mut().filter(|tcb| tcb.queue.packets_out() == 0) {
            congestion_control::after_idle(&mut tcb.congestion, now_us, idle_us, rto_us);
        }
    }

    /// Whether poll(2) would say OUT, as far as the send buffer goes.
    pub(crate) fn is_writable(&self) -> bool {
        self.send_buffer().is_none_or(|buffer| send_buffer::is_writable(&buffer))
    }

    /// Something was acknowledged, or the send buffer was set: who waits for room is woken if there is enough of it, and
    /// the buffer may grow.
    pub(crate) fn check_room(&mut self) {
        let Some(tcb) = self.tcb.as_ref().filter(|_| self.wants_room) else { return };
        let in_network = tcb.queue.packets_in_network();
        self.send_limit = send_buffer::limit_after_ack(self.send_limit, in_network, tcb.congestion.segments);
        self.wants_room = !self.is_writable();
    }

    /// Text has arrived in order: of a segment with so much, and of others perhaps that had come before it.
    pub(crate) fn note_text(&mut self, len: u32, text: u32, mss: u32) {
        self.unread += text as usize;
        let limit = receive_window::memory(self.receive_limit());
        let first = len.min(text);
        self.receive_memory.note_taken(first, limit);
        if first > 0
            && let Some(buffer) = self.receive_buffer()
        {
            let before = self.receive_memory.threshold.unwrap_or(buffer.told);
            self.receive_memory.threshold = Some(receive_window::threshold(&buffer, before, first));
        }
        let mut rest = text - first;
        while rest > 0 {
            let next = rest.min(mss);
            self.receive_memory.note_taken(next, limit);
            rest -= next;
        }
    }

    /// The size of its receive buffer, where SO_RCVBUF or tcp_rmem has said it.
    pub(crate) fn receive_limit(&self) -> Option<u32> {
        self.options.receive_buffer.or(self.options.receive_memory)
    }

    /// Its receive side, while there is a TCB.
    pub(crate) fn receive_buffer(&self) -> Option<Buffer<'_>> {
        self.tcb.as_ref().map(|tcb| Buffer {
            set: self.receive_limit(),
            scale: self.scale,
            unread: self.unread,
            memory: &self.receive_memory,
            told: tcb.rcv.wnd,
            left: tcb.rcv.window_left(),
            mss: tcb.segment_max(),
        })
    }

    /// The connection ends at once, and nothing leaves (Linux: `tcp_done`). What has arrived stays readable.
    pub(crate) fn destroy(&mut self, cx: &mut Context<'_>) {
        self.drop_tcb();
        self.sending_ended = true;
        self.reading_ended = true;
        self.note_state(cx);
    }

    /// The connection is given up: its program finds the error (Linux: `tcp_write_err`).
    pub(crate) fn note_given_up(&mut self, cx: &mut Context<'_>) {
        if self.has_program() {
            let (errno, rule) = crate::rules::pending_error::of_giving_up(self.noted_error);
            self.error = Some(errno);
            note_rule(cx.effects, rule);
        }
    }

    /// Drops the TCB and the timers; options, errors and unread bytes stay.
    pub(crate) fn drop_tcb(&mut self) {
        self.unacknowledged_at_end = u32::try_from(self.bytes_in(Queue::Unacknowledged)).unwrap_or(0);
        self.ended_at = self.tcb.as_ref().map(|tcb| (tcb.write_end(), tcb.snd.max_wnd)).or(self.ended_at);
        self.tcb = None;
        self.timers.clear_all();
    }

    /// The socket is as new, and its next connection goes on with the numbers of the last (Linux: `tcp_disconnect`).
    pub(crate) fn number_on(&mut self) {
        if let Some((write_end, max_wnd)) = self.ended_at.take() {
            self.next_iss = Some(initial_sequence_number::after_disconnect(write_end, max_wnd));
        }
    }

    /// The attempt to connect ends, and the socket is as new, but for the error (Linux: `tcp_disconnect`).
    pub(crate) fn disconnect(&mut self, cx: &mut Context<'_>) {
        self.destroy(cx);
        self.number_on();
        self.sending_ended = false;
        self.reading_ended = false;
        self.error = Some(Errno::ECONNRESET);
    }

    /// connect(2) begins: of an earlier connection nothing is left (Linux: `tcp_connect_init`).
    pub(crate) fn begin_again(&mut self, now_us: u64, ports: [u16; 2], tcb: Tcb) {
        self.ports = ports;
        self.tcb = Some(tcb);
        self.round_trip = RoundTrip::default();
        self.backoff = Backoff::default();
        self.window_probes = WindowProbes::default();
        self.keep_alive_probes = 0;
        self.wants_room = false;
        self.received_us = now_us;
        self.answered_us = None;
        self.recent = Recent::default();
        self.scale = Scale::of(self.options.receive_buffer);
        self.has_received = false;
        self.acknowledged = 0;
        self.stream_ended = false;
        self.unread_fins = 0;
        self.socket_state = SocketState::Connecting;
        self.error = None;
        self.noted_error = None;
    }

    /// read(2) has come to the end of what is queued, and passes a FIN that lies there (Linux: `tcp_recvmsg_locked`).
    pub(crate) fn pass_fin(&mut self) {
        if self.unread == 0 {
            self.unread_fins = self.unread_fins.saturating_sub(1);
        }
    }

    /// connect(2) with AF_UNSPEC (Linux: `tcp_disconnect`).
    pub(crate) fn disconnect_at_once(&mut self, cx: &mut Context<'_>) {
        let action = disconnect::decide(self.current_state());
        match action {
            disconnect::Action::Reset => self.reset(cx),
            disconnect::Action::Forget | disconnect::Action::Nothing => self.destroy(cx),
        }
        self.number_on();
        if action != disconnect::Action::Nothing {
            self.error = Some(Errno::ECONNRESET);
        }
        self.sending_ended = false;
        self.reading_ended = false;
        self.stream_ended = false;
        self.unread_fins = 0;
        self.unread = 0;
        self.receive_memory = ReceiveMemory::new();
        self.noted_error = None;
        self.disconnects += 1;
        self.socket_state = SocketState::Unconnected;
    }

    /// A segment resets the connection: its program finds the error (Linux: `tcp_reset`).
    pub(crate) fn abort(&mut self, cx: &mut Context<'_>) {
        if self.has_program() {
            let (errno, rule) = crate::rules::pending_error::of_reset(self.state);
            self.error = Some(errno);
            cx.effects.push(Effect::Rule(rule));
        }
        self.destroy(cx);
    }

    /// The program's end of the stream: a FIN follows what is written.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>, in_handshake: DeferredFin) {
        if let Some(tcb) = &mut self.tcb {
            tcb.close(in_handshake);
        }
        self.note_state(cx);
        self.output(cx);
    }
}
