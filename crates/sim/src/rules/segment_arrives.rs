//! SEGMENT ARRIVES in a synchronized state (RFC 9293 §3.10.7.4): whether it counts, and what of it.

use scenario::{RawSegment, RuleId, State};

use super::acceptable::{in_sequence, reaches_beyond, tells_window};
use super::{Decision, Ownership, Pace};
use crate::seq::{after, before, end, length};
use crate::socket_options::Linger2;
use crate::tcp::{ReceiveSequence, Recent, SendSequence, Timestamp};

/// What a rule knows of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) state: State,
    pub(crate) snd: &'a SendSequence,
    pub(crate) rcv: &'a ReceiveSequence,
    /// The segment's timestamp, and the newest of the peer's.
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) recent: Recent,
    /// The retransmission timeout.
    pub(crate) rto_us: u64,
    /// The number behind all that is queued, a FIN included.
    pub(crate) write_end: u32,
    /// Bytes that the peer has acknowledged.
    pub(crate) bytes_acknowledged: u64,
    pub(crate) ownership: Ownership,
    pub(crate) linger2: Linger2,
    /// RCV_SHUTDOWN: nobody will read any more, or the peer's FIN has come.
    pub(crate) reading_ended: bool,
    /// Bytes that no program has read.
    pub(crate) unread: usize,
    pub(crate) memory: Memory,
}

/// Whether the receive buffer takes one more segment, whatever window was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    Free,
    Exhausted,
}

/// What becomes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// ACK, text and FIN are taken.
    Take,
    /// As `Take`, and its FIN is kept until the text before it has come.
    TakeAndKeepFin,
    /// Only what it acknowledges counts.
    TakeAck,
    /// The same, and it is answered with an ACK.
    TakeAckAndAnswer,
    /// The same, and its FIN, behind one that came before, takes up a number of its own.
    TakeAckAndSecondFin,
    /// The same as `TakeAckAndAnswer`, and the ACK offers a window of 0.
    TakeAckAndCloseWindow,
    /// The same, and, if the connection is not over then, it is reset and the segment answered with a reset.
    TakeAckAndReset,
    /// Nothing happens.
    Drop,
    /// It is answered with an ACK, and nothing of it counts.
    Answer(Pace),
    /// It resets the connection.
    Reset,
    /// The connection ends with an error, and the segment is answered with a reset.
    AbortAndReset,
}

/// A segment may be older by so much (Linux: TCP_PAWS_WINDOW).
const PAWS_WINDOW_MS: i32 = 1;

type Rule = fn(&Facts<'_>, &RawSegment) -> Option<Decision<Action>>;

/// The first that has a word to say decides: the order is the kernel's.
const ORDER: [Rule; 13] = [
    without_ack,
    late_segment,
    outside_the_window,
    reset_in_the_window,
    syn_in_the_window,
    ack_of_what_was_never_sent,
    too_old_ack,
    stale_ack_in_last_ack,
    negative_linger2,
    data_for_nobody,
    text_after_fin,
    fin_before_its_data,
    text_that_is_not_taken,
];

/// What becomes of a segment for this connection, which is neither a listener's handshake nor in SYN-SENT.
pub(crate) fn decide(facts: &Facts<'_>, segment: &RawSegment) -> Decision<Action> {
    ORDER.iter().find_map(|rule| rule(facts, segment)).unwrap_or((Action::Take, None))
}

/// Whether a segment of which only the ACK was taken is answered, where that has led to this state: in TIME-WAIT nobody
/// does, and an orphan in FIN-WAIT-2 only if a FIN brought it there.
///
/// Linux: `tcp_rcv_state_process`, `tcp_time_wait`: the socket is gone, and its ACK with it.
pub(crate) fn answers_after_ack(state: State, ownership: Ownership, segment: &RawSegment) -> bool {
    match state {
        State::TimeWait => false,
        State::FinWait2 => ownership == Ownership::Owned || segment.flags.fin,
        _ => true,
    }
}

/// A segment without ACK, SYN and RST is dropped, before anything else is looked at.
///
/// RFC 9293 §3.10.7.4 fifth. Linux: `tcp_rcv_established`, `tcp_rcv_state_process`.
fn without_ack(_: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let flags = segment.flags;
    (!flags.ack && !flags.rst && !flags.syn).then_some((Action::Drop, None))
}

/// A segment that left its host before one that has been taken (PAWS) is dropped and answered with an ACK. A late reset
/// counts nevertheless, a late SYN is challenged as any other, and an ACK that newer ones have overtaken is an old one:
/// it is answered if it stands at the next number, unless it repeats what is known and is not very late.
///
/// RFC 7323 §5.3. Linux: `tcp_validate_incoming`, `tcp_disordered_ack_check`. Seen in `late-acks`.
fn late_segment(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let late_ms = facts.recent.age_ms(facts.timestamp).filter(|age_ms| *age_ms > PAWS_WINDOW_MS)?;
    if length(segment) == 0 && segment.flags.ack {
        if before(segment.seq, facts.rcv.nxt) {
            return (!segment.flags.rst).then_some((Action::Drop, None));
        }
        // tcp_tsval_replay: RFC 7323's slowest clock has 1,200 ticks a second.
        let replay_ms = facts.rto_us * 12 / 10_000;
        let repeats = segment.seq == facts.rcv.nxt
            && segment.ack == facts.snd.una
            && !tells_window(facts.snd, segment)
            && u64::from(late_ms.unsigned_abs()) <= replay_ms;
        if repeats {
            return None;
        }
    }
    match (segment.flags.rst, segment.flags.syn) {
        (true, _) => None,
        (false, true) => Some((Action::Answer(Pace::Limited), Some(RuleId::SynChallenged))),
        (false, false) => Some((Action::Answer(Pace::of(segment)), Some(RuleId::LateSegment))),
    }
}

/// Outside the window a reset is ignored (but for the one a sender makes that had not seen our ACK of its FIN), a SYN
/// is challenged, and anything else is answered with an ACK. Outside is also text that reaches beyond the window, while
/// there is something to read.
///
/// RFC 9293 §3.10.7.4 first, RFC 5961 §3.2. Linux: `tcp_validate_incoming`, `tcp_sequence`, `tcp_reset_check`.
/// Seen in `rst-in-window-challenge`, `keepalive-race-fin`, `keepalive-dead`.
fn outside_the_window(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let is_too_much = facts.unread > 0 && reaches_beyond(facts.rcv, segment);
    if in_sequence(facts.rcv, segment) && !is_too_much {
        return None;
    }
    Some(if segment.flags.rst {
        if is_before_fin(facts, segment) {
            (Action::Reset, Some(RuleId::ResetBeforeFin))
        } else {
            (Action::Drop, Some(RuleId::ResetOutside))
        }
    } else if segment.flags.syn {
        (Action::Answer(Pace::Limited), Some(RuleId::SynChallenged))
    } else {
        (Action::Answer(Pace::of(segment)), Some(RuleId::OutsideAnswered))
    })
}

/// A reset must have exactly the next number expected, or that of the FIN before it; inside the window any other is
/// challenged. Linux accepts one more number: that behind the last of what has arrived beyond a gap, which the peer
/// has been told with SACK.
///
/// RFC 5961 §3.2. Linux: `tcp_validate_incoming`, `tcp_reset_check`. Seen in `rst-in-window-challenge`,
/// `forged-reset-exact`.
fn reset_in_the_window(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    if !segment.flags.rst {
        return None;
    }
    let next = facts.rcv.nxt;
    let is_edge = facts.rcv.sacked_edge() == Some(segment.seq);
    Some(if segment.seq == next || is_edge {
        (Action::Reset, None)
    } else if is_before_fin(facts, segment) {
        (Action::Reset, Some(RuleId::ResetBeforeFin))
    } else {
        (Action::Answer(Pace::Limited), Some(RuleId::ResetChallenged))
    })
}

/// The peer's FIN took up the number before the next one (Linux: `tcp_reset_check`).
fn is_before_fin(facts: &Facts<'_>, segment: &RawSegment) -> bool {
    segment.seq == facts.rcv.nxt.wrapping_sub(1)
        && matches!(facts.state, State::CloseWait | State::LastAck | State::Closing)
}

/// A SYN never resets a living connection: it is challenged, whatever its number.
///
/// RFC 5961 §4.2. Linux: `tcp_validate_incoming`. Seen in `syn-in-established`.
fn syn_in_the_window(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    // SYNs that crossed open the connection from both sides (RFC 9293 §3.5): then this is the other's `S.`.
    let is_crossing = facts.state == State::SynReceived
        && segment.flags.ack
        && segment.ack == facts.snd.nxt
        && segment.seq == facts.rcv.nxt.wrapping_sub(1);
    segment.flags.syn.then_some(if is_crossing {
        (Action::TakeAckAndAnswer, None)
    } else {
        (Action::Answer(Pace::Limited), Some(RuleId::SynChallenged))
    })
}

/// An ACK of what was never sent is answered, and the segment dropped.
///
/// RFC 9293 §3.10.7.4 fifth, RFC 5961 §5. Linux: `tcp_ack`.
fn ack_of_what_was_never_sent(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let is_wrong = after(segment.ack, facts.snd.nxt) && facts.state != State::SynReceived;
    is_wrong.then_some((Action::Answer(Pace::Limited), Some(RuleId::AckOfNothing)))
}

/// An ACK from before the largest window that the peer has ever offered, or from before the first byte that it has
/// acknowledged, is challenged, and the segment dropped.
///
/// RFC 5961 §5.2. Linux: `tcp_ack`.
fn too_old_ack(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let window = u64::from(facts.snd.max_wnd).min(facts.bytes_acknowledged) as u32;
    let is_too_old = before(segment.ack, facts.snd.una.wrapping_sub(window)) && facts.state != State::SynReceived;
    is_too_old.then_some((Action::Answer(Pace::Limited), Some(RuleId::AckTooOld)))
}

/// In LAST-ACK an ACK that acknowledges nothing new and offers no other window changes nothing, and is not answered.
///
/// RFC 9293 §3.10.7.4 fifth. Linux: `tcp_ack`.
fn stale_ack_in_last_ack(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let is_stale = facts.state == State::LastAck
        && length(segment) == 0
        && !facts.snd.is_advanced_by(segment)
        && segment.win == facts.snd.wnd;
    is_stale.then_some((Action::Drop, Some(RuleId::StaleAck)))
}

/// TCP_LINGER2 -1: an orphan does not enter FIN-WAIT-2; the ACK of its FIN is answered with a reset.
///
/// No RFC. Linux: `tcp_rcv_state_process`, FIN-WAIT-1. Seen in `linger2-negative`.
fn negative_linger2(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let applies = facts.ownership == Ownership::Orphan
        && facts.linger2 == Linger2::Negative
        && facts.state == State::FinWait1
        && segment.ack == facts.write_end
        && facts.snd.is_advanced_by(segment);
    applies.then_some((Action::AbortAndReset, Some(RuleId::Linger2Negative)))
}

/// Data for a connection whose program has closed it, or has shut down both directions, is reset:
/// the sender shall learn that it was not read.
///
/// RFC 9293 §3.6.1 (SHLD-3), RFC 2525 §2.17. Linux: `tcp_rcv_state_process`, RCV_SHUTDOWN.
/// Seen in `fin-lost-data-first`, `shutdown-rdwr-then-data`.
fn data_for_nobody(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let nobody_reads = facts.reading_ended && matches!(facts.state, State::FinWait1 | State::FinWait2);
    (nobody_reads && has_new_text(facts, segment)).then_some((Action::AbortAndReset, Some(RuleId::OrphanData)))
}

fn has_new_text(facts: &Facts<'_>, segment: &RawSegment) -> bool {
    length(segment) > 0 && after(segment.seq.wrapping_add(segment.len), facts.rcv.nxt)
}

/// After a FIN there is no more text: of a segment behind it only the ACK counts, and one that reaches across it is
/// reset as one that nobody reads, after its ACK was taken. A FIN right behind the first, of a segment that begins before
/// it, is acknowledged.
///
/// RFC 9293 §3.10.7.4 seventh ("this should not occur"). Linux: `tcp_rcv_state_process`, `tcp_data_queue`.
fn text_after_fin(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let fin_came = matches!(facts.state, State::CloseWait | State::Closing | State::LastAck);
    if !fin_came || length(segment) == 0 {
        return None;
    }
    if !before(segment.seq, facts.rcv.nxt) {
        let action = if facts.snd.is_advanced_by(segment) { Action::TakeAck } else { Action::Drop };
        return Some((action, Some(RuleId::TextAfterFin)));
    }
    if has_new_text(facts, segment) {
        return Some((Action::TakeAckAndReset, Some(RuleId::OrphanData)));
    }
    let is_behind = segment.flags.fin && after(end(segment), facts.rcv.nxt);
    is_behind.then_some((Action::TakeAckAndSecondFin, None))
}

/// A FIN whose text is still under way is answered at once, and takes effect when the text has come.
///
/// RFC 9293 §3.10.7.4 (segments with higher numbers should be held). Linux: `tcp_data_queue_ofo`. smoltcp forgets it.
pub(super) fn fin_before_its_data(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    let is_early = segment.flags.fin && after(segment.seq, facts.rcv.nxt);
    is_early.then_some((Action::TakeAndKeepFin, Some(RuleId::EarlyFin)))
}

/// What a segment acknowledges counts even where its text does not: it is all old, or there is no window for it, or no
/// memory. It is answered, so that the sender learns what is expected.
///
/// RFC 9293 §3.10.7.4 first and seventh. Linux: `tcp_data_queue`, `tcp_try_rmem_schedule`.
fn text_that_is_not_taken(facts: &Facts<'_>, segment: &RawSegment) -> Option<Decision<Action>> {
    if length(segment) == 0 {
        return None;
    }
    if !after(end(segment), facts.rcv.nxt) || facts.rcv.window_left() == 0 && segment.len > 0 {
        return Some((Action::TakeAckAndAnswer, None));
    }
    if facts.memory == Memory::Free || segment.len == 0 {
        return None;
    }
    // Behind a gap it goes without a word (Linux: `tcp_data_queue_ofo`).
    let is_beyond = after(segment.seq, facts.rcv.nxt);
    let action = if is_beyond { Action::TakeAck } else { Action::TakeAckAndCloseWindow };
    Some((action, Some(RuleId::NoMemory)))
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host};

    use super::*;

    struct Connection {
        state: State,
        snd: SendSequence,
        rcv: ReceiveSequence,
        timestamp: Option<Timestamp>,
        recent: Recent,
        ownership: Ownership,
        linger2: Linger2,
        reading_ended: bool,
        unread: usize,
        memory: Memory,
    }

    /// ISS 0, 10 bytes sent and acknowledged, 10 more in flight; the peer's next number is 500, its window 1000.
    fn connection(state: State) -> Connection {
        let snd = SendSequence { una: 11, nxt: 21, wnd: 1000, max_wnd: 1000, ..SendSequence::new(0, 1448) };
        let rcv = ReceiveSequence { nxt: 500, wup: 500, wnd: 1000, ..ReceiveSequence::default() };
        Connection {
            state,
            snd,
            rcv,
            timestamp: None,
            recent: Recent::default(),
            ownership: Ownership::Owned,
            linger2: Linger2::Unset,
            reading_ended: false,
            unread: 0,
            memory: Memory::Free,
        }
    }

    impl Connection {
        fn decide(&self, flags: &str, seq: u32, ack: u32, len: u32) -> Action {
            let flags = Flags::from_text(flags).expect("these are flags");
            let segment =
                RawSegment { from: Host::Server, to: Host::Client, ports: [80, 1], flags, seq, ack, len, win: 1000 };
            let facts = Facts {
                state: self.state,
                snd: &self.snd,
                rcv: &self.rcv,
                timestamp: self.timestamp,
                recent: self.recent,
                rto_us: 220_000,
                write_end: self.snd.nxt,
                bytes_acknowledged: 11,
                ownership: self.ownership,
                linger2: self.linger2,
                reading_ended: self.reading_ended,
                unread: self.unread,
                memory: self.memory,
            };
            decide(&facts, &segment).0
        }
    }

    #[test]
    fn a_reset_counts_at_the_next_number_alone() {
        let open = connection(State::Established);
        assert_eq!(open.decide("R", 500, 0, 0), Action::Reset);
        assert_eq!(open.decide("R", 600, 0, 0), Action::Answer(Pace::Limited));
        assert_eq!(open.decide("R", 499, 0, 0), Action::Drop);
        assert_eq!(open.decide("R", 1501, 0, 0), Action::Drop);
    }

    #[test]
    fn beyond_the_window_there_is_room_only_if_nothing_waits_to_be_read() {
        let mut open = connection(State::Established);
        assert_eq!(open.decide("P.", 1000, 21, 501), Action::Take);
        open.unread = 1;
        assert_eq!(open.decide("P.", 1000, 21, 501), Action::Answer(Pace::Always), "its ACK does not count either");
        assert_eq!(open.decide("R", 1000, 0, 501), Action::Drop);
        assert_eq!(open.decide("F.", 1000, 21, 500), Action::TakeAndKeepFin, "a FIN may stand behind the window");
    }

    #[test]
    fn after_a_fin_a_reset_counts_at_its_number_too_with_or_without_text() {
        let waits = connection(State::CloseWait);
        assert_eq!(waits.decide("R", 499, 0, 0), Action::Reset);
        assert_eq!(waits.decide("R", 499, 0, 4), Action::Reset);
        assert_eq!(waits.decide("R", 498, 0, 0), Action::Drop);
    }

    #[test]
    fn a_fin_right_behind_a_fin_is_acknowledged() {
        let waits = connection(State::CloseWait);
        assert_eq!(waits.decide("F.", 499, 11, 1), Action::TakeAckAndSecondFin);
        assert_eq!(waits.decide("F.", 498, 11, 1), Action::TakeAckAndAnswer, "all of it has come");
        assert_eq!(waits.decide("F.", 499, 11, 2), Action::TakeAckAndReset, "nobody reads that");
    }

    #[test]
    fn a_late_segment_is_answered_unless_it_repeats_what_is_known() {
        let mut open = connection(State::Established);
        open.recent = Recent::of(Some(Timestamp::of(1_000_000)));
        open.timestamp = Some(Timestamp::of(900_000));
        assert_eq!(open.decide(".", 500, 5, 0), Action::Answer(Pace::Limited), "an ACK that others have overtaken");
        assert_eq!(open.decide(".", 500, 11, 4), Action::Answer(Pace::Always));
        assert_eq!(open.decide(".", 499, 11, 0), Action::Drop);
        assert_eq!(open.decide("S", 600, 0, 0), Action::Answer(Pace::Limited));
        assert_eq!(open.decide("R", 500, 0, 0), Action::Reset);
        open.snd.wl1 = 500;
        assert_eq!(open.decide(".", 500, 11, 0), Action::Take, "it tells nothing new");
        open.timestamp = Some(Timestamp::of(700_000));
        assert_eq!(open.decide(".", 500, 11, 0), Action::Answer(Pace::Limited), "by more than the timeout");
    }

    #[test]
    fn without_ack_syn_and_rst_nothing_is_looked_at() {
        assert_eq!(connection(State::Established).decide("F", 495, 0, 0), Action::Drop);
        assert_eq!(connection(State::Established).decide("P", 500, 0, 5), Action::Drop);
    }

    #[test]
    fn an_ack_may_be_old_but_not_too_old_and_not_of_the_future() {
        let open = connection(State::Established);
        assert_eq!(open.decide(".", 500, 1, 4), Action::Take, "text with an old ACK");
        assert_eq!(open.decide(".", 500, u32::MAX, 4), Action::Answer(Pace::Limited), "11 bytes were acknowledged");
        assert_eq!(open.decide(".", 500, 22, 4), Action::Answer(Pace::Limited));
    }

    #[test]
    fn text_behind_a_fin_is_passed_over_and_text_across_it_reset() {
        let closing = connection(State::LastAck);
        assert_eq!(closing.decide(".", 500, 11, 4), Action::Drop);
        assert_eq!(closing.decide(".", 500, 21, 4), Action::TakeAck);
        assert_eq!(closing.decide(".", 498, 21, 4), Action::TakeAckAndReset);
    }

    #[test]
    fn an_orphan_resets_text_and_a_program_that_reads_does_not() {
        let mut waits = connection(State::FinWait2);
        assert_eq!(waits.decide(".", 500, 21, 4), Action::Take);
        waits.reading_ended = true;
        assert_eq!(waits.decide(".", 500, 21, 4), Action::AbortAndReset);
        assert_eq!(waits.decide("F.", 500, 21, 0), Action::Take, "a FIN alone is no text");
    }

    #[test]
    fn linger2_of_minus_1_resets_at_the_ack_of_everything() {
        let mut orphan = connection(State::FinWait1);
        (orphan.ownership, orphan.linger2) = (Ownership::Orphan, Linger2::Negative);
        assert_eq!(orphan.decide(".", 500, 21, 0), Action::AbortAndReset);
        assert_eq!(orphan.decide(".", 500, 20, 0), Action::Take, "the FIN is not acknowledged");
    }

    #[test]
    fn text_without_memory_closes_the_window() {
        let mut full = connection(State::Established);
        full.memory = Memory::Exhausted;
        assert_eq!(full.decide(".", 500, 21, 4), Action::TakeAckAndCloseWindow);
        assert_eq!(full.decide(".", 510, 21, 4), Action::TakeAck, "behind a gap");
        assert_eq!(full.decide("F.", 500, 21, 0), Action::Take);
    }

    #[test]
    fn a_window_update_in_last_ack_is_no_stale_ack() {
        let mut closing = connection(State::LastAck);
        assert_eq!(closing.decide(".", 500, 11, 0), Action::Drop);
        closing.snd.wnd = 0;
        assert_eq!(closing.decide(".", 500, 11, 0), Action::Take);
    }
}
