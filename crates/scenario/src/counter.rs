use std::fmt;

use serde::{Deserialize, Serialize};

/// What a kernel counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counter {
    /// A counter of the host's namespace (/proc/net/snmp, /proc/net/netstat), by nstat's name: `TcpExtTCPAbortOnClose`.
    Snmp(String),
    /// The RSTs that were sent for this reason: `TCP_ABORT_ON_CLOSE`. Linux: tracepoint tcp:tcp_send_reset, names of
    /// include/net/rstreason.h.
    ResetReason(String),
}

/// In text, what stands before the reason of a RST.
const TRACEPOINT: &str = "tcp_send_reset:";

impl Counter {
    /// The counter of that name, as `Display` writes it.
    pub fn from_name(name: &str) -> Self {
        match name.strip_prefix(TRACEPOINT) {
            Some(reason) => Self::ResetReason(reason.to_owned()),
            None => Self::Snmp(name.to_owned()),
        }
    }
}

/// `TcpExtTCPAbortOnClose`, `tcp_send_reset:TCP_ABORT_ON_CLOSE`
impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snmp(name) => f.write_str(name),
            Self::ResetReason(reason) => write!(f, "{TRACEPOINT}{reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_read_back_from_its_name() {
        for counter in [Counter::Snmp("TcpOutRsts".to_owned()), Counter::ResetReason("NO_SOCKET".to_owned())] {
            assert_eq!(Counter::from_name(&counter.to_string()), counter);
        }
        assert_eq!(Counter::ResetReason("NO_SOCKET".to_owned()).to_string(), "tcp_send_reset:NO_SOCKET");
    }
}
