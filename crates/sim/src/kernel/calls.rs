//! The system calls that make sockets, set them up, and end them. Those that may wait are in `io`.

use std::rc::Rc;

use scenario::{Errno, How, Opening, Outcome, Place, Ready, SocketOption, State, Verb};

use super::Kernel;
use super::connection::{Connection, Holder};
use super::effect::{Attempt, Awaited, Blocking, Effect, Taking, Waiting, note_rule};
use super::io::held_by;
use super::listener::Listener;
use crate::micros::micros;
use crate::rules::bind::{Binding, Reuse};
use crate::rules::close::{self, Exiting};
use crate::rules::{connect, defer_accept, keep_alive, listener, pending_error, poll, shutdown};
use crate::socket_options::{KeepAlive, Linger2, Nagle, SocketOptions};
use crate::tcp::{DeferredFin, Timer};

pub(super) const fn errno(errno: Errno) -> Attempt {
    Attempt::Returned(Outcome::Errno(errno))
}

const DONE: Attempt = Attempt::Returned(Outcome::ZERO);

impl Kernel {
    /// Makes a call on the socket of that name, or, for `listen`, `connect` and `accept`, one that makes that socket.
    pub(crate) fn call(&mut self, name: &Rc<str>, verb: &Verb) -> Attempt {
        let attempt = self.make(name, verb);
        if let Attempt::Waits(waiting) = &attempt {
            self.held.extend(held_by(&waiting.awaited));
        }
        attempt
    }

    fn make(&mut self, name: &Rc<str>, verb: &Verb) -> Attempt {
        match verb {
            Verb::Listen { backlog, place: Place::New { port, reuse_address } } => {
                let reuse = if *reuse_address { Reuse::Yes } else { Reuse::No };
                self.listen(name, *backlog, *port, reuse)
            }
            Verb::Socket => {
                self.unconnected(name);
                DONE
            }
            Verb::Connect { port, opening: Opening::New { from }, connecting } => {
                self.connect(name, *port, *from, *connecting)
            }
            Verb::Close => self.close_descriptor(name),
            Verb::Dup { copy } => match self.descriptor(name) {
                Some(socket) => {
                    self.descriptors.push((copy.as_str().into(), socket));
                    DONE
                }
                None => errno(Errno::EBADF),
            },
            Verb::Accept { listener } => match self.descriptor(listener) {
                Some(id) => match self.listener_at(id) {
                    Some(at) => self.accept(at, name),
                    None => errno(Errno::EINVAL),
                },
                None => errno(Errno::EBADF),
            },
            _ => match self.descriptor(name) {
                Some(id) => match self.listener_at(id) {
                    Some(at) => self.call_on_listener(at, verb),
                    None => self.call_on_connection(id, verb),
                },
                None if matches!(verb, Verb::Poll) => Attempt::Returned(Outcome::Ready(Ready::NO_DESCRIPTOR)),
                None => errno(Errno::EBADF),
            },
        }
    }

    /// The socket that the program's descriptor of that name is for.
    pub(super) fn descriptor(&self, name: &str) -> Option<u32> {
        self.descriptors.iter().rev().find(|(known, _)| **known == *name).map(|(_, socket)| *socket)
    }

    /// socket(2), bind(2), listen(2).
    fn listen(&mut self, name: &Rc<str>, backlog: u32, port: u16, reuse: Reuse) -> Attempt {
        if self.is_bound(port, reuse) {
            return errno(Errno::EADDRINUSE);
        }
        let id = self.new_id();
        self.listeners.push(Listener {
            id,
            name: Rc::clone(name),
            port,
            backlog,
            reuse,
            options: SocketOptions::of_new_socket(&self.sysctls),
            queue: Vec::new(),
            cookies: Vec::new(),
            binding: Binding::Fixed,
            blocking: Blocking::Waits,
            error: None,
            sending_ended: false,
            reading_ended: false,
        });
        self.descriptors.push((Rc::clone(name), id));
        self.effects.push(Effect::State { id, name: Rc::clone(name), from: State::Closed, to: State::Listen });
        DONE
    }

    fn accept(&mut self, at: usize, name: &Rc<str>) -> Attempt {
        let Listener { id, blocking, options, .. } = &self.listeners[at];
        let (id, blocking, timeout_us) = (*id, *blocking, options.receive_timeout_us);
        self.begin(Awaited::Accept { listener: id, name: Rc::clone(name) }, blocking, timeout_us)
    }

    fn call_on_listener(&mut self, at: usize, verb: &Verb) -> Attempt {
        let listener = &mut self.listeners[at];
        match verb {
            Verb::Disconnect => {
                self.stop_listening(at);
                DONE
            }
            Verb::Listen { backlog, .. } => {
                listener.backlog = *backlog;
                DONE
            }
            Verb::Shutdown(how) => {
                if shutdown::ends_listening(*how) {
                    self.stop_listening(at);
                }
                DONE
            }
            Verb::SetOption(SocketOption::NonBlocking(on)) => {
                listener.blocking = blocking(*on);
                DONE
            }
            Verb::SetOption(SocketOption::ReuseAddress(on)) => {
                listener.reuse = if *on { Reuse::Yes } else { Reuse::No };
                DONE
            }
            Verb::SetOption(option) => {
                set(&mut listener.options, *option);
                DONE
            }
            Verb::Poll => Attempt::Returned(Outcome::Ready(poll::of_listener(listener.queue.len()))),
            Verb::GetError => Attempt::Returned(listener.error.take().map_or(Outcome::ZERO, Outcome::Errno)),
            Verb::Write(_) => errno(listener.error.take().unwrap_or_else(|| listener::refusal(verb))),
            _ => errno(listener::refusal(verb)),
        }
    }

    fn call_on_connection(&mut self, id: u32, verb: &Verb) -> Attempt {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        match verb {
            Verb::Write(payload) => {
                let Connection { blocking, options, wants_room, .. } = &mut self.connections[at];
                let (blocking, timeout_us) = (*blocking, options.send_timeout_us);
                *wants_room = false;
                self.begin(Awaited::Write { id, bytes: payload.bytes(), written: 0 }, blocking, timeout_us)
            }
            Verb::Read { at_most } => self.read(at, *at_most, Taking::Takes),
            Verb::Peek { at_most } => self.read(at, *at_most, Taking::Leaves),
            Verb::Queued(queue) => Attempt::Returned(Outcome::Number(self.connections[at].bytes_in(*queue))),
            Verb::Shutdown(how) => self.shutdown(at, *how),
            Verb::Listen { backlog, .. } => self.begin_listening(at, *backlog),
            Verb::Bind { port } => self.bind(at, *port),
            Verb::Connect { port, connecting, .. } => self.connect_existing(at, *port, *connecting),
            Verb::Disconnect => {
                self.with(at, |connection, cx| connection.disconnect_at_once(cx));
                DONE
            }
            Verb::SetOption(option) => {
                self.set_option(at, *option);
                DONE
            }
            Verb::GetError => {
                let Connection { error, noted_error, .. } = &mut self.connections[at];
                let (errno, rule) = pending_error::take_with_noted(error, noted_error);
                note_rule(&mut self.effects, rule);
                Attempt::Returned(errno.map_or(Outcome::ZERO, Outcome::Errno))
            }
            Verb::Poll => Attempt::Returned(Outcome::Ready(poll::of_connection(&poll_facts(&self.connections[at])))),
            Verb::GetPeerName if connect::has_peer(self.connections[at].current_state()) => DONE,
            Verb::GetPeerName => errno(Errno::ENOTCONN),
            Verb::Socket | Verb::Dup { .. } | Verb::Close | Verb::Accept { .. } => {
                unreachable!("handled by `make`")
            }
        }
    }

    fn read(&mut self, at: usize, at_most: u32, taking: Taking) -> Attempt {
        let Connection { id, blocking, options, disconnects, .. } = &self.connections[at];
        let (id, blocking, disconnects, timeout_us) = (*id, *blocking, *disconnects, options.receive_timeout_us);
        self.begin(Awaited::Read { id, at_most: at_most as usize, taking, disconnects }, blocking, timeout_us)
    }

    pub(super) fn take_error(&mut self, at: usize) -> Option<Errno> {
        let (errno, rule) = pending_error::take(&mut self.connections[at].error)?;
        self.effects.push(Effect::Rule(rule));
        Some(errno)
    }

    fn set_option(&mut self, at: usize, option: SocketOption) {
        let connection = &mut self.connections[at];
        match option {
            SocketOption::NonBlocking(on) => connection.blocking = blocking(on),
            SocketOption::ReuseAddress(on) => connection.reuse = if on { Reuse::Yes } else { Reuse::No },
            SocketOption::NoDelay(true) => {
                connection.options.nagle = Nagle::Off;
                return self.with(at, |connection, cx| connection.output(cx));
            }
            _ => {}
        }
        let connection = &mut self.connections[at];
        let was_on = connection.options.keep_alive == KeepAlive::On;
        set(&mut connection.options, option);
        connection.check_room();
        let options = &connection.options;
        let idle_us = self.now_us - connection.received_us;
        let wait_us = match option {
            SocketOption::KeepAlive(true) if !was_on => Some(keep_alive::after_switching_on_us(options)),
            SocketOption::KeepIdle(_) if was_on => Some(keep_alive::after_setting_idle_us(options, idle_us)),
            _ => None,
        };
        if connection.tcb.is_none() || matches!(option, SocketOption::KeepAlive(false)) {
            connection.timers.clear(Timer::KeepAlive);
        } else if let Some(wait_us) = wait_us {
            connection.timers.set(Timer::KeepAlive, self.now_us + wait_us.max(1));
        }
    }

    /// shutdown(2) on a connection.
    fn shutdown(&mut self, at: usize, how: How) -> Attempt {
        let connection = &mut self.connections[at];
        let state = connection.current_state();
        let action = shutdown::decide(state, how);
        connection.socket_state = shutdown::socket_state(connection.socket_state, state);
        if action == shutdown::Action::Disconnect {
            self.with(at, |connection, cx| connection.disconnect(cx));
            return DONE;
        }
        let connection = &mut self.connections[at];
        connection.reading_ended |= how != How::Wr;
        connection.sending_ended |= how != How::Rd;
        match action {
            shutdown::Action::NotConnected => return errno(Errno::ENOTCONN),
            shutdown::Action::SendFin | shutdown::Action::SendFinLater => {
                self.with(at, |connection, cx| connection.close(cx, DeferredFin::Noted));
            }
            shutdown::Action::Nothing | shutdown::Action::Disconnect => {}
        }
        DONE
    }

    /// close(2) on a connection, or its program's end.
    fn close(&mut self, id: u32, exiting: Exiting) -> Attempt {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        let connection = &mut self.connections[at];
        let state = connection.current_state();
        let (action, rule) = close::decide(state, connection.unread, &connection.options, exiting);
        note_rule(&mut self.effects, rule);
        connection.sending_ended = true;
        connection.reading_ended = true;
        connection.binding = Binding::Loose;
        if !matches!(action, close::Action::SendFinAndWait { .. }) {
            connection.holder = Holder::Nobody;
        }
        match action {
            close::Action::SendFin | close::Action::SendFinAndWait { .. } if close::queues_fin(state) => {
                self.with(at, |connection, cx| connection.close(cx, DeferredFin::Queued));
            }
            close::Action::Reset => self.with(at, |connection, cx| connection.reset(cx)),
            close::Action::Destroy => self.with(at, |connection, cx| connection.destroy(cx)),
            _ => self.settle(at),
        }
        if let close::Action::SendFinAndWait { at_most_us } = action {
            let until_us = Some(self.now_us + at_most_us);
            return self.attempt(Waiting { awaited: Awaited::Close(id), until_us });
        }
        self.sweep();
        DONE
    }

    /// close(2): with the last descriptor, and when no call waits on it, the socket ends.
    fn close_descriptor(&mut self, name: &str) -> Attempt {
        let Some(at) = self.descriptors.iter().rposition(|(known, _)| **known == *name) else {
            return errno(Errno::EBADF);
        };
        let (_, socket) = self.descriptors.remove(at);
        if self.is_held(socket) { DONE } else { self.release(socket, Exiting::No) }
    }

    fn is_held(&self, socket: u32) -> bool {
        self.held.contains(&socket) || self.descriptors.iter().any(|(_, known)| *known == socket)
    }

    /// A call has returned that had to wait. Where its socket was closed meanwhile, it ends now (Linux: `fput`).
    pub(super) fn let_go(&mut self, socket: u32) {
        if let Some(at) = self.held.iter().position(|held| *held == socket) {
            self.held.remove(at);
            if !self.is_held(socket) {
                self.release(socket, Exiting::Yes);
            }
        }
    }

    fn release(&mut self, socket: u32, exiting: Exiting) -> Attempt {
        match self.listener_at(socket) {
            Some(at) => {
                self.end_listening(at);
                DONE
            }
            None => self.close(socket, exiting),
        }
    }

    /// SIGKILL: the program ends, and its descriptors are closed one after the other, the last first (Linux:
    /// `task_work_run`).
    pub(crate) fn kill(&mut self) {
        let mut open = Vec::new();
        for (_, socket) in self.descriptors.drain(..).rev() {
            open.push(socket);
        }
        open.append(&mut self.held);
        for (at, socket) in open.iter().enumerate() {
            if !open[at + 1..].contains(socket) {
                self.release(*socket, Exiting::Yes);
            }
        }
        // A close(2) that was waiting has no descriptor any more.
        for at in 0..self.connections.len() {
            if self.connections[at].holder == Holder::Descriptor {
                self.connections[at].holder = Holder::Nobody;
                self.settle(at);
            }
        }
        self.sweep();
    }
}

fn poll_facts(connection: &Connection) -> poll::Facts {
    poll::Facts {
        state: connection.current_state(),
        unread: connection.unread,
        sending_ended: connection.sending_ended,
        reading_ended: connection.reading_ended,
        has_error: connection.error.is_some() || connection.has_queued_error,
        is_writable: connection.is_writable(),
    }
}

const fn blocking(is_nonblocking: bool) -> Blocking {
    if is_nonblocking { Blocking::Never } else { Blocking::Waits }
}

fn set(options: &mut SocketOptions, option: SocketOption) {
    match option {
        SocketOption::Linger(seconds) => options.linger_s = seconds,
        SocketOption::KeepAlive(true) => options.keep_alive = KeepAlive::On,
        SocketOption::KeepAlive(false) => options.keep_alive = KeepAlive::Off,
        SocketOption::KeepIdle(idle) => options.keep_idle_us = micros(idle),
        SocketOption::KeepInterval(interval) => options.keep_interval_us = micros(interval),
        SocketOption::KeepCount(count) => options.keep_count = u32::from(count),
        SocketOption::UserTimeout(timeout) => {
            options.user_timeout_us = Some(micros(timeout)).filter(|timeout_us| *timeout_us > 0);
        }
        SocketOption::Linger2(None) => options.linger2 = Linger2::Negative,
        SocketOption::Linger2(Some(seconds)) => options.linger2 = Linger2::Seconds(seconds),
        SocketOption::ReceiveBuffer(bytes) => options.receive_buffer = Some(bytes),
        SocketOption::SendBuffer(bytes) => options.send_buffer = Some(bytes),
        SocketOption::ReceiveTimeout(timeout) => {
            options.receive_timeout_us = Some(micros(timeout)).filter(|timeout_us| *timeout_us > 0);
        }
        SocketOption::SendTimeout(timeout) => {
            options.send_timeout_us = Some(micros(timeout)).filter(|timeout_us| *timeout_us > 0);
        }
        SocketOption::NoDelay(true) => options.nagle = Nagle::Off,
        SocketOption::NoDelay(false) => options.nagle = Nagle::On,
        // The file's, and not the socket's: what is accepted does not inherit it.
        SocketOption::NonBlocking(_) | SocketOption::ReuseAddress(_) => {}
        SocketOption::BindNoPort(on) => options.bind_no_port = on,
        SocketOption::DeferAccept(time) => {
            options.deferred_timeouts = defer_accept::timeouts_in(u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
        }
    }
}
