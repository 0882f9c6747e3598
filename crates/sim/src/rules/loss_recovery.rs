//! What an ACK tells of losses, and what follows from it (RFC 6675, RFC 8985, RFC 5682).

use super::retransmission::TIMEOUT_MIN_US;
use crate::seq::{after, before};
use crate::tcp::{News, Phase, Probe, ProbeKind, Seen, SendSequence, Spurious};

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

/// What the sender believes of what is in flight, when it has looked for losses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    /// Something that had left again counts as lost again.
    pub(crate) lost_again: Seen,
    /// Something counts as lost and is not known to have arrived.
    pub(crate) losses: Seen,
    /// SACK has told of something, or something has left again.
    pub(crate) gaps: Seen,
}

/// What becomes of the connection when losses were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// What is lost leaves again.
    Repair,
    /// The same, and the congestion window becomes half.
    EnterRecovery,
    /// Nothing is lost: the connection is in this phase.
    Wait(Phase),
}

/// A repair that was lost again after a timeout is SACK's to tell, and so a loss of its own.
///
/// RFC 6675 §5. Linux: `tcp_fastretrans_alert`, `tcp_process_loss` (FLAG_LOST_RETRANS).
pub(crate) fn after_looking(phase: Phase, queue: Queue) -> Looked {
    match phase {
        Phase::Recovery => Looked::Repair,
        Phase::Loss if queue.lost_again == Seen::No => Looked::Repair,
        _ if queue.losses == Seen::Yes => Looked::EnterRecovery,
        _ if queue.gaps == Seen::Yes => Looked::Wait(Phase::Disorder),
        _ => Looked::Wait(Phase::Open),
    }
}

/// What a range of an ACK's SACK option tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    /// The peer has got it twice.
    Twice,
    Arrived,
}

/// What was never sent cannot have arrived, and what begins before all that is missing has arrived twice.
///
/// RFC 2018 §4, RFC 2883 §4. Linux: `tcp_is_sackblock_valid`, `tcp_check_dsack`.
pub(crate) fn on_sack(snd: &SendSequence, ack: u32, (start, end): (u32, u32)) -> Told {
    if after(end, snd.nxt) {
        Told::Nothing
    } else if before(start, ack) {
        Told::Twice
    } else if after(start, snd.una) {
        Told::Arrived
    } else {
        Told::Nothing
    }
}

/// Whether the segment that begins there, and is lost, may leave again: the congestion window has room, and the peer's
/// too, whose closed window does not hold the first.
///
/// RFC 6675 §5. Linux: `tcp_xmit_retransmit_queue`, `tcp_retransmit_skb`.
pub(crate) fn may_repair(snd: &SendSequence, seq: u32, in_network: u32, congestion_window: u32) -> bool {
    (seq == snd.una || before(seq, snd.right_edge())) && in_network < congestion_window
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
    fn what_had_arrived_before_it_left_again_was_no_loss() {
        for phase in [Phase::Open, Phase::Disorder, Phase::Recovery, Phase::Loss] {
            let undone = Facts { undone: Seen::Yes, ..facts(phase) };
            assert_eq!(on_ack(&undone), Step::Undo, "{phase:?}");
            assert_eq!(on_ack(&Facts { una: 501, ..undone }), Step::Undo, "{phase:?}, though all is acknowledged");
        }
        let repeated = Facts { undone: Seen::Yes, kind: Kind::Duplicate, ..facts(Phase::Loss) };
        assert_ne!(on_ack(&repeated), Step::Undo, "behind a timeout an ACK must bring something new");
    }

    #[test]
    fn what_sack_tells_of_something_new_after_a_timeout_shows_a_loss() {
        let tried = Facts { nxt: 601, kind: Kind::Other, ..facts(Phase::Loss) };
        assert_eq!(on_ack(&tried), Step::Repair(Spurious::Possible));
        let sacked = News { sacked: true, ..News::default() };
        assert_eq!(on_ack(&Facts { news: sacked, ..tried }), Step::Repair(Spurious::No));
    }

    #[test]
    fn where_nothing_is_missing_progress_alone_is_not_looked_at() {
        assert!(!is_dubious(&facts(Phase::Open)));
        assert!(is_dubious(&facts(Phase::Disorder)));
        assert!(is_dubious(&Facts { kind: Kind::Duplicate, ..facts(Phase::Open) }));
        assert!(is_dubious(&Facts { news: News { sacked: true, ..News::default() }, ..facts(Phase::Open) }));
        assert!(is_dubious(&Facts { news: News { duplicate: Some(101), ..News::default() }, ..facts(Phase::Open) }));
    }

    #[test]
    fn a_repair_that_was_lost_again_is_a_loss_of_its_own() {
        let queue = |lost_again, losses, gaps| Queue { lost_again, losses, gaps };
        let lost = queue(Seen::No, Seen::Yes, Seen::Yes);
        assert_eq!(after_looking(Phase::Loss, lost), Looked::Repair);
        assert_eq!(after_looking(Phase::Loss, Queue { lost_again: Seen::Yes, ..lost }), Looked::EnterRecovery);
        assert_eq!(after_looking(Phase::Recovery, Queue { lost_again: Seen::Yes, ..lost }), Looked::Repair);
        assert_eq!(after_looking(Phase::Open, lost), Looked::EnterRecovery);
        assert_eq!(after_looking(Phase::Open, queue(Seen::No, Seen::No, Seen::Yes)), Looked::Wait(Phase::Disorder));
        assert_eq!(after_looking(Phase::Disorder, queue(Seen::No, Seen::No, Seen::No)), Looked::Wait(Phase::Open));
    }

    const SND: SendSequence = SendSequence { una: 101, nxt: 501, wnd: 200, ..SendSequence::new(0, 100) };

    #[test]
    fn sack_tells_of_what_was_sent_alone() {
        assert_eq!(on_sack(&SND, 101, (201, 301)), Told::Arrived);
        assert_eq!(on_sack(&SND, 101, (401, 501)), Told::Arrived);
        assert_eq!(on_sack(&SND, 101, (401, 502)), Told::Nothing);
        assert_eq!(on_sack(&SND, 101, (101, 201)), Told::Nothing, "then the ACK would say it");
        assert_eq!(on_sack(&SND, 101, (1, 101)), Told::Twice);
        assert_eq!(on_sack(&SND, 301, (201, 301)), Told::Twice);
    }

    #[test]
    fn a_closed_window_holds_all_but_the_first() {
        assert!(may_repair(&SND, 201, 1, 2) && !may_repair(&SND, 201, 2, 2));
        assert!(may_repair(&SND, 300, 1, 2) && !may_repair(&SND, 301, 1, 2));
        assert!(may_repair(&SendSequence { wnd: 0, ..SND }, 101, 1, 2));
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
        let sacked = News { sacked: true, ..news };
        assert_eq!(answers_probe(probe, 101, Kind::Duplicate, &sacked), Answered::NotYet, "something else was lost");
        let new = Probe { kind: ProbeKind::New, ..probe };
        assert_eq!(answers_probe(new, 201, Kind::Advances, &news), Answered::NoLoss, "it repeated nothing");
    }
}
