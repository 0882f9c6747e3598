//! The system calls that may wait. Each is tried; what cannot return yet is tried again when something has happened.

use std::rc::Rc;

use scenario::{Errno, Outcome};

use super::Kernel;
use super::connection::Holder;
use super::effect::{Attempt, Awaited, Blocking, Effect, Taking, Waiting};
use crate::rules::connect::{self, Handshake, SocketState};
use crate::rules::read::{self, Read, Write};
use crate::rules::{close, disconnect, send_buffer};
use crate::tcp::{Seen, Writing};

impl Kernel {
    /// Tries a call that may have to wait.
    pub(crate) fn try_again(&mut self, waiting: Waiting) -> Attempt {
        let held = held_by(&waiting.awaited);
        let attempt = self.attempt(waiting);
        if let (Attempt::Returned(_), Some(held)) = (&attempt, held) {
            self.let_go(held);
        }
        attempt
    }

    /// Tries a call, whether it waits already or is being made.
    pub(super) fn attempt(&mut self, mut waiting: Waiting) -> Attempt {
        let tried = match &mut waiting.awaited {
            Awaited::Connect { id, disconnects, .. } | Awaited::Read { id, disconnects, .. }
                if self.is_disconnected(*id, *disconnects) =>
            {
                Some(Outcome::Errno(disconnect::WAITED))
            }
            Awaited::Connect { id, .. } => self.try_connect(*id),
            Awaited::Accept { listener, name } => self.try_accept(*listener, name),
            Awaited::Write { id, bytes, written } => self.try_write(*id, bytes, written),
            Awaited::Read { id, at_most, taking, .. } => self.try_read(*id, *at_most, *taking),
            Awaited::Close(id) => self.try_close(*id),
        };
        if let Some(outcome) = tried {
            return Attempt::Returned(outcome);
        }
        if waiting.is_over(self.now_us) {
            return Attempt::Returned(self.stop_waiting(&waiting.awaited));
        }
        Attempt::Waits(waiting)
    }

    /// A call that may have to wait is made: with O_NONBLOCK it does not wait, and else as long as SO_RCVTIMEO or
    /// SO_SNDTIMEO lets it (Linux: `sock_rcvtimeo`, `sock_sndtimeo`).
    pub(super) fn begin(&mut self, awaited: Awaited, blocking: Blocking, timeout_us: Option<u64>) -> Attempt {
        let wait_us = if blocking == Blocking::Never { Some(0) } else { timeout_us };
        self.attempt(Waiting { awaited, until_us: wait_us.map(|wait_us| self.now_us + wait_us) })
    }

    /// The outcome of a call whose time is over before what it waits for has come.
    fn stop_waiting(&mut self, awaited: &Awaited) -> Outcome {
        match awaited {
            Awaited::Connect { otherwise, .. } => Outcome::Errno(*otherwise),
            Awaited::Write { written, .. } if *written > 0 => Outcome::Number(*written as u64),
            Awaited::Write { id, .. } => {
                if let Some(at) = self.at(*id) {
                    self.connections[at].write_pending = false;
                }
                Outcome::Errno(Errno::EAGAIN)
            }
            Awaited::Accept { .. } | Awaited::Read { .. } => Outcome::Errno(Errno::EAGAIN),
            Awaited::Close(id) => {
                self.leave_alone(*id);
                Outcome::ZERO
            }
        }
    }

    fn try_connect(&mut self, id: u32) -> Option<Outcome> {
        let at = self.at(id)?;
        match connect::handshake(self.connections[at].current_state()) {
            Handshake::GoesOn => return None,
            Handshake::Over => {
                self.connections[at].socket_state = SocketState::Connected;
                return Some(Outcome::ZERO);
            }
            Handshake::Failed => {}
        }
        let errno = self.take_error(at).unwrap_or(connect::FAILED);
        // The socket is as new (Linux: `tcp_disconnect`).
        let connection = &mut self.connections[at];
        connection.sending_ended = false;
        connection.reading_ended = false;
        connection.noted_error = None;
        connection.number_on();
        connection.socket_state = SocketState::Unconnected;
        Some(Outcome::Errno(errno))
    }

    fn try_accept(&mut self, listener: u32, name: &Rc<str>) -> Option<Outcome> {
        let Some(listener) = self.listeners.iter_mut().find(|known| known.id == listener) else {
            // It listens no longer.
            return Some(Outcome::Errno(Errno::EINVAL));
        };
        if listener.queue.is_empty() {
            return None;
        }
        let id = listener.queue.remove(0);
        let at = self.at(id).expect("a queue holds its connections");
        self.connections[at].holder = Holder::Descriptor;
        self.connections[at].socket_state = SocketState::Connected;
        self.connections[at].name = Rc::clone(name);
        if let Some(socket) = self.time_waits.iter_mut().find(|socket| socket.id == id) {
            socket.name = Rc::clone(name);
        }
        self.descriptors.push((Rc::clone(name), id));
        self.effects.push(Effect::Named { id, name: Rc::clone(name) });
        Some(Outcome::ZERO)
    }

    fn try_write(&mut self, id: u32, bytes: &[u8], written: &mut usize) -> Option<Outcome> {
        let (at, now_us) = (self.at(id).expect("a descriptor's connection exists until close"), self.now_us);
        let connection = &mut self.connections[at];
        let sending_ended = Seen::from(connection.sending_ended);
        let decided = read::write(connection.current_state(), sending_ended, connection.error);
        connection.write_pending = decided == Write::Wait;
        match decided {
            Write::Wait => return None,
            Write::Fail if *written > 0 => return Some(Outcome::Number(*written as u64)),
            Write::Fail => return Some(Outcome::Errno(self.take_error(at).unwrap_or(Errno::EPIPE))),
            Write::Take if connection.wants_room => return None,
            Write::Take => {}
        }
        // What has left makes room for more (Linux: `tcp_sendmsg_locked` sends while it takes).
        while *written < bytes.len() {
            let connection = &mut self.connections[at];
            let Some(buffer) = connection.send_buffer() else { break };
            let room = (send_buffer::room(&buffer) as usize).min(bytes.len() - *written);
            if buffer.tail == 0 {
                connection.check_idle(now_us);
            }
            let Some(tcb) = &mut connection.tcb else { break };
            let taken = if room > 0 { tcb.send(&bytes[*written..*written + room], buffer.goal) } else { 0 };
            *written += taken;
            tcb.writing = if taken > 0 && *written < bytes.len() { Writing::GoesOn } else { Writing::Over };
            if taken == 0 {
                connection.wants_room = true;
                return None;
            }
            self.with(at, |connection, cx| connection.output(cx));
        }
        Some(Outcome::Number(*written as u64))
    }

    fn is_disconnected(&self, id: u32, before: u32) -> bool {
        self.at(id).is_some_and(|at| disconnect::ends_waiting(before, self.connections[at].disconnects))
    }

    fn try_read(&mut self, id: u32, at_most: usize, taking: Taking) -> Option<Outcome> {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        if at_most == 0 {
            return Some(Outcome::ZERO);
        }
        let connection = &mut self.connections[at];
        let facts = read::Facts {
            state: connection.current_state(),
            unread: connection.unread,
            stream_ended: connection.stream_ended,
            reading_ended: connection.reading_ended,
            has_error: connection.error.is_some(),
        };
        match read::read(&facts) {
            Read::Bytes => {
                let read = at_most.min(connection.unread);
                if taking == Taking::Takes {
                    connection.unread -= read;
                    connection.pass_fin();
                    connection.receive_memory.note_read(read as u32);
                    self.with(at, |connection, cx| connection.tell_window(cx));
                }
                Some(Outcome::Number(read as u64))
            }
            Read::EndOfStream => {
                if taking == Taking::Takes {
                    connection.pass_fin();
                }
                Some(Outcome::ZERO)
            }
            Read::Error => self.take_error(at).map(Outcome::Errno),
            Read::NotConnected => Some(Outcome::Errno(Errno::ENOTCONN)),
            Read::Wait => None,
        }
    }

    fn try_close(&mut self, id: u32) -> Option<Outcome> {
        if self.at(id).is_some_and(|at| close::waits(self.connections[at].state)) {
            return None;
        }
        self.leave_alone(id);
        Some(Outcome::ZERO)
    }

    /// close(2) waits no longer: the connection is an orphan from now on.
    fn leave_alone(&mut self, id: u32) {
        if let Some(at) = self.at(id) {
            self.connections[at].holder = Holder::Nobody;
            self.settle(at);
            self.sweep();
        }
    }
}

/// Which socket a call holds while it waits; close(2) has let go of its own.
pub(super) const fn held_by(awaited: &Awaited) -> Option<u32> {
    match awaited {
        Awaited::Accept { listener: id, .. }
        | Awaited::Connect { id, .. }
        | Awaited::Write { id, .. }
        | Awaited::Read { id, .. } => Some(*id),
        Awaited::Close(_) => None,
    }
}
