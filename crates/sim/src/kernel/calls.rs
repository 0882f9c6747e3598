//! The system calls. Each is tried; what cannot return yet waits and is tried again when something has happened.

use scenario::{Connecting, Errno, How, Outcome, Ready, SocketOption, State, Verb};

use super::{Descriptor, Effect, Kernel, Listener, PORT_FIRST};
use crate::Rules;
use crate::connection::{Connection, Holder, Linger2, Numbers, Options, micros};
use crate::rules::{self, Closing, Exiting};
use crate::timers;

/// A call has returned, or waits.
pub(crate) enum Attempt {
    Returned(Outcome),
    Waits(Waiting),
}

/// What a call waits for.
pub(crate) enum Waiting {
    /// connect(2): the handshake.
    Connect(u32),
    /// accept(2): a connection in the listener's queue, to be called so.
    Accept { listener: u32, name: String },
    /// write(2): room for the rest of the bytes.
    Write { id: u32, bytes: Vec<u8>, written: usize },
    /// read(2): anything.
    Read { id: u32, at_most: usize },
    /// close(2) with SO_LINGER: the ACK of the FIN, or its time is over.
    Close { id: u32, until_us: u64 },
}

impl Waiting {
    /// When it returns at the latest.
    pub(crate) const fn until_us(&self) -> Option<u64> {
        match self {
            Self::Close { until_us, .. } => Some(*until_us),
            _ => None,
        }
    }
}

const fn errno(errno: Errno) -> Attempt {
    Attempt::Returned(Outcome::Errno(errno))
}

const DONE: Attempt = Attempt::Returned(Outcome::ZERO);

impl Kernel {
    /// Makes a call on the socket of that name, or, for `listen`, `connect` and `accept`, one that makes that socket.
    pub(crate) fn call(&mut self, name: &str, verb: &Verb) -> Attempt {
        match verb {
            Verb::Listen { backlog, port, reuse_address } => self.listen(name, *backlog, *port, *reuse_address),
            Verb::Connect { port, from, connecting } => self.connect(name, *port, *from, *connecting),
            Verb::Accept { listener } => match self.descriptor(listener) {
                Some(Descriptor::Listener(listener)) => {
                    self.try_again(Waiting::Accept { listener, name: name.to_owned() })
                }
                Some(Descriptor::Connection(_)) => errno(Errno::EINVAL),
                None => errno(Errno::EBADF),
            },
            _ => match self.descriptor(name) {
                Some(Descriptor::Listener(id)) => self.call_on_listener(id, verb),
                Some(Descriptor::Connection(id)) => self.call_on_connection(id, verb),
                None => errno(Errno::EBADF),
            },
        }
    }

    fn descriptor(&self, name: &str) -> Option<Descriptor> {
        self.descriptors.iter().rev().find(|(known, _)| known == name).map(|(_, descriptor)| *descriptor)
    }

    fn at(&self, id: u32) -> Option<usize> {
        self.connections.iter().position(|connection| connection.id == id)
    }

    /// socket(2), bind(2), listen(2).
    fn listen(&mut self, name: &str, backlog: u32, port: u16, reuse_address: bool) -> Attempt {
        if self.is_bound(port, reuse_address) {
            return errno(Errno::EADDRINUSE);
        }
        let id = self.new_id();
        self.listeners.push(Listener {
            id,
            name: name.to_owned(),
            port,
            backlog,
            reuse_address,
            options: Options::default(),
            begun: 0,
            queue: Vec::new(),
            listens: true,
        });
        self.descriptors.push((name.to_owned(), Descriptor::Listener(id)));
        self.effects.push(Effect::State { id, name: name.to_owned(), from: State::Closed, to: State::Listen });
        DONE
    }

    /// Whether bind(2) finds the port taken (Linux: `inet_csk_get_port`): SO_REUSEADDR helps against connections and
    /// TIME-WAIT if their socket, or the listener that they came from, had it too; never against a listener.
    fn is_bound(&self, port: u16, reuse_address: bool) -> bool {
        let blocks = |own: u16, reuses: bool| own == port && !(reuse_address && reuses);
        self.listener_on(port).is_some()
            || self
                .connections
                .iter()
                .any(|known| known.stack.is_some() && blocks(known.numbers.ports[0], known.reuse_address))
            || self.rests.iter().any(|rest| blocks(rest.numbers.ports[0], rest.reuse_address))
    }

    /// socket(2), bind(2) if `from` is given, connect(2).
    fn connect(&mut self, name: &str, port: u16, from: Option<u16>, connecting: Connecting) -> Attempt {
        let own = match from {
            Some(from) if self.is_bound(from, false) => {
                self.unconnected(name);
                return errno(Errno::EADDRINUSE);
            }
            Some(from) => from,
            None => self.free_port(),
        };
        let at = self.open(name.to_owned(), Holder::Descriptor, [own, port], None, &Options::default());
        let connection = &mut self.connections[at];
        let id = connection.id;
        self.descriptors.push((name.to_owned(), Descriptor::Connection(id)));
        connection.stack.as_mut().expect("it was just opened").connect(own, port);
        self.work(at);
        match connecting {
            Connecting::Blocking => Attempt::Waits(Waiting::Connect(id)),
            Connecting::Nonblocking => errno(Errno::EINPROGRESS),
        }
    }

    /// A socket that bind(2) has refused: it is there, and has no connection.
    fn unconnected(&mut self, name: &str) {
        let id = self.new_id();
        let numbers = Numbers::new([0, 0], 0, 0);
        self.newest = Some((id, numbers));
        self.connections.push(Connection::new(id, name.to_owned(), Holder::Descriptor, numbers, None));
        self.descriptors.push((name.to_owned(), Descriptor::Connection(id)));
    }

    fn free_port(&mut self) -> u16 {
        for _ in PORT_FIRST..=u16::MAX {
            let port = self.next_port;
            self.next_port = if port == u16::MAX { PORT_FIRST } else { port + 1 };
            if !self.is_bound(port, false) {
                return port;
            }
        }
        unreachable!("there are more ports than connections, see CONNECTIONS_MAX")
    }

    fn call_on_listener(&mut self, id: u32, verb: &Verb) -> Attempt {
        let at = self.listeners.iter().position(|listener| listener.id == id);
        let at = at.expect("a descriptor's listener exists until close");
        match verb {
            Verb::Close => {
                self.forget_descriptor(Descriptor::Listener(id));
                self.close_listener(at);
                DONE
            }
            Verb::Shutdown(How::Rd | How::RdWr) => {
                self.stop_listening(at);
                DONE
            }
            Verb::SetOption(option) => {
                set(&mut self.listeners[at].options, *option, self.ip.segment_max());
                DONE
            }
            Verb::Poll => {
                let input = !self.listeners[at].queue.is_empty();
                Attempt::Returned(Outcome::Ready(Ready { input, ..Ready::default() }))
            }
            Verb::Shutdown(How::Wr) | Verb::GetError => DONE,
            Verb::Write(_) => errno(Errno::EPIPE),
            _ => errno(Errno::ENOTCONN),
        }
    }

    fn close_listener(&mut self, at: usize) {
        self.stop_listening(at);
        self.listeners.remove(at);
    }

    /// What is queued is reset: nobody will ever read it (Linux: `inet_csk_listen_stop`).
    /// Seen in `listener-closed-with-backlog`.
    fn stop_listening(&mut self, at: usize) {
        let listener = &mut self.listeners[at];
        if !listener.listens {
            return;
        }
        listener.listens = false;
        let (id, name) = (listener.id, listener.name.clone());
        let queue = std::mem::take(&mut listener.queue);
        self.note_listening_ended(id, name);
        for id in queue {
            let at = self.at(id).expect("a queue holds its connections");
            self.connections[at].holder = Holder::Nobody;
            if self.connections[at].stack.is_some() {
                if self.rules == Rules::Linux {
                    self.effects.push(Effect::Rule(&rules::LISTENER_CLOSED));
                }
                self.reset(at);
            }
        }
        self.sweep();
    }

    fn call_on_connection(&mut self, id: u32, verb: &Verb) -> Attempt {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        let connection = &mut self.connections[at];
        match verb {
            Verb::Write(payload) => {
                return self.try_again(Waiting::Write { id, bytes: payload.bytes(), written: 0 });
            }
            Verb::Read { at_most } => return self.try_again(Waiting::Read { id, at_most: *at_most as usize }),
            Verb::Shutdown(how) => return self.shutdown(at, *how),
            Verb::Close => return self.close(id, Exiting::No),
            Verb::SetOption(option) => {
                set(&mut connection.options, *option, self.ip.segment_max());
                timers::watch_keep_alive(connection, self.now_us);
            }
            Verb::GetError => {
                return Attempt::Returned(self.take_error(at).map_or(Outcome::ZERO, Outcome::Errno));
            }
            Verb::Poll => return Attempt::Returned(Outcome::Ready(poll(connection))),
            Verb::GetPeerName => {
                if matches!(connection.actual_state(), State::Closed | State::SynSent) {
                    return errno(Errno::ENOTCONN);
                }
            }
            Verb::Listen { .. } | Verb::Connect { .. } | Verb::Accept { .. } => unreachable!("handled by `call`"),
        }
        DONE
    }

    /// Tries a call that may have to wait.
    pub(crate) fn try_again(&mut self, waiting: Waiting) -> Attempt {
        let tried = match waiting {
            Waiting::Connect(id) => self.try_connect(id),
            Waiting::Accept { listener, ref name } => self.try_accept(listener, name),
            Waiting::Write { id, bytes, written } => return self.try_write(id, bytes, written),
            Waiting::Read { id, at_most } => self.try_read(id, at_most),
            Waiting::Close { id, until_us } => self.try_close(id, until_us),
        };
        tried.map_or(Attempt::Waits(waiting), Attempt::Returned)
    }

    fn take_error(&mut self, at: usize) -> Option<Errno> {
        let (errno, rule) = rules::take_error(&mut self.connections[at].error)?;
        self.effects.push(Effect::Rule(rule));
        Some(errno)
    }

    fn try_connect(&mut self, id: u32) -> Option<Outcome> {
        let at = self.at(id)?;
        match self.connections[at].actual_state() {
            State::SynSent | State::SynReceived => return None,
            State::Closed => {}
            _ => return Some(Outcome::ZERO),
        }
        let errno = self.take_error(at).unwrap_or(Errno::ECONNABORTED);
        // The socket is as new (Linux: `__inet_stream_connect`, tcp_disconnect).
        let connection = &mut self.connections[at];
        connection.sending_ended = false;
        connection.reading_ended = false;
        Some(Outcome::Errno(errno))
    }

    fn try_accept(&mut self, listener: u32, name: &str) -> Option<Outcome> {
        let listener = self.listeners.iter_mut().find(|known| known.id == listener)?;
        if !listener.listens {
            return Some(Outcome::Errno(Errno::EINVAL));
        }
        if listener.queue.is_empty() {
            return None;
        }
        let id = listener.queue.remove(0);
        let at = self.at(id).expect("a queue holds its connections");
        self.connections[at].holder = Holder::Descriptor;
        self.connections[at].name = name.to_owned();
        if let Some(rest) = self.rests.iter_mut().find(|rest| rest.id == id) {
            rest.name = name.to_owned();
        }
        self.descriptors.push((name.to_owned(), Descriptor::Connection(id)));
        self.effects.push(Effect::Named { id, name: name.to_owned() });
        Some(Outcome::ZERO)
    }

    /// Linux: `tcp_sendmsg_locked`, `sk_stream_wait_connect`, `sk_stream_error`.
    fn try_write(&mut self, id: u32, bytes: Vec<u8>, mut written: usize) -> Attempt {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        let connection = &mut self.connections[at];
        let state = connection.actual_state();
        if connection.error.is_none()
            && !connection.sending_ended
            && matches!(state, State::SynSent | State::SynReceived)
        {
            return Attempt::Waits(Waiting::Write { id, bytes, written });
        }
        let may_send = matches!(state, State::Established | State::CloseWait);
        if connection.error.is_some() || connection.sending_ended || !may_send {
            if written > 0 {
                return Attempt::Returned(Outcome::Number(written as u64));
            }
            return errno(self.take_error(at).unwrap_or(Errno::EPIPE));
        }
        let room = connection.send_space().min(bytes.len() - written);
        let stack = connection.stack.as_mut().expect("it may send");
        written += stack.socket().send_slice(&bytes[written..written + room]).unwrap_or(0);
        if room > 0 {
            self.work(at);
        }
        if written == bytes.len() {
            return Attempt::Returned(Outcome::Number(written as u64));
        }
        Attempt::Waits(Waiting::Write { id, bytes, written })
    }

    /// Linux: `tcp_recvmsg_locked`. What is queued comes first, then the end of the stream, then the pending error.
    fn try_read(&mut self, id: u32, at_most: usize) -> Option<Outcome> {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        if at_most == 0 {
            return Some(Outcome::ZERO);
        }
        let connection = &mut self.connections[at];
        if connection.unread() > 0 {
            connection.take(at_most.saturating_sub(connection.received.len()));
            let read = at_most.min(connection.received.len());
            connection.received.drain(..read);
            self.work(at);
            return Some(Outcome::Number(read as u64));
        }
        if connection.stream_ended {
            return Some(Outcome::ZERO);
        }
        if let Some(errno) = self.take_error(at) {
            return Some(Outcome::Errno(errno));
        }
        let connection = &self.connections[at];
        if connection.reading_ended {
            return Some(Outcome::ZERO);
        }
        (connection.actual_state() == State::Closed).then_some(Outcome::Errno(Errno::ENOTCONN))
    }

    /// Linux: `inet_shutdown`, `tcp_shutdown`.
    fn shutdown(&mut self, at: usize, how: How) -> Attempt {
        let connection = &mut self.connections[at];
        let state = connection.actual_state();
        if state == State::SynSent {
            connection.end();
            self.observe(at);
            return DONE;
        }
        connection.reading_ended |= how != How::Wr;
        connection.sending_ended |= how != How::Rd;
        if state == State::Closed {
            return errno(Errno::ENOTCONN);
        }
        if how != How::Rd && matches!(state, State::SynReceived | State::Established | State::CloseWait) {
            connection.fin_wanted = true;
            self.work(at);
        }
        DONE
    }

    /// close(2) on a connection, or its program's end.
    fn close(&mut self, id: u32, exiting: Exiting) -> Attempt {
        self.forget_descriptor(Descriptor::Connection(id));
        let at = self.at(id).expect("a descriptor's connection exists until close");
        let (closing, rule) = match self.rules {
            Rules::Linux => rules::close(&self.connections[at], exiting),
            Rules::Bare => (Closing::Fin, None),
        };
        self.effects.extend(rule.map(Effect::Rule));
        let connection = &mut self.connections[at];
        connection.sending_ended = true;
        connection.reading_ended = true;
        if !matches!(closing, Closing::FinAndWait { .. }) {
            connection.holder = Holder::Nobody;
        }
        let had_ended = connection.fin_wanted
            || !matches!(connection.actual_state(), State::SynReceived | State::Established | State::CloseWait);
        match closing {
            Closing::Fin | Closing::FinAndWait { .. } => {
                connection.fin_wanted |= !had_ended;
                self.work(at);
            }
            Closing::Reset => self.reset(at),
            Closing::Silent => self.forget(at),
            Closing::Already => self.move_on(at),
        }
        if let Closing::FinAndWait { at_most_us } = closing {
            return self.try_again(Waiting::Close { id, until_us: self.now_us + at_most_us });
        }
        self.sweep();
        DONE
    }

    /// Linux: `sk_stream_wait_close`.
    fn try_close(&mut self, id: u32, until_us: u64) -> Option<Outcome> {
        if let Some(at) = self.at(id) {
            let connection = &mut self.connections[at];
            let is_closing = matches!(connection.state, State::FinWait1 | State::Closing | State::LastAck);
            if is_closing && self.now_us < until_us {
                return None;
            }
            connection.holder = Holder::Nobody;
            self.move_on(at);
            self.sweep();
        }
        Some(Outcome::ZERO)
    }

    fn forget_descriptor(&mut self, descriptor: Descriptor) {
        self.descriptors.retain(|(_, known)| *known != descriptor);
    }

    /// SIGKILL: the program ends, and its descriptors are closed one after the other.
    pub(crate) fn kill(&mut self) {
        for (_, descriptor) in std::mem::take(&mut self.descriptors) {
            match descriptor {
                Descriptor::Listener(id) => {
                    let at = self.listeners.iter().position(|listener| listener.id == id);
                    self.close_listener(at.expect("a descriptor's listener exists until close"));
                }
                Descriptor::Connection(id) => {
                    self.close(id, Exiting::Yes);
                }
            }
        }
        // A close(2) that was waiting has no descriptor any more.
        for at in 0..self.connections.len() {
            if self.connections[at].holder == Holder::Descriptor {
                self.connections[at].holder = Holder::Nobody;
                self.move_on(at);
            }
        }
        self.sweep();
    }
}

fn set(options: &mut Options, option: SocketOption, full: usize) {
    match option {
        SocketOption::Linger(seconds) => options.linger_s = seconds,
        SocketOption::KeepAlive(on) => options.keep_alive = on,
        SocketOption::KeepIdle(idle) => options.keep_idle_us = micros(idle),
        SocketOption::KeepInterval(interval) => options.keep_interval_us = micros(interval),
        SocketOption::KeepCount(count) => options.keep_count = u32::from(count),
        SocketOption::UserTimeout(timeout) => options.user_timeout_us = micros(timeout),
        SocketOption::Linger2(None) => options.linger2 = Linger2::Negative,
        SocketOption::Linger2(Some(seconds)) => options.linger2 = Linger2::Seconds(seconds),
        // Half of what Linux sets aside is for bytes, and the window is offered in full segments.
        SocketOption::ReceiveBuffer(bytes) => {
            options.receive_buffer = (bytes as usize / full * full).max(BUFFER_MIN);
        }
        SocketOption::SendBuffer(bytes) => options.send_buffer = Some((bytes as usize).max(BUFFER_MIN)),
    }
}

/// SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF, without what Linux keeps beside the bytes.
const BUFFER_MIN: usize = 1_152;

/// Linux: `tcp_poll`.
fn poll(connection: &Connection) -> Ready {
    let state = connection.actual_state();
    let both_ended = connection.sending_ended && connection.reading_ended;
    let mut ready = Ready {
        input: connection.reading_ended,
        output: false,
        read_hangup: connection.reading_ended,
        hangup: both_ended || state == State::Closed,
        error: connection.error.is_some(),
    };
    if !matches!(state, State::SynSent | State::SynReceived) {
        ready.input |= connection.unread() > 0;
        ready.output = connection.sending_ended || connection.send_space() >= connection.queued() / 2;
    }
    ready
}
