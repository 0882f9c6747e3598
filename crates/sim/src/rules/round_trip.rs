//! The smoothed round trip and its variation, by which the retransmission timeout is computed.

use crate::seq::after;
use crate::tcp::{Estimate, RTO_MIN_US, RoundTrip};

/// What is known when an ACK has measured the round trip; SND.UNA and SND.NXT are as it left them.
///
/// RFC 6298 §2.2 and §2.3. Linux: `tcp_rtt_estimator`, for each ACK.
pub(crate) fn measured(known: &RoundTrip, measured_us: u64, una: u32, nxt: u32) -> RoundTrip {
    let &RoundTrip::Measured(mut known) = known else {
        let variation = RTO_MIN_US.max(2 * measured_us);
        return RoundTrip::Measured(Estimate {
            smoothed: 8 * measured_us,
            deviation: 2 * measured_us,
            deviation_max: variation,
            variation,
            until: nxt,
        });
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
    RoundTrip::Measured(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_timeout_is_shorter_than_200_ms_over_the_round_trip() {
        let before = RoundTrip::default();
        assert_eq!(before.rto_us(), 1_000_000, "nothing measured yet");
        let mut open = before;
        open.note_open();
        assert_eq!(open.rto_us(), 3_000_000);
        assert_eq!(measured(&open, 20_000, 1, 1), measured(&before, 20_000, 1, 1));
        let round_trip = measured(&before, 20_000, 1, 1);
        assert_eq!((round_trip.rto_us(), round_trip.smoothed_us()), (220_000, Some(20_000)));
    }

    #[test]
    fn each_ack_moves_it_by_an_eighth_and_a_late_one_makes_it_patient() {
        let mut round_trip = measured(&RoundTrip::default(), 20_000, 1, 1);
        for _ in 0..8 {
            round_trip = measured(&round_trip, 340_000, 100, 200);
        }
        assert_eq!(round_trip.smoothed_us(), Some(230_045));
        let patient_us = round_trip.rto_us();
        assert!(patient_us > 900_000, "{patient_us}");
        for una in 201..260 {
            round_trip = measured(&round_trip, 20_000, una, una);
        }
        assert!(round_trip.rto_us() < 250_000, "{}", round_trip.rto_us());
    }
}
