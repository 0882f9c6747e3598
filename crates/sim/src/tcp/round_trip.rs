//! The round trip and the retransmission timeout (RFC 6298 §2), with Linux's bounds.

/// TCP_RTO_MIN
pub(crate) const RTO_MIN_US: u64 = 200_000;
/// tcp_rto_max_ms
pub(crate) const RTO_MAX_US: u64 = 120_000_000;
/// TCP_TIMEOUT_INIT (RFC 6298 §2.1)
const RTO_INITIAL_US: u64 = 1_000_000;

/// The round trip as it was measured; `None` if it was not yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoundTrip(pub(crate) Option<Estimate>);

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
    pub(crate) fn smoothed_us(&self) -> Option<u64> {
        self.0.map(|estimate| estimate.smoothed / 8)
    }

    /// The retransmission timeout before any doubling.
    pub(crate) fn rto_us(&self) -> u64 {
        self.0.map_or(RTO_INITIAL_US, |Estimate { smoothed, variation, .. }| (smoothed / 8 + variation).min(RTO_MAX_US))
    }
}
