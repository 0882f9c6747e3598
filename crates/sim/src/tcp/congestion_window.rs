//! The congestion window, in segments: slow start as Linux does it (RFC 5681 §3.1, RFC 6928), and what a loss leaves
//! of it. There is no congestion avoidance: no link here is narrow.

use crate::seq::{after, before};

/// TCP_INIT_CWND (RFC 6928)
const INITIAL: u32 = 10;
/// No run has more in flight.
const MOST: u32 = 1 << 16;

#[derive(Clone, Debug)]
pub(crate) struct CongestionWindow {
    segments: u32,
    /// Whether the window, and not the program, held something back (Linux: `is_cwnd_limited`), and the most segments
    /// that were in flight, both until `usage_until` is acknowledged (`tcp_cwnd_validate`).
    was_limited: bool,
    most_in_flight: u32,
    usage_until: u32,
    /// After a loss that SACK told of: the window from when that number is acknowledged.
    restore: Option<(u32, u32)>,
}

impl CongestionWindow {
    pub(crate) const fn new(iss: u32) -> Self {
        Self { segments: INITIAL, was_limited: false, most_in_flight: 0, usage_until: iss, restore: None }
    }

    pub(crate) const fn segments(&self) -> u32 {
        self.segments
    }

    /// So many segments were acknowledged, up to `ack`: slow start, if the window is made use of
    /// (Linux: `tcp_is_cwnd_limited`).
    pub(crate) fn note_acknowledged(&mut self, segments: u32, ack: u32) {
        if let Some((window, end)) = self.restore
            && !after(end, ack)
        {
            self.segments = window;
            self.restore = None;
            return;
        }
        if self.was_limited || self.segments < 2 * self.most_in_flight {
            self.segments = (self.segments + segments).min(MOST);
        }
    }

    /// A retransmission timeout: one segment (RFC 5681 §3.1; Linux: `tcp_enter_loss`).
    pub(crate) const fn note_timeout(&mut self) {
        self.segments = 1;
        self.restore = None;
    }

    /// A loss that SACK told of: what is missing leaves segment by segment, and then the window is seven tenths of what
    /// it was (RFC 9438 §4.6). `end`: behind all that was in flight.
    pub(crate) fn note_loss(&mut self, end: u32) {
        if self.restore.is_none() {
            self.restore = Some(((self.segments * 7 / 10).max(2), end));
            self.segments = 1;
        }
    }

    /// A segment has left: notes whether the window is made use of (Linux: `tcp_cwnd_validate`).
    pub(crate) fn note_sent(&mut self, packets_out: u32, in_network: u32, una: u32, nxt: u32) {
        let is_limited = in_network >= self.segments;
        let is_over = !before(una, self.usage_until);
        if is_over || is_limited || !self.was_limited && packets_out > self.most_in_flight {
            self.was_limited = is_limited;
            self.most_in_flight = packets_out;
            self.usage_until = nxt;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_only_while_it_is_made_use_of() {
        let mut window = CongestionWindow::new(0);
        window.note_sent(2, 2, 0, 200);
        window.note_acknowledged(2, 200);
        assert_eq!(window.segments(), 10, "two of ten are no use");
        window.note_sent(10, 10, 200, 1200);
        window.note_acknowledged(10, 1200);
        assert_eq!(window.segments(), 20);
    }

    #[test]
    fn a_timeout_leaves_one_segment_and_a_loss_seven_tenths() {
        let mut window = CongestionWindow::new(0);
        window.note_loss(1000);
        assert_eq!(window.segments(), 1);
        window.note_acknowledged(3, 1000);
        assert_eq!(window.segments(), 7);
        window.note_timeout();
        assert_eq!(window.segments(), 1);
    }
}
