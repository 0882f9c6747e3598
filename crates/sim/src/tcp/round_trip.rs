//! The round trip and the retransmission timeout (RFC 6298 §2), with Linux's bounds.

use crate::seq::after;

/// TCP_RTO_MIN
pub(crate) const RTO_MIN_US: u64 = 200_000;
/// tcp_rto_max_ms
pub(crate) const RTO_MAX_US: u64 = 120_000_000;
/// TCP_TIMEOUT_INIT (RFC 6298 §2.1)
const RTO_INITIAL_US: u64 = 1_000_000;

/// What is known of it, if anything was measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoundTrip(Option<Estimate>);

/// In microseconds.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    /// SRTT, eight times.
    smoothed: u64,
    /// RTTVAR as of the last measurement, its largest in this round trip, and what counts of it: each four times. What
    /// counts is no less than TCP_RTO_MIN, and shrinks only when a round trip is over.
    deviation: u64,
    deviation_max: u64,
    variation: u64,
    /// The round trip is over when something behind this is acknowledged.
    until: u32,
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

    /// An ACK has measured it; SND.UNA and SND.NXT are as it left them.
    ///
    /// RFC 6298 §2.2 and §2.3. Linux: `tcp_rtt_estimator`, for each ACK.
    pub(crate) fn measure(&mut self, measured_us: u64, una: u32, nxt: u32) {
        let Some(known) = &mut self.0 else {
            let variation = RTO_MIN_US.max(2 * measured_us);
            self.0 = Some(Estimate {
                smoothed: 8 * measured_us,
                deviation: 2 * measured_us,
                deviation_max: variation,
                variation,
                until: nxt,
            });
            return;
        };
        let (smoothed_us, quarter) = (known.smoothed / 8, known.deviation / 4);
        known.smoothed = (known.smoothed + measured_us).saturating_sub(smoothed_us).max(1);
        let error = measured_us.abs_diff(smoothed_us);
        known.deviation = if error < quarter {
            known.deviation - (quarter - error)
        } else if measured_us < smoothed_us {
            // A round trip that gets shorter is no sign of congestion.
            known.deviation + (error - quarter) / 8
        } else {
            known.deviation + (error - quarter)
        };
        if known.deviation > known.deviation_max {
            known.deviation_max = known.deviation;
            known.variation = known.variation.max(known.deviation);
        }
        if after(una, known.until) {
            known.variation -= known.variation.saturating_sub(known.deviation_max) / 4;
            known.until = nxt;
            known.deviation_max = RTO_MIN_US;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_timeout_is_shorter_than_200_ms_over_the_round_trip() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.rto_us(), 1_000_000, "nothing measured yet");
        round_trip.measure(20_000, 1, 1);
        assert_eq!((round_trip.rto_us(), round_trip.smoothed_us()), (220_000, Some(20_000)));
    }

    #[test]
    fn each_ack_moves_it_by_an_eighth_and_a_late_one_makes_it_patient() {
        let mut round_trip = RoundTrip::default();
        round_trip.measure(20_000, 1, 1);
        for _ in 0..8 {
            round_trip.measure(340_000, 100, 200);
        }
        assert_eq!(round_trip.smoothed_us(), Some(230_045));
        let patient_us = round_trip.rto_us();
        assert!(patient_us > 900_000, "{patient_us}");
        for una in 201..260 {
            round_trip.measure(20_000, una, una);
        }
        assert!(round_trip.rto_us() < 250_000, "{}", round_trip.rto_us());
    }
}
