use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Errno;

/// What a socket holds: the fields of TCP_INFO that have to do with endings (tcp(7); `tcp_get_info` in net/ipv4/tcp.c),
/// and what `ss -tino` shows beside them (sock_diag(7)).
///
/// Times, windows and what is measured of the network are not in it: no two runs have them alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Bytes that have arrived in order and were not read: ioctl(SIOCINQ), Recv-Q of `ss`. A FIN does not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u32,
    /// Bytes that were written and have not left: tcpi_notsent_bytes. A FIN that waits behind them counts as one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsent: u32,
    /// Segments that have left and were not acknowledged: tcpi_unacked. Those of SYN and FIN count, too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unacked: u32,
    /// Timeouts in a row at which something was sent again: tcpi_retransmits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retransmits: u32,
    /// Probes (of a closed window, or of keep-alive) without an answer: tcpi_probes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub probes: u32,
    /// How often the wait for the next of either was doubled: tcpi_backoff.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub backoff: u32,
    /// The length of the accept queue; of a listener alone, where tcpi_unacked has it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub queued: u32,
    /// The timer that is set. When it will fire depends on the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timer>,
    /// The pending error, sk_err: what the next call that looks will report. The simulator alone says it: asking the
    /// kernel (SO_ERROR) would take the error away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Errno>,
}

/// Which timer a socket has set: idiag_timer of sock_diag(7), in the words of `ss -o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Timer {
    /// What is not acknowledged is sent again, or was lost at the tail and is probed for (RFC 8985 §7).
    On,
    /// Keep-alive; of an orphan in FIN-WAIT-2 whose end is more than a minute away, that end.
    Keepalive,
    /// What is left of the connection goes: TIME-WAIT, or an orphan in FIN-WAIT-2.
    Timewait,
    /// The peer's window is closed, and is probed.
    Persist,
}

impl Timer {
    /// The word of `ss -o`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Keepalive => "keepalive",
            Self::Timewait => "timewait",
            Self::Persist => "persist",
        }
    }
}

impl Info {
    /// Nothing held, nothing under way.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Info {
    /// `unread 5, timer keepalive`: what is not 0; `all 0` if nothing is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unread, unsent, unacked, retransmits, probes, backoff, queued, timer, error } = *self;
        let numbers = [
            ("unread", unread),
            ("unsent", unsent),
            ("unacked", unacked),
            ("retransmits", retransmits),
            ("probes", probes),
            ("backoff", backoff),
            ("queued", queued),
        ];
        let mut separator = "";
        for (name, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
            write!(f, "{separator}{name} {number}")?;
            separator = ", ";
        }
        if let Some(timer) = timer {
            write!(f, "{separator}timer {}", timer.name())?;
            separator = ", ";
        }
        if let Some(error) = error {
            write!(f, "{separator}error {error}")?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("all 0") } else { Ok(()) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_zero_is_printed() {
        assert_eq!(Info::default().to_string(), "all 0");
        let info = Info { unread: 5, timer: Some(Timer::Keepalive), error: Some(Errno::ECONNRESET), ..Info::default() };
        assert_eq!(info.to_string(), "unread 5, timer keepalive, error ECONNRESET");
    }
}
