//! The process that makes a host's calls: each on a thread of its own, so that a blocked one holds up no other.
//!
//! It is told the script, then the lines to perform, on stdin; it reports on stdout, one line a report.
//! When stdin ends or it is killed, it is gone, and the kernel closes its sockets.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::mem::ManuallyDrop;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::socket::{MsgFlags, recv, send, setsockopt, sockopt};
use nix::{libc, unistd};
use scenario::{
    Action, Call, Connecting, Errno, How, Opening, Outcome, Place, Queue, Ready, Script, SocketOption, Verb,
};
use socket2::{Domain, Protocol, SockAddr, SockAddrStorage, Socket, Type};

use crate::clock::now_us;
use crate::{Rung, processor};

/// What the process reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The call in that line is being made.
    Began { line: u32, at_us: u64 },
    /// The call in that line has a socket for its name, with this inode.
    Made { line: u32, inode: u64 },
    /// The connection that it made has these ports, the own and the peer's.
    Ports { line: u32, ports: [u16; 2] },
    /// The call in that line has returned.
    Returned { line: u32, at_us: u64, outcome: Outcome },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began { line, at_us } => write!(f, "began {line} {at_us}"),
            Self::Made { line, inode } => write!(f, "made {line} {inode}"),
            Self::Ports { line, ports: [own, peer] } => write!(f, "ports {line} {own} {peer}"),
            // The outcome last: an errno without a name has a space in it.
            Self::Returned { line, at_us, outcome } => write!(f, "returned {line} {at_us} {outcome}"),
        }
    }
}

impl Report {
    /// Reads what `Display` prints.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut words = text.splitn(4, ' ');
        let kind = words.next()?;
        let line = words.next()?.parse().ok()?;
        let number: u64 = words.next()?.parse().ok()?;
        match (kind, words.next()) {
            ("began", None) => Some(Self::Began { line, at_us: number }),
            ("made", None) => Some(Self::Made { line, inode: number }),
            ("ports", Some(peer)) => {
                Some(Self::Ports { line, ports: [u16::try_from(number).ok()?, peer.parse().ok()?] })
            }
            ("returned", Some(outcome)) => {
                Some(Self::Returned { line, at_us: number, outcome: Outcome::from_text(outcome)? })
            }
            _ => None,
        }
    }
}

/// Makes calls until stdin ends. `own` and `peer` are the two hosts' addresses.
///
/// # Errors
/// stdin or stdout broke, or what came was no script.
pub(crate) fn make(own: IpAddr, peer: IpAddr, rung: Rung) -> io::Result<()> {
    // Where that is refused, the run's notes say so.
    let _refused = processor::let_others_finish();
    let mut stdin = io::stdin().lock();
    let mut length = String::new();
    stdin.read_line(&mut length)?;
    let length = length.trim().parse().map_err(io::Error::other)?;
    let mut text = String::new();
    (&mut stdin).take(length).read_to_string(&mut text)?;
    let script = Script::parse(&text).map_err(io::Error::other)?;

    let process = Arc::new(Process { own, peer, rung, sockets: Mutex::default() });
    for line in stdin.lines() {
        let line = line?.parse().map_err(io::Error::other)?;
        let Some(Action::Call(call)) = script.statement(line).map(|statement| &statement.action) else {
            return Err(io::Error::other(format!("there is no call in line {line}")));
        };
        let (process, call) = (Arc::clone(&process), call.clone());
        std::thread::Builder::new().spawn(move || process.perform(line, &call))?;
    }
    Ok(())
}

struct Process {
    own: IpAddr,
    peer: IpAddr,
    rung: Rung,
    sockets: Mutex<Sockets>,
}

/// The descriptors by their names; of those that were closed, too, so that a call on one is made, and gives EBADF.
#[derive(Default)]
struct Sockets {
    named: BTreeMap<String, Descriptor>,
    /// How many descriptor numbers were given. Each is given once: the kernel would give the number of a closed
    /// descriptor again.
    numbers: i32,
}

/// A descriptor that close() ends and nothing else: it may be closed while a call on it waits.
type Descriptor = Arc<ManuallyDrop<Socket>>;

/// The first number that a socket with a name gets.
const NUMBERS_AT: i32 = 20;

type Returned = Result<Outcome, Failure>;

/// Why a call did not succeed.
enum Failure {
    Errno(Errno),
    /// No answer of the kernel's: something that must not happen.
    Broken(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().and_then(|errno| u16::try_from(errno).ok()) {
            Some(errno) => Self::Errno(Errno(errno)),
            None => Self::Broken(error.to_string()),
        }
    }
}

impl From<nix::Error> for Failure {
    fn from(errno: nix::Error) -> Self {
        io::Error::from(errno).into()
    }
}

impl Process {
    fn perform(&self, line: u32, call: &Call) {
        report(Report::Began { line, at_us: now_us() });
        let returned = self.call(line, call);
        let at_us = now_us();
        let outcome = match returned {
            Ok(outcome) => outcome,
            Err(Failure::Errno(errno)) => Outcome::Errno(errno),
            Err(Failure::Broken(what)) => {
                eprintln!("line {line}: {what}");
                std::process::exit(1);
            }
        };
        report(Report::Returned { line, at_us, outcome });
    }

    fn call(&self, line: u32, call: &Call) -> Returned {
        let zero = |()| Outcome::ZERO;
        match &call.verb {
            Verb::Listen { backlog, place: Place::New { port, reuse_address } } => {
                let socket = self.new_socket()?;
                socket.set_reuse_address(*reuse_address)?;
                socket.bind(&SocketAddr::new(self.own, self.port(*port)).into())?;
                // Named only when it listens: where bind(2) fails there is no listener.
                socket.listen(i32::try_from(*backlog).unwrap_or(i32::MAX))?;
                self.name(line, call, socket)?;
                Ok(Outcome::ZERO)
            }
            Verb::Listen { backlog, place: Place::Existing } => {
                let backlog = i32::try_from(*backlog).unwrap_or(i32::MAX);
                Ok(self.socket(&call.socket)?.listen(backlog).map(zero)?)
            }
            Verb::Socket => {
                self.name(line, call, self.new_socket()?)?;
                Ok(Outcome::ZERO)
            }
            Verb::Bind { port } => {
                let port = if *port == 0 { 0 } else { self.port(*port) };
                Ok(self.socket(&call.socket)?.bind(&SocketAddr::new(self.own, port).into()).map(zero)?)
            }
            Verb::Disconnect => Ok(self.socket(&call.socket)?.connect(&nobody()).map(zero)?),
            Verb::Dup { copy } => {
                let copied = self.numbered(&**self.socket(&call.socket)?)?;
                self.lock().named.insert(copy.clone(), Arc::new(ManuallyDrop::new(copied)));
                Ok(Outcome::ZERO)
            }
            Verb::Connect { port, opening, connecting } => self.connect(line, call, *port, opening, *connecting),
            Verb::Accept { listener } => {
                let (socket, peer) = self.socket(listener)?.accept()?;
                let socket = self.name(line, call, socket)?;
                report(Report::Ports { line, ports: [port(socket.local_addr())?, port(Ok(peer))?] });
                Ok(Outcome::ZERO)
            }
            Verb::Write(payload) => {
                let socket = self.socket(&call.socket)?;
                let written = send(socket.as_raw_fd(), &payload.bytes(), MsgFlags::MSG_NOSIGNAL)?;
                Ok(Outcome::Number(written as u64))
            }
            Verb::Read { at_most } => {
                let socket = self.socket(&call.socket)?;
                let mut buffer = vec![0; *at_most as usize];
                Ok(Outcome::Number((&**socket).read(&mut buffer)? as u64))
            }
            Verb::Peek { at_most } => {
                let mut buffer = vec![0; *at_most as usize];
                let peeked = recv(self.socket(&call.socket)?.as_raw_fd(), &mut buffer, MsgFlags::MSG_PEEK)?;
                Ok(Outcome::Number(peeked as u64))
            }
            Verb::Queued(queue) => Ok(Outcome::Number(queued(&**self.socket(&call.socket)?, *queue)? as u64)),
            Verb::Shutdown(how) => {
                let how = match how {
                    How::Rd => std::net::Shutdown::Read,
                    How::Wr => std::net::Shutdown::Write,
                    How::RdWr => std::net::Shutdown::Both,
                };
                Ok(self.socket(&call.socket)?.shutdown(how).map(zero)?)
            }
            Verb::Close => {
                // The name keeps the number, which is no descriptor from now on.
                Ok(unistd::close(self.socket(&call.socket)?.as_raw_fd()).map(zero)?)
            }
            Verb::SetOption(option) => Ok(set(&**self.socket(&call.socket)?, *option).map(zero)?),
            Verb::GetError => Ok(match self.socket(&call.socket)?.take_error()? {
                Some(pending) => Outcome::Errno(errno(&pending)?),
                None => Outcome::ZERO,
            }),
            Verb::Poll => Ok(Outcome::Ready(ready(&**self.socket(&call.socket)?)?)),
            Verb::GetPeerName => Ok(self.socket(&call.socket)?.peer_addr().map(|_| Outcome::ZERO)?),
        }
    }

    fn connect(&self, line: u32, call: &Call, port_number: u16, opening: &Opening, connecting: Connecting) -> Returned {
        let socket = match opening {
            Opening::Existing => self.socket(&call.socket)?,
            Opening::New { from } => {
                let socket = self.name(line, call, self.new_socket()?)?;
                match from {
                    Some(from) => socket.bind(&SocketAddr::new(self.own, self.port(*from)).into())?,
                    // Where both hosts are one machine, it would choose the peer's address for this end too.
                    None if !self.rung.has_link() => socket.bind(&SocketAddr::new(self.own, 0).into())?,
                    None => {}
                }
                socket
            }
        };
        let peer_port = self.port(port_number);
        let peer = SocketAddr::new(self.peer, peer_port).into();
        let connected = match connecting {
            // By the time that it returns the descriptor may be closed.
            Connecting::Blocking => socket.connect(&peer),
            Connecting::Nonblocking => {
                let was_nonblocking = socket.nonblocking()?;
                socket.set_nonblocking(true)?;
                let connected = socket.connect(&peer);
                socket.set_nonblocking(was_nonblocking)?;
                connected
            }
        };
        let is_new = *opening != Opening::Existing;
        if let Ok(own) = port(socket.local_addr())
            && (is_new || connected.is_ok())
        {
            report(Report::Ports { line, ports: [own, peer_port] });
        }
        Ok(connected.map(|()| Outcome::ZERO)?)
    }

    /// The port that stands for the script's: in its own namespace everybody may have all, on the machine itself
    /// ordinary users may not have the low ones (ip(7), ip_unprivileged_port_start).
    fn port(&self, port: u16) -> u16 {
        let low = || std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").ok()?.trim().parse().ok();
        match self.rung {
            Rung::Calls if port < low().unwrap_or(1024) => port + LOW_PORTS_AT,
            _ => port,
        }
    }

    fn new_socket(&self) -> io::Result<Socket> {
        Socket::new(Domain::for_address(SocketAddr::new(self.own, 0)), Type::STREAM, Some(Protocol::TCP))
    }

    /// Gives a new socket its name, and says so: it can be seen from now on, even if the call blocks.
    fn name(&self, line: u32, call: &Call, socket: Socket) -> Result<Descriptor, Failure> {
        let socket = self.numbered(&socket)?;
        let inode = nix::sys::stat::fstat(&socket)?.st_ino;
        report(Report::Made { line, inode });
        let socket = Arc::new(ManuallyDrop::new(socket));
        self.lock().named.insert(call.socket.clone(), Arc::clone(&socket));
        Ok(socket)
    }

    /// Another descriptor for the socket, with a number that no other ever has.
    fn numbered(&self, socket: &Socket) -> nix::Result<Socket> {
        let lowest = {
            let mut sockets = self.lock();
            sockets.numbers += 1;
            NUMBERS_AT + sockets.numbers
        };
        let number = fcntl(socket, FcntlArg::F_DUPFD_CLOEXEC(lowest))?;
        // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
        #[expect(unsafe_code, reason = "fcntl gives a number")]
        let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
        Ok(descriptor.into())
    }

    fn socket(&self, name: &str) -> Result<Descriptor, Failure> {
        self.lock().named.get(name).cloned().ok_or_else(|| no_socket(name))
    }

    fn lock(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().expect("nobody panics while holding the table of sockets")
    }
}

/// Where the low ports are on rung `calls`: below those that the kernel gives away.
const LOW_PORTS_AT: u16 = 20_000;

/// An address of the family AF_UNSPEC, with which connect(2) ends a connection.
fn nobody() -> SockAddr {
    let storage = SockAddrStorage::zeroed();
    let length = storage.size_of();
    // SAFETY: of this family, which is 0, there is no more than the family.
    #[expect(unsafe_code, reason = "socket2 makes no such address")]
    unsafe {
        SockAddr::new(storage, length)
    }
}

fn no_socket(name: &str) -> Failure {
    Failure::Broken(format!("there is no socket `{name}` in this process"))
}

fn port(address: io::Result<SockAddr>) -> io::Result<u16> {
    let address = address?.as_socket().ok_or_else(|| io::Error::other("a TCP socket without a port"))?;
    Ok(address.port())
}

fn errno(error: &io::Error) -> Result<Errno, Failure> {
    let number = error.raw_os_error().and_then(|errno| u16::try_from(errno).ok());
    number.map(Errno).ok_or_else(|| Failure::Broken(error.to_string()))
}

fn set(socket: &Socket, option: SocketOption) -> io::Result<()> {
    let seconds = |duration: std::time::Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
    // Zero is for ever.
    let patience = |timeout: std::time::Duration| Some(timeout).filter(|timeout| !timeout.is_zero());
    Ok(match option {
        SocketOption::NonBlocking(on) => return socket.set_nonblocking(on),
        SocketOption::ReceiveTimeout(timeout) => return socket.set_read_timeout(patience(timeout)),
        SocketOption::SendTimeout(timeout) => return socket.set_write_timeout(patience(timeout)),
        SocketOption::NoDelay(on) => return socket.set_tcp_nodelay(on),
        SocketOption::ReuseAddress(on) => return socket.set_reuse_address(on),
        SocketOption::BindNoPort(on) => setsockopt(socket, BindNoPort, &i32::from(on)),
        SocketOption::Linger(linger) => {
            let linger = libc::linger { l_onoff: linger.is_some().into(), l_linger: linger.unwrap_or(0).into() };
            setsockopt(socket, sockopt::Linger, &linger)
        }
        SocketOption::KeepAlive(on) => setsockopt(socket, sockopt::KeepAlive, &on),
        SocketOption::DeferAccept(time) => setsockopt(socket, DeferAccept, &seconds(time)),
        SocketOption::KeepIdle(idle) => setsockopt(socket, sockopt::TcpKeepIdle, &seconds(idle)),
        SocketOption::KeepInterval(interval) => setsockopt(socket, sockopt::TcpKeepInterval, &seconds(interval)),
        SocketOption::KeepCount(count) => setsockopt(socket, sockopt::TcpKeepCount, &count.into()),
        SocketOption::UserTimeout(timeout) => {
            setsockopt(socket, sockopt::TcpUserTimeout, &u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX))
        }
        SocketOption::Linger2(seconds) => {
            setsockopt(socket, Linger2, &seconds.map_or(-1, |seconds| i32::try_from(seconds).unwrap_or(i32::MAX)))
        }
        SocketOption::ReceiveBuffer(bytes) => setsockopt(socket, sockopt::RcvBuf, &(bytes as usize)),
        SocketOption::SendBuffer(bytes) => setsockopt(socket, sockopt::SndBuf, &(bytes as usize)),
    }?)
}

mod ioctl {
    nix::ioctl_read_bad!(unread, nix::libc::FIONREAD, nix::libc::c_int);
    nix::ioctl_read_bad!(unacknowledged, nix::libc::TIOCOUTQ, nix::libc::c_int);
}

/// ioctl(2) with FIONREAD or SIOCOUTQ, whose number is TIOCOUTQ's (linux/sockios.h): the bytes in a queue. std does not
/// have this call.
///
/// # Errors
/// The errno with which the call has failed.
pub fn queued(socket: &Socket, queue: Queue) -> io::Result<usize> {
    let mut bytes = 0;
    let descriptor = socket.as_raw_fd();
    // SAFETY: both requests write one int to where the pointer points, and nothing else.
    #[expect(unsafe_code, reason = "the two ioctls that count a queue")]
    unsafe {
        match queue {
            Queue::Unread => ioctl::unread(descriptor, &raw mut bytes)?,
            Queue::Unacknowledged => ioctl::unacknowledged(descriptor, &raw mut bytes)?,
        }
    };
    usize::try_from(bytes).map_err(io::Error::other)
}

/// TCP_LINGER2 (tcp(7)), which `nix` does not have.
#[derive(Clone, Copy)]
struct Linger2;

nix::setsockopt_impl!(Linger2, libc::IPPROTO_TCP, libc::TCP_LINGER2, i32, sockopt::SetStruct<'_, i32>);

/// TCP_DEFER_ACCEPT (tcp(7)), which `nix` does not have either.
#[derive(Clone, Copy)]
struct DeferAccept;

nix::setsockopt_impl!(DeferAccept, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, u32, sockopt::SetStruct<'_, u32>);

/// IP_BIND_ADDRESS_NO_PORT (ip(7)).
#[derive(Clone, Copy)]
struct BindNoPort;

nix::setsockopt_impl!(BindNoPort, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, i32, sockopt::SetStruct<'_, i32>);

/// IP_BIND_ADDRESS_NO_PORT: bind(2) without a port leaves the choice to connect(2). std does not have this option.
///
/// # Errors
/// The errno with which the call has failed.
pub fn bind_no_port(socket: &Socket) -> io::Result<()> {
    Ok(setsockopt(socket, BindNoPort, &1)?)
}

/// poll(2) on a socket, for IN, OUT and RDHUP, without waiting: std does not have this call.
///
/// # Errors
/// The errno with which the call has failed.
pub fn poll(socket: &Socket) -> io::Result<Ready> {
    Ok(ready(socket)?)
}

/// The call itself: `nix` does not read RDHUP from it, and epoll(7) takes no number that is no descriptor.
fn ready(socket: &Socket) -> nix::Result<Ready> {
    let events = libc::POLLIN | libc::POLLOUT | libc::POLLRDHUP;
    let mut asked = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    // SAFETY: the kernel reads and writes this one entry. A number that is no descriptor is an answer, not an error.
    #[expect(unsafe_code, reason = "poll(2) with RDHUP")]
    nix::Error::result(unsafe { libc::poll(&raw mut asked, 1, 0) })?;
    let found = |flag| asked.revents & flag != 0;
    Ok(Ready {
        input: found(libc::POLLIN),
        output: found(libc::POLLOUT),
        read_hangup: found(libc::POLLRDHUP),
        hangup: found(libc::POLLHUP),
        error: found(libc::POLLERR),
        invalid: found(libc::POLLNVAL),
    })
}

fn report(report: Report) {
    // One write for the whole line. If nobody reads any more there is nothing left to do.
    if io::stdout().lock().write_all(format!("{report}\n").as_bytes()).is_err() {
        std::process::exit(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_read_back_as_they_are_printed() {
        for report in [
            Report::Began { line: 3, at_us: 17 },
            Report::Made { line: 3, inode: 99 },
            Report::Ports { line: 3, ports: [80, 40_000] },
            Report::Returned { line: 3, at_us: 17, outcome: Outcome::Errno(Errno(200)) },
        ] {
            assert_eq!(Report::from_text(&report.to_string()), Some(report));
        }
        assert_eq!(Report::from_text("returned 3 17"), None);
    }
}
