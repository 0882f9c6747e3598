//! The system calls that may wait. Each is tried; what cannot return yet is tried again when something has happened.

use scenario::{Errno, Outcome, State};

use super::calls::errno;
use super::connection::Holder;
use super::effect::{Attempt, Effect, Waiting};
use super::{Descriptor, Kernel};
use crate::rules::bind::Listening;
use crate::rules::read::{self, Read, Write};

impl Kernel {
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

    /// Linux: `__inet_stream_connect`.
    fn try_connect(&mut self, id: u32) -> Option<Outcome> {
        let at = self.at(id)?;
        match self.connections[at].current_state() {
            State::SynSent | State::SynReceived => return None,
            State::Closed => {}
            _ => return Some(Outcome::ZERO),
        }
        let errno = self.take_error(at).unwrap_or(Errno::ECONNABORTED);
        // The socket is as new (Linux: `tcp_disconnect`).
        let connection = &mut self.connections[at];
        connection.sending_ended = false;
        connection.reading_ended = false;
        Some(Outcome::Errno(errno))
    }

    fn try_accept(&mut self, listener: u32, name: &str) -> Option<Outcome> {
        let listener = self.listeners.iter_mut().find(|known| known.id == listener)?;
        if listener.listening == Listening::No {
            return Some(Outcome::Errno(Errno::EINVAL));
        }
        if listener.queue.is_empty() {
            return None;
        }
        let id = listener.queue.remove(0);
        let at = self.at(id).expect("a queue holds its connections");
        self.connections[at].holder = Holder::Descriptor;
        self.connections[at].name = name.to_owned();
        if let Some(socket) = self.time_waits.iter_mut().find(|socket| socket.id == id) {
            socket.name = name.to_owned();
        }
        self.descriptors.push((name.to_owned(), Descriptor::Connection(id)));
        self.effects.push(Effect::Named { id, name: name.to_owned() });
        Some(Outcome::ZERO)
    }

    fn try_write(&mut self, id: u32, bytes: Vec<u8>, mut written: usize) -> Attempt {
        let at = self.at(id).expect("a descriptor's connection exists until close");
        let connection = &mut self.connections[at];
        match read::write(connection.current_state(), connection.sending_ended, connection.error.is_some()) {
            Write::Wait => return Attempt::Waits(Waiting::Write { id, bytes, written }),
            Write::Fail if written > 0 => return Attempt::Returned(Outcome::Number(written as u64)),
            Write::Fail => return errno(self.take_error(at).unwrap_or(Errno::EPIPE)),
            Write::Take => {}
        }
        let room = connection.send_space().min(bytes.len() - written);
        if room > 0 {
            let tcb = connection.tcb.as_mut().expect("an open connection has a TCB");
            written += tcb.send(&bytes[written..written + room]);
            self.with(at, |connection, cx| connection.output(cx));
        }
        if written == bytes.len() {
            return Attempt::Returned(Outcome::Number(written as u64));
        }
        Attempt::Waits(Waiting::Write { id, bytes, written })
    }

    fn try_read(&mut self, id: u32, at_most: usize) -> Option<Outcome> {
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
                connection.unread -= read;
                self.with(at, |connection, cx| connection.tell_window(cx));
                Some(Outcome::Number(read as u64))
            }
            Read::EndOfStream => Some(Outcome::ZERO),
            Read::Error => self.take_error(at).map(Outcome::Errno),
            Read::NotConnected => Some(Outcome::Errno(Errno::ENOTCONN)),
            Read::Wait => None,
        }
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
            self.settle(at);
            self.sweep();
        }
        Some(Outcome::ZERO)
    }
}
