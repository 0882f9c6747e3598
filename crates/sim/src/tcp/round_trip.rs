//! The round trip and the retransmission timeout (RFC 6298 §2), with Linux's bounds.

use crate::seq::before;

/// TCP_RTO_MIN
pub(crate) const RTO_MIN_US: u64 = 200_000;
/// tcp_rto_max_ms
pub(crate) const RTO_MAX_US: u64 = 120_000_000;
/// TCP_TIMEOUT_INIT (RFC 6298 §2.1)
const RTO_INITIAL_US: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoundTrip {
    /// SRTT and RTTVAR, once something was measured.
    estimate_us: Option<(u64, u64)>,
    /// What is being measured: the number that ends it, and since when.
    measured: Option<(u32, u64)>,
}

impl RoundTrip {
    /// SRTT
    pub(crate) fn smoothed_us(&self) -> Option<u64> {
        self.estimate_us.map(|(smoothed, _)| smoothed)
    }

    /// The retransmission timeout before any doubling.
    pub(crate) fn rto_us(&self) -> u64 {
        match self.estimate_us {
            None => RTO_INITIAL_US,
            Some((smoothed, variation)) => (smoothed + RTO_MIN_US.max(4 * variation)).min(RTO_MAX_US),
        }
    }

    /// Something that takes up sequence numbers, ending before `end`, has left. With timestamps, as on Linux, what
    /// leaves again is measured too: from when it last left.
    pub(crate) fn note_sent(&mut self, now_us: u64, end: u32) {
        if self.measured.is_none_or(|(measured, _)| measured == end) {
            self.measured = Some((end, now_us));
        }
    }

    /// Everything before that number was acknowledged.
    pub(crate) fn note_acknowledged(&mut self, now_us: u64, ack: u32) {
        if let Some((end, since)) = self.measured
            && !before(ack, end)
        {
            self.measure(now_us - since);
            self.measured = None;
        }
    }

    /// What is being measured has left again, and without timestamps nothing tells which of the two was answered
    /// (RFC 6298 §3, Karn's algorithm).
    pub(crate) const fn forget_measurement(&mut self) {
        self.measured = None;
    }

    /// RFC 6298 §2.2 and §2.3.
    fn measure(&mut self, round_trip_us: u64) {
        self.estimate_us = Some(match self.estimate_us {
            None => (round_trip_us, round_trip_us / 2),
            Some((smoothed, variation)) => {
                ((7 * smoothed + round_trip_us) / 8, (3 * variation + smoothed.abs_diff(round_trip_us)) / 4)
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_timeout_is_shorter_than_200_ms_over_the_round_trip() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.rto_us(), 1_000_000, "nothing measured yet");
        round_trip.note_sent(0, 1);
        round_trip.note_acknowledged(20_000, 1);
        assert_eq!(round_trip.rto_us(), 220_000);
    }
}
