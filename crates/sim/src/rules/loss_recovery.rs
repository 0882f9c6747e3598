//! What an ACK tells of losses, and what follows from it (RFC 6675, RFC 8985, RFC 5682).

use super::retransmission::TIMEOUT_MIN_US;
use crate::seq::{after, before};
use crate::tcp::{AtTimeout, Believed, News, Phase, Probe, ProbeKind, Seen, SendSequence, Spurious};

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
    pub(crate) undone: Undone,
    /// Whether something that left again is under way (Linux: `retrans_out`).
    pub(crate) sent_again: Seen,
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

/// Whether all that left again had arrived before, and what tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undone {
    No,
    /// The ACK left before the first of it can have come (RFC 3522; Linux: `tcp_packet_delayed`).
    Early,
    /// The peer has got each of it twice (RFC 2883 §4; Linux: `undo_retrans`).
    Twice,
}

/// What an ACK brings that acknowledges so many new numbers, and takes up so many itself; `window`: whether it tells one.
///
/// Linux: `tcp_ack`, FLAG_NOT_DUP.
pub(crate) fn kind(acknowledged: u32, length: u32, window: Seen) -> Kind {
    match (acknowledged, length, window) {
        (0, 0, Seen::No) => Kind::Duplicate,
        (0, _, _) => Kind::Other,
        _ => Kind::Advances,
    }
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
    /// What fills the gap had only been late: the same, and nothing counts as lost any more.
    UndoInPart,
    /// The same, and something that left again is under way: nothing more counts as lost, and nothing leaves again.
    Wait,
    /// All is repaired, after a loss that SACK had told of, or after a timeout.
    Over,
    /// Losses are looked for, and what is lost leaves again.
    Repair(Spurious),
    /// After a timeout something new leaves, to see whether what had left before arrives (RFC 5682 §2.1, step 2b).
    TryNew,
    /// Losses are looked for.
    Look,
}

/// Linux: `tcp_fastretrans_alert`, `tcp_process_loss`, `tcp_try_undo_partial`, `tcp_try_undo_dsack`.
pub(crate) fn on_ack(facts: &Facts) -> Step {
    let is_over = !before(facts.una, facts.high);
    let advances = facts.kind == Kind::Advances;
    match facts.phase {
        Phase::Open | Phase::Disorder if facts.undone == Undone::Twice => Step::Undo,
        Phase::Open | Phase::Disorder => Step::Look,
        Phase::Recovery if is_over && facts.undone == Undone::No => Step::Over,
        Phase::Recovery if is_over || facts.undone == Undone::Twice => Step::Undo,
        Phase::Recovery if facts.undone == Undone::No => Step::Repair(Spurious::No),
        Phase::Recovery if facts.sent_again == Seen::Yes => Step::Wait,
        Phase::Recovery => Step::UndoInPart,
        Phase::Loss if advances && facts.undone != Undone::No => Step::Undo,
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

/// The same where the peer has not offered SACK: only the timer tells of losses, and all that was in flight is repaired.
///
/// RFC 5681 §3.2 would count duplicate ACKs. Linux: `tcp_process_loss`, `tcp_xmit_retransmit_queue`.
pub(crate) fn without_sack(facts: &Facts) -> Looked {
    match facts.phase {
        Phase::Loss if before(facts.una, facts.high) => Looked::Repair,
        Phase::Loss => Looked::Wait(Phase::Open),
        phase => Looked::Wait(phase),
    }
}

/// What may only have been late counts as lost now: so many segments.
///
/// RFC 8985 §6.3. Linux: `tcp_rack_reo_timeout`.
pub(crate) fn on_reordering_timeout(phase: Phase, lost: u32) -> Looked {
    match phase {
        _ if lost == 0 => Looked::Wait(phase),
        Phase::Recovery => Looked::Repair,
        _ => Looked::EnterRecovery,
    }
}

/// Whether something new has left that was to show whether a timeout was one; where nothing has, what is lost leaves.
///
/// RFC 5682 §2.1, step 2b. Linux: `tcp_xmit_recovery`.
pub(crate) fn has_tried_new(nxt: u32, high: u32) -> bool {
    after(nxt, high)
}

/// Whether nothing is being repaired any more: the time since something left again is over.
///
/// Linux: `tcp_fastretrans_alert`, `tcp_any_retrans_done` (`retrans_stamp`).
pub(crate) fn is_repaired(phase: Phase, repeated: Seen) -> bool {
    matches!(phase, Phase::Open | Phase::Disorder) && repeated == Seen::No
}

/// When a segment counts as lost that left at `left_us`, where one that left later has arrived, after a round trip of
/// `rtt_us`: that round trip and the reordering window later.
///
/// RFC 8985 §6.2. Linux: `tcp_rack_skb_timeout`, `tcp_rack_detect_loss`.
pub(crate) const fn lost_at_us(left_us: u64, rtt_us: u64, window_us: u64) -> u64 {
    left_us + rtt_us + window_us
}

/// Whether a segment counts as lost when the retransmission timer fires: the first does, and what left longer ago than
/// the last round trip. A first segment that SACK has told of shows that the peer has forgotten: then all does.
///
/// RFC 8985 §6.3, RFC 2018 §8. Linux: `tcp_timeout_mark_lost`.
pub(crate) fn is_lost_by_timeout(segment: &AtTimeout, now_us: u64, rtt_us: u64) -> bool {
    let is_old = segment.place == 0 || lost_at_us(segment.left_us, rtt_us, 0) <= now_us;
    segment.first == Believed::Arrived || is_old && segment.believed != Believed::Arrived
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
            undone: Undone::No,
            sent_again: Seen::No,
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
            let undone = Facts { undone: Undone::Twice, ..facts(phase) };
            assert_eq!(on_ack(&undone), Step::Undo, "{phase:?}");
            assert_eq!(on_ack(&Facts { una: 501, ..undone }), Step::Undo, "{phase:?}, though all is acknowledged");
        }
        let repeated = Facts { undone: Undone::Twice, kind: Kind::Duplicate, ..facts(Phase::Loss) };
        assert_ne!(on_ack(&repeated), Step::Undo, "behind a timeout an ACK must bring something new");
    }

    #[test]
    fn what_fills_a_gap_and_was_only_late_undoes_recovery_in_part() {
        let early = Facts { undone: Undone::Early, ..facts(Phase::Recovery) };
        assert_eq!(on_ack(&early), Step::UndoInPart);
        assert_eq!(on_ack(&Facts { sent_again: Seen::Yes, ..early }), Step::Wait);
        assert_eq!(on_ack(&Facts { una: 501, sent_again: Seen::Yes, ..early }), Step::Undo, "there is no gap");
        assert_eq!(on_ack(&Facts { undone: Undone::Early, ..facts(Phase::Loss) }), Step::Undo);
        assert_eq!(on_ack(&Facts { undone: Undone::Early, ..facts(Phase::Disorder) }), Step::Look);
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
    fn without_sack_all_is_repaired_that_was_in_flight_at_a_timeout() {
        assert_eq!(without_sack(&facts(Phase::Loss)), Looked::Repair);
        assert_eq!(without_sack(&Facts { una: 501, ..facts(Phase::Loss) }), Looked::Wait(Phase::Open));
        assert_eq!(without_sack(&facts(Phase::Open)), Looked::Wait(Phase::Open));
    }

    #[test]
    fn what_was_only_late_is_a_loss_when_its_time_is_over() {
        assert_eq!(on_reordering_timeout(Phase::Disorder, 0), Looked::Wait(Phase::Disorder));
        assert_eq!(on_reordering_timeout(Phase::Disorder, 1), Looked::EnterRecovery);
        assert_eq!(on_reordering_timeout(Phase::Recovery, 1), Looked::Repair);
        assert!(is_repaired(Phase::Open, Seen::No) && !is_repaired(Phase::Open, Seen::Yes));
        assert!(!is_repaired(Phase::Loss, Seen::No));
        assert!(has_tried_new(502, 501) && !has_tried_new(501, 501));
    }

    #[test]
    fn an_ack_is_a_duplicate_that_brings_nothing() {
        assert_eq!(kind(0, 0, Seen::No), Kind::Duplicate);
        assert_eq!([kind(0, 5, Seen::No), kind(0, 0, Seen::Yes)], [Kind::Other; 2]);
        assert_eq!(kind(1, 5, Seen::Yes), Kind::Advances);
    }

    #[test]
    fn a_timeout_loses_the_first_and_what_is_older_than_a_round_trip() {
        let lost = |place, believed, first, left_us| {
            is_lost_by_timeout(&AtTimeout { place, believed, first, left_us }, 300_000, 20_000)
        };
        use Believed::{Arrived, InNetwork};
        assert!(lost(0, InNetwork, InNetwork, 299_999));
        assert!(lost(1, InNetwork, InNetwork, 280_000) && !lost(1, InNetwork, InNetwork, 280_001));
        assert!(!lost(1, Arrived, InNetwork, 0));
        assert!(lost(0, Arrived, Arrived, 0) && lost(1, Arrived, Arrived, 299_999), "the peer has forgotten");
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
