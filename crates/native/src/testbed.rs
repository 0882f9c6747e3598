//! A testbed: the hosts and the links between them. A script is performed on one, and so is a plain program.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use scenario::link::Forged;
use scenario::{
    Action, Count, Counter, Event, Flags, Host, Icmp, Kind, LinkAction, Meeting, Network, Offset, Outcome, Sockets,
    Target, Verb,
};
use socket2::SockRef;

use crate::clock::now_us;
use crate::device::Device;
use crate::host::Namespace;
use crate::link::{Captured, Link};
use crate::reset_reasons::{Reset, Tracer};
use crate::socket_names::{Change, Looked, SocketKind, SocketNames};
use crate::{Asked, Error, Making, Protocol, Rung, namespaces, procfs, sock_diag};

/// The hosts of a [`Network`] and the links between them, in the calling process: for programs that make their calls
/// themselves.
///
/// All hosts' namespaces are the calling thread's in turn ([`Testbed::on`]), and nobody else's.
pub struct Testbed {
    rung: Rung,
    /// Why the rungs above are out of reach.
    refused: Vec<String>,
    start_us: u64,
    network: Network,
    /// The hosts' addresses, by [`Host::index`], as `namespaces` and `counters`.
    addresses: [IpAddr; Host::ALL.len()],
    pub(crate) link: Link,
    /// The hosts' namespaces; `None` while a host is down, or if there is no such host.
    namespaces: [Option<Namespace>; Host::ALL.len()],
    pub(crate) names: SocketNames,
    counters: [BTreeMap<String, u64>; Host::ALL.len()],
    /// Why sockets cannot be asked what they hold, if so.
    unasked: Option<String>,
    /// The kernel's tracer, which tells why resets were sent.
    tracer: Option<Tracer>,
    /// The resets on the link that it has told of: when they left, and their ports.
    explained: Vec<(u64, [u16; 2])>,
    /// What has happened, the segments apart.
    events: Vec<Event>,
    /// When the last call or statement began.
    begun_last_us: u64,
    /// How many of the link's events [`Testbed::settle`] has given already.
    given: usize,
}

/// How long the link may take to become quiet.
const QUIET_MAX: Duration = Duration::from_secs(120);

impl Testbed {
    /// Boots two hosts on the first of these rungs that this machine allows. The process must have one thread only.
    ///
    /// # Errors
    /// This machine allows none: which step it refused on each.
    pub fn new(protocol: Protocol, rungs: &[Rung]) -> Result<Self, Error> {
        Self::of(Network::Direct, protocol, rungs)
    }

    /// Boots the hosts of a network, as [`Testbed::new`] does two.
    ///
    /// # Errors
    /// As [`Testbed::new`].
    pub fn of(network: Network, protocol: Protocol, rungs: &[Rung]) -> Result<Self, Error> {
        // Only once, and before there is any other thread.
        let admitted = match rungs {
            [Rung::Calls] => Ok(()),
            _ => namespaces::enter_user_namespace(),
        };
        let mut refused = Vec::new();
        for &rung in rungs {
            let booted = match rung {
                Rung::Calls => Ok(()),
                _ => admitted.clone(),
            };
            match booted.and_then(|()| Topology::new(network, protocol, rung)) {
                Ok(topology) => return Self::on_topology(network, topology, rung, refused),
                Err(why) => refused.push(format!("not on rung {}: {why}", rung.name())),
            }
        }
        Err(Error::Refused(refused))
    }

    fn on_topology(network: Network, topology: Topology, rung: Rung, refused: Vec<String>) -> Result<Self, Error> {
        let Topology { addresses, namespaces, devices, watched } = topology;
        let start_us = now_us();
        let link = Link::start(start_us, addresses)?;
        for (host, device) in Host::ALL.into_iter().zip(devices) {
            if let Some(device) = device {
                link.attach(host, device);
            }
        }
        if let Some(device) = watched {
            link.watch(device);
        }
        let mut testbed = Self {
            rung,
            refused,
            start_us,
            network,
            addresses,
            link,
            namespaces,
            names: SocketNames::default(),
            counters: Default::default(),
            unasked: None,
            tracer: None,
            explained: Vec::new(),
            events: Vec::new(),
            begun_last_us: start_us,
            given: 0,
        };
        for &host in network.hosts() {
            testbed.counters[host.index()] = testbed.count(host)?;
            let asked = testbed.on(host, || sock_diag::sockets(testbed.address(host)))?;
            testbed.unasked = asked.err().map(|error| error.to_string());
        }
        Ok(testbed)
    }

    /// The rung that the hosts stand on.
    pub const fn rung(&self) -> Rung {
        self.rung
    }

    /// What there is to say about that rung, and why it is none higher: lines for people.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.refused.clone();
        notes.push(format!("rung {}: {}", self.rung.name(), self.rung.describe()));
        for kept in self.namespaces.iter().flatten().take(1).flat_map(Namespace::kept_settings) {
            notes.push(format!("the machine's own setting counts: {kept}"));
        }
        if let Some(why) = &self.unasked {
            notes.push(format!("what sockets hold cannot be told, the kernel has no sock_diag(7) for TCP: {why}"));
        }
        notes
    }

    /// Whether the kernel can be asked what its sockets hold.
    pub(crate) const fn infos(&self) -> Asked {
        if self.unasked.is_none() { Asked::Yes } else { Asked::No }
    }

    /// The host's address.
    pub const fn address(&self, host: Host) -> IpAddr {
        self.addresses[host.index()]
    }

    /// Calls the closure in a host's namespace: sockets that it makes are the host's.
    ///
    /// # Errors
    /// The host is down.
    pub fn on<T>(&self, host: Host, job: impl FnOnce() -> T) -> Result<T, Error> {
        Ok(self.namespace(host)?.on(job))
    }

    /// Microseconds since the hosts booted.
    pub fn now_us(&self) -> u64 {
        now_us() - self.start_us
    }

    /// A call has made this socket: its states are shown under this name from now on.
    ///
    /// # Errors
    /// It is no socket.
    pub fn made(&mut self, host: Host, name: &str, socket: &SockRef<'_>, making: Making<'_>) -> io::Result<()> {
        let inode = nix::sys::stat::fstat(socket.as_fd())?.st_ino;
        let kind = if making == Making::Listening { SocketKind::Listener } else { SocketKind::Connection };
        self.names.made(host, name, inode, kind);
        let port = |address: socket2::SockAddr| address.as_socket().map_or(0, |address| address.port());
        let ports = || -> io::Result<[u16; 2]> { Ok([port(socket.local_addr()?), port(socket.peer_addr()?)]) };
        match (making, ports()) {
            (Making::Connecting, Ok(ports)) => self.names.connected(host, name, ports),
            (Making::Accepting(listener), Ok(ports)) => self.names.accepted(host, name, ports, listener),
            // A connection that is dead already has no peer any more, and no state either.
            _ => {}
        }
        Ok(())
    }

    /// `close` has returned for the socket of this name.
    pub fn closed(&mut self, host: Host, name: &str) {
        self.names.closed(host, name);
    }

    /// `dup` has given the socket of this name another descriptor.
    pub fn copied(&mut self, host: Host, name: &str, copy: &str) {
        self.names.copied(host, name, copy);
    }

    /// A call with this number is being made on the socket of this name, and holds it until it returns.
    pub fn begun(&mut self, host: Host, name: &str, call: u32) {
        self.names.begun(host, name, call);
    }

    /// The call with this number has returned.
    pub fn ended(&mut self, call: u32) {
        self.names.ended(call);
    }

    /// Records a call that has returned: when it was made and when it returned, as [`Testbed::now_us`] gives times. Where it
    /// has made a socket, [`Testbed::made`] comes first.
    pub fn record_call(&mut self, host: Host, socket: &str, call: Verb, times_us: [u64; 2], outcome: Outcome) {
        let [began_us, at_us] = times_us;
        self.begun_last_us = self.begun_last_us.max(self.start_us + began_us);
        let socket = self.names.of_call(host, socket, &call, outcome);
        self.events.push(Event::Call { at_us, began_us, host, socket, line: 0, call, outcome });
    }

    /// Records something that is done to the link or to a host, with its text.
    pub fn record_statement(&mut self, action: Action, text: &str) {
        self.record_statement_in(0, action, text);
    }

    pub(crate) fn record_statement_in(&mut self, line: u32, action: Action, text: &str) {
        self.begun_last_us = now_us();
        self.events.push(Event::Statement { at_us: self.now_us(), line, action, text: text.to_owned() });
    }

    /// The names of the sockets that the events speak of.
    pub const fn sockets(&self) -> &Sockets {
        self.names.table()
    }

    /// What the link does to segments from now on, boxes on it included. A forged segment and an ICMP message have calls
    /// of their own.
    pub fn act_on_link(&mut self, action: &LinkAction) {
        self.act(scenario::Link::ClientServer, action);
    }

    /// What one link of a network with a proxy does to segments from now on, as [`Testbed::act_on_link`] says it of
    /// all.
    pub fn act(&mut self, link: scenario::Link, action: &LinkAction) {
        self.link.act(link, action);
    }

    /// The link's delay, one way, for segments that leave from now on; 10 ms until it is set.
    pub fn set_delay(&mut self, delay: Duration) {
        self.link.act(scenario::Link::ClientServer, &LinkAction::Delay(delay));
    }

    /// The link loses every segment, in both directions.
    pub fn cut(&mut self) {
        self.link.act(scenario::Link::ClientServer, &LinkAction::Cut);
    }

    /// The link carries segments again: the end of [`Testbed::cut`].
    pub fn restore(&mut self) {
        self.link.act(scenario::Link::ClientServer, &LinkAction::Restore);
    }

    /// A rule for segments that leave from now on. Of several the first that a segment meets counts.
    pub fn meet(&mut self, meeting: Meeting, count: Count, kind: Kind, from: Host) {
        self.link.act(scenario::Link::ClientServer, &LinkAction::Meet { meeting, count, kind, from });
    }

    /// Forges a segment, in the name of the host's peer, for its newest connection; `None` if it has had none.
    pub fn inject(&mut self, flags: Flags, to: Host, seq: Offset, ack: Option<i64>, len: u32) -> Option<()> {
        self.forge(to, Forged { flags, target: Target::Newest, seq, ack, len })
    }

    /// Forges a segment, in the name of the host's peer, for any ports; `None` if it is for the newest connection of a
    /// host that has had none.
    pub fn forge(&mut self, to: Host, forged: Forged) -> Option<()> {
        self.link.inject(scenario::Link::ClientServer, to, forged)
    }

    /// Sends an ICMP message to the host, which quotes what it has sent last on its newest connection; `None` if it has
    /// had none.
    pub fn send_icmp(&mut self, icmp: Icmp, to: Host) -> Option<()> {
        self.link.send_icmp(scenario::Link::ClientServer, icmp, to)
    }

    /// The host loses power: its sockets are gone, and it sends nothing.
    pub fn crash(&mut self, host: Host) {
        self.link.detach(host);
        self.namespaces[host.index()] = None;
        self.names.killed(host);
        let looked = self.names.look(host, Vec::new(), &[]);
        self.record_looked(host, looked);
    }

    /// The host boots, at the same address, without sockets or TIME-WAIT.
    ///
    /// # Errors
    /// The kernel refuses another namespace or interface.
    pub fn boot(&mut self, host: Host) -> Result<(), Error> {
        let booted = Namespace::boot(self.rung, self.address(host));
        let (namespace, device) = booted.map_err(|why| Error::broken(format_args!("the {host} cannot boot"), why))?;
        self.link.attach(host, device);
        self.namespaces[host.index()] = Some(namespace);
        self.counters[host.index()] = self.count(host)?;
        Ok(())
    }

    /// Waits until nothing was sent for so long, and gives what happened since the last time, in order.
    ///
    /// # Errors
    /// The link does not become quiet, or broke.
    pub fn settle(&mut self, quiet: Duration) -> Result<Vec<Event>, Error> {
        let asked_us = now_us();
        while let Some(nap) = self.until_quiet(quiet, asked_us)? {
            std::thread::sleep(nap);
        }
        self.look()?;
        let mut events = std::mem::take(&mut self.events);
        let segments = self.link.events();
        events.extend_from_slice(&segments[self.given..]);
        self.given = segments.len();
        events.sort_by_key(Event::at_us);
        Ok(events)
    }

    pub(crate) fn namespace(&self, host: Host) -> Result<&Namespace, Error> {
        self.namespaces[host.index()].as_ref().ok_or_else(|| Error::Broken(format!("the {host} is down")))
    }

    /// The time of the trace for one of the machine's clock.
    pub(crate) const fn since_start(&self, at_us: u64) -> u64 {
        at_us - self.start_us
    }

    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Something began at this time of the machine's clock: the link is quiet only so long after it.
    pub(crate) fn note_begun(&mut self, at_us: u64) {
        self.begun_last_us = self.begun_last_us.max(at_us);
    }

    /// Looks at the hosts: which states and counters have changed?
    pub(crate) fn look(&mut self) -> Result<(), Error> {
        for &host in self.network.hosts() {
            let Some(namespace) = &self.namespaces[host.index()] else { continue };
            let own = self.address(host);
            let rows = match self.unasked {
                None => namespace.on(|| sock_diag::sockets(own)),
                Some(_) => namespace.on(|| procfs::sockets(own)),
            };
            let rows = rows.map_err(broken_table)?;
            let counters = self.count(host)?;
            let looked = self.names.look(host, rows, &self.link.opened(host));
            self.record_looked(host, looked);
            let at_us = self.now_us();
            for (name, value) in &counters {
                let by = value.saturating_sub(self.counters[host.index()].get(name).copied().unwrap_or(0));
                if by > 0 {
                    self.events.push(Event::Counter { at_us, host, counter: Counter::Snmp(name.clone()), by });
                }
            }
            self.counters[host.index()] = counters;
        }
        self.look_at_resets();
        Ok(())
    }

    /// How long to sleep before asking again whether nothing is on its way, and nothing was sent or begun for so long;
    /// `None` when that is so. `asked_us` is when it was asked first.
    pub(crate) fn until_quiet(&self, quiet: Duration, asked_us: u64) -> Result<Option<Duration>, Error> {
        self.link.check()?;
        let now_us = now_us();
        if now_us > asked_us + micros(QUIET_MAX) {
            return Err(Error::Restless { waited_s: QUIET_MAX.as_secs() });
        }
        let until_us = match self.link.in_flight() {
            Ok(sent_last_us) => sent_last_us.max(self.begun_last_us) + micros(quiet),
            // When it has arrived there may be an answer.
            Err(due_us) => due_us.max(now_us) + 1_000,
        };
        Ok((now_us < until_us).then(|| Duration::from_micros(until_us - now_us)))
    }

    /// Whether something can happen by this time of the machine's clock that would let a call return: a segment is under
    /// way, or a connection has a timer. Where the kernel does not show timers it always may.
    pub(crate) fn may_wake_a_call(&self, until_us: u64) -> Result<bool, Error> {
        self.link.check()?;
        if self.unasked.is_some() || self.link.in_flight().is_err() {
            return Ok(true);
        }
        let left_ms = until_us.saturating_sub(now_us()) / 1000;
        for &host in self.network.hosts() {
            let Some(namespace) = &self.namespaces[host.index()] else { continue };
            let rows = namespace.on(|| sock_diag::sockets(self.address(host))).map_err(broken_table)?;
            if rows.iter().filter_map(|row| row.fires_ms).any(|fires_ms| u64::from(fires_ms) <= left_ms) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends the run; gives everything that happened, in order, and every packet.
    pub(crate) fn end(self) -> (Sockets, Vec<Event>, Vec<Captured>) {
        let (segments, packets) = self.link.end();
        let mut events = self.events;
        events.extend(segments);
        events.sort_by_key(Event::at_us);
        (self.names.table().clone(), events, packets)
    }

    /// From now on the events tell also why a RST was sent.
    pub(crate) fn trace_reasons(&mut self, tracer: Tracer) {
        self.tracer = Some(tracer);
    }

    /// The resets of our hosts: the tracer hears those of the whole machine.
    fn look_at_resets(&mut self) {
        let Some(tracer) = &mut self.tracer else { return };
        let mut resets = tracer.read();
        if resets.is_empty() {
            return;
        }
        // What answers for no socket of its own has no destination for the tracer. Then the time must do, for what is
        // not explained otherwise: other hosts have the same addresses.
        let is_vague = |reset: &Reset| reset.destination.port() == 0;
        resets.sort_by_key(is_vague);
        let segments = self.link.events();
        for reset in resets.into_iter().filter(|reset| reset.at_us >= self.start_us) {
            let at_us = reset.at_us - self.start_us;
            let fits = |event: &Event| match event {
                Event::Segment { at_us: left_us, from, ports, segment, .. }
                    if segment.flags.rst && self.address(*from) == reset.source.ip() =>
                {
                    let is_near = is_vague(&reset) && (at_us..at_us + 2_000).contains(left_us);
                    let is_it = ports[0] == reset.source.port() && (is_near || ports[1] == reset.destination.port());
                    let sent = (*left_us, *ports);
                    (is_it && !self.explained.contains(&sent)).then_some((*from, sent))
                }
                _ => None,
            };
            if let Some((host, sent)) =
                segments.iter().filter_map(fits).min_by_key(|(_, (left_us, _))| left_us.abs_diff(at_us))
            {
                self.explained.push(sent);
                let counter = Counter::ResetReason(reset.reason);
                self.events.push(Event::Counter { at_us, host, counter, by: 1 });
            }
        }
    }

    /// The host's counters as they stand; none where the hosts share them.
    fn count(&self, host: Host) -> Result<BTreeMap<String, u64>, Error> {
        match self.rung.has_link() {
            true => self.namespace(host)?.on(procfs::counters).map_err(broken_table),
            false => Ok(BTreeMap::new()),
        }
    }

    fn record_looked(&mut self, host: Host, Looked { changes, infos }: Looked) {
        let at_us = self.now_us();
        let states =
            changes.into_iter().map(|Change { socket, from, to }| Event::State { at_us, host, socket, from, to });
        self.events.extend(states);
        self.events.extend(infos.into_iter().map(|(socket, info)| Event::Info { at_us, host, socket, info }));
    }
}

/// The hosts' namespaces, addresses and devices, before the link works; by [`Host::index`].
struct Topology {
    addresses: [IpAddr; Host::ALL.len()],
    namespaces: [Option<Namespace>; Host::ALL.len()],
    /// What the link reads from and writes to, if there is a link of ours.
    devices: [Option<Device>; Host::ALL.len()],
    /// Where the hosts' segments can be watched, if there is no such link.
    watched: Option<Device>,
}

impl Topology {
    fn new(network: Network, protocol: Protocol, rung: Rung) -> Result<Self, String> {
        let mut topology = Self {
            addresses: protocol.addresses(),
            namespaces: [const { None }; Host::ALL.len()],
            devices: [const { None }; Host::ALL.len()],
            watched: None,
        };
        match rung {
            Rung::Tun | Rung::Veth => {
                for host in network.hosts() {
                    let (namespace, device) = Namespace::boot(rung, topology.addresses[host.index()])?;
                    topology.namespaces[host.index()] = Some(namespace);
                    topology.devices[host.index()] = Some(device);
                }
            }
            Rung::Lo => {
                let addresses: Vec<IpAddr> =
                    network.hosts().iter().map(|host| topology.addresses[host.index()]).collect();
                let (namespaces, device) = Namespace::boot_together(protocol, &addresses)?;
                for (host, namespace) in network.hosts().iter().zip(namespaces) {
                    topology.namespaces[host.index()] = Some(namespace);
                }
                topology.watched = Some(device);
            }
            Rung::Calls if protocol == Protocol::Ipv6 => {
                return Err("a machine has one loopback address of IPv6, and hosts need one each".to_owned());
            }
            Rung::Calls => {
                // Every program has addresses of its own, so that any number can run side by side.
                let [_, _, high, low] = std::process::id().to_be_bytes();
                topology.addresses = [1, 2, 3].map(|last| IpAddr::from([127, high, low, last]));
                for host in network.hosts() {
                    topology.namespaces[host.index()] = Some(Namespace::as_it_is());
                }
            }
        }
        Ok(topology)
    }
}

fn broken_table(error: io::Error) -> Error {
    Error::broken("the kernel's tables of sockets", error)
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
