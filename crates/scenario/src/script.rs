//! The script language as data. [`Script::parse`] (in `parse/`) reads it; [`Verb`]'s `Display` writes a call.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{BufferMemory, Errno, Host, Link, LinkAction, Network, Outcome, SocketOption, State, Sysctl};

/// A script: a question, and the statements whose run answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The first comment line: the reader's question.
    pub title: String,
    /// The comment lines that follow it, joined by a space.
    pub summary: String,
    /// The statements, in the order of the file.
    pub statements: Vec<Statement>,
}

impl Script {
    /// Whether its hosts speak IPv6 (`link ipv6`).
    pub fn ipv6(&self) -> bool {
        self.statements.iter().any(|statement| matches!(statement.action, Action::Link(_, LinkAction::Ipv6)))
    }

    /// Its hosts and links: with a proxy if a statement is the proxy's.
    pub fn network(&self) -> Network {
        let is_proxy_s = |statement: &Statement| match &statement.action {
            Action::Call(Call { host, .. }) | Action::Host(host, _) => *host == Host::Proxy,
            _ => false,
        };
        if self.statements.iter().any(is_proxy_s) { Network::Proxied } else { Network::Direct }
    }

    /// The statement that stands in this line of the file (counted from 1).
    pub fn statement(&self, line: u32) -> Option<&Statement> {
        self.statements.iter().find(|statement| statement.line == line)
    }
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The line of the file, counted from 1. It names the statement: in events, in failures, in error messages.
    pub line: u32,
    /// The statement as written, without the caption and without white space around it.
    pub text: String,
    /// The comment behind the statement.
    pub caption: Option<String>,
    /// What it does.
    pub action: Action,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// A system call.
    Call(Call),
    /// Something is done to a host.
    Host(Host, HostAction),
    /// Something is done to a link, or to a segment on it. `link ipv6` is for all links, and has the first.
    Link(Link, LinkAction),
    /// `wait 5s`: time passes, and the next statement waits for the link to be quiet.
    Wait(Duration),
    /// `wait 40ms &`: time passes, and the next statement begins then, whatever is on its way.
    Pause(Duration),
    /// `expect SUBJECT STATE`: the state that a connection must be in.
    Expect(Whom, State),
}

/// Whose state `expect` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// The host's newest connection: owned by a descriptor, queued, orphan or TIME-WAIT; listeners left out.
    Newest(Host),
    /// The socket of that name, on that host.
    Socket(Host, String),
}

/// A system call: the host, the socket, the arguments, and what the script says that it returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The host whose program makes the call.
    pub host: Host,
    /// The socket's name. For `socket`, `listen`, `accept` and a first `connect` the one that the call makes.
    pub socket: String,
    /// The call and its arguments.
    pub verb: Verb,
    /// The outcome behind `=`; `None` accepts any.
    pub expected: Option<Expected>,
    /// `&`: the next statement does not wait for the link to be quiet.
    pub in_background: bool,
}

impl Call {
    /// The socket that is busy while the call has not returned: the listener for `accept`, else its own.
    pub fn busy_socket(&self) -> &str {
        match &self.verb {
            Verb::Accept { listener } => listener,
            _ => &self.socket,
        }
    }
}

/// A call's name and arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// listen(2).
    Listen {
        /// The backlog, as given to listen(2); 128 where the script gives none.
        backlog: u32,
        /// The socket on which it is called.
        place: Place,
    },
    /// socket(2): a socket that has no connection yet.
    Socket,
    /// bind(2).
    Bind {
        /// The own port; 0 where the kernel chooses.
        port: u16,
    },
    /// connect(2).
    Connect {
        /// The peer's port; 80 where the script gives none.
        port: u16,
        /// The socket that connects: a new one, or one that is there.
        opening: Opening,
        /// Whether the call waits for the handshake.
        connecting: Connecting,
    },
    /// connect(2) with AF_UNSPEC: the connection ends, and the socket is as new.
    Disconnect,
    /// dup(2): another descriptor for the same socket, as fork(2) makes one, too.
    Dup {
        /// The new descriptor's name.
        copy: String,
    },
    /// accept(2) on the listener of that name.
    Accept {
        /// The listener's name.
        listener: String,
    },
    /// write(2), as one call; with MSG_NOSIGNAL, so that EPIPE comes without SIGPIPE.
    Write(Payload),
    /// read(2).
    Read {
        /// The buffer's length; 65536 where the script gives none.
        at_most: u32,
    },
    /// recv(2) with MSG_PEEK: the bytes that a read would return stay in the receive queue.
    Peek {
        /// The buffer's length; 65536 where the script gives none.
        at_most: u32,
    },
    /// ioctl(2): the bytes in one of the socket's queues.
    Queued(Queue),
    /// shutdown(2).
    Shutdown(How),
    /// close(2).
    Close,
    /// setsockopt(2).
    SetOption(SocketOption),
    /// getsockopt(2) with SO_ERROR: hands out the pending error and clears it.
    GetError,
    /// poll(2) for IN, OUT and RDHUP, without waiting.
    Poll,
    /// getpeername(2).
    GetPeerName,
}

impl Verb {
    /// The call's name without arguments: `read`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "listen",
            Self::Socket => "socket",
            Self::Bind { .. } => "bind",
            Self::Connect { .. } => "connect",
            Self::Disconnect => "disconnect",
            Self::Dup { .. } => "dup",
            Self::Accept { .. } => "accept",
            Self::Write(_) => "write",
            Self::Read { .. } => "read",
            Self::Peek { .. } => "peek",
            Self::Queued(_) => "ioctl",
            Self::Shutdown(_) => "shutdown",
            Self::Close => "close",
            Self::SetOption(_) => "setsockopt",
            Self::GetError => "getsockopt",
            Self::Poll => "poll",
            Self::GetPeerName => "getpeername",
        }
    }

    /// Whether the call makes the socket that its `socket` field names.
    pub const fn makes_socket(&self) -> bool {
        matches!(
            self,
            Self::Socket
                | Self::Listen { place: Place::New { .. }, .. }
                | Self::Connect { opening: Opening::New { .. }, .. }
                | Self::Accept { .. }
        )
    }

    /// The buffer's length where a script gives none.
    pub const READ_AT_MOST: u32 = 65_536;
    /// The port where a script gives none.
    pub const PORT: u16 = 80;
    /// listen(2)'s backlog where a script gives none.
    pub const BACKLOG: u32 = 128;
}

/// The socket on which listen(2) is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// A new socket: socket(2) and bind(2) come first.
    New {
        /// The port; 80 where the script gives none.
        port: u16,
        /// Whether SO_REUSEADDR is set before bind(2).
        reuse_address: bool,
    },
    /// One that is there. Without a port it gets one that the host chooses.
    Existing,
}

/// The socket on which connect(2) is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opening {
    /// A new socket: socket(2) comes first.
    New {
        /// The own port, for bind(2); the host chooses where the script gives none.
        from: Option<u16>,
    },
    /// The socket of that name, which is there.
    Existing,
}

/// Whether connect(2) waits for the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connecting {
    /// It waits (a blocking socket).
    Blocking,
    /// It returns EINPROGRESS. O_NONBLOCK is set for this call alone.
    Nonblocking,
}

/// The bytes that write(2) is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// This many bytes, with letters in them.
    Length(u32),
    /// These very bytes.
    Text(String),
}

impl Payload {
    /// The length, in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Length(length) => *length as usize,
            Self::Text(text) => text.len(),
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes; letters where the script gives a number alone.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Length(length) => {
                // In one piece: a script may write megabytes, and builds without optimization are slow byte by byte.
                let mut bytes = b"abcdefghijklmnopqrstuvwxyz".repeat(*length as usize / 26 + 1);
                bytes.truncate(*length as usize);
                bytes
            }
            Self::Text(text) => text.clone().into_bytes(),
        }
    }
}

/// Which of a socket's queues ioctl(2) counts, in bytes (tcp(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Queue {
    /// FIONREAD: what has arrived in order and is not read.
    Unread,
    /// SIOCOUTQ: what is written and not acknowledged; a FIN that is not acknowledged counts as one.
    Unacknowledged,
}

impl Queue {
    /// Both with the names of their requests.
    pub const WORDS: [(&str, Self); 2] = [("FIONREAD", Self::Unread), ("SIOCOUTQ", Self::Unacknowledged)];
}

/// shutdown(2)'s second argument, without its SHUT_.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "shutdown(2)'s names")]
pub enum How {
    Rd,
    Wr,
    RdWr,
}

/// The outcome that a script demands of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// It returns this before the link is quiet.
    Returns(Outcome),
    /// It has not returned when the link is quiet.
    Blocks {
        /// What it returns in the end; `None` accepts anything, and that it never does.
        then: Option<Outcome>,
    },
}

/// What is done to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostAction {
    /// SIGKILL: its process ends, and the kernel closes its descriptors.
    Kill,
    /// The host loses power: its sockets are gone, and it sends nothing.
    Crash,
    /// The host boots, at the same address, without sockets or TIME-WAIT.
    Boot,
    /// A setting of the host's kernel (/proc/sys/net/ipv4).
    Sysctl(Sysctl, u32),
    /// ip_local_port_range: the ports that the host's kernel chooses from.
    PortRange {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
    },
    /// tcp_rmem or tcp_wmem, for sockets that are made from now on.
    BufferMemory {
        /// Which of the two.
        buffer: BufferMemory,
        /// The least, in bytes.
        least: u32,
        /// What a socket has from the beginning, and never more, in bytes.
        bytes: u32,
    },
}

impl fmt::Display for Verb {
    /// The call as a trace shows it: `write(5)`, `setsockopt(SO_LINGER, 0)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { backlog, place } => {
                let (port, flag) = match place {
                    Place::New { port, reuse_address } => (*port, reuse_address.then_some("reuseaddr")),
                    Place::Existing => (Self::PORT, None),
                };
                let backlog = Some(*backlog).filter(|backlog| *backlog != Self::BACKLOG);
                let port = Some(port.into()).filter(|port| *port != u32::from(Self::PORT));
                arguments(f, self.name(), [("backlog=", backlog), ("port=", port)], flag)
            }
            Self::Bind { port } => {
                let port = Some(u32::from(*port)).filter(|port| *port != 0);
                arguments(f, self.name(), [("port=", port), ("", None)], None)
            }
            Self::Dup { copy } => write!(f, "dup() as {copy}"),
            Self::Connect { port, opening, connecting } => {
                let port = Some(u32::from(*port)).filter(|port| *port != u32::from(Self::PORT));
                let from = match opening {
                    Opening::New { from } => from.map(u32::from),
                    Opening::Existing => None,
                };
                let flag = (*connecting == Connecting::Nonblocking).then_some("nonblock");
                arguments(f, self.name(), [("port=", port), ("from=", from)], flag)
            }
            Self::Write(Payload::Length(length)) => write!(f, "write({length})"),
            Self::Write(Payload::Text(text)) => write!(f, "write(\"{text}\")"),
            Self::Read { at_most } | Self::Peek { at_most } => {
                let at_most = Some(*at_most).filter(|at_most| *at_most != Self::READ_AT_MOST);
                arguments(f, self.name(), [("", at_most), ("", None)], None)
            }
            Self::Queued(Queue::Unread) => f.write_str("ioctl(FIONREAD)"),
            Self::Queued(Queue::Unacknowledged) => f.write_str("ioctl(SIOCOUTQ)"),
            Self::Shutdown(how) => write!(
                f,
                "shutdown({})",
                match how {
                    How::Rd => "RD",
                    How::Wr => "WR",
                    How::RdWr => "RDWR",
                }
            ),
            Self::SetOption(option) => write!(f, "setsockopt({option})"),
            Self::GetError => f.write_str("getsockopt(SO_ERROR)"),
            Self::Socket | Self::Disconnect | Self::Accept { .. } | Self::Close | Self::Poll | Self::GetPeerName => {
                arguments(f, self.name(), [("", None); 2], None)
            }
        }
    }
}

/// A call, with those of its arguments that are given.
fn arguments(
    f: &mut fmt::Formatter<'_>,
    call: &str,
    numbers: [(&str, Option<u32>); 2],
    flag: Option<&str>,
) -> fmt::Result {
    write!(f, "{call}(")?;
    let mut separator = "";
    for (name, number) in numbers {
        if let Some(number) = number {
            write!(f, "{separator}{name}{number}")?;
            separator = ", ";
        }
    }
    if let Some(flag) = flag {
        write!(f, "{separator}{flag}")?;
    }
    f.write_str(")")
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returns(outcome) => write!(f, "{outcome}"),
            Self::Blocks { then: None } => f.write_str("blocks"),
            Self::Blocks { then: Some(outcome) } => write!(f, "blocks, then {outcome}"),
        }
    }
}

impl Expected {
    /// `= ERRNO`
    pub const fn errno(errno: Errno) -> Self {
        Self::Returns(Outcome::Errno(errno))
    }
}
