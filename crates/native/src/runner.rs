//! The runner: it performs a script on a testbed, statement by statement ([`scenario::Stage`]), in a process of its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use scenario::link::Forged;
use scenario::{
    Action, Call, Event, Host, HostAction, Link, LinkAction, Network, Outcome, Returned, Script, SocketOption, Sockets,
    Stage, State, Statement, Sysctl, Trace, Until, Verb, Whom, Witness,
};

use crate::calls::Report;
use crate::clock::now_us;
use crate::host::Process;
use crate::link::Captured;
use crate::reset_reasons::Tracer;
use crate::socket_names::SocketKind;
use crate::testbed::{Testbed, micros};
use crate::{Asked, Error, Options, Performed, Protocol, Reasons, Rung, pcap, procfs, spawn};

/// Performs a script, read from this text, on the highest rung that this machine allows, or on the one asked for.
///
/// The process must have one thread only.
pub(crate) fn perform(id: &str, script: &Script, text: &str, options: &Options) -> Result<Performed, Error> {
    // Before there is a user namespace: there nobody is root enough for the tracer.
    let tracer = match options.reasons {
        Reasons::Ignored => None,
        Reasons::Traced => Some(Tracer::start()),
    };
    let mut runner = match &options.rung {
        Some(rung) => Runner::start(script, text, std::slice::from_ref(rung))?,
        None => Runner::start(script, text, &Rung::ALL)?,
    };
    let (rung, mut notes) = (runner.testbed.rung(), runner.testbed.notes());
    let infos = runner.testbed.infos();
    let reasons = match tracer {
        None => Asked::No,
        Some(Ok(tracer)) => {
            runner.testbed.trace_reasons(tracer);
            Asked::Yes
        }
        Some(Err(why)) => {
            notes.push(format!("why resets were sent cannot be told: {why}"));
            Asked::No
        }
    };
    let failed = scenario::perform(script, &mut runner)?;
    let (sockets, events, packets) = runner.end();
    if let Some(file) = &options.pcap {
        let written = File::create(file).and_then(|file| pcap::write(&packets, BufWriter::new(file)));
        written.map_err(|error| Error::broken(file.display(), error))?;
    }
    let trace = Trace {
        version: Trace::VERSION,
        scenario: id.to_owned(),
        witness: Witness::Linux,
        backend: rung.into(),
        kernel: procfs::release(),
        sockets,
        events,
        failed,
    };
    Ok(Performed { trace, infos, reasons, notes })
}

/// How long a process may take to begin a call.
const BEGIN_MAX: Duration = Duration::from_secs(10);

/// How often a call that is waited for is looked after.
const LOOKING: Duration = Duration::from_millis(50);
/// Longer than the timer that the kernel does not show: that of a delayed ACK (TCP_DELACK_MAX).
const UNSEEN_TIMERS: Duration = Duration::from_millis(250);

struct Runner<'a> {
    testbed: Testbed,
    network: Network,
    text: &'a str,
    /// The hosts' processes; `None` until a host's first call, and behind a kill.
    processes: [Option<Process>; Host::ALL.len()],
    /// Calls that have not returned, by line.
    pending: BTreeMap<u32, Pending>,
    /// The longest SO_RCVTIMEO or SO_SNDTIMEO that was set: timers that the kernel does not show.
    longest_timeout: Duration,
    /// Calls that have returned and were not reported yet, with their times.
    returned: Vec<(u64, Returned)>,
    /// Gets a message whenever a process has reported.
    woken: Receiver<()>,
    wake: Sender<()>,
}

struct Pending {
    call: Call,
    /// When its process has begun it, in microseconds; `None` until then.
    began_us: Option<u64>,
}

impl<'a> Runner<'a> {
    fn start(script: &Script, text: &'a str, rungs: &[Rung]) -> Result<Self, Error> {
        let protocol = if script.ipv6() { Protocol::Ipv6 } else { Protocol::Ipv4 };
        let network = script.network();
        let testbed = Testbed::of(network, protocol, rungs)?;
        let (wake, woken) = channel();
        let processes = [const { None }; Host::ALL.len()];
        Ok(Self {
            testbed,
            network,
            text,
            processes,
            pending: BTreeMap::new(),
            longest_timeout: Duration::ZERO,
            returned: Vec::new(),
            woken,
            wake,
        })
    }

    fn begin_call(&mut self, line: u32, call: &Call) -> Result<(), Error> {
        let host = call.host;
        if self.processes[host.index()].is_none() {
            let [own, peer] = [host, self.network.connects_to(host)].map(|host| self.testbed.address(host));
            let command = spawn::calls(own, peer, self.testbed.rung());
            let process = Process::start(self.testbed.namespace(host)?, command, self.text, self.wake.clone())?;
            self.processes[host.index()] = Some(process);
        }
        self.pending.insert(line, Pending { call: call.clone(), began_us: None });
        if let Verb::SetOption(SocketOption::ReceiveTimeout(timeout) | SocketOption::SendTimeout(timeout)) = call.verb {
            self.longest_timeout = self.longest_timeout.max(timeout);
        }
        let process = self.processes[host.index()].as_mut().expect("it was just started");
        process.begin(line)?;
        let deadline_us = now_us() + micros(BEGIN_MAX);
        while self.pending.get(&line).is_some_and(|pending| pending.began_us.is_none()) {
            if now_us() > deadline_us {
                return Err(Error::Broken(format!("line {line}: the {host}'s process does not begin the call")));
            }
            self.nap(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Sleeps until a process reports, and so long at most.
    fn nap(&mut self, at_most: Duration) {
        let _ = self.woken.recv_timeout(at_most);
        while self.woken.try_recv().is_ok() {}
        for &host in self.network.hosts() {
            let reports: Vec<Report> =
                self.processes[host.index()].iter().flat_map(|process| process.reports()).collect();
            for report in reports {
                self.note(host, report);
            }
        }
        self.returned.sort_by_key(|(at_us, _)| *at_us);
    }

    fn note(&mut self, host: Host, report: Report) {
        match report {
            Report::Began { line, at_us } => {
                if let Some(pending) = self.pending.get_mut(&line) {
                    pending.began_us = Some(at_us);
                    let call = &pending.call;
                    // What a call makes is there later.
                    if !call.verb.makes_socket() || call.busy_socket() != call.socket {
                        self.testbed.names.begun(host, call.busy_socket(), line);
                    }
                    self.testbed.note_begun(at_us);
                }
            }
            Report::Made { line, inode } => {
                if let Some(Pending { call, .. }) = self.pending.get(&line) {
                    let kind = match call.verb {
                        Verb::Listen { .. } => SocketKind::Listener,
                        _ => SocketKind::Connection,
                    };
                    self.testbed.names.made(host, &call.socket, inode, kind);
                    if call.busy_socket() == call.socket {
                        self.testbed.names.begun(host, &call.socket, line);
                    }
                }
            }
            Report::Ports { line, ports } => {
                let Some(Pending { call, .. }) = self.pending.get(&line) else { return };
                match &call.verb {
                    Verb::Accept { listener } => self.testbed.names.accepted(host, &call.socket, ports, listener),
                    _ => self.testbed.names.connected(host, &call.socket, ports),
                }
            }
            Report::Returned { line, at_us, outcome } => {
                let Some(Pending { call, began_us }) = self.pending.remove(&line) else { return };
                match &call.verb {
                    Verb::Close if outcome.is_success() => self.testbed.closed(host, &call.socket),
                    Verb::Dup { copy } if outcome.is_success() => self.testbed.names.copied(host, &call.socket, copy),
                    _ => {}
                }
                self.testbed.names.ended(line);
                self.returned.push((at_us, Returned { line, outcome }));
                self.record_call(line, call, began_us.unwrap_or(at_us), at_us, outcome);
            }
        }
    }

    fn record_call(&mut self, line: u32, call: Call, began_us: u64, at_us: u64, outcome: Outcome) {
        let socket = self.testbed.names.of_call(call.host, &call.socket, &call.verb, outcome);
        self.testbed.record(Event::Call {
            at_us: self.testbed.since_start(at_us),
            began_us: self.testbed.since_start(began_us),
            host: call.host,
            call: call.verb,
            socket,
            line,
            outcome,
        });
    }

    fn record_statement(&mut self, statement: &Statement) {
        self.testbed.record_statement_in(statement.line, statement.action.clone(), &statement.text);
    }

    fn host_action(&mut self, statement: &Statement, host: Host, action: HostAction) -> Result<(), Error> {
        self.record_statement(statement);
        if let HostAction::Sysctl(..) = action {
            self.testbed.link.act_on_host(host, action);
        }
        match action {
            HostAction::Kill => {
                self.kill(host);
                self.testbed.names.killed(host);
            }
            HostAction::Crash => {
                self.testbed.link.catch_up();
                // First the link: what the host still sends while it goes down reaches no device.
                self.testbed.link.detach(host);
                self.kill(host);
                self.testbed.crash(host);
            }
            HostAction::Boot => self.testbed.boot(host)?,
            HostAction::Sysctl(sysctl, value) => {
                let written = self.testbed.on(host, || procfs::set(sysctl, value))?;
                unperformed(statement, sysctl.name(), written)?;
            }
            HostAction::PortRange { first, last } => {
                let written = self.testbed.on(host, || procfs::set_port_range(first, last))?;
                unperformed(statement, Sysctl::PORT_RANGE, written)?;
            }
            HostAction::BufferMemory { buffer, least, bytes } => {
                let written = self.testbed.on(host, || procfs::set_buffer_memory(buffer, least, bytes))?;
                unperformed(statement, buffer.name(), written)?;
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
    }

    fn link_action(&mut self, statement: &Statement, on: Link, action: &LinkAction) -> Result<(), Error> {
        self.testbed.link.catch_up();
        self.record_statement(statement);
        let link = &self.testbed.link;
        link.act(on, action);
        let (to, sent) = match *action {
            LinkAction::Inject { flags, to, target, seq, ack, len } => {
                (to, link.inject(on, to, Forged { flags, target, seq, ack, len }))
            }
            LinkAction::Icmp { icmp, to } => (to, link.send_icmp(on, icmp, to)),
            _ => return Ok(()),
        };
        sent.ok_or_else(|| Error::Unperformed {
            line: statement.line,
            text: statement.text.clone(),
            why: format!("the {to} has had no connection for which a segment could be forged, or a message sent"),
        })?;
        Ok(())
    }

    fn run_until_quiet(&mut self, quiet: Duration) -> Result<(), Error> {
        let asked_us = now_us();
        loop {
            self.nap(Duration::ZERO);
            if let Some(nap) = self.testbed.until_quiet(quiet, asked_us)? {
                self.nap(nap);
            } else if self.is_anybody_awake() {
                self.nap(Duration::from_millis(1));
            } else {
                // Whoever sleeps now may have reported a moment ago.
                let pending = self.pending.len();
                self.nap(Duration::ZERO);
                if self.pending.len() == pending {
                    return self.testbed.look();
                }
            }
        }
    }

    /// Runs until the calls of those lines have returned, or nothing can happen by that time that would let one.
    fn run_patiently(&mut self, lines: &[u32], until_us: u64) -> Result<(), Error> {
        let is_pending = |runner: &Self| lines.iter().any(|line| runner.pending.contains_key(line));
        let mut idle_since_us = None;
        let unseen_us = micros(UNSEEN_TIMERS + self.longest_timeout);
        while is_pending(self) && now_us() < until_us {
            if self.testbed.may_wake_a_call(until_us)? {
                idle_since_us = None;
            } else if now_us().saturating_sub(*idle_since_us.get_or_insert_with(now_us)) > unseen_us {
                return Ok(());
            }
            self.nap(LOOKING.min(Duration::from_micros(until_us.saturating_sub(now_us()))));
        }
        Ok(())
    }

    /// Whether a thread that makes calls, reads reports or works the link has something to do and has not done it:
    /// on a busy machine what is over for the kernel may not be over for a program.
    fn is_anybody_awake(&self) -> bool {
        let processes = self.processes.iter().flatten().map(Process::id);
        processes.chain([std::process::id()]).any(procfs::is_awake)
    }

    fn run_until(&mut self, until_us: u64, is_over: impl Fn(&Self) -> bool) -> Result<(), Error> {
        loop {
            self.nap(Duration::ZERO);
            self.testbed.link.check()?;
            let now_us = now_us();
            if now_us >= until_us || is_over(self) {
                return Ok(());
            }
            self.nap(Duration::from_micros(until_us - now_us));
        }
    }

    /// Ends the run; gives everything that happened, and every packet.
    fn end(mut self) -> (Sockets, Vec<Event>, Vec<Captured>) {
        let at_us = now_us();
        for (line, Pending { call, began_us }) in std::mem::take(&mut self.pending) {
            self.record_call(line, call, began_us.unwrap_or(at_us), at_us, Outcome::Blocks);
        }
        self.testbed.end()
    }
}

fn unperformed(statement: &Statement, setting: &str, written: std::io::Result<()>) -> Result<(), Error> {
    written.map_err(|error| Error::Unperformed {
        line: statement.line,
        text: statement.text.clone(),
        why: format!("/proc/sys/net/ipv4/{setting}: {error}"),
    })
}

/// Why a statement cannot be performed on a rung, if so.
fn out_of_reach(rung: Rung, action: &Action) -> Option<&'static str> {
    match (rung, action) {
        (Rung::Tun | Rung::Veth, _) | (Rung::Lo, Action::Link(_, LinkAction::Ipv6)) => None,
        (_, Action::Link(..)) => Some("nothing can be done to the link"),
        (_, Action::Host(_, HostAction::Crash | HostAction::Boot)) => Some("the hosts are one machine"),
        (
            Rung::Calls,
            Action::Host(_, HostAction::Sysctl(..) | HostAction::PortRange { .. } | HostAction::BufferMemory { .. }),
        ) => Some("the settings are the machine's own"),
        _ => None,
    }
}

impl Stage for Runner<'_> {
    type Error = Error;

    fn begin(&mut self, statement: &Statement) -> Result<(), Error> {
        if let Some(why) = out_of_reach(self.testbed.rung(), &statement.action) {
            let Statement { line, text, .. } = statement;
            let why = format!("on rung {} {why}", self.testbed.rung().name());
            return Err(Error::Unperformed { line: *line, text: text.clone(), why });
        }
        match &statement.action {
            Action::Call(call) => self.begin_call(statement.line, call),
            Action::Host(host, action) => self.host_action(statement, *host, *action),
            Action::Link(link, action) => self.link_action(statement, *link, action),
            Action::Wait(_) | Action::Pause(_) | Action::Expect(..) => Ok(()),
        }
    }

    fn run(&mut self, until: Until<'_>, returned: &mut Vec<Returned>) -> Result<(), Error> {
        match until {
            Until::Quiet(quiet) => self.run_until_quiet(quiet)?,
            Until::Elapsed(duration) => self.run_until(now_us() + micros(duration), |_| false)?,
            Until::Returned { line, at_most } => {
                self.run_until(now_us() + micros(at_most), |runner| !runner.pending.contains_key(&line))?;
            }
            Until::Patient { lines, at_most } => self.run_patiently(lines, now_us() + micros(at_most))?,
        }
        returned.extend(self.returned.drain(..).map(|(_, returned)| returned));
        Ok(())
    }

    fn state(&mut self, whom: &Whom) -> Result<State, Error> {
        self.testbed.look()?;
        Ok(match whom {
            Whom::Newest(host) => self.testbed.names.newest(*host),
            Whom::Socket(host, name) => self.testbed.names.named(*host, name),
        })
    }

    fn record_wait(&mut self, statement: &Statement) {
        self.record_statement(statement);
    }
}
