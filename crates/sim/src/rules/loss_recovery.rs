//! What an ACK tells of losses, and what follows from it (RFC 6675, RFC 8985, RFC 5682).

use super::retransmission::TIMEOUT_MIN_US;
use crate::seq::{after, before};
use crate::tcp::{News, Phase, Probe, ProbeKind, Seen, Spurious};

/// tcp_reordering: so many segments behind a gap, and it is no reordering (RFC 5681 §3.2, DupThresh).
const REORDERING: u32 = 3;

/// How much later than others a segment may arrive before it counts as lost, in microseconds: a quarter of the shortest
/// round trip, unless no reordering was ever seen and the gap is plain.
///
/// RFC 8985 §6.2. Linux: `tcp_rack_reo_wnd`.
pub(crate) fn reordering_window_us(
    phase: Phase,
    reordering: Seen,
    arrived: u32,
    min_rtt_us: Option<u64>,
    smoothed_us: Option<u64>,
) -> u64 {
    let is_plain = matches!(phase, Phase::Recovery | Phase::Loss) || arrived >= REORDERING;
    match (min_rtt_us, smoothed_us) {
        _ if reordering == Seen::No && is_plain => 0,
        (Some(min_rtt_us), Some(smoothed_us)) => (min_rtt_us / 4).min(smoothed_us),
        _ => 0,
    }
}

/// When losses are looked for once more, where some would be after so many microseconds (Linux: `tcp_rack_mark_lost`).
pub(crate) const fn look_again_us(now_us: u64, wait_us: u64) -> u64 {
    now_us + wait_us + TIMEOUT_MIN_US
}

/// What an ACK is to the sender, and what the sender knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) phase: Phase,
    pub(crate) una: u32,
    pub(crate) nxt: u32,
    /// SND.NXT when the phase began.
    pub(crate) high: u32,
    pub(crate) kind: Kind,
    pub(crate) news: News,
    pub(crate) spurious: Spurious,
    /// Whether all that left again had arrived before.
    pub(crate) undone: Seen,
    /// Whether something new waits, and the peer's window is not full.
    pub(crate) new_segment: Seen,
}

/// What an ACK brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It acknowledges something new.
    Advances,
    /// Nothing at all: no text, no other window (Linux: no FLAG_NOT_DUP).
    Duplicate,
    /// Text, or another window.
    Other,
}

/// Whether the ACK is to be looked at: it is more than progress where nothing was missing (Linux: `tcp_ack_is_dubious`).
pub(crate) fn is_dubious(facts: &Facts) -> bool {
    facts.phase != Phase::Open || facts.kind == Kind::Duplicate || facts.news.sacked || facts.news.duplicate.is_some()
}

/// What the ACK makes of the repair of losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing was lost: all is as it was before.
    Undo,
    /// All is repaired, after a loss that SACK had told of, or after a timeout.
    Over,
    /// Losses are looked for, and what is lost leaves again.
    Repair(Spurious),
    /// After a timeout something new leaves, to see whether what had left before arrives (RFC 5682 §2.1, step 2b).
    TryNew,
    /// Losses are looked for.
    Look,
}

/// Linux: `tcp_fastretrans_alert`, `tcp_process_loss`.
pub(crate) fn on_ack(facts: &Facts) -> Step {
    let is_over = !before(facts.una, facts.high);
    let advances = facts.kind == Kind::Advances;
    match facts.phase {
        Phase::Open | Phase::Disorder if facts.undone == Seen::Yes => Step::Undo,
        Phase::Open | Phase::Disorder => Step::Look,
        Phase::Recovery if facts.undone == Seen::Yes => Step::Undo,
        Phase::Recovery if is_over => Step::Over,
        Phase::Recovery => Step::Repair(Spurious::No),
        Phase::Loss if advances && facts.undone == Seen::Yes => Step::Undo,
        Phase::Loss if facts.spurious == Spurious::Possible && facts.news.original => Step::Undo,
        Phase::Loss if is_over => Step::Over,
        Phase::Loss if facts.spurious == Spurious::No => Step::Repair(Spurious::No),
        Phase::Loss if after(facts.nxt, facts.high) => {
            let is_real = facts.news.sacked || facts.kind == Kind::Duplicate;
            Step::Repair(if is_real { Spurious::No } else { Spurious::Possible })
        }
        Phase::Loss if advances && facts.new_segment == Seen::Yes => Step::TryNew,
        Phase::Loss => Step::Repair(if advances { Spurious::No } else { Spurious::Possible }),
    }
}

/// What an ACK tells of a tail loss probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    NotYet,
    /// Nothing was lost, or only what the probe has repaired is not known yet.
    NoLoss,
    /// What the probe repeated had been lost.
    Loss,
}

/// RFC 8985 §7.4. Linux: `tcp_process_tlp_ack`.
pub(crate) fn answers_probe(probe: Probe, ack: u32, kind: Kind, news: &News) -> Answered {
    if before(ack, probe.high) {
        return Answered::NotYet;
    }
    if probe.kind == ProbeKind::New || news.duplicate == Some(probe.high) {
        return Answered::NoLoss;
    }
    if after(ack, probe.high) {
        return Answered::Loss;
    }
    if kind == Kind::Duplicate && !news.sacked { Answered::NoLoss } else { Answered::NotYet }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(phase: Phase) -> Facts {
        Facts {
            phase,
            una: 101,
            nxt: 501,
            high: 501,
            kind: Kind::Advances,
            news: News::default(),
            spurious: Spurious::Possible,
            undone: Seen::No,
            new_segment: Seen::Yes,
        }
    }

    #[test]
    fn without_reordering_three_segments_behind_a_gap_are_a_loss_at_once() {
        let window =
            |phase, reordering, arrived| reordering_window_us(phase, reordering, arrived, Some(20_000), Some(20_000));
        assert_eq!(window(Phase::Open, Seen::No, 2), 5_000);
        assert_eq!(window(Phase::Open, Seen::No, 3), 0);
        assert_eq!(window(Phase::Recovery, Seen::No, 1), 0);
        assert_eq!(window(Phase::Recovery, Seen::Yes, 3), 5_000);
    }

    #[test]
    fn after_a_timeout_something_new_is_tried_first() {
        assert_eq!(on_ack(&facts(Phase::Loss)), Step::TryNew);
        assert_eq!(on_ack(&Facts { new_segment: Seen::No, ..facts(Phase::Loss) }), Step::Repair(Spurious::No));
        let tried = Facts { nxt: 601, kind: Kind::Duplicate, ..facts(Phase::Loss) };
        assert_eq!(on_ack(&tried), Step::Repair(Spurious::No), "the loss was real");
        let original = News { original: true, ..News::default() };
        assert_eq!(on_ack(&Facts { news: original, ..facts(Phase::Loss) }), Step::Undo, "only ACKs were late");
    }

    #[test]
    fn recovery_ends_when_all_that_had_left_is_acknowledged() {
        assert_eq!(on_ack(&facts(Phase::Recovery)), Step::Repair(Spurious::No));
        assert_eq!(on_ack(&Facts { una: 501, ..facts(Phase::Recovery) }), Step::Over);
    }

    #[test]
    fn a_probe_that_repaired_something_is_a_loss() {
        let probe = Probe { high: 101, kind: ProbeKind::Again };
        let news = News::default();
        assert_eq!(answers_probe(probe, 101, Kind::Advances, &news), Answered::NotYet);
        assert_eq!(answers_probe(probe, 101, Kind::Duplicate, &news), Answered::NoLoss);
        assert_eq!(answers_probe(probe, 201, Kind::Advances, &news), Answered::Loss);
        let twice = News { duplicate: Some(101), ..news };
        assert_eq!(answers_probe(probe, 101, Kind::Advances, &twice), Answered::NoLoss);
    }
}
