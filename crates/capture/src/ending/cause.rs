//! The causes that an ending can have. Each has a paragraph in the book's page of causes.

/// Why a connection ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// close() with unread data in the receive queue.
    UnreadData,
    /// close() with SO_LINGER 0.
    LingerZero,
    /// The process ended, and its kernel closed its sockets.
    Killed,
    /// A listener was closed with connections in its queue.
    ListenerClosed,
    /// The accept queue was full.
    QueueFull,
    /// A program or its kernel aborted; which of the ways cannot be told here.
    Abort,
    /// Data for a connection that the other side had closed.
    WroteAfterClose,
    /// TLS's close_notify sent to a closed socket.
    CloseNotify,
    /// The host knows no such connection.
    NoSuchConnection,
    /// Keep-alive probes had no answer.
    KeepAliveGaveUp,
    /// A box in between has an idle timer.
    IdleBox,
    /// A box on the way, or a forger, wrote the reset.
    Forged,
    /// A segment that was questioned.
    Challenged,
    /// A reset whose number fits nothing.
    NotBelieved,
    /// A reset behind an ending that was complete.
    LateSegment,
    /// No listener on the port.
    NobodyListens,
    /// A firewall, in silence or with a reset of its own.
    Firewall,
    /// The peer, or the way to it, is gone.
    LostPeer,
    /// A program does not read, and its window is closed.
    SlowReader,
    /// TCP_LINGER2 below zero: no FIN-WAIT-2.
    Linger2,
    /// An orphan's timer ran out.
    OrphanTimeout,
    /// MPTCP's MP_FASTCLOSE.
    FastClose,
    /// One side has ended its direction, and the other has not.
    NotClosed,
}

impl Cause {
    /// All of them, in the order of the book's page.
    pub const ALL: [Self; 23] = [
        Self::UnreadData,
        Self::LingerZero,
        Self::Killed,
        Self::ListenerClosed,
        Self::QueueFull,
        Self::Abort,
        Self::WroteAfterClose,
        Self::CloseNotify,
        Self::NoSuchConnection,
        Self::KeepAliveGaveUp,
        Self::IdleBox,
        Self::Forged,
        Self::Challenged,
        Self::NotBelieved,
        Self::LateSegment,
        Self::NobodyListens,
        Self::Firewall,
        Self::LostPeer,
        Self::SlowReader,
        Self::Linger2,
        Self::OrphanTimeout,
        Self::FastClose,
        Self::NotClosed,
    ];

    /// Its id: the heading's anchor in the book's page of causes.
    pub const fn id(self) -> &'static str {
        match self {
            Self::UnreadData => "unread-data",
            Self::LingerZero => "linger-zero",
            Self::Killed => "killed",
            Self::ListenerClosed => "listener-closed",
            Self::QueueFull => "queue-full",
            Self::Abort => "abort",
            Self::WroteAfterClose => "wrote-after-close",
            Self::CloseNotify => "close-notify",
            Self::NoSuchConnection => "no-such-connection",
            Self::KeepAliveGaveUp => "keep-alive-gave-up",
            Self::IdleBox => "idle-box",
            Self::Forged => "forged",
            Self::Challenged => "challenged",
            Self::NotBelieved => "not-believed",
            Self::LateSegment => "late-segment",
            Self::NobodyListens => "nobody-listens",
            Self::Firewall => "firewall",
            Self::LostPeer => "lost-peer",
            Self::SlowReader => "slow-reader",
            Self::Linger2 => "linger2",
            Self::OrphanTimeout => "orphan-timeout",
            Self::FastClose => "fast-close",
            Self::NotClosed => "not-closed",
        }
    }

    /// What it says, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::UnreadData => {
                "close() found data that the program had not read, so its kernel reset in place of a FIN"
            }
            Self::LingerZero => "close() with SO_LINGER 0: an abort that the program asked for",
            Self::Killed => "the process ended with data unread, and its kernel closed its sockets",
            Self::ListenerClosed => "the listener was closed before anybody had accepted the connection",
            Self::QueueFull => "the accept queue was full",
            Self::Abort => "an abort; which of its ways cannot be told from this capture",
            Self::WroteAfterClose => "data came for a connection that this side had closed",
            Self::CloseNotify => "TLS said goodbye to a socket that was closed already; harmless",
            Self::NoSuchConnection => "this host knows no such connection: rebooted, forgotten, or never there",
            Self::KeepAliveGaveUp => "keep-alive probes had no answer",
            Self::IdleBox => "something in between has an idle timer",
            Self::Forged => "the reset was written by somebody in between",
            Self::Challenged => "a segment that might be forged was questioned with an ACK, and the connection went on",
            Self::NotBelieved => "a reset whose number fits nothing: its receiver ignores it",
            Self::LateSegment => "a reset behind an ending that was complete; harmless",
            Self::NobodyListens => "nobody listens on that port",
            Self::Firewall => "a firewall in between",
            Self::LostPeer => "the other host, or the way to it, is gone",
            Self::SlowReader => "a program does not read: its window is closed",
            Self::Linger2 => "TCP_LINGER2 below zero: a reset in place of FIN-WAIT-2",
            Self::OrphanTimeout => "a closed socket had waited long enough for the other side's FIN",
            Self::FastClose => "MPTCP aborted all of its subflows (MP_FASTCLOSE)",
            Self::NotClosed => "one side has ended its direction, and the other had not when the capture ended",
        }
    }

    /// The scenario of the book that shows it.
    pub const fn scenario(self) -> Option<&'static str> {
        Some(match self {
            Self::UnreadData | Self::Abort => "close-with-unread-data",
            Self::LingerZero => "linger-zero",
            Self::Killed => "sigkill-unread",
            Self::ListenerClosed => "listener-closed-with-backlog",
            Self::QueueFull => "accept-queue-full-abort",
            Self::WroteAfterClose | Self::CloseNotify => "write-after-peer-close",
            Self::NoSuchConnection => "peer-reboot-half-open",
            Self::KeepAliveGaveUp => "keepalive-dead",
            Self::IdleBox => "nat-idle-drop",
            Self::Forged => "middlebox-rst",
            Self::Challenged | Self::NotBelieved => "rst-in-window-challenge",
            Self::LateSegment => "time-wait-assassination",
            Self::NobodyListens => "connection-refused",
            Self::Firewall => "syn-blackhole",
            Self::LostPeer => "peer-vanished-write",
            Self::SlowReader => "zero-window-stall",
            Self::Linger2 => "linger2-negative",
            Self::NotClosed => "close-wait-leak",
            Self::OrphanTimeout | Self::FastClose => return None,
        })
    }

    /// The chapter of the book that explains it.
    pub const fn chapter(self) -> &'static str {
        match self {
            Self::UnreadData | Self::Abort | Self::Killed => "reset/close-sends-reset.md",
            Self::LingerZero | Self::Linger2 | Self::FastClose => "reset/reset-on-purpose.md",
            Self::ListenerClosed => "practice/deploys.md",
            Self::QueueFull => "silence/accept-queue.md",
            Self::WroteAfterClose | Self::CloseNotify => "reset/write-after-close.md",
            Self::NoSuchConnection | Self::KeepAliveGaveUp | Self::LostPeer | Self::SlowReader => {
                "silence/gone-without-a-word.md"
            }
            Self::IdleBox => "silence/idle-connections.md",
            Self::Forged => "between/who-else.md",
            Self::Challenged | Self::NotBelieved | Self::LateSegment => "reset/what-is-a-reset.md",
            Self::NobodyListens | Self::Firewall => "silence/cannot-connect.md",
            Self::OrphanTimeout => "reference/states.md",
            Self::NotClosed => "orderly/close-wait.md",
        }
    }

    /// What to run next to be sure of it.
    pub const fn next(self) -> &'static str {
        match self {
            Self::UnreadData | Self::Abort | Self::Killed => {
                "on the host that reset: `nstat -az TcpExtTCPAbortOnClose` before and after; it rises with unread data"
            }
            Self::LingerZero => {
                "on the host that reset: `nstat -az TcpExtTCPAbortOnData`; `strace -e setsockopt,close` shows SO_LINGER"
            }
            Self::ListenerClosed => "compare the time with the server's restarts",
            Self::QueueFull => "on the server: `nstat -az TcpExtListenOverflows`, and `ss -lt` for the queue",
            Self::WroteAfterClose | Self::CloseNotify => {
                "nothing, if the peer's end was meant; else see who closed first"
            }
            Self::NoSuchConnection => "capture on the host that answered as well, and see whether it rebooted",
            Self::KeepAliveGaveUp | Self::LostPeer => "capture at the other end: do these segments arrive there?",
            Self::IdleBox => "repeat after a pause a little shorter; look for a timer on the way",
            Self::Forged => {
                "capture at the end that is said to have reset: if the reset did not leave there, it was forged"
            }
            Self::Challenged | Self::NotBelieved | Self::LateSegment => "nothing: it changed nothing",
            Self::NobodyListens => "on the server: `ss -ltn`",
            Self::Firewall => "capture at the server: does the SYN arrive?",
            Self::SlowReader => "on the host with the closed window: `ss -tnm`, Recv-Q",
            Self::Linger2 => "on the host that reset: `nstat -az TcpExtTCPAbortOnLinger`",
            Self::OrphanTimeout => "on the host that reset: `sysctl net.ipv4.tcp_fin_timeout`",
            Self::FastClose => "on the host that reset: `nstat -az MPTcpExtMPFastcloseTx`",
            Self::NotClosed => "on the host that has not closed: `ss -tnp state close-wait`",
        }
    }
}

/// The chapters that causes and kinds name, with their headings.
const HEADINGS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/headings.rs"));

/// The heading of a chapter that a verdict names; its path, if none does.
pub fn heading(chapter: &'static str) -> &'static str {
    HEADINGS.iter().find(|(path, _)| *path == chapter).map_or(chapter, |(_, heading)| heading)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cause_has_an_id_of_its_own_and_a_scenario_that_exists() {
        let ids: BTreeSet<&str> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        assert_eq!(ids.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            if let Some(id) = cause.scenario() {
                assert!(catalogue::scenario(id).is_some(), "{}: no scenario {id}", cause.id());
            }
        }
    }
}
