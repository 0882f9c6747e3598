//! The links between the hosts, worked as one: what a host sends is read, and arrives at whom it is for, or not.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use scenario::link::{self, Connections, Disposition, Forged, Links};
use scenario::{Event, Fate, Host, HostAction, Icmp, LinkAction, Numbering, RawSegment, Refusal};

use crate::clock::now_us;
use crate::device::Device;
use crate::packet::{self, Header};
use crate::{Error, Protocol};

/// The links, worked by a thread of their own.
pub(crate) struct Link {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    wake: PipeWriter,
}

struct State {
    began_us: u64,
    /// The hosts' addresses, by [`Host::index`].
    addresses: [IpAddr; Host::ALL.len()],
    /// The other end of each host's interface; `None` while the host is down, or if there is no such host.
    devices: [Option<Arc<Device>>; Host::ALL.len()],
    /// What is only watched: the hosts' segments, on their way already.
    watched: Option<Arc<Device>>,
    links: Links,
    connections: Connections,
    /// Packets on their way, by the time at which they arrive and the order in which they left.
    flights: BTreeMap<(u64, u64), Flight>,
    launched: u64,
    numbering: Numbering,
    /// The events: one for each segment, in the order in which they left.
    events: Vec<Event>,
    capture: Vec<Captured>,
    sent_last_us: u64,
    ended: bool,
    broken: Option<String>,
}

struct Flight {
    to: Host,
    packet: Vec<u8>,
    /// The segment's place in `events`.
    event: usize,
}

/// A packet as it left.
pub(crate) struct Captured {
    pub(crate) at_us: u64,
    pub(crate) packet: Vec<u8>,
}

/// A timeout that does not wait.
const NOW: Option<Duration> = Some(Duration::ZERO);
/// The longest packet, with its headers, in bytes.
const PACKET_MAX: usize = 65_536;
/// Segments of one run at most.
const SEGMENTS_MAX: usize = 200_000;

impl Link {
    /// A link to which no host is attached yet. Its times count from `began_us`.
    pub(crate) fn start(began_us: u64, addresses: [IpAddr; Host::ALL.len()]) -> Result<Self, Error> {
        let (woken, wake) = io::pipe().map_err(|error| Error::broken("the link's pipe", error))?;
        let state = State {
            began_us,
            addresses,
            devices: [const { None }; Host::ALL.len()],
            watched: None,
            links: Links::new(),
            connections: Connections::new(),
            flights: BTreeMap::new(),
            launched: 0,
            numbering: Numbering::new(),
            events: Vec::new(),
            capture: Vec::new(),
            sent_last_us: began_us,
            ended: false,
            broken: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), wake });
        let thread = std::thread::Builder::new().name("link".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || work(&shared, woken)
        });
        let thread = thread.map_err(|error| Error::broken("the link's thread", error))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The host is up: it sends and receives through this device.
    pub(crate) fn attach(&self, host: Host, device: Device) {
        let mut state = self.lock();
        state.links.act_on_host(host, HostAction::Boot);
        state.devices[host.index()] = Some(Arc::new(device));
        drop(state);
        self.wake();
    }

    /// What passes this device is recorded, and not changed.
    pub(crate) fn watch(&self, device: Device) {
        self.lock().watched = Some(Arc::new(device));
        self.wake();
    }

    /// The host is down: what is sent to it is lost, and nothing comes from it.
    pub(crate) fn detach(&self, host: Host) {
        let mut state = self.lock();
        state.links.act_on_host(host, HostAction::Crash);
        state.devices[host.index()] = None;
        drop(state);
        self.wake();
    }

    /// Takes in what the hosts have sent so far: a statement of the script is about what they send from then on.
    pub(crate) fn catch_up(&self) {
        let devices = {
            let state = self.lock();
            let hosts = Host::ALL.map(|host| (Some(host), state.devices[host.index()].clone()));
            hosts.into_iter().chain([(None, state.watched.clone())])
        };
        let mut buffer = vec![0; PACKET_MAX];
        for (host, device) in devices {
            if let Some(device) = device {
                take_in(&self.shared, host, &device, &mut buffer);
            }
        }
        self.wake();
    }

    /// A statement of that link takes effect.
    pub(crate) fn act(&self, link: scenario::Link, action: &LinkAction) {
        self.lock().links.act(link, action);
    }

    /// A setting of that host's that its segments show.
    pub(crate) fn act_on_host(&self, host: Host, action: HostAction) {
        self.lock().links.act_on_host(host, action);
    }

    /// Forges a segment (see [`Connections::forge`]); `None` if the host has had no connection for which it could be.
    pub(crate) fn inject(&self, link: scenario::Link, to: Host, forged: Forged) -> Option<()> {
        let forged = self.lock().inject(link, to, forged);
        self.wake();
        forged
    }

    /// Sends an ICMP message that quotes what the host has sent last; `None` if it has had no connection.
    pub(crate) fn send_icmp(&self, on: scenario::Link, icmp: Icmp, to: Host) -> Option<()> {
        let sent = self.lock().send_icmp(on, icmp, to);
        self.wake();
        sent
    }

    /// When the last segment left (`Ok`), if nothing is on its way; else when the next one arrives (`Err`). In
    /// microseconds of the machine's clock.
    ///
    /// What a host has sent and the link has not taken in yet, on a busy machine, is on its way.
    pub(crate) fn in_flight(&self) -> Result<u64, u64> {
        let state = self.lock();
        let [client, server, proxy] = state.devices.each_ref().map(Option::as_ref);
        let devices = [client, server, proxy, state.watched.as_ref()];
        let unread = readable(&devices.map(|device| device.map(|device| device.as_fd())), NOW);
        if unread.is_ok_and(|unread| unread.contains(&true)) {
            return Err(now_us());
        }
        match state.flights.first_key_value() {
            None => Ok(state.sent_last_us),
            Some((&(due_us, _), _)) => Err(due_us),
        }
    }

    /// What went wrong on the link's thread, if anything did.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.lock().broken {
            None => Ok(()),
            Some(what) => Err(Error::Broken(what.clone())),
        }
    }

    /// What was on the link so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// The host's port and its peer's of every SYN so far that it has sent or was sent, in the order in which they arrived.
    pub(crate) fn opened(&self, host: Host) -> Vec<[u16; 2]> {
        let state = self.lock();
        let syns = state.events.iter().filter_map(|event| match event {
            Event::Segment { from, to, ports, segment, arrives_us: Some(arrives_us), .. }
                if segment.flags.syn && !segment.flags.ack =>
            {
                let [source, destination] = *ports;
                match host {
                    _ if host == *from => Some((*arrives_us, [source, destination])),
                    _ if host == *to => Some((*arrives_us, [destination, source])),
                    _ => None,
                }
            }
            _ => None,
        });
        let mut syns: Vec<(u64, [u16; 2])> = syns.collect();
        syns.sort_by_key(|(arrives_us, _)| *arrives_us);
        syns.into_iter().map(|(_, ports)| ports).collect()
    }

    /// Ends the link; gives what was on it.
    pub(crate) fn end(mut self) -> (Vec<Event>, Vec<Captured>) {
        self.stop();
        let mut state = self.lock();
        (std::mem::take(&mut state.events), std::mem::take(&mut state.capture))
    }

    fn stop(&mut self) {
        self.lock().ended = true;
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    fn wake(&self) {
        // Fails only if the thread has ended; then there is nobody to wake.
        let _ = (&self.shared.wake).write(&[0]);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the link")
    }
}

/// The thread's whole work: what is due arrives, what the hosts send is taken in.
fn work(shared: &Shared, mut woken: PipeReader) {
    let mut buffer = vec![0; PACKET_MAX];
    loop {
        let (devices, timeout) = {
            let mut state = shared.lock();
            state.deliver_due();
            if state.ended {
                return;
            }
            let until_due = |&(due_us, _): &(u64, u64)| Duration::from_micros(due_us.saturating_sub(now_us()));
            let [client, server, proxy] = state.devices.clone();
            ([client, server, proxy, state.watched.clone()], state.flights.keys().next().map(until_due))
        };
        let [client, server, proxy, watched] =
            devices.each_ref().map(|device| device.as_ref().map(|device| device.as_fd()));
        let ready = match readable(&[client, server, proxy, watched, Some(woken.as_fd())], timeout) {
            Ok(ready) => ready,
            Err(error) => {
                shared.lock().broken = Some(format!("the link cannot wait for segments: {error}"));
                return;
            }
        };
        if ready[4] {
            let _ = woken.read(&mut buffer);
        }
        for (index, device) in devices.iter().enumerate() {
            if let Some(device) = device
                && ready[index]
            {
                take_in(shared, Host::ALL.get(index).copied(), device, &mut buffer);
            }
        }
    }
}

/// Which of the files have something to read, as soon as one has or so much time has passed.
fn readable<const N: usize>(files: &[Option<BorrowedFd<'_>>; N], at_most: Option<Duration>) -> nix::Result<[bool; N]> {
    let mut polled: Vec<PollFd<'_>> =
        files.iter().flatten().map(|file| PollFd::new(*file, PollFlags::POLLIN)).collect();
    match ppoll(&mut polled, at_most.map(Into::into), None) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error),
    }
    let mut polled = polled.into_iter();
    Ok(files.map(|file| file.is_some() && polled.next().is_some_and(|polled| polled.any().is_some_and(|ready| ready))))
}

/// Takes in everything that a host has sent; of a watched device (`None`), what any has.
fn take_in(shared: &Shared, host: Option<Host>, device: &Device, buffer: &mut [u8]) {
    loop {
        // Held while reading: whoever else holds it finds a packet either unread or noted.
        let mut state = shared.lock();
        match device.read(buffer) {
            Ok(packet) => match host {
                Some(host) => state.take_in(host, packet),
                None => state.watch(packet),
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A veth whose other end has gone down with its host says so once.
            Err(error) if error.raw_os_error() == Some(Errno::ENETDOWN as i32) => return,
            Err(error) => {
                state.broken = Some(format!("the link cannot read what the hosts send: {error}"));
                return;
            }
        }
    }
}

impl State {
    /// A host has sent a packet. What is not TCP (IPv6's own chatter) is not for the peer and not for the record.
    fn take_in(&mut self, from: Host, packet: &[u8]) {
        if self.devices[from.index()].is_none() {
            // Detached meanwhile: what a host sends while its power fails reaches no device.
            return;
        }
        let (Some(header), Some([_, to])) = (packet::read(packet), self.hosts(packet)) else { return };
        let now_us = now_us();
        let Some((raw, event)) = self.note_sent([from, to], &header, packet, now_us) else { return };
        match self.links.send(Duration::from_micros(now_us - self.began_us), &raw) {
            Disposition::Lost => {}
            Disposition::Refused(refusal, after) => self.refuse(&raw, refusal, now_us, now_us + micros(after)),
            Disposition::Arrives(after) => self.launch(now_us + micros(after), to, packet.to_vec(), event),
            Disposition::ArrivesTwice(after) => {
                let again = self.record(now_us, &raw, Fate::Dropped);
                self.launch(now_us + micros(after), to, packet.to_vec(), event);
                self.launch(now_us + micros(after) + 1, to, packet.to_vec(), again);
            }
        }
    }

    /// A packet has passed a watched device. It has arrived, or is about to.
    fn watch(&mut self, packet: &[u8]) {
        let (Some(header), Some(hosts)) = (packet::read(packet), self.hosts(packet)) else { return };
        let now_us = now_us();
        let Some((_, event)) = self.note_sent(hosts, &header, packet, now_us) else { return };
        self.note_arrived(event);
    }

    /// The hosts whose addresses are a packet's source and destination.
    fn hosts(&self, packet: &[u8]) -> Option<[Host; 2]> {
        let host = |address| Host::ALL.into_iter().find(|host| self.addresses[host.index()] == address);
        let [source, destination] = packet::addresses(packet)?;
        Some([host(source)?, host(destination)?])
    }

    /// Learns from a segment that a host sends, and records it; as lost, until it arrives.
    fn note_sent(
        &mut self,
        hosts: [Host; 2],
        header: &Header,
        packet: &[u8],
        now_us: u64,
    ) -> Option<(RawSegment, usize)> {
        self.sent_last_us = now_us;
        if self.events.len() >= SEGMENTS_MAX {
            self.broken = Some(format!("more than {SEGMENTS_MAX} segments in one run"));
            return None;
        }
        let segment = header.segment(hosts);
        let win = self.connections.note_sent(&segment, header.window_scale);
        let raw = RawSegment { win, ..segment };
        self.numbering.note(&raw);
        self.capture.push(Captured { at_us: now_us - self.began_us, packet: packet.to_vec() });
        let event = self.record(now_us, &raw, Fate::Dropped);
        Some((raw, event))
    }

    /// A segment arrives.
    fn note_arrived(&mut self, event: usize) {
        let now_us = now_us() - self.began_us;
        match &mut self.events[event] {
            Event::Segment { arrives_us, fate, .. } => {
                *arrives_us = Some(now_us);
                if *fate == Fate::Dropped {
                    *fate = Fate::Delivered;
                }
            }
            Event::Icmp { arrives_us, .. } => *arrives_us = Some(now_us),
            _ => unreachable!("only segments and messages are on the link"),
        }
    }

    fn inject(&mut self, link: scenario::Link, to: Host, forged: Forged) -> Option<()> {
        let forged = self.connections.forge(link, to, forged)?;
        let now_us = now_us();
        self.sent_last_us = now_us;
        self.launch_forged(&forged, now_us, now_us + micros(self.links.delay(link)));
        Some(())
    }

    /// A box in between tells the sender that its segment was not let through.
    fn refuse(&mut self, refused: &RawSegment, refusal: Refusal, now_us: u64, due_us: u64) {
        match refusal {
            Refusal::Reset => {
                if let Some(reset) = link::reset(refused) {
                    self.launch_forged(&reset, now_us, due_us);
                }
            }
            Refusal::Icmp(icmp) => self.launch_icmp(icmp, refused, now_us, due_us),
        }
    }

    fn send_icmp(&mut self, on: scenario::Link, icmp: Icmp, to: Host) -> Option<()> {
        let quoted = self.connections.sent_last(on, to)?;
        let now_us = now_us();
        self.sent_last_us = now_us;
        self.launch_icmp(icmp, &quoted, now_us, now_us + micros(self.links.delay(on)));
        Some(())
    }

    fn launch_icmp(&mut self, icmp: Icmp, quoted: &RawSegment, now_us: u64, due_us: u64) {
        let RawSegment { from: to, to: peer, ports, .. } = *quoted;
        let ends = [to, peer].map(|host| self.addresses[host.index()]);
        let packet = packet::write_icmp(Protocol::of_box(ends[0]), icmp, ends, &Header::of(quoted));
        let (at_us, seq) = (now_us - self.began_us, self.numbering.relative(quoted).seq);
        self.capture.push(Captured { at_us, packet: packet.clone() });
        let link = scenario::Link::between(to, peer);
        self.events.push(Event::Icmp { at_us, arrives_us: None, to, link, ports, icmp, seq });
        self.launch(due_us, to, packet, self.events.len() - 1);
    }

    /// A segment whose window is the header's field, in the name of a host that has not sent it.
    fn launch_forged(&mut self, forged: &RawSegment, now_us: u64, due_us: u64) {
        let (from, to) = (forged.from, forged.to);
        let packet = packet::write(self.addresses[from.index()], self.addresses[to.index()], &Header::of(forged));
        let raw = RawSegment { win: self.connections.window(forged), ..*forged };
        self.numbering.note_forged(&raw);
        let event = self.record(now_us, &raw, Fate::Injected);
        self.capture.push(Captured { at_us: now_us - self.began_us, packet: packet.clone() });
        self.launch(due_us, to, packet, event);
    }

    fn record(&mut self, now_us: u64, raw: &RawSegment, fate: Fate) -> usize {
        self.events.push(Event::Segment {
            at_us: now_us - self.began_us,
            arrives_us: None,
            from: raw.from,
            to: raw.to,
            ports: raw.ports,
            segment: self.numbering.relative(raw),
            fate,
        });
        self.events.len() - 1
    }

    fn launch(&mut self, due_us: u64, to: Host, packet: Vec<u8>, event: usize) {
        self.launched += 1;
        self.flights.insert((due_us, self.launched), Flight { to, packet, event });
    }

    fn deliver_due(&mut self) {
        while let Some(entry) = self.flights.first_entry() {
            if entry.key().0 > now_us() {
                return;
            }
            let ((due_us, _), flight) = entry.remove_entry();
            self.deliver(&flight);
            self.note_late(&flight, due_us);
        }
    }

    /// On a busy machine a segment arrives late. It counts as sent so much later: what answers it has its time all
    /// the same before the link is quiet.
    fn note_late(&mut self, flight: &Flight, due_us: u64) {
        let late_us = now_us().saturating_sub(due_us);
        let left_us = self.began_us + self.events[flight.event].at_us();
        self.sent_last_us = self.sent_last_us.max(left_us + late_us);
    }

    /// The segment arrives, unless its receiver has gone down meanwhile.
    fn deliver(&mut self, flight: &Flight) {
        let Some(device) = self.devices[flight.to.index()].clone() else { return };
        self.note_arrived(flight.event);
        if let Err(error) = device.write(&flight.packet) {
            self.broken = Some(format!("a segment could not be handed to {}: {error}", flight.to));
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
