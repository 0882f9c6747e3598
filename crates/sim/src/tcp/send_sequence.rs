//! The send sequence space (RFC 9293 §3.3.1).

use scenario::RawSegment;

use crate::seq::{after, end};

#[derive(Clone, Copy, Debug)]
pub(crate) struct SendSequence {
    /// ISS
    pub(crate) iss: u32,
    /// SND.UNA
    pub(crate) una: u32,
    /// SND.NXT: behind all that has ever left.
    pub(crate) nxt: u32,
    /// SND.WND
    pub(crate) wnd: u32,
    /// SND.WL1: the number of the segment that SND.WND is from.
    pub(crate) wl1: u32,
    /// The largest window that the peer has offered.
    pub(crate) max_wnd: u32,
    /// Payload of a full segment.
    pub(crate) mss: u32,
    /// Behind the last segment with data that was not full (Linux: `snd_sml`).
    pub(crate) small_end: u32,
}

impl SendSequence {
    pub(crate) const fn new(iss: u32, mss: u32) -> Self {
        Self { iss, una: iss, nxt: iss, wnd: 0, wl1: 0, max_wnd: 0, mss, small_end: iss }
    }

    /// A segment has left for the first time.
    pub(crate) const fn note_sent(&mut self, segment: &RawSegment) {
        self.nxt = end(segment);
        if segment.len > 0 && segment.len < self.mss {
            self.small_end = self.nxt;
        }
    }

    /// The peer has offered a window.
    pub(crate) fn note_window(&mut self, segment: &RawSegment) {
        self.wl1 = segment.seq;
        self.wnd = segment.win;
        self.max_wnd = self.max_wnd.max(segment.win);
    }

    /// SND.UNA + SND.WND
    pub(crate) const fn right_edge(&self) -> u32 {
        self.una.wrapping_add(self.wnd)
    }

    /// Whether anything that was sent is not acknowledged.
    pub(crate) const fn is_in_flight(&self) -> bool {
        self.una != self.nxt
    }

    /// Whether the segment acknowledges something that was not acknowledged before.
    pub(crate) fn is_advanced_by(&self, segment: &RawSegment) -> bool {
        segment.flags.ack && after(segment.ack, self.una) && !after(segment.ack, self.nxt)
    }
}
