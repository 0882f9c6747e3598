//! A host: a network namespace with a TCP of its own, and the process that makes its calls.
//!
//! A socket belongs to the namespace of the thread that makes it, and processes inherit their maker's.
//! So whatever is to happen on a host is done by a thread that has entered its namespace ([`Namespace::on`]).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use nix::sched::{CloneFlags, setns, unshare};

use crate::calls::Report;
use crate::device::{self, Device};
use crate::rtnetlink::InterfaceKind;
use crate::{Error, Protocol, Rung, namespaces, rtnetlink, tun};

/// A host's namespace. Once it is dropped and another one entered, it is gone with everything in it.
pub(crate) struct Namespace {
    /// `None`: it is the namespace that the program was started in.
    namespace: Option<File>,
    /// The settings that have the machine's value and not Linux's default.
    kept: Vec<String>,
}

/// The interface's name, in each host's namespace.
const INTERFACE: &str = "link0";
/// The name of the veth's other end, in a namespace of its own.
const BEHIND: &str = "peer0";
const LOOPBACK: &str = "lo";

impl Namespace {
    /// Boots a host with an interface of this address; gives also the device behind it. The calling thread stays on the
    /// host.
    ///
    /// # Errors
    /// Which step was refused, and how.
    pub(crate) fn boot(rung: Rung, address: IpAddr) -> Result<(Self, Device), String> {
        let (namespace, kept) = new_namespace()?;
        let device = match rung {
            Rung::Veth => set_up_veth(&namespace, address)?,
            _ => Device::Tun(step("/dev/net/tun", tun::open(INTERFACE))?),
        };
        let kind = if rung == Rung::Veth { InterfaceKind::WithoutNeighbours } else { InterfaceKind::Plain };
        set_up(INTERFACE, kind, &[address])?;
        Ok((Self { namespace: Some(namespace), kept }, device))
    }

    /// All hosts in one namespace, which talks to itself; gives also a device to watch.
    ///
    /// # Errors
    /// Which step was refused, and how.
    pub(crate) fn boot_together(protocol: Protocol, addresses: &[IpAddr]) -> Result<(Vec<Self>, Device), String> {
        let (namespace, kept) = new_namespace()?;
        let device = step("socket(AF_PACKET)", Device::loopback(protocol))?;
        set_up(LOOPBACK, InterfaceKind::LikeEthernet, addresses)?;
        let copy = |_: &IpAddr| {
            let namespace = step("dup", namespace.try_clone())?;
            Ok(Self { namespace: Some(namespace), kept: kept.clone() })
        };
        Ok((addresses.iter().map(copy).collect::<Result<_, String>>()?, device))
    }

    /// The namespace that the program was started in, as it is.
    pub(crate) const fn as_it_is() -> Self {
        Self { namespace: None, kept: Vec::new() }
    }

    /// The settings that have the machine's value and not Linux's default, each with why it could not be set.
    pub(crate) fn kept_settings(&self) -> &[String] {
        &self.kept
    }

    /// Calls the closure in the host's namespace: sockets that it makes are the host's.
    pub(crate) fn on<T>(&self, job: impl FnOnce() -> T) -> T {
        if let Some(namespace) = &self.namespace {
            setns(namespace, CloneFlags::CLONE_NEWNET).expect("a namespace that we made lets us in");
        }
        job()
    }
}

fn step<T>(what: &str, result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// Makes a namespace, and enters it; gives also the settings that could not be set to Linux's defaults there.
fn new_namespace() -> Result<(File, Vec<String>), String> {
    step("unshare(CLONE_NEWNET)", unshare(CloneFlags::CLONE_NEWNET).map_err(io::Error::from))?;
    namespaces::want_small_tables();
    let kept = namespaces::set_defaults();
    Ok((step("/proc/thread-self/ns/net", File::open("/proc/thread-self/ns/net"))?, kept))
}

/// A veth for the host, and a packet socket at its other end, which has a namespace of its own: it is the only
/// interface there.
fn set_up_veth(host: &File, address: IpAddr) -> Result<Device, String> {
    let _behind = new_namespace()?;
    if address.is_ipv6() {
        step("disable_ipv6", std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"))?;
    }
    step("a veth (RTM_NEWLINK)", rtnetlink::add_veth(BEHIND, INTERFACE, host.as_fd(), device::ETHERNET))?;
    set_up(BEHIND, InterfaceKind::Plain, &[])?;
    let device = step("socket(AF_PACKET)", Device::veth(BEHIND))?;
    step("setns", setns(host, CloneFlags::CLONE_NEWNET).map_err(io::Error::from))?;
    Ok(device)
}

/// Brings an interface of the calling thread's namespace up, with these addresses.
fn set_up(interface: &str, kind: InterfaceKind, addresses: &[IpAddr]) -> Result<(), String> {
    let index = step("if_nametoindex", nix::net::if_::if_nametoindex(interface).map_err(io::Error::from))?;
    if addresses.iter().any(IpAddr::is_ipv6) {
        // No link-local address: it would make the host send packets that nobody asked for.
        let file = format!("/proc/sys/net/ipv6/conf/{interface}/addr_gen_mode");
        step(&file, std::fs::write(&file, "1"))?;
    }
    step("an interface (RTM_NEWLINK)", rtnetlink::bring_up(index, kind))?;
    addresses.iter().try_for_each(|address| step("an address (RTM_NEWADDR)", rtnetlink::add_address(index, *address)))
}

/// The process that makes a host's calls.
pub(crate) struct Process {
    child: Child,
    lines: ChildStdin,
    reports: Receiver<Report>,
}

impl Process {
    /// Starts the process in the host's namespace. `script` is the text whose lines are its calls.
    pub(crate) fn start(
        namespace: &Namespace,
        mut command: Command,
        script: &str,
        wake: Sender<()>,
    ) -> Result<Self, Error> {
        let broken = |error| Error::broken("a process for the calls", error);
        let mut child =
            namespace.on(|| command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()).map_err(broken)?;
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

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells the process to make the call in that line.
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
