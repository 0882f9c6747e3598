//! What setsockopt(2) has set. A connection inherits its listener's.

use crate::sysctls::Sysctls;

#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketOptions {
    /// SO_LINGER, in seconds; `None` is off.
    pub(crate) linger_s: Option<u16>,
    /// SO_KEEPALIVE
    pub(crate) keep_alive: KeepAlive,
    /// TCP_KEEPIDLE
    pub(crate) keep_idle_us: u64,
    /// TCP_KEEPINTVL
    pub(crate) keep_interval_us: u64,
    /// TCP_KEEPCNT
    pub(crate) keep_count: u32,
    /// TCP_USER_TIMEOUT
    pub(crate) user_timeout_us: Option<u64>,
    pub(crate) linger2: Linger2,
    /// SO_SNDBUF, in bytes as it was given; without it the kernel lets the buffer grow.
    pub(crate) send_buffer: Option<u32>,
    /// SO_RCVBUF, in bytes as it was given.
    pub(crate) receive_buffer: Option<u32>,
    /// Half of what tcp_rmem gave it when it was made, where a script has set it: as SO_RCVBUF, which Linux doubles.
    pub(crate) receive_memory: Option<u32>,
    /// What tcp_wmem gave it when it was made, where a script has set it.
    pub(crate) send_memory: Option<u32>,
    /// SO_RCVTIMEO
    pub(crate) receive_timeout_us: Option<u64>,
    /// SO_SNDTIMEO
    pub(crate) send_timeout_us: Option<u64>,
    /// TCP_NODELAY
    pub(crate) nagle: Nagle,
    /// IP_BIND_ADDRESS_NO_PORT
    pub(crate) bind_no_port: bool,
    /// TCP_DEFER_ACCEPT, in timeouts of the handshake; 0 is off.
    pub(crate) deferred_timeouts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepAlive {
    Off,
    On,
}

/// Whether small segments wait for one another: TCP_NODELAY switches it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nagle {
    On,
    Off,
}

/// TCP_LINGER2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linger2 {
    /// tcp_fin_timeout decides.
    Unset,
    Seconds(u32),
    /// -1
    Negative,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            linger_s: None,
            keep_alive: KeepAlive::Off,
            keep_idle_us: 7_200_000_000,
            keep_interval_us: 75_000_000,
            keep_count: 9,
            user_timeout_us: None,
            linger2: Linger2::Unset,
            send_buffer: None,
            receive_buffer: None,
            receive_memory: None,
            send_memory: None,
            receive_timeout_us: None,
            send_timeout_us: None,
            nagle: Nagle::On,
            bind_no_port: false,
            deferred_timeouts: 0,
        }
    }
}

impl SocketOptions {
    /// Those of a new socket, by its host's settings.
    pub(crate) fn of_new_socket(sysctls: &Sysctls) -> Self {
        Self {
            receive_memory: sysctls.receive_memory.map(|bytes| bytes / 2),
            send_memory: sysctls.send_memory,
            ..Self::default()
        }
    }
}
