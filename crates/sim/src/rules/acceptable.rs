//! The numbers of a segment, held against what a host expects and what it knows of its peer's window.

use scenario::RawSegment;

use crate::seq::{after, before, end};
use crate::tcp::{ReceiveSequence, Recent, SendSequence, Timestamp};

/// Whether the segment touches the window.
///
/// RFC 9293 §3.10.7.4 first. Linux: `tcp_sequence`, which counts from what the peer was last told.
pub(crate) fn in_sequence(rcv: &ReceiveSequence, segment: &RawSegment) -> bool {
    !before(end(segment), rcv.wup) && !after(segment.seq, rcv.right_edge())
}

/// Whether the text of a segment that touches the window reaches beyond its right edge. The number of a FIN does not
/// count.
///
/// No RFC. Linux: `tcp_sequence`, as 6.18.44 does it.
pub(crate) fn reaches_beyond(rcv: &ReceiveSequence, segment: &RawSegment) -> bool {
    after(segment.seq.wrapping_add(segment.len), rcv.right_edge())
}

/// The same question for a request and for TIME-WAIT, where an empty segment at the left edge does not count.
///
/// Linux: `tcp_in_window`.
pub(crate) fn in_window(rcv: &ReceiveSequence, segment: &RawSegment) -> bool {
    let (end, edge) = (end(segment), rcv.right_edge());
    segment.seq == rcv.wup
        || (after(end, rcv.wup) && before(segment.seq, edge))
        || (segment.seq == edge && segment.seq == end)
}

/// Whether the segment tells a newer window than the one that is known: it is a SYN; or it acknowledges something new, or
/// is newer, or is as new and offers more, or nothing.
///
/// RFC 9293 §3.10.7.4 fifth. Linux: `tcp_may_update_window`.
pub(crate) fn tells_window(snd: &SendSequence, segment: &RawSegment) -> bool {
    let is_other = segment.win > snd.wnd || segment.win == 0;
    let is_newer = after(segment.ack, snd.una) || after(segment.seq, snd.wl1) || segment.seq == snd.wl1 && is_other;
    segment.flags.syn || segment.flags.ack && is_newer
}

/// Whether the timestamp of a segment that was taken may count from now on: it begins at the left edge of what the peer
/// was told, or before it. It counts if it is newer ([`newer`]).
///
/// RFC 7323 §4.3. Linux: `tcp_replace_ts_recent`.
pub(crate) fn replaces_recent(rcv: &ReceiveSequence, segment: &RawSegment) -> bool {
    !after(segment.seq, rcv.wup)
}

/// The newer of what has counted and a segment's timestamp; on a connection without timestamps neither counts.
///
/// RFC 7323 §4.3. Linux: `tcp_store_ts_recent`, `tcp_paws_check`.
pub(crate) fn newer(recent: Recent, timestamp: Option<Timestamp>) -> Recent {
    let is_newer = recent.age_ms(timestamp).is_some_and(|age_ms| age_ms <= 0);
    if is_newer { Recent::of(timestamp) } else { recent }
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host};

    use super::*;

    fn segment(seq: u32, ack: u32, len: u32, win: u32) -> RawSegment {
        RawSegment { from: Host::Server, to: Host::Client, ports: [80, 1], flags: Flags::ACK, seq, ack, len, win }
    }

    #[test]
    fn text_reaches_beyond_the_window_and_a_fin_does_not() {
        let rcv = ReceiveSequence { nxt: 101, wup: 101, wnd: 50, ..ReceiveSequence::default() };
        assert_eq!(
            [(101, 50), (101, 51), (151, 0)].map(|(seq, len)| reaches_beyond(&rcv, &segment(seq, 0, len, 0))),
            [false, true, false]
        );
        let with_fin = RawSegment { flags: Flags { fin: true, ..Flags::ACK }, ..segment(101, 0, 50, 0) };
        assert!(!reaches_beyond(&rcv, &with_fin));
    }

    #[test]
    fn an_empty_segment_at_the_left_edge_is_in_sequence_and_not_in_the_window() {
        let rcv = ReceiveSequence { nxt: 101, wup: 101, wnd: 50, ..ReceiveSequence::default() };
        let judged = |seq, len| {
            let segment = segment(seq, 0, len, 0);
            (in_sequence(&rcv, &segment), in_window(&rcv, &segment))
        };
        assert_eq!(judged(101, 0), (true, true));
        assert_eq!(judged(100, 1), (true, false), "old text that ends at the left edge");
        assert_eq!(judged(100, 2), (true, true));
        assert_eq!(judged(99, 1), (false, false));
        assert_eq!(judged(151, 0), (true, true), "empty, at the right edge");
        assert_eq!(judged(151, 1), (true, false));
        assert_eq!(judged(152, 0), (false, false));
    }

    #[test]
    fn an_old_segment_tells_no_window() {
        let snd = SendSequence { una: 11, nxt: 21, wnd: 500, wl1: 101, ..SendSequence::new(0, 1_448) };
        assert!(tells_window(&snd, &segment(101, 12, 0, 500)), "it acknowledges something new");
        assert!(tells_window(&snd, &segment(102, 11, 0, 400)), "it is newer");
        assert!(tells_window(&snd, &segment(101, 11, 0, 501)) && tells_window(&snd, &segment(101, 11, 0, 0)));
        assert!(!tells_window(&snd, &segment(101, 11, 0, 499)));
        assert!(!tells_window(&snd, &segment(100, 11, 0, 900)));
        assert!(tells_window(&snd, &RawSegment { flags: Flags::SYN, ..segment(100, 11, 0, 900) }));
    }

    #[test]
    fn a_newer_timestamp_counts_where_the_peer_was_told_of_all_before_it() {
        let at = |ms: u64| Some(Timestamp::of(ms * 1_000));
        let rcv = ReceiveSequence { nxt: 201, wup: 101, wnd: 500, ..ReceiveSequence::default() };
        assert!(replaces_recent(&rcv, &segment(101, 0, 9, 0)) && !replaces_recent(&rcv, &segment(102, 0, 9, 0)));
        let kept = |ms| newer(Recent::of(at(100)), at(ms)).age_ms(at(100));
        assert_eq!([kept(120), kept(90)], [Some(20), Some(0)]);
        assert!(!newer(Recent::default(), at(120)).is_kept(), "the connection has none");
    }
}
