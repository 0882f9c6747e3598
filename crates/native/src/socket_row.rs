//! One TCP socket as the kernel shows it.

use scenario::{Info, State};

/// A row of the kernel's tables: one TCP socket of a network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketRow {
    pub(crate) local_port: u16,
    /// 0 if there is no peer.
    pub(crate) peer_port: u16,
    pub(crate) state: State,
    /// 0 for what no descriptor owns: queued connections, orphans, TIME-WAIT.
    pub(crate) inode: u64,
    /// The kernel's number of the connection, from its request to its TIME-WAIT (`sk_cookie`); `None` where it does not say.
    pub(crate) cookie: Option<u64>,
    /// What it holds; `None` where the kernel does not say.
    pub(crate) info: Option<Info>,
    /// In how many milliseconds its timer fires; `None` if none is set that the kernel shows, or if it is that of
    /// TIME-WAIT.
    pub(crate) fires_ms: Option<u32>,
}

/// The state of that number in include/net/tcp_states.h; `None` for a number that names none.
pub(crate) const fn state(number: u8) -> Option<State> {
    Some(match number {
        1 => State::Established,
        2 => State::SynSent,
        // A connection request in the queue shows as SYN_RECV; 12 is the same without a listener's lock (TCP_NEW_SYN_RECV).
        3 | 12 => State::SynReceived,
        4 => State::FinWait1,
        5 => State::FinWait2,
        6 => State::TimeWait,
        7 => State::Closed,
        8 => State::CloseWait,
        9 => State::LastAck,
        10 => State::Listen,
        11 => State::Closing,
        _ => return None,
    })
}
