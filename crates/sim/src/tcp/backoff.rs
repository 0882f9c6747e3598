//! How often something has left again in vain: what the retransmission timer goes by.

/// Retransmissions without an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    /// Linux's icsk_retransmits; of a listener's handshake how often its second segment has left again.
    pub(crate) retransmits: u32,
    /// Linux's icsk_backoff: how often the timeout was doubled.
    pub(crate) doublings: u32,
    /// Linux's retrans_stamp: when the first of them left.
    pub(crate) since_us: Option<u64>,
    /// Of a listener's handshake: how often its timer has fired (Linux: num_timeout).
    pub(crate) timeouts: u32,
}

/// Probes of a closed window without an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WindowProbes {
    pub(crate) since_us: Option<u64>,
    /// Linux's icsk_probes_out.
    pub(crate) sent: u32,
    /// Linux's icsk_backoff.
    pub(crate) doublings: u32,
}
