//! Listeners: the handshakes that they begin, and the connections that wait for accept(2).

use std::rc::Rc;

use scenario::link;
use scenario::{Errno, Outcome, RawSegment, State, queued_name};

use super::Kernel;
use super::connection::{Connection, Holder};
use super::effect::{Attempt, Blocking, Effect, note_rule};
use crate::rules::accept_queue::{self, Facts, OnAck, OnSyn, Origin};
use crate::rules::bind::{Binding, Reuse};
use crate::rules::handshake::InHandshake;
use crate::rules::listener::{self, OnSegment};
use crate::rules::{Decision, close, defer_accept};
use crate::socket_options::SocketOptions;
use crate::tcp::DeferredFin;

pub(crate) struct Listener {
    pub(crate) id: u32,
    pub(crate) name: Rc<str>,
    pub(crate) port: u16,
    pub(crate) backlog: u32,
    pub(crate) reuse: Reuse,
    pub(crate) options: SocketOptions,
    /// Connections that wait for accept(2).
    pub(crate) queue: Vec<u32>,
    /// SYNs that were answered with a cookie.
    pub(crate) cookies: Vec<Cookie>,
    /// Whether the port stays when it listens no longer.
    pub(crate) binding: Binding,
    pub(crate) blocking: Blocking,
    /// What is left of a connection that the socket had before.
    pub(crate) error: Option<Errno>,
    /// SEND_SHUTDOWN and RCV_SHUTDOWN from before it listened: its connections are born with them (Linux: `sk_clone`).
    pub(crate) sending_ended: bool,
    pub(crate) reading_ended: bool,
}

/// A SYN that was answered and not kept. The host would know it again by the numbers of the ACK alone (RFC 4987 §3.6).
pub(crate) struct Cookie {
    ports: [u16; 2],
    iss: u32,
    syn: RawSegment,
    frame: Vec<u8>,
}

/// More SYNs than these are not kept for their ACKs: a bound of the simulator.
const COOKIES_MAX: usize = super::CONNECTIONS_MAX;

impl Kernel {
    pub(super) fn listener_on(&self, port: u16) -> Option<usize> {
        self.listeners.iter().position(|listener| listener.port == port)
    }

    pub(super) fn listener_at(&self, id: u32) -> Option<usize> {
        self.listeners.iter().position(|listener| listener.id == id)
    }

    /// listen(2) on a socket that has no connection (Linux: `inet_csk_listen_start`).
    pub(super) fn begin_listening(&mut self, at: usize, backlog: u32) -> Attempt {
        let connection = &self.connections[at];
        let Connection { id, socket_state, binding, reuse, ports, .. } = connection;
        let (id, reuse, port) = (*id, *reuse, ports[0]);
        if !listener::may_begin(*socket_state, connection.current_state()) {
            return Attempt::Returned(Outcome::Errno(Errno::EINVAL));
        }
        let port = match binding {
            Binding::Fixed => Some(port).filter(|port| !self.is_bound_by_other(Some(id), *port, Reuse::No)),
            Binding::Loose => self.ports().find(|port| !self.is_bound(*port, reuse)),
        };
        let Some(port) = port else {
            return Attempt::Returned(Outcome::Errno(Errno::EADDRINUSE));
        };
        let Connection { name, binding, reuse, options, blocking, error, sending_ended, reading_ended, .. } =
            self.connections.remove(at);
        self.effects.push(Effect::State { id, name: name.clone(), from: State::Closed, to: State::Listen });
        let (queue, cookies) = (Vec::new(), Vec::new());
        self.listeners.push(Listener {
            id,
            name,
            port,
            backlog,
            reuse,
            options,
            queue,
            cookies,
            binding,
            blocking,
            error,
            sending_ended,
            reading_ended,
        });
        self.made.retain(|known| *known != id);
        Attempt::Returned(Outcome::ZERO)
    }

    fn waiting_at(&self, listener: &Listener) -> Facts {
        let is_handshake = |holder| holder == Holder::Handshake(listener.id);
        Facts {
            queued: listener.queue.len(),
            handshakes: self.connections.iter().filter(|known| is_handshake(known.holder)).count(),
            backlog: listener.backlog,
        }
    }

    /// A segment has arrived of which neither a connection nor a socket in TIME-WAIT knows (RFC 9293 §3.10.7.1,
    /// §3.10.7.2).
    pub(super) fn arrive_at_listener(&mut self, segment: &RawSegment, frame: Vec<u8>, taken_over: Option<u32>) {
        let Some(at) = self.listener_on(segment.ports[1]) else {
            return self.send(link::reset(segment));
        };
        match listener::on_segment(segment.flags) {
            OnSegment::Syn => {}
            OnSegment::Ack => return self.take_cookie(at, segment, frame),
            OnSegment::Drop => return,
        }
        let origin = if taken_over.is_some() { Origin::TimeWait } else { Origin::New };
        let (action, rule) = accept_queue::on_syn(self.waiting_at(&self.listeners[at]), origin, &self.sysctls);
        note_rule(&mut self.effects, rule);
        match action {
            OnSyn::Drop => {}
            OnSyn::Begin => {
                if let Some(connection) = self.begin_handshake(at, segment, taken_over) {
                    self.with(connection, |connection, cx| connection.answer_syn(cx, segment, frame));
                    self.sweep();
                }
            }
            OnSyn::Cookie => self.give_cookie(at, segment, frame),
        }
    }

    /// A connection for the handshake that the SYN begins, if there is room for one in the simulator.
    fn begin_handshake(&mut self, at: usize, segment: &RawSegment, iss: Option<u32>) -> Option<usize> {
        if self.connections.len() >= super::CONNECTIONS_MAX {
            return None;
        }
        let listener = &self.listeners[at];
        let known = self.begun.iter().position(|(name, _)| *name == listener.name);
        let place = known.unwrap_or(self.begun.len());
        if known.is_none() {
            self.begun.push((listener.name.clone(), 0));
        }
        let begun = &mut self.begun[place].1;
        *begun += 1;
        let name = queued_name(&listener.name, *begun).into();
        let (holder, options, reuse) = (Holder::Handshake(listener.id), listener.options, listener.reuse);
        let (sending_ended, reading_ended) = (listener.sending_ended, listener.reading_ended);
        let at = self.open(name, holder, segment.from, [segment.ports[1], segment.ports[0]], iss, options);
        let connection = &mut self.connections[at];
        connection.reuse = reuse;
        connection.sending_ended = sending_ended;
        connection.reading_ended = reading_ended;
        Some(at)
    }

    /// The SYN is answered, and nothing kept that a program or a reader of the host's tables could see.
    fn give_cookie(&mut self, at: usize, segment: &RawSegment, frame: Vec<u8>) {
        let ports = [segment.ports[1], segment.ports[0]];
        let iss = self.initial_sequence_number(ports);
        let listener = &mut self.listeners[at];
        listener.cookies.retain(|known| (known.syn.from, known.ports) != (segment.from, ports));
        if listener.cookies.len() >= COOKIES_MAX {
            return;
        }
        let options = listener.options;
        listener.cookies.push(Cookie { ports, iss, syn: *segment, frame: frame.clone() });
        let mut request = self.request(segment.from, ports, iss, options);
        let mut effects = Vec::new();
        let mut cx = self.context(&mut effects);
        request.answer_syn(&mut cx, segment, frame);
        self.effects.extend(effects.into_iter().filter(|effect| matches!(effect, Effect::Segment(_))));
    }

    /// An ACK for a listener: of a cookie, or of nothing.
    fn take_cookie(&mut self, at: usize, segment: &RawSegment, frame: Vec<u8>) {
        let ports = [segment.ports[1], segment.ports[0]];
        let is_it = |cookie: &Cookie| {
            (cookie.syn.from, cookie.ports) == (segment.from, ports)
                && listener::is_of_cookie(cookie.iss, cookie.syn.seq, segment)
        };
        let listener = &self.listeners[at];
        let cookie = listener.cookies.iter().position(is_it);
        let Some(cookie) = cookie else {
            return self.send(link::reset(segment));
        };
        let (action, rule) = accept_queue::on_cookie(self.waiting_at(listener));
        note_rule(&mut self.effects, rule);
        if action != OnAck::Queue {
            return;
        }
        let Cookie { iss, syn, frame: syn_frame, .. } = self.listeners[at].cookies.remove(cookie);
        let Some(connection) = self.begin_handshake(at, segment, Some(iss)) else { return };
        // The second segment has left long ago, and the request was never seen.
        let kept = self.effects.len();
        self.with(connection, |connection, cx| connection.answer_syn(cx, &syn, syn_frame));
        self.effects.truncate(kept);
        self.connections[connection].forget_handshake();
        self.with(connection, |connection, cx| {
            let decision = (InHandshake::Complete, None);
            connection.segment_arrives_in_handshake(cx, segment, frame, decision);
        });
        self.sweep();
    }

    /// What becomes of a segment for a listener's handshake: the accept queue may be full.
    pub(super) fn decide_in_handshake(&self, at: usize, listener: u32, segment: &RawSegment) -> Decision<InHandshake> {
        let mut no_effects = Vec::new();
        let decision = self.connections[at].decide_in_handshake(&self.context(&mut no_effects), segment);
        let (InHandshake::Complete | InHandshake::CompleteAndKeepFin | InHandshake::QueueAndChallenge) = decision.0
        else {
            return decision;
        };
        if let Some(deferred) = defer_accept::on_ack(self.connections[at].deferral(), segment) {
            return (InHandshake::Defer, Some(deferred));
        }
        let listener = self.listeners.iter().find(|known| known.id == listener).expect("see is_abandoned");
        match accept_queue::on_ack(self.waiting_at(listener), &self.sysctls) {
            (OnAck::Queue, _) => decision,
            (OnAck::Drop, rule) => (InHandshake::Drop, rule),
            (OnAck::AbortAndReset, rule) => (InHandshake::AbortAndReset, rule),
        }
    }

    /// Whether it is the connection of a handshake whose listener is gone.
    pub(super) fn is_abandoned(&self, at: usize) -> bool {
        match self.connections[at].holder {
            Holder::Handshake(id) => self.listener_at(id).is_none(),
            _ => false,
        }
    }

    /// The handshake is over: the connection waits for accept(2).
    pub(super) fn queue(&mut self, at: usize, listener: u32) {
        self.connections[at].holder = Holder::Queue(listener);
        let id = self.connections[at].id;
        if let Some(listener) = self.listeners.iter_mut().find(|known| known.id == listener) {
            listener.queue.push(id);
        }
        if self.connections[at].sending_ended {
            self.with(at, |connection, cx| connection.close(cx, DeferredFin::Noted));
        }
    }

    /// shutdown(2), or connect(2) with AF_UNSPEC: the socket has neither connection nor queue now, and its port only where
    /// bind(2) gave it (Linux: `tcp_disconnect`).
    pub(super) fn stop_listening(&mut self, at: usize) {
        let Listener { id, name, port, reuse, options, binding, blocking, error, .. } = self.end_listening(at);
        let ports = [if binding == Binding::Fixed { port } else { 0 }, 0];
        let socket = Connection::new(id, name, Holder::Descriptor, self.connects_to, ports, options);
        self.connections.push(Connection { binding, reuse, blocking, error, ..socket });
    }

    /// The listener ends, and what is queued is reset.
    pub(super) fn end_listening(&mut self, at: usize) -> Listener {
        let mut listener = self.listeners.remove(at);
        self.note_listening_ended(listener.id, listener.name.clone());
        for id in std::mem::take(&mut listener.queue) {
            let at = self.at(id).expect("a queue holds its connections");
            self.connections[at].holder = Holder::Nobody;
            if self.connections[at].tcb.is_some() {
                self.effects.push(Effect::Rule(close::LISTENER_CLOSED));
                self.with(at, |connection, cx| connection.reset(cx));
            }
        }
        self.sweep();
        listener
    }
}
