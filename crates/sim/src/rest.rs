//! What is left of a connection when nobody needs the whole of it (Linux: `tcp_timewait_sock`).

use scenario::{Flags, Host, RawSegment, State};

use crate::connection::Numbers;

/// TCP_TIMEWAIT_LEN. RFC 9293 §3.6.1 asks for twice the longest life of a segment: four minutes.
pub(crate) const TIME_WAIT_US: u64 = 60_000_000;

pub(crate) struct Rest {
    /// The connection's own.
    pub(crate) id: u32,
    pub(crate) name: String,
    /// TIME-WAIT or FIN-WAIT-2.
    pub(crate) state: State,
    pub(crate) numbers: Numbers,
    pub(crate) reuse_address: bool,
    pub(crate) ends_us: u64,
    pub(crate) answered_us: Option<u64>,
}

impl Rest {
    /// The last ACK, once more.
    pub(crate) const fn acknowledgement(&self, host: Host) -> RawSegment {
        acknowledgement(&self.numbers, host)
    }
}

/// An empty segment: `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
pub(crate) const fn acknowledgement(numbers: &Numbers, host: Host) -> RawSegment {
    RawSegment {
        from: host,
        ports: numbers.ports,
        flags: Flags::ACK,
        seq: numbers.send_next,
        ack: numbers.receive_next,
        len: 0,
        win: numbers.receive_window,
    }
}
