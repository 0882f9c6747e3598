//! The receive sequence space (RFC 9293 §3.3.1).

use scenario::RawSegment;

use crate::seq::{after, before, earlier, end, later, length};

#[derive(Clone, Debug, Default)]
pub(crate) struct ReceiveSequence {
    /// RCV.NXT; 0 until the peer's SYN has come.
    pub(crate) nxt: u32,
    /// RCV.NXT as the peer was last told of it (Linux: `rcv_wup`).
    pub(crate) wup: u32,
    /// RCV.WND as the peer was last told of it, counted from `wup`.
    pub(crate) wnd: u32,
    /// What has arrived beyond gaps, which SACK tells the peer: from and to which number. Before RCV.NXT it is old.
    pub(crate) beyond: Vec<(u32, u32)>,
    /// What has arrived once more, which SACK tells the peer once (RFC 2883).
    pub(crate) duplicate: Option<(u32, u32)>,
    /// The numbers of FINs that arrived before the data in front of them: one, or more if a forger has sent others.
    pub(crate) early_fins: Vec<u32>,
}

impl ReceiveSequence {
    /// The number behind the window that was last offered.
    pub(crate) const fn right_edge(&self) -> u32 {
        self.wup.wrapping_add(self.wnd)
    }

    /// What is left of the window that was last offered (Linux: `tcp_receive_window`).
    pub(crate) const fn window_left(&self) -> u32 {
        let left = self.right_edge().wrapping_sub(self.nxt).cast_signed();
        if left > 0 { left.cast_unsigned() } else { 0 }
    }

    /// Notes what a segment that has left tells the peer.
    pub(crate) const fn note_told(&mut self, ack: u32, window: u32) {
        self.wup = ack;
        self.wnd = window;
    }

    /// Notes what of a segment had arrived before (Linux: `tcp_dsack_set`).
    pub(crate) fn note_duplicate(&mut self, segment: &RawSegment) {
        if length(segment) > 0 && before(segment.seq, self.nxt) {
            self.duplicate = Some((segment.seq, earlier(end(segment), self.nxt)));
        }
    }

    /// Notes a segment that was taken, and may stand beyond a gap.
    pub(crate) fn note_beyond_gap(&mut self, segment: &RawSegment) {
        let (mut start, mut end) = (segment.seq, end(segment));
        if start == end || !after(start, self.nxt) {
            return;
        }
        self.beyond.retain(|&(from, to)| {
            let touches = !after(start, to) && !after(from, end);
            if touches {
                (start, end) = (earlier(start, from), later(end, to));
            }
            !touches && after(from, self.nxt)
        });
        self.beyond.push((start, end));
    }

    /// How many pieces lie beyond gaps.
    pub(crate) fn pieces_beyond(&self) -> usize {
        self.beyond.iter().filter(|(from, _)| after(*from, self.nxt)).count()
    }

    /// The number behind the last of them.
    pub(crate) fn sacked_edge(&self) -> Option<u32> {
        self.beyond.iter().map(|(_, to)| *to).reduce(later).filter(|edge| after(*edge, self.nxt))
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host};

    use super::*;

    fn text(seq: u32, len: u32) -> RawSegment {
        let (from, to) = (Host::Client, Host::Server);
        RawSegment { from, to, ports: [1, 2], flags: Flags::ACK, seq, ack: 1, len, win: 0 }
    }

    #[test]
    fn only_what_had_arrived_before_is_told_as_arrived_twice() {
        let told = |seq, len| {
            let mut rcv = ReceiveSequence { nxt: 201, ..ReceiveSequence::default() };
            rcv.note_duplicate(&text(seq, len));
            rcv.duplicate
        };
        assert_eq!(told(101, 100), Some((101, 201)));
        assert_eq!(told(101, 200), Some((101, 201)), "the rest is new");
        assert_eq!(told(201, 100), None);
        assert_eq!(told(101, 0), None);
    }

    #[test]
    fn pieces_beyond_gaps_are_counted_until_the_gaps_are_filled() {
        let mut rcv = ReceiveSequence { nxt: 101, ..ReceiveSequence::default() };
        for (seq, len) in [(201, 10), (221, 10), (301, 10), (211, 10), (101, 5), (401, 0)] {
            rcv.note_beyond_gap(&text(seq, len));
        }
        assert_eq!((rcv.pieces_beyond(), rcv.sacked_edge()), (2, Some(311)));
        rcv.nxt = 231;
        assert_eq!((rcv.pieces_beyond(), rcv.sacked_edge()), (1, Some(311)));
        rcv.nxt = 311;
        assert_eq!((rcv.pieces_beyond(), rcv.sacked_edge()), (0, None));
    }
}
