//! One host's kernel: its connections, listeners and what is left of either; segments that arrive, timers that fire.
//!
//! It does no I/O: what it does to the world is a list of [`Effect`]s in the order of cause.

mod calls;
mod connections;
mod infos;
mod timeouts;

use scenario::{Flags, Host, Info, Map, RawSegment, State};

pub(crate) use calls::{Attempt, Waiting};

use crate::Rules;
use crate::connection::{Connection, Holder, Numbers, Options};
use crate::rest::Rest;
use crate::rules::{self, Answer, Pace, Rule};
use crate::settings::Settings;
use crate::stack::{Stack, WINDOW};
use crate::timers::Orphan;
use crate::wire::{self, Ip};

/// What a kernel does to the world.
pub(crate) enum Effect {
    /// A rule has acted.
    Rule(&'static Rule),
    /// A connection or a listener has changed its state.
    State { id: u32, name: String, from: State, to: State },
    /// The connection of that id is called so from its beginning.
    Named { id: u32, name: String },
    /// A socket holds something else than before.
    Info { id: u32, name: String, info: Info },
    /// A segment leaves.
    Segment(Vec<u8>),
}

pub(crate) struct Kernel {
    host: Host,
    ip: Ip,
    rules: Rules,
    /// So many bytes its programs write in the whole run: no send queue holds more.
    writes: usize,
    pub(crate) is_up: bool,
    now_us: u64,
    settings: Settings,
    listeners: Vec<Listener>,
    connections: Vec<Connection>,
    rests: Vec<Rest>,
    /// The program's descriptors, in the order in which it got them.
    descriptors: Vec<(String, Descriptor)>,
    next_id: u32,
    next_port: u16,
    /// The newest connection, which may be gone.
    newest: Option<(u32, Numbers)>,
    /// What was last told of each socket, by id: its name, and what it held.
    told: Map<u32, (String, Info)>,
    effects: Vec<Effect>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Descriptor {
    Listener(u32),
    Connection(u32),
}

struct Listener {
    id: u32,
    name: String,
    port: u16,
    backlog: u32,
    reuse_address: bool,
    options: Options,
    /// Handshakes begun; the connections are called after it and their number.
    begun: u32,
    /// Connections that wait for accept(2).
    queue: Vec<u32>,
    /// Not after shutdown(RD).
    listens: bool,
}

/// The first port that a host chooses by itself.
const PORT_FIRST: u16 = 40_001;
/// More connections than these at a time are a bound of the simulator.
pub(crate) const CONNECTIONS_MAX: usize = 256;

impl Kernel {
    pub(crate) fn new(host: Host, ip: Ip, rules: Rules, writes: usize) -> Self {
        Self {
            host,
            ip,
            rules,
            writes,
            is_up: true,
            now_us: 0,
            settings: Settings::default(),
            listeners: Vec::new(),
            connections: Vec::new(),
            rests: Vec::new(),
            descriptors: Vec::new(),
            next_id: 0,
            next_port: PORT_FIRST,
            newest: None,
            told: Map::new(),
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

    pub(crate) const fn settings(&mut self) -> &mut Settings {
        &mut self.settings
    }

    pub(crate) const fn connections(&self) -> usize {
        self.connections.len()
    }

    /// The newest connection's state; CLOSED if it is gone, or if there never was one.
    pub(crate) fn newest_state(&self) -> State {
        self.newest.map_or(State::Closed, |(id, _)| self.state_of(id))
    }

    /// The state of the socket of that name, newest first.
    pub(crate) fn named_state(&self, name: &str) -> State {
        let connection = self.connections.iter().map(|connection| (connection.id, &connection.name));
        let rests = self.rests.iter().map(|rest| (rest.id, &rest.name));
        if let Some(id) = connection.chain(rests).filter(|(_, known)| *known == name).map(|(id, _)| id).max() {
            return self.state_of(id);
        }
        let listener = self.listeners.iter().any(|listener| listener.name == name && listener.listens);
        if listener { State::Listen } else { State::Closed }
    }

    fn state_of(&self, id: u32) -> State {
        if let Some(rest) = self.rests.iter().find(|rest| rest.id == id) {
            return rest.state;
        }
        self.connections.iter().find(|known| known.id == id).map_or(State::Closed, |known| known.state)
    }

    /// Power is cut.
    pub(crate) fn crash(&mut self) {
        self.is_up = false;
        for at in 0..self.connections.len() {
            self.connections[at].end();
            self.observe(at);
        }
        for rest in std::mem::take(&mut self.rests) {
            self.effects.push(Effect::State { id: rest.id, name: rest.name, from: rest.state, to: State::Closed });
        }
        for listener in std::mem::take(&mut self.listeners) {
            self.note_listening_ended(listener.id, listener.name);
        }
        self.connections.clear();
        self.descriptors.clear();
    }

    /// Power is back.
    pub(crate) fn boot(&mut self) {
        self.is_up = true;
        self.settings = Settings::default();
    }

    /// A segment has arrived.
    pub(crate) fn arrive(&mut self, frame: Vec<u8>) {
        let segment = wire::read(self.host.peer(), &frame);
        let ports = [segment.ports[1], segment.ports[0]];
        // To the connection with these ports, else to what is left of one, else to the listener.
        let known = self.connections.iter().position(|known| known.stack.is_some() && known.numbers.ports == ports);
        if let Some(at) = known {
            if !self.is_abandoned(at) {
                return self.arrive_at_connection(at, &segment, frame);
            }
            self.forget(at);
        }
        if let Some(at) = self.rests.iter().position(|rest| rest.numbers.ports == ports) {
            let Arrival::MakeRoom(isn) = self.arrive_at_rest(at, &segment) else { return };
            return self.arrive_at_listener(&segment, frame, Some(isn));
        }
        self.arrive_at_listener(&segment, frame, None);
    }

    fn arrive_at_rest(&mut self, at: usize, segment: &RawSegment) -> Arrival {
        let (answer, rule) = rules::answer(&self.rests[at], segment, &self.settings);
        let listens = self.listener_on(segment.ports[1]).is_some();
        let (now_us, host) = (self.now_us, self.host);
        let rest = &mut self.rests[at];
        let mut reply = None;
        match answer {
            Answer::Ignore => {}
            Answer::Renew => rest.ends_us = now_us + crate::rest::TIME_WAIT_US,
            Answer::MakeRoom if listens => {
                let isn = rest.numbers.send_next.wrapping_add(65_535 + 2);
                self.effects.extend(rule.map(Effect::Rule));
                self.end_rest(at);
                return Arrival::MakeRoom(isn);
            }
            Answer::Acknowledge { .. } | Answer::MakeRoom => {
                let (pace, renews) = match answer {
                    Answer::Acknowledge { pace, renews } => (pace, renews),
                    _ => (Pace::Always, false),
                };
                if renews {
                    rest.ends_us = now_us + crate::rest::TIME_WAIT_US;
                }
                if pace == Pace::Always || crate::connection::may_answer(&mut rest.answered_us, now_us) {
                    reply = Some(rest.acknowledgement(host));
                }
            }
            Answer::TakeFin => {
                rest.numbers.receive_next = rest.numbers.receive_next.wrapping_add(1);
                rest.ends_us = now_us + crate::rest::TIME_WAIT_US;
                reply = Some(rest.acknowledgement(host));
                let (id, name, from) = (rest.id, rest.name.clone(), rest.state);
                rest.state = State::TimeWait;
                self.effects.push(Effect::State { id, name, from, to: State::TimeWait });
            }
            Answer::Die | Answer::Refuse => {
                if answer == Answer::Refuse {
                    reply = wire::refusal(segment);
                }
                self.effects.extend(rule.map(Effect::Rule));
                self.end_rest(at);
                self.send(reply);
                return Arrival::Done;
            }
        }
        self.effects.extend(rule.map(Effect::Rule));
        self.send(reply);
        Arrival::Done
    }

    fn end_rest(&mut self, at: usize) {
        let rest = self.rests.remove(at);
        if let Some((id, numbers)) = &mut self.newest
            && *id == rest.id
        {
            *numbers = rest.numbers;
        }

        self.effects.push(Effect::State { id: rest.id, name: rest.name, from: rest.state, to: State::Closed });
    }

    fn listener_on(&self, port: u16) -> Option<usize> {
        self.listeners.iter().position(|listener| listener.port == port && listener.listens)
    }

    /// No connection and no rest knows the segment.
    fn arrive_at_listener(&mut self, segment: &RawSegment, frame: Vec<u8>, isn: Option<u32>) {
        let Flags { syn, fin, rst, ack, .. } = segment.flags;
        let Some(at) = self.listener_on(segment.ports[1]) else {
            return self.send(wire::refusal(segment));
        };
        if ack {
            return self.send(wire::refusal(segment));
        }
        if rst || !syn || fin {
            return;
        }
        let listener = &mut self.listeners[at];
        match self.rules {
            Rules::Linux => {
                if let Some(rule) = rules::full_queue_drops_syn(listener.queue.len(), listener.backlog) {
                    return self.effects.push(Effect::Rule(rule));
                }
            }
            // One listening socket of smoltcp is one connection.
            Rules::Bare => {
                let id = listener.id;
                let taken = |holder| holder == Holder::Handshake(id) || holder == Holder::Queue(id);
                if self.connections.iter().any(|known| taken(known.holder)) {
                    return self.send(wire::refusal(segment));
                }
            }
        }
        if self.connections.len() >= CONNECTIONS_MAX {
            return;
        }
        let listener = &mut self.listeners[at];
        listener.begun += 1;
        let name = [&listener.name, ".", &listener.begun.to_string()].concat();
        let (holder, options, reuse) = (Holder::Handshake(listener.id), listener.options, listener.reuse_address);
        let ports = [segment.ports[1], segment.ports[0]];
        let at = self.open(name, holder, ports, isn, &options);
        let connection = &mut self.connections[at];
        connection.reuse_address = reuse;
        connection.numbers.send_window = segment.win;
        let stack = connection.stack.as_mut().expect("it was just opened");
        stack.listen(segment.ports[1]);
        connection.state = State::Closed;
        stack.arrive(self.now_us, frame);
        self.work(at);
        self.sweep();
    }

    /// A new connection with a stack of its own.
    fn open(&mut self, name: String, holder: Holder, ports: [u16; 2], isn: Option<u32>, options: &Options) -> usize {
        let isn = isn.unwrap_or_else(|| self.initial_number(ports));
        let id = self.new_id();
        let window = options.receive_buffer.min(WINDOW);
        let stack = Stack::new(self.ip, self.host, self.rules, isn, [window, self.writes], self.now_us);
        let numbers = Numbers::new(ports, isn, self.ip.segment_max() as u32);
        let mut connection = Connection::new(id, name, holder, numbers, Some(stack));
        connection.options = *options;
        connection.timers.received_us = self.now_us;
        self.newest = Some((id, connection.numbers));
        // Connections are large, and few.
        self.connections.reserve_exact(1);
        self.connections.push(connection);
        self.connections.len() - 1
    }

    const fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// RFC 9293 §3.4.1: a clock, and for each pair its own start. The clock ticks every 64 ns, as Linux's
    /// (`secure_tcp_seq`), so a new connection of a pair begins beyond all that an old one has sent.
    fn initial_number(&self, ports: [u16; 2]) -> u32 {
        let [own, peer] = ports.map(u32::from);
        let start = (own << 16 | peer).wrapping_mul(0x9e37_79b9) ^ (self.host as u32).wrapping_mul(0x7f4a_7c15);
        start.wrapping_add((self.now_us * 125 / 8) as u32)
    }

    /// When the next timer fires, or what is left of a connection goes.
    pub(crate) fn next_us(&mut self) -> Option<u64> {
        [self.next_end_us(), self.next_timer_us()].into_iter().flatten().min()
    }

    /// When the next of what is left of connections goes: TIME-WAIT, or an orphan in FIN-WAIT-2.
    pub(crate) fn next_end_us(&self) -> Option<u64> {
        self.rests.iter().map(|rest| rest.ends_us).min()
    }

    /// When the next timer of a connection fires.
    pub(crate) fn next_timer_us(&mut self) -> Option<u64> {
        let now_us = self.now_us;
        match self.rules {
            Rules::Linux => self.connections.iter().filter_map(|known| known.timers.next_us()).min(),
            Rules::Bare => {
                self.connections.iter_mut().filter_map(|known| known.stack.as_mut()?.wakes_at_us(now_us)).min()
            }
        }
    }

    /// Lets every timer fire whose time has come.
    pub(crate) fn fire(&mut self) {
        for at in 0..self.connections.len() {
            match self.rules {
                Rules::Linux => self.fire_connection(at),
                Rules::Bare => self.work(at),
            }
        }
        while let Some(at) = self.rests.iter().position(|rest| rest.ends_us <= self.now_us) {
            let rule =
                if self.rests[at].state == State::TimeWait { &rules::TIME_WAIT_ENDS } else { &rules::FIN_WAIT_2_ENDS };
            self.effects.push(Effect::Rule(rule));
            self.end_rest(at);
        }
        self.sweep();
    }

    fn send(&mut self, segment: Option<RawSegment>) {
        if let Some(segment) = segment {
            self.effects.push(Effect::Segment(wire::write(self.ip, &segment)));
        }
    }

    fn note_listening_ended(&mut self, id: u32, name: String) {
        self.effects.push(Effect::State { id, name, from: State::Listen, to: State::Closed });
    }
}

enum Arrival {
    Done,
    /// TIME-WAIT is gone, and a new connection begins with this sequence number.
    MakeRoom(u32),
}

const fn orphan(holder: Holder) -> Orphan {
    match holder {
        Holder::Nobody => Orphan::Yes,
        _ => Orphan::No,
    }
}
