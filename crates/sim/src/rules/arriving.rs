//! Segments that arrive for a connection: what Linux decides before and beside smoltcp.

use scenario::{RawSegment, State};

use super::{
    ACK_OF_NOTHING, EARLY_FIN, HANDSHAKE_RESET, LINGER2_NEGATIVE, ORPHAN_DATA, OUTSIDE_ANSWERED, Pace,
    RESET_BEFORE_FIN, RESET_CHALLENGED, RESET_OF_SYN, RESET_OUTSIDE, Rule, STALE_ACK, SYN_CHALLENGED, SYN_REPEATED,
    SYN_SOON_AGAIN, TEXT_AFTER_FIN, Verdict,
};
use crate::connection::{Connection, Holder, Linger2, length};
use crate::wire::{after, before};

type Judge = fn(&Connection, &RawSegment) -> Option<(Verdict, Option<&'static Rule>)>;

/// The first that has a word to say decides: the order is the kernel's.
const SYNCHRONIZED: [Judge; 11] = [
    outside_the_window,
    reset_in_the_window,
    syn_in_the_window,
    without_ack,
    ack_of_what_was_never_sent,
    stale_ack_in_last_ack,
    negative_linger2,
    data_for_nobody,
    text_after_fin,
    fin_before_its_data,
    only_its_ack_is_new,
];

/// What becomes of a segment for this connection, which is no handshake of a listener.
pub(crate) fn judge(connection: &Connection, segment: &RawSegment) -> (Verdict, Option<&'static Rule>) {
    if connection.state == State::SynSent {
        return answer_to_syn(connection, segment);
    }
    SYNCHRONIZED.iter().find_map(|judge| judge(connection, segment)).unwrap_or((Verdict::Pass, None))
}

/// In SYN-SENT a reset counts only if it acknowledges the SYN; any other segment with a wrong ACK is reset by smoltcp.
///
/// RFC 9293 §3.10.7.3. Linux: `tcp_rcv_synsent_state_process`. Seen in `connection-refused`, `syn-in-established`.
fn answer_to_syn(connection: &Connection, segment: &RawSegment) -> (Verdict, Option<&'static Rule>) {
    let is_right = segment.flags.ack && connection.numbers.advances(segment);
    match (segment.flags.rst, is_right) {
        (true, true) => (Verdict::Reset, None),
        (true, false) if segment.flags.ack => (Verdict::DropAndHurry, Some(&RESET_OF_SYN)),
        (true, false) => (Verdict::Drop, Some(&RESET_OF_SYN)),
        (false, false) if segment.flags.ack => (Verdict::PassAndHurry, Some(&SYN_SOON_AGAIN)),
        (false, _) => (Verdict::Pass, None),
    }
}

/// Outside the window a reset is ignored (but for the one a sender makes that had not seen our ACK of its FIN), a SYN
/// is challenged, and anything else is answered with the last ACK.
///
/// RFC 9293 §3.10.7.4 first, RFC 5961 §3.2. Linux: `tcp_validate_incoming`, `tcp_reset_check`.
/// Seen in `rst-in-window-challenge`, `keepalive-race-fin`, `keepalive-dead`.
fn outside_the_window(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    if connection.numbers.accepts(segment) {
        return None;
    }
    Some(if segment.flags.rst {
        if is_before_fin(connection, segment) {
            (Verdict::Reset, Some(&RESET_BEFORE_FIN))
        } else {
            (Verdict::Drop, Some(&RESET_OUTSIDE))
        }
    } else if segment.flags.syn {
        (Verdict::Answer(Pace::Limited), Some(&SYN_CHALLENGED))
    } else {
        let pace = if length(segment) == 0 { Pace::Limited } else { Pace::Always };
        (Verdict::Answer(pace), Some(&OUTSIDE_ANSWERED))
    })
}

/// A reset must have exactly the next number expected; inside the window any other is challenged. Linux accepts one
/// more number: that behind the last of what has arrived beyond a gap, which the peer has been told with SACK.
///
/// RFC 5961 §3.2. Linux: `tcp_validate_incoming`. Seen in `rst-in-window-challenge`, `forged-reset-exact`.
fn reset_in_the_window(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    if !segment.flags.rst {
        return None;
    }
    let next = connection.numbers.receive_next;
    let is_edge = connection.sacked_to == Some(segment.seq) && after(segment.seq, next);
    Some(if segment.seq == next || is_edge {
        (Verdict::Reset, None)
    } else {
        (Verdict::Answer(Pace::Limited), Some(&RESET_CHALLENGED))
    })
}

/// Linux: `tcp_reset_check`. The peer's FIN took up the number before the next one.
fn is_before_fin(connection: &Connection, segment: &RawSegment) -> bool {
    segment.seq == connection.numbers.receive_next.wrapping_sub(1)
        && matches!(connection.state, State::CloseWait | State::LastAck | State::Closing)
}

/// A SYN never resets a living connection: it is challenged, whatever its number.
///
/// RFC 5961 §4.2. Linux: `tcp_validate_incoming`. Seen in `syn-in-established`.
fn syn_in_the_window(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let numbers = &connection.numbers;
    // SYNs that crossed open the connection from both sides (RFC 9293 §3.5): then this is the other's `S.`.
    let is_crossing = connection.state == State::SynReceived
        && segment.flags.ack
        && segment.ack == numbers.send_next
        && segment.seq == numbers.receive_next.wrapping_sub(1);
    segment.flags.syn.then_some(if is_crossing {
        (Verdict::TakeAckAndAnswer, None)
    } else {
        (Verdict::Answer(Pace::Limited), Some(&SYN_CHALLENGED))
    })
}

/// Every segment after the handshake has an ACK.
///
/// RFC 9293 §3.10.7.4 fifth. Linux: `tcp_rcv_established`.
fn without_ack(_: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    (!segment.flags.ack).then_some((Verdict::Drop, None))
}

/// An ACK of what was never sent is answered, and the segment dropped.
///
/// RFC 9293 §3.10.7.4 fifth, RFC 5961 §5. Linux: `tcp_ack`.
fn ack_of_what_was_never_sent(
    connection: &Connection,
    segment: &RawSegment,
) -> Option<(Verdict, Option<&'static Rule>)> {
    let is_wrong = after(segment.ack, connection.numbers.send_next) && connection.state != State::SynReceived;
    is_wrong.then_some((Verdict::Answer(Pace::Limited), Some(&ACK_OF_NOTHING)))
}

/// In LAST-ACK an ACK that does not acknowledge the FIN changes nothing and is not answered; smoltcp would challenge it.
///
/// RFC 9293 §3.10.7.4 fifth. Linux: `tcp_ack`.
fn stale_ack_in_last_ack(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let is_stale = connection.state == State::LastAck
        && says_nothing_new(connection, segment)
        && !connection.numbers.advances(segment);
    is_stale.then_some((Verdict::Drop, Some(&STALE_ACK)))
}

/// TCP_LINGER2 -1: an orphan does not enter FIN-WAIT-2; the ACK of its FIN is answered with a reset.
///
/// No RFC. Linux: `tcp_rcv_state_process`, FIN-WAIT-1. Seen in `linger2-negative`.
fn negative_linger2(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let applies = connection.holder == Holder::Nobody
        && connection.options.linger2 == Linger2::Negative
        && connection.state == State::FinWait1
        && connection.queued() == 0
        && segment.ack == connection.numbers.send_next
        && connection.numbers.is_in_flight();
    applies.then_some((Verdict::Refuse, Some(&LINGER2_NEGATIVE)))
}

/// Data for a connection whose program has closed it, or has shut down both directions, is reset:
/// the sender shall learn that it was not read.
///
/// RFC 9293 §3.6.1 (SHLD-3), RFC 2525 §2.17. Linux: `tcp_rcv_state_process`, RCV_SHUTDOWN.
/// Seen in `fin-lost-data-first`, `shutdown-rdwr-then-data`.
fn data_for_nobody(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let is_new = length(segment) > 0 && after(segment.seq.wrapping_add(segment.len), connection.numbers.receive_next);
    let nobody_reads = connection.reading_ended && matches!(connection.state, State::FinWait1 | State::FinWait2);
    (is_new && nobody_reads).then_some((Verdict::Refuse, Some(&ORPHAN_DATA)))
}

/// After a FIN there is no more text: of a segment behind it only the ACK counts, one that reaches across it is reset.
///
/// RFC 9293 §3.10.7.4 seventh ("this should not occur"). Linux: `tcp_rcv_state_process`, which takes the ACK before it
/// looks at the text.
fn text_after_fin(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let next = connection.numbers.receive_next;
    let fin_came = matches!(connection.state, State::CloseWait | State::Closing | State::LastAck);
    if !fin_came || length(segment) == 0 {
        return None;
    }
    if !before(segment.seq, next) {
        let verdict = if connection.numbers.advances(segment) { Verdict::TakeAck } else { Verdict::Drop };
        return Some((verdict, Some(&TEXT_AFTER_FIN)));
    }
    after(segment.seq.wrapping_add(segment.len), next).then_some((Verdict::Refuse, Some(&TEXT_AFTER_FIN)))
}

/// A FIN whose data is still under way is answered at once, and takes effect when the data has come.
///
/// RFC 9293 §3.10.7.4 (segments with higher numbers should be held). Linux: `tcp_data_queue_ofo`. smoltcp forgets it.
fn fin_before_its_data(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let is_early = segment.flags.fin && after(segment.seq, connection.numbers.receive_next);
    is_early.then_some((Verdict::KeepFin, Some(&EARLY_FIN)))
}

/// What a segment acknowledges counts even where its text does not: it is all old, or there is no room for it, or it
/// is empty and stands at the very end of the window. smoltcp passes such segments over.
///
/// RFC 9293 §3.10.7.4 first ("the window is extended to the left"). Linux: `tcp_sequence`, `tcp_data_queue`.
fn only_its_ack_is_new(connection: &Connection, segment: &RawSegment) -> Option<(Verdict, Option<&'static Rule>)> {
    let numbers = &connection.numbers;
    let is_old = segment.seq.wrapping_add(length(segment)) == numbers.receive_next;
    let has_no_room = numbers.receive_window == 0 && segment.len > 0;
    let is_at_the_edge = segment.seq == numbers.receive_next.wrapping_add(numbers.receive_window);
    if length(segment) == 0 {
        return (is_at_the_edge && !is_old).then_some((Verdict::TakeAck, None));
    }
    (is_old || has_no_room).then_some((Verdict::TakeAckAndAnswer, None))
}

/// Whether the segment acknowledges again what was acknowledged before, while something is under way.
pub(crate) const fn repeats_ack(connection: &Connection, segment: &RawSegment) -> bool {
    segment.ack == connection.numbers.unacknowledged && connection.numbers.is_in_flight()
}

/// Whether an ACK that repeats another says nothing else. Where both sides know SACK, it counts for a loss only if it
/// tells of a gap; smoltcp counts any three of them.
///
/// RFC 6675 §2 ("duplicate acknowledgment"). Linux: `tcp_fastretrans_alert`, `tcp_is_reno`.
pub(crate) fn says_nothing_new(connection: &Connection, segment: &RawSegment) -> bool {
    let is_bare = length(segment) == 0 && segment.flags.ack && !segment.flags.rst;
    let is_open = !matches!(connection.state, State::SynSent | State::SynReceived);
    is_bare && is_open && segment.win == connection.numbers.send_window
}

/// A reset must have exactly the next number expected here, too; what it acknowledges does not matter.
///
/// RFC 5961 §3.2 ("in all states except SYN-SENT"). Linux: `tcp_check_req`, as 6.18.44 does it; older kernels take
/// every reset in the window. Seen in `close-before-connected`.
fn reset_of_handshake(connection: &Connection, segment: &RawSegment) -> (Verdict, Option<&'static Rule>) {
    if segment.seq == connection.numbers.receive_next {
        (Verdict::Forget, Some(&HANDSHAKE_RESET))
    } else if connection.numbers.is_in_window(segment) {
        (Verdict::Answer(Pace::Limited), Some(&RESET_CHALLENGED))
    } else {
        (Verdict::Drop, Some(&RESET_OUTSIDE))
    }
}

/// A segment for a handshake that a listener has begun.
///
/// RFC 9293 §3.10.7.4, SYN-RECEIVED after a passive open. Linux: `tcp_check_req`, `tcp_child_process`. Seen in
/// `rst-before-accept`, `accept-queue-full`.
pub(crate) fn judge_handshake(connection: &Connection, segment: &RawSegment) -> (Verdict, Option<&'static Rule>) {
    let numbers = &connection.numbers;
    let is_first_again = segment.flags.syn && !segment.flags.ack && segment.seq == numbers.receive_next.wrapping_sub(1);
    if is_first_again && !segment.flags.rst {
        return (Verdict::Repeat, Some(&SYN_REPEATED));
    }
    if segment.flags.rst {
        return reset_of_handshake(connection, segment);
    }
    if segment.flags.ack && segment.ack != numbers.send_next {
        // smoltcp answers with the listener's reset, and the handshake stays.
        return (Verdict::Pass, None);
    }
    if !numbers.is_in_window(segment) {
        return (Verdict::Answer(Pace::Limited), Some(&OUTSIDE_ANSWERED));
    }
    if segment.flags.syn {
        return (Verdict::Refuse, Some(&HANDSHAKE_RESET));
    }
    if !segment.flags.ack {
        return (Verdict::Drop, None);
    }
    // It completes the handshake, and is at once a segment of the connection that it has opened.
    fin_before_its_data(connection, segment).unwrap_or((Verdict::Pass, None))
}
