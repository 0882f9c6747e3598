//! A host: a network namespace with a TCP of its own, and the process that makes its calls.
//!
//! A socket belongs to the namespace of the thread that makes it, and processes inherit their maker's.
//! So whatever is to happen on a host is done by a thread that has entered its namespace ([`Machine::on`]).

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use nix::sched::{CloneFlags, setns, unshare};

use crate::calls::Report;
use crate::{Error, admission, netlink, parts, tun};

/// A host's namespace. Once it is dropped and another one entered, it is gone with everything in it.
pub(crate) struct Machine {
    namespace: File,
}

/// The interface's name, in each namespace.
const INTERFACE: &str = "link0";

impl Machine {
    /// Boots a host with a TUN of this address; gives also the TUN's other end. The calling thread stays on the host.
    pub(crate) fn boot(address: IpAddr) -> Result<(Self, File), Error> {
        set_up(address).map_err(|why| Error::Refused(vec![why]))
    }

    /// Does something on the host.
    pub(crate) fn on<T>(&self, job: impl FnOnce() -> T) -> T {
        setns(&self.namespace, CloneFlags::CLONE_NEWNET).expect("a namespace that we made lets us in");
        job()
    }
}

/// Makes a namespace and gives it its interface; on refusal says which step it was.
fn set_up(address: IpAddr) -> Result<(Machine, File), String> {
    let step = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
    unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| format!("unshare(CLONE_NEWNET): {errno}"))?;
    admission::want_small_tables();
    let namespace = File::open("/proc/thread-self/ns/net").map_err(step("/proc/thread-self/ns/net"))?;
    let wire = tun::open(INTERFACE).map_err(step("/dev/net/tun"))?;
    let index = nix::net::if_::if_nametoindex(INTERFACE).map_err(|errno| format!("if_nametoindex: {errno}"))?;
    if address.is_ipv6() {
        // No link-local address: it would make the host send packets that nobody asked for.
        std::fs::write(format!("/proc/sys/net/ipv6/conf/{INTERFACE}/addr_gen_mode"), "1")
            .map_err(step("/proc/sys/net/ipv6/conf/…/addr_gen_mode"))?;
    }
    netlink::bring_up(index).map_err(step("RTM_NEWLINK"))?;
    netlink::add_address(index, address).map_err(step("RTM_NEWADDR"))?;
    Ok((Machine { namespace }, wire))
}

/// The process that makes a host's calls.
pub(crate) struct Process {
    child: Child,
    lines: ChildStdin,
    reports: Receiver<Report>,
}

impl Process {
    /// Starts it in the host's namespace, with the script whose calls it is to make.
    pub(crate) fn start(
        machine: &Machine,
        script: &str,
        own: IpAddr,
        peer: IpAddr,
        wake: Sender<()>,
    ) -> Result<Self, Error> {
        let broken = |error| Error::broken("a process for the calls", error);
        let mut command = parts::calls(own, peer);
        let mut child = machine.on(|| command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()).map_err(broken)?;
        let mut lines = child.stdin.take().expect("stdin is a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (sender, reports) = channel();
        std::thread::Builder::new()
            .spawn(move || {
                // Ends with the process: then its stdout does.
                for report in stdout.lines().map_while(Result::ok).filter_map(|line| Report::from_text(&line)) {
                    if sender.send(report).is_err() {
                        return;
                    }
                    let _ = wake.send(());
                }
            })
            .map_err(broken)?;
        write!(lines, "{}\n{script}", script.len()).and_then(|()| lines.flush()).map_err(broken)?;
        Ok(Self { child, lines, reports })
    }

    /// Has the call in that line made.
    pub(crate) fn begin(&mut self, line: u32) -> Result<(), Error> {
        writeln!(self.lines, "{line}").and_then(|()| self.lines.flush()).map_err(|error| Error::broken("a call", error))
    }

    /// The reports so far that have not been taken.
    pub(crate) fn reports(&self) -> impl Iterator<Item = Report> {
        self.reports.try_iter()
    }

    /// SIGKILL; gives the reports that it still made.
    pub(crate) fn kill(mut self) -> Vec<Report> {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The thread that reads them ends when the pipe does.
        self.reports.iter().collect()
    }
}
