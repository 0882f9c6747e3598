//! Ports, and connect(2): on a new socket, and on one that is there.

use std::rc::Rc;

use scenario::{Connecting, Errno, Outcome, State};

use super::calls::errno;
use super::connection::{Connection, Holder};
use super::effect::{Attempt, Awaited, Blocking};
use super::time_wait::TimeWaitSocket;
use super::{Kernel, PORT_FIRST};
use crate::rules::bind::{self, Binding, Listening, Occupant, Reuse};
use crate::rules::{connect, initial_sequence_number, time_wait};
use crate::socket_options::SocketOptions;

const DONE: Attempt = Attempt::Returned(Outcome::ZERO);

impl Kernel {
    /// bind(2).
    pub(super) fn bind(&mut self, at: usize, port: u16) -> Attempt {
        let connection = &self.connections[at];
        if !bind::may_bind(connection.current_state(), connection.binding) {
            return errno(Errno::EINVAL);
        }
        let (reuse, leaves_it) = (connection.reuse, connection.options.bind_no_port);
        let port = match port {
            0 if leaves_it => return DONE,
            0 => self.port_to_bind(reuse),
            port => Some(port).filter(|port| !self.is_bound(*port, reuse)),
        };
        let Some(port) = port else { return errno(Errno::EADDRINUSE) };
        let connection = &mut self.connections[at];
        connection.ports[0] = port;
        connection.binding = Binding::Fixed;
        DONE
    }

    /// Linux takes every other port first, so that those which connect(2) prefers are left, and begins anywhere
    /// (`inet_csk_find_open_port`): here at the end, where no earlier connection was.
    fn port_to_bind(&self, reuse: Reuse) -> Option<u16> {
        let first = *self.ports().start();
        for parity in [1, 0] {
            for port in self.ports().rev() {
                if (port - first) % 2 == parity && !self.is_bound(port, reuse) {
                    return Some(port);
                }
            }
        }
        None
    }

    /// Whether bind(2) finds the port taken.
    pub(super) fn is_bound(&self, port: u16, reuse: Reuse) -> bool {
        self.is_bound_by_other(None, port, reuse)
    }

    /// Whether a socket but this one has the port, so that listen(2) finds it taken.
    pub(super) fn is_bound_by_other(&self, own: Option<u32>, port: u16, reuse: Reuse) -> bool {
        let is_taken = |by: u16, theirs: Reuse, listening: Listening| {
            bind::conflicts(Occupant { port: by, reuse: theirs, listening }, port, reuse)
        };
        // A request holds no port (Linux: `inet_csk_reqsk_queue_hash_add`).
        let is_request = |known: &Connection| matches!(known.holder, Holder::Handshake(_));
        let has_port = |known: &Connection| {
            Some(known.id) != own && !is_request(known) && (known.tcb.is_some() || known.binding == Binding::Fixed)
        };
        self.listeners.iter().any(|known| is_taken(known.port, known.reuse, Listening::Yes))
            || self
                .connections
                .iter()
                .any(|known| has_port(known) && is_taken(known.ports[0], known.reuse, Listening::No))
            || self.time_waits.iter().any(|socket| is_taken(socket.ports[0], socket.reuse, Listening::No))
    }

    /// socket(2), bind(2) if `from` is given, connect(2).
    pub(super) fn connect(&mut self, name: &Rc<str>, port: u16, from: Option<u16>, connecting: Connecting) -> Attempt {
        let at = self.unconnected(name);
        if let Some(from) = from {
            if self.is_bound(from, Reuse::No) {
                return errno(Errno::EADDRINUSE);
            }
            self.connections[at].ports[0] = from;
            self.connections[at].binding = Binding::Fixed;
        }
        self.begin_connecting(at, port, connecting)
    }

    /// connect(2) on a socket that is there.
    pub(super) fn connect_existing(&mut self, at: usize, port: u16, connecting: Connecting) -> Attempt {
        let connection = &self.connections[at];
        match connect::decide(connection.socket_state, connection.current_state()) {
            connect::Action::Begin => self.begin_connecting(at, port, connecting),
            connect::Action::Wait => self.wait_connected(at, connecting, Errno::EALREADY),
            connect::Action::Refuse(refused) => errno(refused),
        }
    }

    /// The call waits for the handshake; `otherwise` is what it gives when it may not, or no longer.
    fn wait_connected(&mut self, at: usize, connecting: Connecting, otherwise: Errno) -> Attempt {
        let Connection { id, blocking, options, disconnects, .. } = &self.connections[at];
        let blocking = if connecting == Connecting::Nonblocking { Blocking::Never } else { *blocking };
        let (awaited, timeout_us) =
            (Awaited::Connect { id: *id, otherwise, disconnects: *disconnects }, options.send_timeout_us);
        self.begin(awaited, blocking, timeout_us)
    }

    /// The SYN leaves, from the port that the socket has or gets now (Linux: `tcp_v4_connect`, `inet_hash_connect`).
    fn begin_connecting(&mut self, at: usize, peer_port: u16, connecting: Connecting) -> Attempt {
        let own = match self.connections[at].binding {
            Binding::Fixed => Some(self.connections[at].ports[0]).filter(|own| self.is_pair_free([*own, peer_port])),
            Binding::Loose => self.port_for(peer_port),
        };
        let Some(own) = own else { return errno(Errno::EADDRNOTAVAIL) };
        let ports = [own, peer_port];
        let mut iss = self.initial_sequence_number(ports);
        if let Some(next) = self.connections[at].next_iss.take() {
            iss = next;
        }
        if let Some(rest) = self.time_waits.iter().position(|socket| socket.ports == ports) {
            iss = initial_sequence_number::after_time_wait(self.time_waits[rest].snd.nxt);
            self.end_time_wait(rest);
        }
        let tcb = self.tcb(self.connects_to, ports, iss);
        self.connections[at].begin_again(self.now_us, ports, tcb);
        let id = self.connections[at].id;
        // It may have listened before.
        self.note_made(id);
        self.with(at, |connection, cx| {
            if let Some(tcb) = &mut connection.tcb {
                tcb.connect();
            }
            connection.note_state(cx);
            connection.output(cx);
        });
        self.wait_connected(at, connecting, Errno::EINPROGRESS)
    }

    /// A socket without a connection: socket(2) has made it, and bind(2) may have refused it.
    pub(super) fn unconnected(&mut self, name: &Rc<str>) -> usize {
        let id = self.new_id();
        self.note_made(id);
        let options = SocketOptions::of_new_socket(&self.sysctls);
        self.descriptors.push((Rc::clone(name), id));
        self.connections.push(Connection::new(
            id,
            Rc::clone(name),
            Holder::Descriptor,
            self.connects_to,
            [0, 0],
            options,
        ));
        self.connections.len() - 1
    }

    /// The ports that the host chooses from, where a setting says which.
    pub(super) fn ports(&self) -> std::ops::RangeInclusive<u16> {
        let (first, last) = self.sysctls.port_range.unwrap_or((PORT_FIRST, u16::MAX));
        first..=last
    }

    /// A port for a connection to that port: nobody has asked for it, and the pair is free.
    fn port_for(&mut self, peer_port: u16) -> Option<u16> {
        if self.sysctls.port_range.is_none() {
            return Some(self.free_port());
        }
        self.ports().find(|port| !self.is_taken(*port) && self.is_pair_free([*port, peer_port]))
    }

    /// Whether bind(2) or listen(2) has given the port to a socket: connect(2) then takes another.
    fn is_taken(&self, port: u16) -> bool {
        let listens = self.listeners.iter().any(|known| known.port == port);
        listens || self.connections.iter().any(|known| known.binding == Binding::Fixed && known.ports[0] == port)
    }

    fn is_pair_free(&self, ports: [u16; 2]) -> bool {
        let is_open = |known: &Connection| known.tcb.is_some() && known.ports == ports;
        let stays = |known: &TimeWaitSocket| {
            let rests_us = (known.state == State::TimeWait).then(|| self.now_us - known.since_us);
            let rests_us = rests_us.filter(|_| known.recent.is_kept());
            known.ports == ports && !time_wait::may_be_reused(rests_us, self.sysctls.tw_reuse)
        };
        !self.connections.iter().any(is_open) && !self.time_waits.iter().any(stays)
    }

    fn free_port(&mut self) -> u16 {
        for _ in PORT_FIRST..=u16::MAX {
            let port = self.next_port;
            self.next_port = if port == u16::MAX { PORT_FIRST } else { port + 1 };
            if !self.is_bound(port, Reuse::No) {
                return port;
            }
        }
        unreachable!("there are more ports than connections, see CONNECTIONS_MAX")
    }
}
