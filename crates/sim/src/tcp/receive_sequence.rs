//! The receive sequence space (RFC 9293 §3.3.1).

use scenario::RawSegment;

use crate::seq::{after, before, earlier, end, length};

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReceiveSequence {
    /// RCV.NXT; 0 until the peer's SYN has come.
    pub(crate) nxt: u32,
    /// RCV.NXT as the peer was last told of it (Linux: `rcv_wup`).
    pub(crate) wup: u32,
    /// RCV.WND as the peer was last told of it, counted from `wup`.
    pub(crate) wnd: u32,
    /// The right edge of what has arrived beyond a gap, which SACK tells the peer.
    pub(crate) sacked_edge: Option<u32>,
    /// What has arrived once more, which SACK tells the peer once (RFC 2883).
    pub(crate) duplicate: Option<(u32, u32)>,
    /// The number of a FIN that arrived before the data in front of it.
    pub(crate) early_fin: Option<u32>,
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
        let end = end(segment);
        let is_beyond = length(segment) > 0 && after(segment.seq, self.nxt);
        if is_beyond && self.sacked_edge.is_none_or(|edge| after(end, edge)) {
            self.sacked_edge = Some(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Flags, Host};

    use super::*;

    #[test]
    fn only_what_had_arrived_before_is_told_as_arrived_twice() {
        let text = |seq, len| RawSegment {
            from: Host::Client,
            to: Host::Server,
            ports: [1, 2],
            flags: Flags::ACK,
            seq,
            ack: 1,
            len,
            win: 0,
        };
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
}
