//! The stage that a script is performed on: a kernel for each host, the links between them, one clock.

use std::rc::Rc;

use scenario::link::Forged;
use scenario::{
    Action, Call, Event, Fate, Host, HostAction, Link, LinkAction, Map, Network, Outcome, Returned, SocketId, Sockets,
    Stage, State, Statement, Until, Verb, Whom,
};

use crate::error::Error;
use crate::host_stack::{HostStack, Stack};
use crate::kernel::{Attempt, CONNECTIONS_MAX, Effect, Waiting};
use crate::lateness::Lateness;
use crate::link::Wires;
use crate::micros::{earlier, micros};
use crate::pcap::Frame;
use crate::tcp::Buffers;
use crate::wire::{self, Ip};

/// Events of a run at most.
pub(crate) const EVENTS_MAX: usize = 200_000;
/// Bytes that the programs of a run write, and that are forged, at most.
pub(crate) const BYTES_MAX: usize = 64 << 20;
/// Virtual time that a run takes at most: 30 days.
pub(crate) const TIME_MAX_US: u64 = 30 * 24 * 3600 * 1_000_000;
/// Things that happen at one point of virtual time at most.
const STEPS_MAX: usize = 100_000;

pub(crate) struct World {
    now_us: u64,
    ip: Ip,
    network: Network,
    /// The hosts, by [`Host::index`].
    kernels: Vec<HostStack>,
    wires: Wires,
    lateness: Lateness,
    /// When each host last did anything: its timers were set then or before.
    active_us: [u64; Host::ALL.len()],
    pub(crate) events: Vec<Event>,
    sockets: Sockets,
    /// The sockets by the numbers that their kernels give them.
    known: Map<(Host, u32), SocketId>,
    /// Sockets that a call has made, and whose number is not known yet.
    made: Vec<SocketId>,
    /// The socket that each of a script's names means, by host: the newest that a call has made.
    bound: Vec<(Host, Rc<str>, SocketId)>,
    /// Room for what a kernel has done, kept between times.
    effects: Vec<Effect>,
    pending: Vec<Pending>,
    returned: Vec<Returned>,
    /// Room for the lines of calls that look again, kept between times.
    woken: Vec<u32>,
    last_begun_us: u64,
    /// When something last happened by itself.
    last_step_us: u64,
    bytes: usize,
    /// What has happened since time last moved.
    steps: usize,
}

/// A call that has not returned.
struct Pending {
    line: u32,
    began_us: u64,
    host: Host,
    /// `None` of an accept() that has not returned: which connection it will be is not known.
    socket: Option<SocketId>,
    /// The socket's name.
    name: Rc<str>,
    call: Verb,
    waiting: Option<Waiting>,
}

impl World {
    pub(crate) fn new(
        network: Network,
        ip: Ip,
        stack: Stack,
        buffers: [Buffers; Host::ALL.len()],
        lateness: Lateness,
        capture: Option<Vec<Frame>>,
        events: usize,
    ) -> Self {
        let mut kernels = Vec::with_capacity(Host::ALL.len());
        for host in Host::ALL {
            if network.hosts().contains(&host) {
                kernels.push(HostStack::new(stack, network, host, ip, buffers[host.index()]));
            }
        }
        Self {
            now_us: 0,
            ip,
            network,
            kernels,
            wires: Wires::new(ip, lateness.link, capture),
            lateness,
            active_us: [0; Host::ALL.len()],
            events: Vec::with_capacity(events),
            sockets: Sockets::new(),
            known: Map::new(),
            made: Vec::new(),
            bound: Vec::new(),
            effects: Vec::new(),
            pending: Vec::new(),
            returned: Vec::new(),
            woken: Vec::new(),
            last_begun_us: 0,
            last_step_us: 0,
            bytes: 0,
            steps: 0,
        }
    }

    /// Records the calls that never returned, and gives back what was recorded.
    pub(crate) fn end(mut self) -> (Sockets, Vec<Event>, Vec<Frame>) {
        for pending in std::mem::take(&mut self.pending) {
            self.record_call(pending, Outcome::Blocks);
        }
        (self.sockets, self.events, self.wires.capture.unwrap_or_default())
    }

    fn record_call(&mut self, pending: Pending, outcome: Outcome) {
        let Pending { line, began_us, host, socket, name, call, .. } = pending;
        let accepted = self.accepted(host);
        // An accept() that has not given a connection has its name only.
        let socket = socket.or(accepted).unwrap_or_else(|| self.sockets.add(host, &name));
        match &call {
            Verb::Dup { copy } if outcome.is_success() => {
                let copied = self.sockets.add(host, copy);
                self.bind(host, copy.as_str().into(), copied);
            }
            _ if call.makes_socket() => self.bind(host, name, socket),
            _ => {}
        }
        self.events.push(Event::Call { at_us: self.now_us, began_us, host, socket, line, call, outcome });
    }

    /// A call is recorded when it returns, and what the script expects is no event.
    fn record_statement(&mut self, statement: &Statement) {
        let action = match statement.action {
            Action::Call(_) | Action::Expect(..) => return,
            Action::Host(host, action) => Action::Host(host, action),
            Action::Link(link, action) => Action::Link(link, action),
            Action::Wait(time) => Action::Wait(time),
            Action::Pause(time) => Action::Pause(time),
        };
        let text = statement.text.clone();
        self.events.push(Event::Statement { at_us: self.now_us, line: statement.line, action, text });
    }

    /// What a kernel has done takes effect, and the calls that it woke return.
    fn settle(&mut self, host: Host) -> Result<(), Error> {
        self.take_effects(host);
        let mut woken = std::mem::take(&mut self.woken);
        self.note_woken(host, &mut woken);
        for line in woken.drain(..) {
            let Some(at) = self.pending.iter().position(|pending| pending.line == line) else { continue };
            let waiting = self.pending[at].waiting.take().expect("a pending call waits for something");
            match self.kernels[host.index()].try_again(waiting) {
                Attempt::Waits(waiting) => self.pending[at].waiting = Some(waiting),
                Attempt::Returned(outcome) => {
                    let pending = self.pending.remove(at);
                    self.note_returned(pending, outcome);
                }
            }
            self.take_effects(host);
        }
        self.woken = woken;
        self.check_bounds()
    }

    /// The lines of a host's calls that wait, in the order in which they look again. Of several through one descriptor
    /// the latest is the first: it stands at the head of the socket's wait queue (`add_wait_queue`). On several
    /// processors another may be the first to have the socket's lock; which one, a script cannot say.
    fn note_woken(&self, host: Host, lines: &mut Vec<u32>) {
        for (at, call) in self.pending.iter().enumerate() {
            if call.host != host {
                continue;
            }
            let on_socket = |pending: &&Pending| pending.host == host && pending.name == call.name;
            let behind = self.pending[at + 1..].iter().filter(on_socket).count();
            let mirrored = self.pending.iter().filter(on_socket).nth(behind);
            lines.push(mirrored.expect("as many are behind it as are before its mirror image").line);
        }
    }

    fn note_returned(&mut self, pending: Pending, outcome: Outcome) {
        self.returned.push(Returned { line: pending.line, outcome });
        self.record_call(pending, outcome);
    }

    /// The connection that accept(2) has just returned on the host: from its beginning it has the name that the script
    /// gives it.
    fn accepted(&mut self, host: Host) -> Option<SocketId> {
        let kernel = &self.kernels[host.index()];
        let (id, name) = kernel.effects().iter().find_map(|effect| match effect {
            Effect::Named { id, name } => Some((*id, name.clone())),
            _ => None,
        })?;
        let socket = self.socket(host, id, &name);
        self.sockets.rename(socket, &name);
        Some(socket)
    }

    /// The socket that the kernel knows by that number.
    fn socket(&mut self, host: Host, id: u32, name: &str) -> SocketId {
        if let Some(known) = self.known.get(&(host, id)) {
            return *known;
        }
        let is_it = |made: &SocketId| self.sockets.host(*made) == host && self.sockets.name(*made) == name;
        let socket = match self.made.iter().position(is_it) {
            Some(at) => self.made.remove(at),
            None => self.sockets.add(host, name),
        };
        self.known.insert((host, id), socket);
        socket
    }

    /// The socket that a call is made on, or that it makes, `None` for accept(); and its name.
    fn socket_of(&mut self, call: &Call) -> (Option<SocketId>, Rc<str>) {
        let is_it = |(host, name, _): &&(Host, Rc<str>, SocketId)| *host == call.host && **name == *call.socket;
        let bound = self.bound.iter().find(is_it);
        let name = bound.map_or_else(|| call.socket.as_str().into(), |(_, name, _)| Rc::clone(name));
        let socket = match call.verb {
            Verb::Accept { .. } => None,
            _ if call.verb.makes_socket() => {
                let socket = self.sockets.add(call.host, &call.socket);
                self.made
                    .retain(|made| self.sockets.host(*made) != call.host || self.sockets.name(*made) != call.socket);
                self.made.push(socket);
                Some(socket)
            }
            _ => bound.map(|(.., socket)| *socket),
        };
        (socket, name)
    }

    /// From now on the script's name means this socket.
    fn bind(&mut self, host: Host, name: Rc<str>, socket: SocketId) {
        self.bound.retain(|(on, known, _)| *on != host || *known != name);
        self.bound.push((host, name, socket));
    }

    fn take_effects(&mut self, host: Host) {
        if self.kernels[host.index()].effects().is_empty() {
            return;
        }
        let at_us = self.now_us;
        let mut effects = std::mem::take(&mut self.effects);
        self.kernels[host.index()].take_effects(&mut effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Rule(rule) => self.events.push(Event::Rule { at_us, host, rule }),
                Effect::State { id, name, from, to } => {
                    let socket = self.socket(host, id, &name);
                    self.events.push(Event::State { at_us, host, socket, from, to });
                }
                Effect::Info { id, name, info } => {
                    let socket = self.socket(host, id, &name);
                    self.events.push(Event::Info { at_us, host, socket, info });
                }
                // The table of names has it already.
                Effect::Named { .. } => {}
                Effect::Segment(frame) => {
                    let segment = wire::read(&frame);
                    let echo = self.kernels[host.index()].echo(&segment);
                    self.wires.send(at_us, &segment, frame, echo, &mut self.events);
                }
            }
        }
        self.effects = effects;
    }

    /// The link is quiet: what do the sockets hold now?
    fn inform(&mut self) {
        for &host in self.network.hosts() {
            self.kernels[host.index()].report_tcp_info();
            self.take_effects(host);
        }
    }

    fn check_bounds(&mut self) -> Result<(), Error> {
        self.steps += 1;
        let bound =
            |is: bool, what: &'static str, most: u64| if is { Err(Error::Bound { what, most }) } else { Ok(()) };
        bound(self.events.len() > EVENTS_MAX, "events", EVENTS_MAX as u64)?;
        bound(self.bytes > BYTES_MAX, "bytes written", BYTES_MAX as u64)?;
        bound(self.now_us > TIME_MAX_US, "microseconds of virtual time", TIME_MAX_US)?;
        bound(self.steps > STEPS_MAX, "steps at one point of virtual time", STEPS_MAX as u64)?;
        let connections = self.kernels.iter().map(HostStack::connections).max().unwrap_or(0);
        bound(connections >= CONNECTIONS_MAX, "connections at a time on one host", CONNECTIONS_MAX as u64)
    }

    fn begin_call(&mut self, statement: &Statement, call: &Call) -> Result<(), Error> {
        if let Verb::Write(payload) = &call.verb {
            self.bytes = self.bytes.saturating_add(payload.len());
            self.check_bounds()?;
        }
        let (socket, name) = self.socket_of(call);
        let pending = Pending {
            line: statement.line,
            began_us: self.now_us,
            host: call.host,
            socket,
            name: Rc::clone(&name),
            call: call.verb.clone(),
            waiting: None,
        };
        self.active_us[call.host.index()] = self.now_us;
        match self.kernels[call.host.index()].call(&name, &call.verb) {
            // A call that returns at once stands before what it has caused.
            Attempt::Returned(outcome) => {
                self.note_returned(pending, outcome);
            }
            Attempt::Waits(waiting) => self.pending.push(Pending { waiting: Some(waiting), ..pending }),
        }
        self.settle(call.host)
    }

    fn begin_on_host(&mut self, host: Host, action: HostAction) -> Result<(), Error> {
        self.wires.links.act_on_host(host, action);
        let kernel = &mut self.kernels[host.index()];
        match action {
            HostAction::Kill => kernel.kill(),
            HostAction::Crash => kernel.crash(),
            HostAction::Boot => kernel.boot(),
            HostAction::Sysctl(name, value) => kernel.set_sysctl(name, value),
            HostAction::PortRange { first, last } => kernel.set_port_range(first, last),
            HostAction::BufferMemory { buffer, bytes, .. } => kernel.set_buffer_memory(buffer, bytes),
        }
        if matches!(action, HostAction::Kill | HostAction::Crash) {
            while let Some(at) = self.pending.iter().position(|call| call.host == host) {
                let pending = self.pending.remove(at);
                self.record_call(pending, Outcome::Blocks);
            }
        }
        self.settle(host)
    }

    /// A message of something in between leaves.
    fn send_icmp(&mut self, line: u32, link: Link, action: &LinkAction) -> Result<(), Error> {
        let LinkAction::Icmp { icmp, to } = *action else { return Ok(()) };
        let quoted = self.wires.connections.sent_last(link, to).ok_or(Error::NothingToForge { line, host: to })?;
        let after = self.wires.links.delay(link);
        self.wires.send_icmp(self.now_us, after, icmp, &quoted, &mut self.events);
        Ok(())
    }

    fn inject(&mut self, line: u32, link: Link, action: &LinkAction) -> Result<(), Error> {
        let LinkAction::Inject { flags, to, target, seq, ack, len } = *action else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(len as usize);
        self.check_bounds()?;
        let forged = self.wires.connections.forge(link, to, Forged { flags, target, seq, ack, len });
        let segment = forged.ok_or(Error::NothingToForge { line, host: to })?;
        self.wires.inject(self.now_us, wire::write(self.ip, &segment), &mut self.events);
        Ok(())
    }

    /// When something happens next: a segment arrives, a timer fires, a call gives up waiting.
    fn next_us(&mut self) -> Option<u64> {
        let mut next_us = self.next_wake_us();
        for &host in self.network.hosts() {
            let ends_us = self.kernels[host.index()].next_end_us();
            next_us = earlier(next_us, ends_us.map(|ends_us| self.fires_us(host, ends_us)));
        }
        next_us
    }

    /// The same, but for what is left of connections: that it goes wakes no call.
    fn next_wake_us(&mut self) -> Option<u64> {
        let mut next_us = self.wires.next_us();
        for &host in self.network.hosts() {
            let due_us = self.kernels[host.index()].next_timer_us();
            next_us = earlier(next_us, due_us.map(|due_us| self.fires_us(host, due_us)));
        }
        for pending in &self.pending {
            next_us = earlier(next_us, pending.waiting.as_ref().and_then(|waiting| waiting.until_us));
        }
        next_us
    }

    /// When a timer of the host's fires that is due then.
    const fn fires_us(&self, host: Host, due_us: u64) -> u64 {
        self.lateness.fires_us(host, self.active_us[host.index()], due_us)
    }

    fn set_time(&mut self, now_us: u64) {
        if now_us > self.now_us {
            self.now_us = now_us;
            self.steps = 0;
        }
        for kernel in &mut self.kernels {
            kernel.set_time(self.now_us);
        }
    }

    /// Moves to that time and lets everything happen that happens then: arrivals first, one by one, then timers.
    fn step(&mut self, to_us: u64) -> Result<(), Error> {
        self.set_time(to_us);
        self.last_step_us = self.now_us;
        // A program that wakes up is slower than segments that arrive together.
        while let Some(flight) = self.wires.arrival(self.now_us) {
            if self.wires.links.reaches(flight.to) {
                self.active_us[flight.to.index()] = self.now_us;
                self.kernels[flight.to.index()].arrive(flight.frame, flight.timestamps);
                self.take_effects(flight.to);
                self.check_bounds()?;
                continue;
            }
            // The host went down while it was under way.
            match &mut self.events[flight.event] {
                Event::Segment { arrives_us, fate, .. } => {
                    *arrives_us = None;
                    // A forged one stays a forged one.
                    if *fate == Fate::Delivered {
                        *fate = Fate::Dropped;
                    }
                }
                Event::Icmp { arrives_us, .. } => *arrives_us = None,
                _ => unreachable!("a flight is a segment or a message"),
            }
        }
        for &host in self.network.hosts() {
            let due_us = self.kernels[host.index()].next_us();
            if due_us.is_some_and(|due_us| self.fires_us(host, due_us) <= self.now_us) {
                self.active_us[host.index()] = self.now_us;
                self.kernels[host.index()].fire();
            }
            // Where nothing has happened, no call can return but one whose time is over.
            let is_over = |pending: &Pending| {
                pending.host == host && pending.waiting.as_ref().is_some_and(|waiting| waiting.is_over(self.now_us))
            };
            if self.active_us[host.index()] == self.now_us || self.pending.iter().any(is_over) {
                self.settle(host)?;
            }
        }
        Ok(())
    }
}

impl Stage for World {
    type Error = Error;

    fn begin(&mut self, statement: &Statement) -> Result<(), Error> {
        self.last_begun_us = self.now_us;
        match &statement.action {
            Action::Call(call) => self.begin_call(statement, call),
            Action::Host(host, action) => {
                self.record_statement(statement);
                self.begin_on_host(*host, *action)
            }
            Action::Link(link, action) => {
                self.record_statement(statement);
                self.wires.links.act(*link, action);
                self.send_icmp(statement.line, *link, action)?;
                self.inject(statement.line, *link, action)
            }
            Action::Wait(_) | Action::Pause(_) | Action::Expect(..) => Ok(()),
        }
    }

    fn run(&mut self, until: Until<'_>, returned: &mut Vec<Returned>) -> Result<(), Error> {
        let began_us = self.now_us;
        let late_us = micros(self.lateness.statements);
        loop {
            let next_us = self.next_us();
            let end_us = match until {
                Until::Quiet(quiet) if self.wires.next_us().is_none() => {
                    let quiet_us = self.wires.last_sent_us.max(self.last_begun_us) + micros(quiet) + late_us;
                    Some(quiet_us.max(self.last_step_us + 1))
                }
                Until::Quiet(_) => None,
                Until::Returned { line, .. } if self.returned.iter().any(|returned| returned.line == line) => {
                    Some(self.now_us)
                }
                Until::Returned { at_most, .. } => Some(began_us + micros(at_most + self.lateness.background)),
                Until::Elapsed(span) => Some(began_us.saturating_add(micros(span)) + late_us),
                Until::Patient { lines, .. } if !self.pending.iter().any(|pending| lines.contains(&pending.line)) => {
                    Some(self.now_us)
                }
                Until::Patient { at_most, .. } => {
                    let end_us = began_us + micros(at_most);
                    Some(if self.next_wake_us().is_some_and(|wake_us| wake_us <= end_us) {
                        end_us
                    } else {
                        self.now_us
                    })
                }
            };
            match (next_us, end_us) {
                (Some(next_us), None) => self.step(next_us)?,
                (Some(next_us), Some(end_us)) if next_us < end_us || next_us <= self.now_us => self.step(next_us)?,
                (_, Some(end_us)) => {
                    self.set_time(end_us);
                    if matches!(until, Until::Quiet(_)) {
                        self.inform();
                    }
                    self.check_bounds()?;
                    break;
                }
                (None, None) => unreachable!("nothing in flight, so quiet has an end"),
            }
        }
        returned.append(&mut self.returned);
        Ok(())
    }

    fn state(&mut self, whom: &Whom) -> Result<State, Error> {
        Ok(match whom {
            Whom::Newest(host) => self.kernels[host.index()].newest_state(),
            Whom::Socket(host, name) => self.kernels[host.index()].named_state(name),
        })
    }

    fn record_wait(&mut self, statement: &Statement) {
        self.record_statement(statement);
    }
}
