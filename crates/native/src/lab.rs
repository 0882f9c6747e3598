//! The lab: two hosts and a link, on which a script is performed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::net::IpAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use scenario::{
    Action, Call, Event, Host, HostAction, LinkAction, Outcome, Returned, Script, Stage, State, Statement, Trace,
    Until, Verb, Whom, Witness,
};

use crate::calls::Report;
use crate::clock::now_us;
use crate::host::{Machine, Process};
use crate::link::{Captured, Link};
use crate::names::{Change, Names};
use crate::{Error, Performed, Rung, admission, kernel, pcap};

/// Performs a script, read from this text, on the highest rung that this machine allows, or on the one asked for.
///
/// The process must have one thread only.
pub(crate) fn perform(
    id: &str,
    script: &Script,
    text: &str,
    rung: Option<Rung>,
    pcap: Option<&Path>,
) -> Result<Performed, Error> {
    let rung = rung.unwrap_or(Rung::Tun);
    admission::enter_user_namespace().map_err(|why| Error::Refused(vec![format!("{}: {why}", rung.name())]))?;
    let mut lab = Lab::start(script, text)?;
    let failed = scenario::perform(script, &mut lab)?;
    let (events, packets) = lab.end();
    if let Some(file) = pcap {
        let written = File::create(file).and_then(|file| pcap::write(&packets, BufWriter::new(file)));
        written.map_err(|error| Error::broken(file.display(), error))?;
    }
    let trace = Trace {
        version: Trace::VERSION,
        scenario: id.to_owned(),
        witness: Witness::Linux,
        rung: rung.name().to_owned(),
        kernel: kernel::release(),
        events,
        failed,
    };
    Ok(Performed { trace, notes: vec![format!("rung {}: {}", rung.name(), rung.describe())] })
}

/// The hosts' addresses: from the ranges for documentation (RFC 5737, RFC 3849).
const ADDRESSES: [[&str; 2]; 2] = [["192.0.2.1", "192.0.2.2"], ["2001:db8::1", "2001:db8::2"]];
/// How long a process may take to begin a call.
const BEGIN_MAX: Duration = Duration::from_secs(10);
/// How long the link may take to become quiet.
const QUIET_MAX: Duration = Duration::from_secs(120);

struct Lab<'a> {
    /// All the trace's times count from here.
    start_us: u64,
    addresses: [IpAddr; 2],
    text: &'a str,
    link: Link,
    /// `None` while a host is down.
    machines: [Option<Machine>; 2],
    /// `None` until a host's first call, and behind a kill.
    processes: [Option<Process>; 2],
    names: Names,
    counters: [BTreeMap<String, u64>; 2],
    /// Calls that have not returned, by line.
    pending: BTreeMap<u32, Pending>,
    /// Calls that have returned and were not reported yet, with their times.
    returned: Vec<(u64, Returned)>,
    events: Vec<Event>,
    begun_last_us: u64,
    /// Something arrives here whenever a process has reported.
    woken: Receiver<()>,
    wake: Sender<()>,
}

struct Pending {
    call: Call,
    /// `None` until its process has begun it.
    began_us: Option<u64>,
    /// Its process has ended: it will never return.
    is_lost: bool,
}

impl<'a> Lab<'a> {
    fn start(script: &Script, text: &'a str) -> Result<Self, Error> {
        let start_us = now_us();
        let addresses =
            ADDRESSES[usize::from(script.ipv6())].map(|address| address.parse().expect("the constants are addresses"));
        let (wake, woken) = channel();
        let mut lab = Self {
            start_us,
            addresses,
            text,
            link: Link::start(start_us, addresses)?,
            machines: [None, None],
            processes: [None, None],
            names: Names::default(),
            counters: Default::default(),
            pending: BTreeMap::new(),
            returned: Vec::new(),
            events: Vec::new(),
            begun_last_us: start_us,
            woken,
            wake,
        };
        for host in Host::BOTH {
            lab.boot(host)?;
        }
        Ok(lab)
    }

    fn boot(&mut self, host: Host) -> Result<(), Error> {
        let (machine, wire) = Machine::boot(host, self.addresses[host.index()])?;
        self.link.attach(host, wire);
        self.counters[host.index()] = machine.on(kernel::counters).map_err(broken_table)?;
        self.machines[host.index()] = Some(machine);
        Ok(())
    }

    fn machine(&self, host: Host) -> Result<&Machine, Error> {
        self.machines[host.index()].as_ref().ok_or_else(|| Error::Broken(format!("the {host} is down")))
    }

    fn now(&self) -> u64 {
        now_us() - self.start_us
    }

    fn begin_call(&mut self, line: u32, call: &Call) -> Result<(), Error> {
        let host = call.host;
        if self.processes[host.index()].is_none() {
            let [own, peer] = [host, host.peer()].map(|host| self.addresses[host.index()]);
            let process = Process::start(self.machine(host)?, self.text, own, peer, self.wake.clone())?;
            self.processes[host.index()] = Some(process);
        }
        self.pending.insert(line, Pending { call: call.clone(), began_us: None, is_lost: false });
        let process = self.processes[host.index()].as_mut().expect("it was just started");
        process.begin(line)?;
        let deadline_us = now_us() + micros(BEGIN_MAX);
        while self.pending.get(&line).is_some_and(|pending| pending.began_us.is_none()) {
            if now_us() > deadline_us {
                return Err(Error::Broken(format!("line {line}: the {host}'s process does not begin the call")));
            }
            self.sleep(Duration::from_millis(100));
            self.take_reports();
        }
        Ok(())
    }

    /// Until a process reports, or so long.
    fn sleep(&self, at_most: Duration) {
        let _ = self.woken.recv_timeout(at_most);
    }

    fn take_reports(&mut self) {
        while self.woken.try_recv().is_ok() {}
        let reports: Vec<(Host, Report)> = Host::BOTH
            .into_iter()
            .filter_map(|host| self.processes[host.index()].as_ref().map(|process| (host, process)))
            .flat_map(|(host, process)| process.reports().map(move |report| (host, report)))
            .collect();
        for (host, report) in reports {
            self.note(host, report);
        }
        self.returned.sort_by_key(|(at_us, _)| *at_us);
    }

    fn note(&mut self, host: Host, report: Report) {
        match report {
            Report::Began { line, at_us } => {
                if let Some(pending) = self.pending.get_mut(&line) {
                    pending.began_us = Some(at_us);
                    self.begun_last_us = self.begun_last_us.max(at_us);
                }
            }
            Report::Made { line, inode } => {
                if let Some(Pending { call, .. }) = self.pending.get(&line) {
                    self.names.made(host, &call.socket, inode, matches!(call.verb, Verb::Listen { .. }));
                }
            }
            Report::Ports { line, ports } => {
                let Some(Pending { call, .. }) = self.pending.get(&line) else { return };
                match &call.verb {
                    Verb::Accept { listener } => {
                        if let Some(queued) = self.names.accepted(host, &call.socket, ports, listener) {
                            rename(&mut self.events, host, &queued, &call.socket);
                        }
                    }
                    _ => self.names.connected(host, &call.socket, ports),
                }
            }
            Report::Returned { line, at_us, outcome } => {
                let Some(Pending { call, began_us, .. }) = self.pending.remove(&line) else { return };
                if call.verb == Verb::Close {
                    self.names.closed(host, &call.socket);
                }
                self.returned.push((at_us, Returned { line, outcome }));
                let began_us = began_us.unwrap_or(at_us);
                self.record_call(line, &call, began_us - self.start_us, at_us - self.start_us, outcome);
            }
        }
    }

    fn record_call(&mut self, line: u32, call: &Call, began_us: u64, at_us: u64, outcome: Outcome) {
        self.events.push(Event::Call {
            at_us,
            began_us,
            host: call.host,
            socket: call.socket.clone(),
            line,
            call: call.verb.to_string(),
            outcome,
        });
    }

    fn record_statement(&mut self, statement: &Statement) {
        self.begun_last_us = now_us();
        self.events.push(Event::Statement { at_us: self.now(), line: statement.line, text: statement.text.clone() });
    }

    fn host_action(&mut self, statement: &Statement, host: Host, action: HostAction) -> Result<(), Error> {
        self.record_statement(statement);
        match action {
            HostAction::Kill => {
                self.kill(host);
                self.names.killed(host);
            }
            HostAction::Crash => {
                // First the link: what the dying host still sends is on no wire.
                self.link.detach(host);
                self.kill(host);
                self.machines[host.index()] = None;
                let changes = self.names.look(host, Vec::new(), &[]);
                self.record_changes(host, changes);
            }
            HostAction::Boot => self.boot(host)?,
            HostAction::Sysctl(sysctl, value) => {
                let set = self.machine(host)?.on(move || kernel::set(sysctl, value));
                set.map_err(|error| Error::Unperformed {
                    line: statement.line,
                    text: statement.text.clone(),
                    why: format!("/proc/sys/net/ipv4/{}: {error}", sysctl.name()),
                })?;
            }
        }
        Ok(())
    }

    fn kill(&mut self, host: Host) {
        if let Some(process) = self.processes[host.index()].take() {
            for report in process.kill() {
                self.note(host, report);
            }
        }
        for pending in self.pending.values_mut().filter(|pending| pending.call.host == host) {
            pending.is_lost = true;
        }
    }

    fn link_action(&mut self, statement: &Statement, action: &LinkAction) -> Result<(), Error> {
        self.record_statement(statement);
        match *action {
            LinkAction::Delay(delay) => self.link.set_delay(delay),
            // The hosts' addresses were chosen before they booted.
            LinkAction::Ipv6 => {}
            LinkAction::Cut => self.link.cut(),
            LinkAction::Restore => self.link.restore(),
            LinkAction::Meet { meeting, count, kind, from } => self.link.meet(meeting, count, kind, from),
            LinkAction::Inject { flags, to, seq, ack, len } => {
                self.link.inject(flags, to, seq, ack, len).ok_or_else(|| Error::Unperformed {
                    line: statement.line,
                    text: statement.text.clone(),
                    why: format!("the {to} has had no connection for which a segment could be forged"),
                })?;
            }
        }
        Ok(())
    }

    /// Looks at the hosts: which states and counters have changed?
    fn look(&mut self) -> Result<(), Error> {
        let opened = self.link.opened();
        for host in Host::BOTH {
            let Some(machine) = &self.machines[host.index()] else { continue };
            let (rows, counters) = machine.on(|| (kernel::sockets(), kernel::counters()));
            let (rows, counters) = (rows.map_err(broken_table)?, counters.map_err(broken_table)?);
            let changes = self.names.look(host, rows, &opened);
            self.record_changes(host, changes);
            let at_us = self.now();
            for (name, value) in &counters {
                let by = value.saturating_sub(self.counters[host.index()].get(name).copied().unwrap_or(0));
                if by > 0 {
                    self.events.push(Event::Counter { at_us, host, name: name.clone(), by });
                }
            }
            self.counters[host.index()] = counters;
        }
        Ok(())
    }

    fn record_changes(&mut self, host: Host, changes: Vec<Change>) {
        let at_us = self.now();
        let events =
            changes.into_iter().map(|Change { socket, from, to }| Event::State { at_us, host, socket, from, to });
        self.events.extend(events);
    }

    fn run_until_quiet(&mut self, quiet: Duration) -> Result<(), Error> {
        let deadline_us = now_us() + micros(QUIET_MAX);
        loop {
            self.take_reports();
            self.link.check()?;
            let now_us = now_us();
            let until_us = match self.link.in_flight() {
                Ok(sent_last_us) => sent_last_us.max(self.begun_last_us) + micros(quiet),
                // When it has arrived there may be an answer.
                Err(due_us) => due_us.max(now_us) + 1_000,
            };
            if now_us >= until_us {
                return self.look();
            }
            if now_us > deadline_us {
                return Err(Error::Restless { waited_s: QUIET_MAX.as_secs() });
            }
            self.sleep(Duration::from_micros(until_us - now_us));
        }
    }

    fn run_until(&mut self, until_us: u64, is_over: impl Fn(&Self) -> bool) -> Result<(), Error> {
        loop {
            self.take_reports();
            self.link.check()?;
            let now_us = now_us();
            if now_us >= until_us || is_over(self) {
                return Ok(());
            }
            self.sleep(Duration::from_micros(until_us - now_us));
        }
    }

    /// The run is over; gives everything that happened, and every packet.
    fn end(mut self) -> (Vec<Event>, Vec<Captured>) {
        let at_us = self.now();
        for (line, Pending { call, began_us, .. }) in std::mem::take(&mut self.pending) {
            let began_us = began_us.map_or(at_us, |began_us| began_us - self.start_us);
            self.record_call(line, &call, began_us, at_us, Outcome::Blocks);
        }
        let (segments, packets) = self.link.end();
        let mut events = self.events;
        events.extend(segments);
        events.sort_by_key(Event::at_us);
        (events, packets)
    }
}

/// A connection has a new name, and had it all along.
fn rename(events: &mut [Event], on: Host, old: &str, new: &str) {
    for event in events {
        if let Event::State { host, socket, .. } = event
            && *host == on
            && socket == old
        {
            new.clone_into(socket);
        }
    }
}

fn broken_table(error: io::Error) -> Error {
    Error::broken("the kernel's tables in /proc/net", error)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Stage for Lab<'_> {
    type Error = Error;

    fn begin(&mut self, statement: &Statement) -> Result<(), Error> {
        match &statement.action {
            Action::Call(call) => self.begin_call(statement.line, call),
            Action::Host(host, action) => self.host_action(statement, *host, *action),
            Action::Link(action) => self.link_action(statement, action),
            Action::Wait(_) | Action::Expect(..) => Ok(()),
        }
    }

    fn run(&mut self, until: Until) -> Result<Vec<Returned>, Error> {
        match until {
            Until::Quiet(quiet) => self.run_until_quiet(quiet)?,
            Until::Elapsed(duration) => self.run_until(now_us() + micros(duration), |_| false)?,
            Until::Returned { line, at_most } => {
                self.run_until(now_us() + micros(at_most), |lab| !lab.pending.contains_key(&line))?;
            }
        }
        Ok(self.returned.drain(..).map(|(_, returned)| returned).collect())
    }

    fn state(&mut self, whom: &Whom) -> Result<State, Error> {
        self.look()?;
        Ok(match whom {
            Whom::Newest(host) => self.names.newest(*host),
            Whom::Socket(host, name) => self.names.named(*host, name),
        })
    }

    fn record_wait(&mut self, statement: &Statement) {
        self.record_statement(statement);
    }
}
