//! FIN-WAIT-2 without a descriptor, and the way into TIME-WAIT.

use scenario::RuleId;

use super::time_wait::TIME_WAIT_US;
use crate::socket_options::Linger2;

/// TCP_FIN_TIMEOUT_MAX, in seconds.
const LINGER2_MAX_S: u32 = 120;

/// What becomes of an orphan in FIN-WAIT-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It becomes as small as TIME-WAIT, for so long.
    Shrink { for_us: u64 },
    /// It keeps its whole socket for so long, and is then asked again.
    Keep { for_us: u64 },
    /// It ends with a reset.
    Reset,
}

/// Whether the segment that acknowledged the FIN was one with FIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BroughtBy {
    Ack,
    Fin,
}

/// How long an orphan waits: TCP_LINGER2, or tcp_fin_timeout, but no less than three and a half retransmission timeouts.
///
/// No RFC has an end for it. Linux: `tcp_fin_time`, `do_tcp_setsockopt`.
fn wait_us(linger2: Linger2, fin_timeout_s: u32, rto_us: u64) -> u64 {
    let set_s = match linger2 {
        Linger2::Seconds(seconds @ 1..) => seconds.min(LINGER2_MAX_S),
        // TCP_LINGER2 0 is as good as unset.
        _ => fin_timeout_s,
    };
    (u64::from(set_s) * 1_000_000).max(rto_us * 7 / 2)
}

/// An orphan enters FIN-WAIT-2. With TCP_LINGER2 -1 it ends at once: close(2) has waited with SO_LINGER for the FIN's ACK,
/// and only now is the socket an orphan. Beyond a minute it keeps its whole socket for what is beyond; and as a whole it
/// stays when a FIN brought it here, whose text is missing.
///
/// Linux: `tcp_rcv_state_process` ("we could lose such FIN otherwise"), `__tcp_close`. Seen in `fin-wait2-orphan`,
/// `close-wait-leak`.
pub(crate) fn enter(linger2: Linger2, fin_timeout_s: u32, rto_us: u64, brought_by: BroughtBy) -> Action {
    let wait_us = wait_us(linger2, fin_timeout_s, rto_us);
    match brought_by {
        _ if linger2 == Linger2::Negative => Action::Reset,
        _ if wait_us > TIME_WAIT_US => Action::Keep { for_us: wait_us - TIME_WAIT_US },
        BroughtBy::Fin => Action::Keep { for_us: wait_us },
        BroughtBy::Ack => Action::Shrink { for_us: wait_us },
    }
}

/// The time for which it kept its whole socket is over.
///
/// Linux: `tcp_keepalive_timer`.
pub(crate) fn kept_long_enough(linger2: Linger2, fin_timeout_s: u32, rto_us: u64) -> (Action, Option<RuleId>) {
    match wait_us(linger2, fin_timeout_s, rto_us).saturating_sub(TIME_WAIT_US) {
        0 => (Action::Reset, Some(RuleId::KeptOrphanResets)),
        for_us => (Action::Shrink { for_us }, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;

    #[test]
    fn linger2_of_0_is_as_good_as_unset() {
        assert_eq!(wait_us(Linger2::Seconds(0), 60, 220_000), 60 * S);
        assert_eq!(wait_us(Linger2::Seconds(1), 60, 220_000), S);
        assert_eq!(wait_us(Linger2::Seconds(500), 60, 220_000), 120 * S);
        assert_eq!(wait_us(Linger2::Seconds(1), 60, S), 3_500_000, "three and a half timeouts at least");
    }

    #[test]
    fn beyond_a_minute_the_whole_socket_stays() {
        let enter = |fin_timeout_s, brought_by| enter(Linger2::Unset, fin_timeout_s, 220_000, brought_by);
        assert_eq!(enter(60, BroughtBy::Ack), Action::Shrink { for_us: 60 * S });
        assert_eq!(enter(90, BroughtBy::Ack), Action::Keep { for_us: 30 * S });
        assert_eq!(enter(60, BroughtBy::Fin), Action::Keep { for_us: 60 * S });
        assert_eq!(super::enter(Linger2::Negative, 60, 220_000, BroughtBy::Ack), Action::Reset);
    }
}
