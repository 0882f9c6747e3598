//! SEGMENT ARRIVES in SYN-SENT, and for a handshake that a listener has begun (RFC 9293 §3.10.7.3 and §3.10.7.4).

use scenario::{RawSegment, RuleId};

use super::acceptable::in_window;
use super::segment_arrives::{self, Facts};
use super::{Decision, Pace};
use crate::tcp::{ReceiveSequence, SendSequence, Timestamp};

/// TCP_TIMEOUT_MIN: two ticks of a kernel with HZ=250.
pub(crate) const SOON_US: u64 = 8_000;

/// What becomes of a segment in SYN-SENT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InSynSent {
    /// The SYN is taken, and the ACK if it has one; text and FIN are not.
    TakeSyn,
    Drop,
    /// The connection is refused.
    Reset,
    /// The segment is answered with a reset, if it is none itself; the SYN leaves again soon
    /// ([`SOON_US`]), if it has left once only.
    RefuseAndHurry,
}

/// In SYN-SENT an ACK must be one of the SYN, with a reset too. A segment with SYN opens the connection, from both
/// sides if it acknowledges nothing; its text and its FIN are not looked at, and will come again.
///
/// Linux: `tcp_rcv_synsent_state_process`. Seen in `connection-refused`, `syn-in-established`, `syn-sent-wrong-rst`.
pub(crate) fn in_syn_sent(snd: &SendSequence, segment: &RawSegment) -> Decision<InSynSent> {
    let flags = segment.flags;
    if flags.ack && !snd.is_advanced_by(segment) {
        let rule = if flags.rst { RuleId::ResetOfSyn } else { RuleId::SynSoonAgain };
        return (InSynSent::RefuseAndHurry, Some(rule));
    }
    match (flags.rst, flags.syn) {
        (true, _) if flags.ack => (InSynSent::Reset, None),
        (true, _) => (InSynSent::Drop, Some(RuleId::ResetOfSyn)),
        (false, true) => (InSynSent::TakeSyn, None),
        (false, false) => (InSynSent::Drop, None),
    }
}

/// What becomes of a segment for a listener's handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InHandshake {
    /// It completes the handshake, and is at once a segment of the connection that it has opened.
    Complete,
    /// As `Complete`, and its FIN is kept until the text before it has come.
    CompleteAndKeepFin,
    /// The handshake is a socket now, in SYN-RECEIVED as before, which challenges the segment.
    QueueAndChallenge,
    Drop,
    /// It is put aside: TCP_DEFER_ACCEPT waits for data.
    Defer,
    Answer(Pace),
    /// The handshake ends without a word.
    Destroy,
    /// The handshake ends, and the segment is answered with a reset.
    AbortAndReset,
    /// The segment is answered with a reset, and the handshake goes on.
    Refuse,
    /// The second segment of the handshake leaves again, if the pace allows it.
    RepeatSynAck,
}

/// A segment for a handshake that a listener has begun.
///
/// RFC 9293 §3.10.7.4, SYN-RECEIVED after a passive open. Linux: `tcp_check_req`, `tcp_child_process`. Seen in
/// `rst-before-accept`, `accept-queue-full`.
pub(crate) fn in_handshake(facts: &Facts<'_>, segment: &RawSegment, echoed: Echoed) -> Decision<InHandshake> {
    let (snd, rcv, flags) = (facts.snd, facts.rcv, segment.flags);
    let has_first_number = segment.seq == rcv.nxt.wrapping_sub(1);
    if has_first_number && flags.syn && !flags.ack && !flags.rst {
        return (InHandshake::RepeatSynAck, Some(RuleId::SynRepeated));
    }
    if flags.rst {
        return reset_of_handshake(rcv, segment);
    }
    if flags.ack && segment.ack != snd.nxt {
        // The listener's answer.
        return (InHandshake::Refuse, None);
    }
    if echoed == Echoed::Later {
        return (InHandshake::Answer(Pace::of(segment)), Some(RuleId::LaterEcho));
    }
    if !in_window(rcv, segment) {
        return (InHandshake::Answer(Pace::of(segment)), Some(RuleId::OutsideAnswered));
    }
    if flags.syn {
        return if has_first_number && flags.ack {
            // Without its SYN, which is the first one's, it would complete the handshake.
            (InHandshake::QueueAndChallenge, Some(RuleId::SynChallenged))
        } else {
            (InHandshake::AbortAndReset, Some(RuleId::SynInHandshake))
        };
    }
    if !flags.ack {
        return (InHandshake::Drop, None);
    }
    match segment_arrives::fin_before_its_data(facts, segment) {
        Some((_, rule)) => (InHandshake::CompleteAndKeepFin, rule),
        None => (InHandshake::Complete, None),
    }
}

/// Which of a host's timestamps a segment echoes, in a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echoed {
    /// One that a SYN-ACK had, or none.
    OfSynAck,
    /// A later one: an ACK has told it, which the host has sent meanwhile.
    Later,
}

impl Echoed {
    /// Whether a segment with that TSecr echoes a later timestamp than that of the SYN-ACK which left last.
    ///
    /// No RFC. Linux: `tcp_check_req`, since 6.15. An earlier one than the first SYN-ACK's no peer knows, and the resets of
    /// this simulator echo none.
    pub(crate) fn of(echo: Option<Timestamp>, left_us: u64) -> Self {
        match echo {
            Some(echo) if echo > Timestamp::of(left_us) => Self::Later,
            _ => Self::OfSynAck,
        }
    }
}

/// A reset must have exactly the next number expected here, too; what it acknowledges does not matter.
///
/// RFC 5961 §3.2 ("in all states except SYN-SENT"). Linux: `tcp_check_req`, as 6.18.44 does it; older kernels take
/// every reset in the window. Seen in `close-before-connected`.
fn reset_of_handshake(rcv: &ReceiveSequence, segment: &RawSegment) -> Decision<InHandshake> {
    if segment.seq == rcv.nxt {
        (InHandshake::Destroy, Some(RuleId::HandshakeReset))
    } else if in_window(rcv, segment) {
        (InHandshake::Answer(Pace::Limited), Some(RuleId::HandshakeResetChallenged))
    } else {
        (InHandshake::Drop, Some(RuleId::ResetOutside))
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host, State};

    use super::*;
    use crate::rules::Ownership;
    use crate::rules::segment_arrives::Memory;
    use crate::socket_options::Linger2;

    fn segment(flags: &str, seq: u32, ack: u32, len: u32) -> RawSegment {
        let flags = Flags::from_text(flags).expect("these are flags");
        RawSegment { from: Host::Server, to: Host::Client, ports: [80, 1], flags, seq, ack, len, win: 1000 }
    }

    #[test]
    fn in_syn_sent_an_ack_must_be_one_of_the_syn() {
        let snd = SendSequence { nxt: 1, ..SendSequence::new(0, 1448) };
        let decide = |flags, ack, len| in_syn_sent(&snd, &segment(flags, 700, ack, len)).0;
        assert_eq!(decide("R.", 1, 0), InSynSent::Reset);
        assert_eq!(decide("R.", 2, 0), InSynSent::RefuseAndHurry);
        assert_eq!(decide("R", 0, 0), InSynSent::Drop);
        assert_eq!(decide(".", 1, 0), InSynSent::Drop, "an ACK alone opens nothing");
        assert_eq!(decide(".", 50, 9), InSynSent::RefuseAndHurry);
        assert_eq!(decide("SF", 0, 0), InSynSent::TakeSyn);
        assert_eq!(decide("SF.", 1, 0), InSynSent::TakeSyn);
    }

    #[test]
    fn a_handshake_takes_the_first_syn_again_and_no_other() {
        let snd = SendSequence { nxt: 1, ..SendSequence::new(0, 1448) };
        let rcv = ReceiveSequence { nxt: 701, wup: 701, wnd: 1000, ..ReceiveSequence::default() };
        let facts = Facts {
            state: State::SynReceived,
            snd: &snd,
            rcv: &rcv,
            timestamp: None,
            recent: crate::tcp::Recent::default(),
            rto_us: 1_000_000,
            write_end: 1,
            bytes_acknowledged: 0,
            ownership: Ownership::Owned,
            linger2: Linger2::Unset,
            reading_ended: false,
            unread: 0,
            memory: Memory::Free,
        };
        let of = |flags, seq, ack, len, echoed| in_handshake(&facts, &segment(flags, seq, ack, len), echoed).0;
        let decide = |flags, seq, ack| of(flags, seq, ack, 0, Echoed::OfSynAck);
        assert_eq!(decide("S", 700, 0), InHandshake::RepeatSynAck);
        assert_eq!(decide("S", 705, 0), InHandshake::AbortAndReset);
        assert_eq!(decide("SF.", 705, 9), InHandshake::Refuse);
        assert_eq!(decide("SF.", 700, 1), InHandshake::QueueAndChallenge);
        assert_eq!(of("S.", 700, 1, 5, Echoed::OfSynAck), InHandshake::QueueAndChallenge);
        assert_eq!(decide("S.", 700, 1), InHandshake::Answer(Pace::Limited), "it has nothing in the window");
        assert_eq!(decide(".", 701, 1), InHandshake::Complete);
        assert_eq!(decide("R", 701, 0), InHandshake::Destroy);
        assert_eq!(decide("R", 702, 0), InHandshake::Answer(Pace::Limited));
        assert_eq!(decide("R", 99, 0), InHandshake::Drop);
        let late = |flags, seq, ack| of(flags, seq, ack, 9, Echoed::Later);
        assert_eq!(late(".", 701, 1), InHandshake::Answer(Pace::Always));
        assert_eq!(late(".", 701, 2), InHandshake::Refuse, "the number comes first");
    }

    #[test]
    fn a_handshake_knows_the_times_of_its_syn_acks() {
        let echo = |ms: u64| Echoed::of(Some(Timestamp::of(ms * 1_000)), 20_500);
        assert_eq!([echo(20), echo(21)], [Echoed::OfSynAck, Echoed::Later]);
        assert_eq!(Echoed::of(None, 20_500), Echoed::OfSynAck);
    }
}
