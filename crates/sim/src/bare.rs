//! A host whose TCP is smoltcp alone: sockets with smoltcp's defaults, its own timers, and what its calls say. smoltcp
//! does not say why a connection ended, so neither do the calls here; socket options change nothing.

use std::rc::Rc;

use scenario::{Connecting, Errno, Host, How, Opening, Outcome, Place, Queue, Ready, State, Verb, queued_name};
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::tcp::{self, Socket, SocketBuffer};
use smoltcp::time::Instant;

use crate::kernel::{Attempt, Awaited, CONNECTIONS_MAX, Effect, Taking, Waiting};
use crate::network_interface::{NetworkInterface, seed};
use crate::rules::initial_sequence_number;
use crate::wire::{Ip, MTU, TIMESTAMPS};

/// Bytes of each buffer of a socket.
const BUFFER: usize = u16::MAX as usize;
/// smoltcp takes the instant 0 for "now" in places.
const EPOCH_US: u64 = 1_000_000_000;
/// The first port that a host chooses by itself.
const PORT_FIRST: u16 = 40_001;
/// Frames that leave at one moment.
const FRAMES_MAX: usize = 4_096;

/// A host whose TCP is smoltcp alone.
pub(crate) struct BareHost {
    host: Host,
    /// The host that connect(2) goes to.
    connects_to: Host,
    ip: Ip,
    now_us: u64,
    /// The time at which smoltcp last had nothing to send.
    idle_at_us: Option<u64>,
    network: NetworkInterface,
    sockets: SocketSet<'static>,
    listeners: Vec<Listener>,
    connections: Vec<Connection>,
    next_id: u32,
    next_port: u16,
    newest: Option<u32>,
    effects: Vec<Effect>,
}

/// One listening socket at a time: with the first SYN it becomes a connection, and a new one listens when that is
/// accepted.
struct Listener {
    id: u32,
    name: Rc<str>,
    port: u16,
    /// Connections begun.
    begun: u32,
    handle: Option<SocketHandle>,
}

struct Connection {
    id: u32,
    name: Rc<str>,
    /// `None` once the connection is over.
    handle: Option<SocketHandle>,
    holder: Holder,
    state: State,
    /// Whether shutdown(RD) was called, which smoltcp does not have.
    reading_ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Program,
    Listener(u32),
    Nobody,
}

const fn errno(errno: Errno) -> Attempt {
    Attempt::Returned(Outcome::Errno(errno))
}

const DONE: Attempt = Attempt::Returned(Outcome::ZERO);

impl BareHost {
    pub(crate) fn new(host: Host, connects_to: Host, ip: Ip) -> Self {
        Self {
            host,
            connects_to,
            ip,
            now_us: 0,
            idle_at_us: None,
            network: interface(host, ip, 0),
            sockets: SocketSet::new(Vec::new()),
            listeners: Vec::new(),
            connections: Vec::new(),
            next_id: 0,
            next_port: PORT_FIRST,
            newest: None,
            effects: Vec::new(),
        }
    }

    pub(crate) fn take_effects(&mut self, effects: &mut Vec<Effect>) {
        effects.clear();
        std::mem::swap(&mut self.effects, effects);
    }

    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    pub(crate) const fn set_time(&mut self, now_us: u64) {
        self.now_us = now_us;
    }

    pub(crate) const fn connections(&self) -> usize {
        self.connections.len()
    }

    pub(crate) fn newest_state(&self) -> State {
        let newest = self.newest.and_then(|id| self.connections.iter().find(|known| known.id == id));
        newest.map_or(State::Closed, |known| known.state)
    }

    pub(crate) fn named_state(&self, name: &str) -> State {
        let known = self.connections.iter().rev().find(|known| *known.name == *name);
        let listens = || self.listeners.iter().any(|listener| *listener.name == *name);
        known.map_or_else(|| if listens() { State::Listen } else { State::Closed }, |known| known.state)
    }

    /// The host loses power: its sockets are gone.
    pub(crate) fn crash(&mut self) {
        for Connection { id, name, state: from, .. } in std::mem::take(&mut self.connections) {
            if from != State::Closed {
                self.effects.push(Effect::State { id, name, from, to: State::Closed });
            }
        }
        for Listener { id, name, .. } in std::mem::take(&mut self.listeners) {
            self.effects.push(Effect::State { id, name, from: State::Listen, to: State::Closed });
        }
        self.sockets = SocketSet::new(Vec::new());
    }

    /// The host boots.
    pub(crate) fn boot(&mut self) {
        self.network = interface(self.host, self.ip, self.now_us);
    }

    /// SIGKILL: the program closes what it has.
    pub(crate) fn kill(&mut self) {
        let listeners: Vec<u32> = self.listeners.iter().map(|listener| listener.id).collect();
        listeners.into_iter().for_each(|id| self.close_listener(id));
        for at in 0..self.connections.len() {
            if self.connections[at].holder == Holder::Program {
                self.close(at);
            }
        }
        self.work();
    }

    /// A frame has arrived.
    pub(crate) fn arrive(&mut self, frame: Vec<u8>) {
        let now = self.now();
        self.network.receive(now, frame, &mut self.sockets);
        self.note();
        self.work();
    }

    /// The time at which smoltcp wants to be asked again, in microseconds.
    pub(crate) fn next_timer_us(&mut self) -> Option<u64> {
        let now = self.now();
        let due = self.network.interface().poll_at(now, &self.sockets)?;
        let due_us = (due.total_micros() as u64).saturating_sub(EPOCH_US).max(self.now_us);
        // "Now" is what it says of data that waits for the peer, too.
        let is_idle = self.idle_at_us == Some(self.now_us) && due_us == self.now_us;
        (!is_idle).then_some(due_us)
    }

    pub(crate) fn fire(&mut self) {
        self.work();
    }

    fn now(&self) -> Instant {
        Instant::from_micros((EPOCH_US + self.now_us) as i64)
    }

    /// Lets smoltcp send what it has to send.
    fn work(&mut self) {
        let now = self.now();
        for _ in 0..FRAMES_MAX {
            self.network.transmit(now, &mut self.sockets);
            self.note();
            let left = self.effects.len();
            self.take_left();
            if self.effects.len() == left {
                break;
            }
        }
        self.idle_at_us = Some(self.now_us);
    }

    fn take_left(&mut self) {
        self.effects.extend(self.network.take_left().map(Effect::Segment));
    }

    /// Records what has changed, and then what has left.
    fn note(&mut self) {
        for at in 0..self.listeners.len() {
            self.note_begun(at);
        }
        for at in 0..self.connections.len() {
            self.note_state(at);
        }
        self.take_left();
        for at in 0..self.connections.len() {
            self.release_if_over(at);
        }
        self.connections.retain(|known| known.handle.is_some() || known.holder == Holder::Program);
    }

    /// The listening socket has become a connection.
    fn note_begun(&mut self, at: usize) {
        let Some(handle) = self.listeners[at].handle else { return };
        let socket = self.sockets.get::<Socket<'_>>(handle);
        if socket.remote_endpoint().is_none() {
            return;
        }
        let listener = &mut self.listeners[at];
        listener.handle = None;
        listener.begun += 1;
        let name = queued_name(&listener.name, listener.begun).into();
        let holder = Holder::Listener(listener.id);
        self.open(name, holder, Some(handle));
    }

    fn note_state(&mut self, at: usize) {
        let known = &mut self.connections[at];
        let state = known.handle.map_or(tcp::State::Closed, |handle| self.sockets.get::<Socket<'_>>(handle).state());
        // A listening socket whose handshake was reset listens again.
        let to = match state {
            tcp::State::Closed | tcp::State::Listen => State::Closed,
            tcp::State::SynSent => State::SynSent,
            tcp::State::SynReceived => State::SynReceived,
            tcp::State::Established => State::Established,
            tcp::State::FinWait1 => State::FinWait1,
            tcp::State::FinWait2 => State::FinWait2,
            tcp::State::CloseWait => State::CloseWait,
            tcp::State::Closing => State::Closing,
            tcp::State::LastAck => State::LastAck,
            tcp::State::TimeWait => State::TimeWait,
        };
        if known.state != to {
            let from = std::mem::replace(&mut known.state, to);
            self.effects.push(Effect::State { id: known.id, name: known.name.clone(), from, to });
        }
    }

    /// A connection that is over has no socket any more; its listener gets a new one.
    fn release_if_over(&mut self, at: usize) {
        let Connection { handle: Some(handle), holder, .. } = self.connections[at] else { return };
        let socket = self.sockets.get::<Socket<'_>>(handle);
        let has_rst_to_send = socket.state() == tcp::State::Closed && socket.remote_endpoint().is_some();
        let has_bytes = holder == Holder::Program && socket.can_recv();
        if socket.is_active() || has_rst_to_send || has_bytes || self.connections[at].state != State::Closed {
            return;
        }
        self.connections[at].handle = None;
        self.sockets.remove(handle);
        if let Holder::Listener(id) = holder {
            self.connections[at].holder = Holder::Nobody;
            self.listen_again(id);
        }
    }

    fn new_socket(&mut self) -> SocketHandle {
        let buffer = || SocketBuffer::new(vec![0; BUFFER]);
        self.sockets.add(Socket::new(buffer(), buffer()))
    }

    fn listen_again(&mut self, id: u32) {
        let handle = self.new_socket();
        let Some(listener) = self.listeners.iter_mut().find(|known| known.id == id) else { return };
        listener.handle = Some(handle);
        let listening = self.sockets.get_mut::<Socket<'_>>(handle).listen(listener.port);
        assert!(listening.is_ok(), "a new socket can listen");
    }

    fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    fn open(&mut self, name: Rc<str>, holder: Holder, handle: Option<SocketHandle>) -> u32 {
        let id = self.new_id();
        self.newest = Some(id);
        let state = State::Closed;
        self.connections.push(Connection { id, name, handle, holder, state, reading_ended: false });
        id
    }

    fn at(&self, id: u32) -> Option<usize> {
        self.connections.iter().position(|known| known.id == id)
    }

    fn socket(&mut self, at: usize) -> Option<&mut Socket<'static>> {
        let handle = self.connections[at].handle?;
        Some(self.sockets.get_mut::<Socket<'_>>(handle))
    }

    pub(crate) fn call(&mut self, name: &Rc<str>, verb: &Verb) -> Attempt {
        let connection =
            self.connections.iter().rposition(|known| *known.name == **name && known.holder == Holder::Program);
        let listener =
            |name: &str| self.listeners.iter().rev().find(|known| *known.name == *name).map(|known| known.id);
        match verb {
            Verb::Listen { place: Place::New { port, .. }, .. } => self.listen(name, *port),
            Verb::Connect { port, opening: Opening::New { from }, connecting } => {
                self.connect(name, *port, *from, *connecting)
            }
            // smoltcp has sockets that are connected or listen, and one owner of each.
            Verb::Listen { .. }
            | Verb::Socket
            | Verb::Bind { .. }
            | Verb::Connect { .. }
            | Verb::Disconnect
            | Verb::Dup { .. } => errno(Errno::EOPNOTSUPP),
            Verb::Accept { listener: of } => match listener(of) {
                Some(listener) => self.begin(Awaited::Accept { listener, name: Rc::clone(name) }),
                None => errno(Errno::EBADF),
            },
            _ => match (connection, listener(name)) {
                (Some(at), _) => self.call_on_connection(at, verb),
                (None, Some(id)) => self.call_on_listener(id, verb),
                (None, None) if matches!(verb, Verb::Poll) => Attempt::Returned(Outcome::Ready(Ready::NO_DESCRIPTOR)),
                (None, None) => errno(Errno::EBADF),
            },
        }
    }

    fn listen(&mut self, name: &Rc<str>, port: u16) -> Attempt {
        let id = self.new_id();
        self.listeners.push(Listener { id, name: Rc::clone(name), port, begun: 0, handle: None });
        self.listen_again(id);
        self.effects.push(Effect::State { id, name: Rc::clone(name), from: State::Closed, to: State::Listen });
        DONE
    }

    fn connect(&mut self, name: &Rc<str>, port: u16, from: Option<u16>, connecting: Connecting) -> Attempt {
        if self.connections.len() >= CONNECTIONS_MAX {
            return errno(Errno::EADDRINUSE);
        }
        let own = from.unwrap_or(self.next_port);
        if from.is_none() {
            self.next_port = self.next_port.checked_add(1).unwrap_or(PORT_FIRST);
        }
        let handle = self.new_socket();
        let remote = (self.ip.address(self.connects_to), port);
        let local = (self.ip.address(self.host), own);
        let socket = self.sockets.get_mut::<Socket<'_>>(handle);
        let connecting_now = socket.connect(self.network.interface().context(), remote, local);
        assert!(connecting_now.is_ok(), "a new socket can connect");
        let id = self.open(Rc::clone(name), Holder::Program, Some(handle));
        self.note();
        self.work();
        match connecting {
            Connecting::Blocking => self.begin(Awaited::Connect { id, otherwise: Errno::EINPROGRESS, disconnects: 0 }),
            Connecting::Nonblocking => errno(Errno::EINPROGRESS),
        }
    }

    fn call_on_listener(&mut self, id: u32, verb: &Verb) -> Attempt {
        match verb {
            Verb::Close | Verb::Shutdown(How::Rd | How::RdWr) => {
                self.close_listener(id);
                self.work();
                DONE
            }
            Verb::Poll => {
                let input = self.connections.iter().any(|known| known.holder == Holder::Listener(id) && is_open(known));
                Attempt::Returned(Outcome::Ready(Ready { input, ..Ready::default() }))
            }
            Verb::SetOption(_) | Verb::Shutdown(How::Wr) | Verb::GetError => DONE,
            Verb::Write(_) => errno(Errno::EPIPE),
            _ => errno(Errno::ENOTCONN),
        }
    }

    fn close_listener(&mut self, id: u32) {
        let Some(at) = self.listeners.iter().position(|known| known.id == id) else { return };
        let Listener { name, handle, .. } = self.listeners.remove(at);
        if let Some(handle) = handle {
            self.sockets.remove(handle);
        }
        self.effects.push(Effect::State { id, name, from: State::Listen, to: State::Closed });
        for at in 0..self.connections.len() {
            if self.connections[at].holder == Holder::Listener(id) {
                self.connections[at].holder = Holder::Nobody;
                if let Some(socket) = self.socket(at) {
                    socket.abort();
                }
            }
        }
    }

    fn call_on_connection(&mut self, at: usize, verb: &Verb) -> Attempt {
        let id = self.connections[at].id;
        match verb {
            Verb::Write(payload) => self.begin(Awaited::Write { id, bytes: payload.bytes(), written: 0 }),
            Verb::Read { at_most } => {
                self.begin(Awaited::Read { id, at_most: *at_most as usize, taking: Taking::Takes, disconnects: 0 })
            }
            Verb::Peek { at_most } => {
                self.begin(Awaited::Read { id, at_most: *at_most as usize, taking: Taking::Leaves, disconnects: 0 })
            }
            Verb::Queued(queue) => {
                let count = |socket: &mut Socket<'_>| match queue {
                    Queue::Unread => socket.recv_queue(),
                    Queue::Unacknowledged => socket.send_queue(),
                };
                Attempt::Returned(Outcome::Number(self.socket(at).map_or(0, count) as u64))
            }
            Verb::Shutdown(how) => {
                self.connections[at].reading_ended |= *how != How::Wr;
                if *how != How::Rd
                    && let Some(socket) = self.socket(at)
                {
                    socket.close();
                }
                self.note();
                self.work();
                DONE
            }
            Verb::Close => {
                self.close(at);
                self.note();
                self.work();
                DONE
            }
            Verb::Poll => Attempt::Returned(Outcome::Ready(self.poll(at))),
            Verb::GetPeerName if self.socket(at).is_none_or(|socket| socket.remote_endpoint().is_none()) => {
                errno(Errno::ENOTCONN)
            }
            _ => DONE,
        }
    }

    fn close(&mut self, at: usize) {
        self.connections[at].holder = Holder::Nobody;
        if let Some(socket) = self.socket(at) {
            socket.close();
        }
    }

    fn poll(&mut self, at: usize) -> Ready {
        let is_over = self.connections[at].state == State::Closed;
        let Some(socket) = self.socket(at) else {
            return Ready { input: true, output: true, read_hangup: true, hangup: true, ..Ready::default() };
        };
        let is_opening = matches!(socket.state(), tcp::State::SynSent | tcp::State::SynReceived);
        let has_ended = !is_opening && !socket.may_recv();
        Ready {
            input: socket.can_recv() || has_ended,
            output: socket.can_send() || is_over,
            read_hangup: has_ended,
            hangup: is_over,
            ..Ready::default()
        }
    }

    pub(crate) fn try_again(&mut self, Waiting { mut awaited, until_us }: Waiting) -> Attempt {
        let tried = match &mut awaited {
            Awaited::Connect { id, .. } => self.try_connect(*id),
            Awaited::Accept { listener, name } => self.try_accept(*listener, name),
            Awaited::Write { id, bytes, written } => self.try_write(*id, bytes, written),
            Awaited::Read { id, at_most, taking, .. } => self.try_read(*id, *at_most, *taking),
            Awaited::Close(_) => unreachable!("smoltcp's close() never waits"),
        };
        tried.map_or(Attempt::Waits(Waiting { awaited, until_us }), Attempt::Returned)
    }

    /// Tries a call that may have to wait, without a limit: no call of smoltcp's own waits.
    fn begin(&mut self, awaited: Awaited) -> Attempt {
        self.try_again(Waiting { awaited, until_us: None })
    }

    fn try_connect(&self, id: u32) -> Option<Outcome> {
        match self.connections.iter().find(|known| known.id == id)?.state {
            State::SynSent | State::SynReceived => None,
            State::Closed => Some(Outcome::Errno(Errno::ECONNABORTED)),
            _ => Some(Outcome::ZERO),
        }
    }

    fn try_accept(&mut self, listener: u32, name: &Rc<str>) -> Option<Outcome> {
        if !self.listeners.iter().any(|known| known.id == listener) {
            return Some(Outcome::Errno(Errno::EINVAL));
        }
        let is_it = |known: &&mut Connection| known.holder == Holder::Listener(listener) && is_open(known);
        let known = self.connections.iter_mut().find(is_it)?;
        known.holder = Holder::Program;
        known.name = Rc::clone(name);
        let id = known.id;
        self.effects.push(Effect::Named { id, name: Rc::clone(name) });
        self.listen_again(listener);
        Some(Outcome::ZERO)
    }

    fn try_write(&mut self, id: u32, bytes: &[u8], written: &mut usize) -> Option<Outcome> {
        const GONE: Outcome = Outcome::Errno(Errno::EPIPE);
        let Some(at) = self.at(id) else { return Some(Outcome::Errno(Errno::EBADF)) };
        let state = self.connections[at].state;
        let Some(socket) = self.socket(at) else { return Some(GONE) };
        if matches!(state, State::SynSent | State::SynReceived) {
            return None;
        }
        match socket.send_slice(&bytes[*written..]) {
            Ok(sent) => *written += sent,
            Err(_) if *written > 0 => return Some(Outcome::Number(*written as u64)),
            Err(_) => return Some(GONE),
        }
        self.work();
        (*written == bytes.len()).then_some(Outcome::Number(*written as u64))
    }

    fn try_read(&mut self, id: u32, at_most: usize, taking: Taking) -> Option<Outcome> {
        let at = self.at(id)?;
        let Connection { reading_ended, state, .. } = self.connections[at];
        let Some(socket) = self.socket(at) else { return Some(Outcome::ZERO) };
        if taking == Taking::Leaves && socket.can_recv() {
            return Some(Outcome::Number(socket.recv_queue().min(at_most) as u64));
        }
        let mut read = 0;
        // The buffer is a ring: what has wrapped around comes with a second call.
        while read < at_most && socket.can_recv() {
            let take = |bytes: &mut [u8]| {
                let taken = bytes.len().min(at_most - read);
                (taken, taken)
            };
            read += socket.recv(take).unwrap_or(0);
        }
        let is_opening = matches!(state, State::SynSent | State::SynReceived);
        let has_ended = reading_ended || !is_opening && !socket.may_recv();
        if read == 0 && !has_ended {
            return None;
        }
        self.note();
        self.work();
        Some(Outcome::Number(read as u64))
    }
}

const fn is_open(connection: &Connection) -> bool {
    !matches!(connection.state, State::Closed | State::SynReceived | State::SynSent)
}

fn interface(host: Host, ip: Ip, now_us: u64) -> NetworkInterface {
    let first = initial_sequence_number::of_pair(host, [0, 0], now_us);
    NetworkInterface::new(ip, host, MTU - TIMESTAMPS, seed(first), Instant::from_micros((EPOCH_US + now_us) as i64))
}
