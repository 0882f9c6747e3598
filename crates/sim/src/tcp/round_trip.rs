//! The round trip and the retransmission timeout (RFC 6298 §2), with Linux's bounds.

/// TCP_RTO_MIN
pub(crate) const RTO_MIN_US: u64 = 200_000;
/// tcp_rto_max_ms
pub(crate) const RTO_MAX_US: u64 = 120_000_000;
/// TCP_TIMEOUT_INIT (RFC 6298 §2.1)
pub(crate) const RTO_INITIAL_US: u64 = 1_000_000;
/// TCP_TIMEOUT_FALLBACK (RFC 6298 §5.7)
const RTO_FALLBACK_US: u64 = 3_000_000;

/// The round trip as it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoundTrip {
    /// It was not yet.
    #[default]
    Unmeasured,
    /// The handshake did not measure it: its SYN, or the answer, has left more than once, without timestamps.
    MissedByHandshake,
    Measured(Estimate),
}

/// What is known of the round trip, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// SRTT, eight times.
    pub(crate) smoothed: u64,
    /// RTTVAR as of the last measurement, its largest in this round trip, and what counts of it: each four times. What
    /// counts is no less than TCP_RTO_MIN, and shrinks only when a round trip is over.
    pub(crate) deviation: u64,
    pub(crate) deviation_max: u64,
    pub(crate) variation: u64,
    /// The round trip is over when something behind this is acknowledged.
    pub(crate) until: u32,
}

impl RoundTrip {
    /// SRTT
    pub(crate) const fn smoothed_us(&self) -> Option<u64> {
        match self {
            Self::Measured(estimate) => Some(estimate.smoothed / 8),
            Self::Unmeasured | Self::MissedByHandshake => None,
        }
    }

    /// The handshake is over (Linux: `tcp_init_metrics`).
    pub(crate) fn note_open(&mut self) {
        if *self == Self::Unmeasured {
            *self = Self::MissedByHandshake;
        }
    }

    /// The retransmission timeout before any doubling.
    pub(crate) fn rto_us(&self) -> u64 {
        match self {
            Self::Unmeasured => RTO_INITIAL_US,
            Self::MissedByHandshake => RTO_FALLBACK_US,
            Self::Measured(Estimate { smoothed, variation, .. }) => (smoothed / 8 + variation).min(RTO_MAX_US),
        }
    }
}
