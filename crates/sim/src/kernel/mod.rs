//! One host's kernel: its connections, its listeners, and what is left of either; segments that arrive, timers that
//! fire, system calls.
//!
//! It does no I/O: what it does to the world is a list of [`Effect`]s in the order of cause. What Linux would decide
//! is asked of `rules/`.

mod calls;
mod connecting;
mod connection;
mod effect;
mod icmp;
mod input;
mod io;
mod listener;
mod loss_recovery;
mod output;
mod tcp_info;
mod time_wait;
mod timeouts;

use std::rc::Rc;

use scenario::{Host, RawSegment, State};

use effect::note_rule;
pub(crate) use effect::{Attempt, Awaited, Effect, Taking, Waiting};

use crate::rules::fin_wait_2::{self, BroughtBy};
use crate::rules::handshake::InHandshake;
use crate::rules::initial_sequence_number;
use crate::rules::time_wait::TIME_WAIT_US;
use crate::socket_options::SocketOptions;
use crate::sysctls::Sysctls;
use crate::tcp::{Buffers, Tcb, Timer, Timestamp, TimestampsOption};
use crate::wire::{self, Ip};
use connection::{Connection, Context, Holder};
use listener::Listener;
use tcp_info::Reported;
use time_wait::{Arrival, TimeWaitSocket};

pub(crate) struct Kernel {
    host: Host,
    /// The host that connect(2) goes to.
    connects_to: Host,
    ip: Ip,
    /// What the buffers of its sockets hold at most.
    buffers: Buffers,
    now_us: u64,
    /// Those of the segment that arrives.
    timestamps: Option<TimestampsOption>,
    sysctls: Sysctls,
    /// The longest packets that the paths to other hosts take, by [`Host::index`], as ICMP has told.
    path_mtus: [u16; Host::ALL.len()],
    listeners: Vec<Listener>,
    /// Handshakes begun for listeners of each name: their connections are called after name and number.
    begun: Vec<(Rc<str>, u32)>,
    connections: Vec<Connection>,
    time_waits: Vec<TimeWaitSocket>,
    /// The program's descriptors, in the order in which it got them.
    descriptors: Vec<(Rc<str>, u32)>,
    /// Sockets that waiting calls hold: close(2) ends none of them before the call returns.
    held: Vec<u32>,
    next_id: u32,
    next_port: u16,
    /// The sockets that are no listeners, the newest last; their connections may be gone, or never have been.
    made: Vec<u32>,
    /// What the trace says that each socket holds.
    reported: Vec<Reported>,
    /// Room for what sockets hold now, kept between times.
    held_now: Vec<Reported>,
    effects: Vec<Effect>,
}

/// The first port that a host chooses by itself.
const PORT_FIRST: u16 = 40_001;
/// More connections than these at a time are a bound of the simulator.
pub(crate) const CONNECTIONS_MAX: usize = 256;

impl Kernel {
    pub(crate) fn new(host: Host, connects_to: Host, ip: Ip, buffers: Buffers) -> Self {
        Self {
            host,
            connects_to,
            ip,
            buffers,
            now_us: 0,
            timestamps: None,
            sysctls: Sysctls::default(),
            path_mtus: [wire::MTU; Host::ALL.len()],
            listeners: Vec::new(),
            begun: Vec::new(),
            connections: Vec::new(),
            time_waits: Vec::new(),
            descriptors: Vec::new(),
            held: Vec::new(),
            next_id: 0,
            next_port: PORT_FIRST,
            made: Vec::new(),
            reported: Vec::new(),
            held_now: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// What has happened since the last time; what was in `effects` is gone.
    pub(crate) fn take_effects(&mut self, effects: &mut Vec<Effect>) {
        effects.clear();
        std::mem::swap(&mut self.effects, effects);
    }

    /// What has happened and was not taken.
    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    pub(crate) const fn set_time(&mut self, now_us: u64) {
        self.now_us = now_us;
    }

    pub(crate) const fn sysctls(&mut self) -> &mut Sysctls {
        &mut self.sysctls
    }

    /// How many connections there are.
    pub(crate) const fn connections(&self) -> usize {
        self.connections.len()
    }

    /// The newest connection's state; CLOSED if it is gone, or if there never was one.
    pub(crate) fn newest_state(&self) -> State {
        self.made.last().map_or(State::Closed, |id| self.state_of(*id))
    }

    /// The state of the socket of that name, newest first.
    pub(crate) fn named_state(&self, name: &str) -> State {
        let mut newest = None;
        let mut look_at = |id: u32, known: &str| {
            if known == name {
                newest = newest.max(Some(id));
            }
        };
        for connection in &self.connections {
            look_at(connection.id, &connection.name);
        }
        for socket in &self.time_waits {
            look_at(socket.id, &socket.name);
        }
        for listener in &self.listeners {
            look_at(listener.id, &listener.name);
        }
        // Or what dup(2) has named.
        newest.or_else(|| self.descriptor(name)).map_or(State::Closed, |id| self.state_of(id))
    }

    fn state_of(&self, id: u32) -> State {
        if let Some(socket) = self.time_waits.iter().find(|socket| socket.id == id) {
            return socket.state;
        }
        if self.listener_at(id).is_some() {
            return State::Listen;
        }
        self.connections.iter().find(|known| known.id == id).map_or(State::Closed, |known| known.state)
    }

    /// The host loses power: connections, listeners and descriptors are gone.
    pub(crate) fn crash(&mut self) {
        for at in 0..self.connections.len() {
            self.with(at, |connection, cx| connection.destroy(cx));
        }
        for TimeWaitSocket { id, name, state: from, .. } in std::mem::take(&mut self.time_waits) {
            self.effects.push(Effect::State { id, name, from, to: State::Closed });
        }
        for listener in std::mem::take(&mut self.listeners) {
            self.note_listening_ended(listener.id, listener.name);
        }
        self.connections.clear();
        self.descriptors.clear();
        self.held.clear();
    }

    /// The host boots: settings have their defaults again.
    pub(crate) fn boot(&mut self) {
        self.sysctls = Sysctls::default();
        self.path_mtus = [wire::MTU; Host::ALL.len()];
    }

    /// The timestamp that a segment echoes which leaves now: the newest that its connection has taken.
    pub(crate) fn echo(&self, &RawSegment { to, ports, .. }: &RawSegment) -> Option<Timestamp> {
        let is_it = |known: &&Connection| known.tcb.is_some() && known.peer == to && known.ports == ports;
        let recent = self.connections.iter().find(is_it).map(|known| known.recent);
        let of_time_wait = || self.time_waits.iter().find(|known| known.peer == to && known.ports == ports);
        recent.or_else(|| of_time_wait().map(|known| known.recent))?.echo()
    }

    /// A segment has arrived: for the connection with these ports, else for what is left of one, else for the listener.
    pub(crate) fn arrive(&mut self, frame: Vec<u8>, timestamps: Option<TimestampsOption>) {
        if let Some((icmp, quoted)) = wire::read_icmp(&frame) {
            return self.icmp_arrives(icmp, &quoted);
        }
        let segment = wire::read(&frame);
        // A SYN's is looked at by a host that would answer with its own; the others' by connections that have them.
        let counts = !segment.flags.syn || self.sysctls.timestamps != 0;
        self.timestamps = timestamps.filter(|_| counts);
        let ports = [segment.ports[1], segment.ports[0]];
        let is_it = |known: &Connection| known.tcb.is_some() && known.peer == segment.from && known.ports == ports;
        let known = self.connections.iter().position(is_it);
        if let Some(at) = known {
            if !self.is_abandoned(at) {
                self.arrive_at_connection(at, &segment, frame);
                return self.sweep();
            }
            self.with(at, |connection, cx| connection.destroy(cx));
        }
        if let Some(at) = self.time_waits.iter().position(|socket| socket.peer == segment.from && socket.ports == ports)
        {
            let Arrival::MakeRoom { iss } = self.arrive_at_time_wait(at, &segment) else { return };
            return self.arrive_at_listener(&segment, frame, Some(iss));
        }
        self.arrive_at_listener(&segment, frame, None);
    }

    fn arrive_at_connection(&mut self, at: usize, segment: &RawSegment, frame: Vec<u8>) {
        let Holder::Handshake(id) = self.connections[at].holder else {
            return self.with(at, |connection, cx| connection.segment_arrives(cx, segment, frame));
        };
        self.take_over_options(at, id);
        let decision = self.decide_in_handshake(at, id, segment);
        self.with(at, |connection, cx| connection.segment_arrives_in_handshake(cx, segment, frame, decision));
        if decision.0 == InHandshake::QueueAndChallenge {
            self.queue(at, id);
        }
    }

    /// Gives a handshake the options that its listener has now.
    fn take_over_options(&mut self, at: usize, listener: u32) {
        if let Some(listener) = self.listener_at(listener) {
            self.connections[at].options = self.listeners[listener].options;
        }
    }

    /// A new connection with a TCB of its own.
    fn open(
        &mut self,
        name: Rc<str>,
        holder: Holder,
        peer: Host,
        ports: [u16; 2],
        iss: Option<u32>,
        options: SocketOptions,
    ) -> usize {
        let iss = iss.unwrap_or_else(|| self.initial_sequence_number(ports));
        let id = self.new_id();
        let mut connection = Connection::new(id, name, holder, peer, ports, options);
        connection.tcb = Some(self.tcb(peer, ports, iss));
        connection.received_us = self.now_us;
        self.note_made(id);
        // Connections are large, and few.
        self.connections.reserve_exact(1);
        self.connections.push(connection);
        self.connections.len() - 1
    }

    fn tcb(&self, peer: Host, ports: [u16; 2], iss: u32) -> Tcb {
        let mut tcb = Tcb::new(self.ip, [self.host, peer], ports, iss, self.buffers);
        tcb.note_path_mtu(self.path_mtus[peer.index()]);
        tcb
    }

    /// A connection that no table holds.
    fn request(&self, peer: Host, ports: [u16; 2], iss: u32, options: SocketOptions) -> Connection {
        let mut connection = Connection::new(0, "".into(), Holder::Handshake(0), peer, ports, options);
        connection.tcb = Some(self.tcb(peer, ports, iss));
        connection
    }

    /// Notes a socket that is no listener, in the order of numbers.
    fn note_made(&mut self, id: u32) {
        if let Err(at) = self.made.binary_search(&id) {
            self.made.insert(at, id);
        }
    }

    const fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    fn initial_sequence_number(&self, ports: [u16; 2]) -> u32 {
        initial_sequence_number::of_pair(self.host, ports, self.now_us)
    }

    fn at(&self, id: u32) -> Option<usize> {
        self.connections.iter().position(|connection| connection.id == id)
    }

    fn context<'a>(&'a self, effects: &'a mut Vec<Effect>) -> Context<'a> {
        let &Self { now_us, timestamps, ip, .. } = self;
        Context { now_us, timestamps, ip, sysctls: &self.sysctls, effects }
    }

    /// Changes a connection, and does what follows from that for the host.
    fn with(&mut self, at: usize, happens: impl FnOnce(&mut Connection, &mut Context<'_>)) {
        let (connection, mut cx) = self.lend(at);
        happens(connection, &mut cx);
        self.settle(at);
    }

    // Apart from `with`, so that the page has it once and not for each thing that happens.
    #[inline(never)]
    fn lend(&mut self, at: usize) -> (&mut Connection, Context<'_>) {
        let Self { now_us, timestamps, ip, sysctls, effects, connections, .. } = self;
        let cx = Context { now_us: *now_us, timestamps: *timestamps, ip: *ip, sysctls, effects };
        (&mut connections[at], cx)
    }

    /// Moves a connection on by its state: from a handshake to a queue, from a whole socket to TIME-WAIT.
    fn settle(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        let brought_by = std::mem::replace(&mut connection.brought_by, BroughtBy::Ack);
        if connection.tcb.is_none() {
            return;
        }
        match connection.state {
            State::Established | State::CloseWait => {
                if let Holder::Handshake(listener) = connection.holder {
                    self.queue(at, listener);
                }
            }
            State::TimeWait => self.shrink(at, TIME_WAIT_US),
            State::FinWait2 if connection.holder == Holder::Nobody && !connection.timers.is_set(Timer::FinWait2) => {
                let rto_us = connection.rto_us();
                let (linger2, fin_timeout_s) = (connection.options.linger2, self.sysctls.fin_timeout_s);
                let action = fin_wait_2::enter(linger2, fin_timeout_s, rto_us, brought_by);
                self.carry_out_in_fin_wait_2(at, action);
            }
            _ => {}
        }
    }

    fn carry_out_in_fin_wait_2(&mut self, at: usize, action: fin_wait_2::Action) {
        match action {
            fin_wait_2::Action::Shrink { for_us } => self.shrink(at, for_us),
            fin_wait_2::Action::Keep { for_us } => {
                self.connections[at].timers.set(Timer::FinWait2, self.now_us + for_us);
            }
            fin_wait_2::Action::Reset => self.with(at, |connection, cx| connection.reset(cx)),
        }
    }

    /// When the next socket in TIME-WAIT, or of an orphan in FIN-WAIT-2, goes, in microseconds.
    pub(crate) fn next_end_us(&self) -> Option<u64> {
        self.time_waits.iter().map(|socket| socket.ends_us).min()
    }

    /// When the next timer of a connection fires, in microseconds.
    pub(crate) fn next_timer_us(&self) -> Option<u64> {
        self.connections.iter().filter_map(|known| known.timers.next_us()).min()
    }

    /// Lets every timer fire whose time has come: of several of one moment those of the newest connection first, as Linux
    /// fires the timer first that was set last (`enqueue_timer`).
    pub(crate) fn fire(&mut self) {
        for at in (0..self.connections.len()).rev() {
            for timer in Timer::ALL {
                if self.connections[at].timers.is_due(timer, self.now_us) {
                    self.fire_timer(at, timer);
                }
            }
        }
        self.reap_time_waits();
        self.sweep();
    }

    fn fire_timer(&mut self, at: usize, timer: Timer) {
        if timer == Timer::FinWait2 {
            let connection = &mut self.connections[at];
            connection.timers.clear(timer);
            let (linger2, rto_us) = (connection.options.linger2, connection.rto_us());
            let (action, rule) = fin_wait_2::kept_long_enough(linger2, self.sysctls.fin_timeout_s, rto_us);
            note_rule(&mut self.effects, rule);
            return self.carry_out_in_fin_wait_2(at, action);
        }
        if self.is_abandoned(at) {
            return self.with(at, |connection, cx| connection.destroy(cx));
        }
        if let Holder::Handshake(id) = self.connections[at].holder {
            self.take_over_options(at, id);
        }
        self.with(at, |connection, cx| connection.fire(cx, timer));
    }

    fn send(&mut self, segment: Option<RawSegment>) {
        if let Some(segment) = segment {
            self.effects.push(Effect::Segment(wire::write(self.ip, &segment)));
        }
    }

    fn note_listening_ended(&mut self, id: u32, name: Rc<str>) {
        self.effects.push(Effect::State { id, name, from: State::Listen, to: State::Closed });
    }

    /// Removes connections that are gone and that nobody holds.
    fn sweep(&mut self) {
        self.connections.retain(|connection| connection.tcb.is_some() || connection.has_program());
    }
}
