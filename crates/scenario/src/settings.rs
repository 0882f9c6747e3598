//! What a program sets on a socket, and what is set for a whole host.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An option of a socket, and its value (setsockopt(2), fcntl(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketOption {
    /// SO_LINGER: whole seconds; `None` is off.
    Linger(Option<u16>),
    /// SO_KEEPALIVE.
    KeepAlive(bool),
    /// TCP_KEEPIDLE: whole seconds on Linux.
    KeepIdle(Duration),
    /// TCP_KEEPINTVL: whole seconds on Linux.
    KeepInterval(Duration),
    /// TCP_KEEPCNT.
    KeepCount(u8),
    /// TCP_USER_TIMEOUT: milliseconds; zero is off.
    UserTimeout(Duration),
    /// TCP_LINGER2: how long an orphan stays in FIN-WAIT-2; `None` (-1 in the script) resets instead of waiting.
    Linger2(Option<u32>),
    /// SO_RCVBUF, in bytes. Linux doubles it.
    ReceiveBuffer(u32),
    /// SO_SNDBUF, in bytes. Linux doubles it.
    SendBuffer(u32),
    /// O_NONBLOCK, which fcntl(2) sets: no call waits.
    NonBlocking(bool),
    /// SO_RCVTIMEO: how long read and accept wait; zero is for ever.
    ReceiveTimeout(Duration),
    /// SO_SNDTIMEO: how long write and connect wait; zero is for ever.
    SendTimeout(Duration),
    /// SO_REUSEADDR: bind takes a port in spite of what is left of others' connections.
    ReuseAddress(bool),
    /// IP_BIND_ADDRESS_NO_PORT: bind without a port leaves the choice to connect.
    BindNoPort(bool),
    /// TCP_NODELAY: Nagle's algorithm is off.
    NoDelay(bool),
    /// TCP_DEFER_ACCEPT, of a listener: accept waits for the client's first data, about so many whole seconds; zero is
    /// off.
    DeferAccept(Duration),
}

impl fmt::Display for SocketOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linger(None) => f.write_str("SO_LINGER, off"),
            Self::Linger(Some(seconds)) => write!(f, "SO_LINGER, {seconds}"),
            Self::KeepAlive(on) => write!(f, "SO_KEEPALIVE, {}", u8::from(*on)),
            Self::KeepIdle(idle) => write!(f, "TCP_KEEPIDLE, {}", Span(*idle)),
            Self::KeepInterval(interval) => write!(f, "TCP_KEEPINTVL, {}", Span(*interval)),
            Self::KeepCount(count) => write!(f, "TCP_KEEPCNT, {count}"),
            Self::UserTimeout(timeout) => write!(f, "TCP_USER_TIMEOUT, {}", Span(*timeout)),
            Self::Linger2(None) => f.write_str("TCP_LINGER2, -1"),
            Self::Linger2(Some(seconds)) => write!(f, "TCP_LINGER2, {seconds}"),
            Self::ReceiveBuffer(bytes) => write!(f, "SO_RCVBUF, {bytes}"),
            Self::SendBuffer(bytes) => write!(f, "SO_SNDBUF, {bytes}"),
            Self::NonBlocking(on) => write!(f, "O_NONBLOCK, {}", u8::from(*on)),
            Self::ReceiveTimeout(timeout) => write!(f, "SO_RCVTIMEO, {}", Span(*timeout)),
            Self::SendTimeout(timeout) => write!(f, "SO_SNDTIMEO, {}", Span(*timeout)),
            Self::ReuseAddress(on) => write!(f, "SO_REUSEADDR, {}", u8::from(*on)),
            Self::BindNoPort(on) => write!(f, "IP_BIND_ADDRESS_NO_PORT, {}", u8::from(*on)),
            Self::NoDelay(on) => write!(f, "TCP_NODELAY, {}", u8::from(*on)),
            Self::DeferAccept(time) => write!(f, "TCP_DEFER_ACCEPT, {}", Span(*time)),
        }
    }
}

/// A length of time as a script writes it: `5s`, `40ms`.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.as_secs(), u64::from(self.0.subsec_millis()));
        if millis == 0 { write!(f, "{seconds}s") } else { write!(f, "{}ms", seconds * 1000 + millis) }
    }
}

/// The settings under /proc/sys/net/ipv4 that a script may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "Documentation/networking/ip-sysctl.rst")]
pub enum Sysctl {
    TcpFinTimeout,
    TcpRfc1337,
    TcpAbortOnOverflow,
    TcpOrphanRetries,
    TcpRetries2,
    TcpSynRetries,
    TcpSynLinearTimeouts,
    TcpSynackRetries,
    TcpMaxTwBuckets,
    TcpMaxSynBacklog,
    TcpSyncookies,
    TcpTwReuse,
    TcpTimestamps,
}

impl Sysctl {
    /// The setting with two numbers, [`crate::HostAction::PortRange`]. Those with three are [`BufferMemory`]'s.
    pub const PORT_RANGE: &str = "ip_local_port_range";

    /// Those with one number.
    pub const ALL: [Self; 13] = [
        Self::TcpFinTimeout,
        Self::TcpRfc1337,
        Self::TcpAbortOnOverflow,
        Self::TcpOrphanRetries,
        Self::TcpRetries2,
        Self::TcpSynRetries,
        Self::TcpSynLinearTimeouts,
        Self::TcpSynackRetries,
        Self::TcpMaxTwBuckets,
        Self::TcpMaxSynBacklog,
        Self::TcpSyncookies,
        Self::TcpTwReuse,
        Self::TcpTimestamps,
    ];

    /// The file's name under /proc/sys/net/ipv4.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TcpFinTimeout => "tcp_fin_timeout",
            Self::TcpRfc1337 => "tcp_rfc1337",
            Self::TcpAbortOnOverflow => "tcp_abort_on_overflow",
            Self::TcpOrphanRetries => "tcp_orphan_retries",
            Self::TcpRetries2 => "tcp_retries2",
            Self::TcpSynRetries => "tcp_syn_retries",
            Self::TcpSynLinearTimeouts => "tcp_syn_linear_timeouts",
            Self::TcpSynackRetries => "tcp_synack_retries",
            Self::TcpMaxTwBuckets => "tcp_max_tw_buckets",
            Self::TcpMaxSynBacklog => "tcp_max_syn_backlog",
            Self::TcpSyncookies => "tcp_syncookies",
            Self::TcpTwReuse => "tcp_tw_reuse",
            Self::TcpTimestamps => "tcp_timestamps",
        }
    }
}

/// The settings that say how much memory a new socket's buffer may take: three numbers of bytes, of which a script gives
/// the least, and one for the default and the limit, so that the buffer does not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BufferMemory {
    /// tcp_rmem
    Receive,
    /// tcp_wmem
    Send,
}

impl BufferMemory {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Receive, Self::Send];

    /// The file's name under /proc/sys/net/ipv4.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "tcp_rmem",
            Self::Send => "tcp_wmem",
        }
    }
}
