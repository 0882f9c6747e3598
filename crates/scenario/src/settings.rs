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
        let (name, value) = match *self {
            Self::Linger(None) => ("SO_LINGER", Value::Word("off")),
            Self::Linger(Some(seconds)) => ("SO_LINGER", Value::Number(seconds.into())),
            Self::KeepAlive(on) => ("SO_KEEPALIVE", Value::Number(on.into())),
            Self::KeepIdle(idle) => ("TCP_KEEPIDLE", Value::Time(idle)),
            Self::KeepInterval(interval) => ("TCP_KEEPINTVL", Value::Time(interval)),
            Self::KeepCount(count) => ("TCP_KEEPCNT", Value::Number(count.into())),
            Self::UserTimeout(timeout) => ("TCP_USER_TIMEOUT", Value::Time(timeout)),
            Self::Linger2(None) => ("TCP_LINGER2", Value::Word("-1")),
            Self::Linger2(Some(seconds)) => ("TCP_LINGER2", Value::Number(seconds)),
            Self::ReceiveBuffer(bytes) => ("SO_RCVBUF", Value::Number(bytes)),
            Self::SendBuffer(bytes) => ("SO_SNDBUF", Value::Number(bytes)),
            Self::NonBlocking(on) => ("O_NONBLOCK", Value::Number(on.into())),
            Self::ReceiveTimeout(timeout) => ("SO_RCVTIMEO", Value::Time(timeout)),
            Self::SendTimeout(timeout) => ("SO_SNDTIMEO", Value::Time(timeout)),
            Self::ReuseAddress(on) => ("SO_REUSEADDR", Value::Number(on.into())),
            Self::BindNoPort(on) => ("IP_BIND_ADDRESS_NO_PORT", Value::Number(on.into())),
            Self::NoDelay(on) => ("TCP_NODELAY", Value::Number(on.into())),
            Self::DeferAccept(time) => ("TCP_DEFER_ACCEPT", Value::Time(time)),
        };
        write!(f, "{name}, {value}")
    }
}

/// What an option is set to, as a script writes it: `5`, `5s`, `40ms`, `off`.
enum Value {
    Word(&'static str),
    Number(u32),
    Time(Duration),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Word(word) => f.write_str(word),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(time) => match (time.as_secs(), u64::from(time.subsec_millis())) {
                (seconds, 0) => write!(f, "{seconds}s"),
                (seconds, millis) => write!(f, "{}ms", seconds * 1000 + millis),
            },
        }
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
