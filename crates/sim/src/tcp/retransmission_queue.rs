//! What has left and is not acknowledged, in segments, and what is known of it (RFC 6675 §3).

use crate::seq::{after, before, earlier, later};

#[derive(Clone, Debug)]
pub(crate) struct RetransmissionQueue {
    /// Where the segments end.
    ends: Vec<u32>,
    /// What SACK has told of, as first number and number behind the last.
    sacked: Vec<(u32, u32)>,
    /// What ends before this number, and was not told of, counts as lost.
    lost_to: u32,
    /// ACKs since the last new one that told of a gap.
    duplicate_acks: u32,
}

/// How many segments are in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InFlight {
    Nothing,
    OneSegment,
    Several,
}

/// A third of these, and the first segment that is not acknowledged counts as lost (RFC 5681 §3.2, DupThresh).
const DUPLICATE_ACKS: u32 = 3;

impl RetransmissionQueue {
    pub(crate) const fn new(iss: u32) -> Self {
        Self { ends: Vec::new(), sacked: Vec::new(), lost_to: iss, duplicate_acks: 0 }
    }

    /// A segment with these numbers has left. One that leaves again may be cut otherwise than before.
    pub(crate) fn note_sent(&mut self, seq: u32, end: u32) {
        // In order as a rule: then nothing is to be looked for.
        if self.ends.last().is_some_and(|last| after(*last, seq)) {
            self.ends.retain(|known| !after(*known, seq) || after(*known, end));
        }
        self.ends.push(end);
    }

    /// Everything before `ack` is acknowledged: so many segments.
    pub(crate) fn note_acknowledged(&mut self, ack: u32) -> u32 {
        let before = self.ends.len();
        self.ends.retain(|end| after(*end, ack));
        self.sacked.retain(|(_, end)| after(*end, ack));
        self.duplicate_acks = 0;
        (before - self.ends.len()) as u32
    }

    /// SACK tells that this has arrived, of which whole segments count (Linux: `tcp_match_skb_to_sack`); true if there
    /// are any. `una`: where the first segment begins.
    pub(crate) fn note_sacked(&mut self, start: u32, end: u32, una: u32) -> bool {
        let boundaries = || self.ends.iter().copied().chain([una]);
        let first = boundaries().filter(|at| !before(*at, start)).reduce(earlier);
        let last = boundaries().filter(|at| !after(*at, end)).reduce(later);
        let (Some(start), Some(end)) = (first, last) else { return false };
        if !before(start, end) {
            return false;
        }
        self.sacked.retain(|(left, right)| before(*left, start) || after(*right, end));
        self.sacked.push((start, end));
        true
    }

    /// Whether SACK has told of anything that is not acknowledged.
    pub(crate) const fn has_sacked(&self) -> bool {
        !self.sacked.is_empty()
    }

    /// An ACK that acknowledges nothing has told of a gap; true of the one that makes the gap a loss.
    pub(crate) const fn note_duplicate_ack(&mut self) -> bool {
        self.duplicate_acks += 1;
        self.duplicate_acks == DUPLICATE_ACKS
    }

    /// Everything that is not acknowledged counts as lost (Linux: `tcp_enter_loss`).
    pub(crate) const fn lose_all(&mut self, nxt: u32) {
        self.lost_to = nxt;
    }

    /// What has left in segments longer than this counts as lost, and with it what stands before; true if there are any.
    ///
    /// Linux keeps full segments two by two, of which the second may be shorter, as they came from one write (`tcp_tso_autosize`
    /// with two segments for a millisecond): such a pair is lost, and cut anew, as a whole (`tcp_simple_retransmit`).
    pub(crate) fn lose_too_long(&mut self, una: u32, mss: u32) -> bool {
        let mut ends = std::mem::take(&mut self.ends);
        ends.sort_by_key(|end| end.wrapping_sub(una));
        let (mut start, mut is_lost) = (una, false);
        let mut ends = ends.into_iter();
        while let Some(end) = ends.next() {
            let is_too_long = end.wrapping_sub(start) > mss;
            let end = if is_too_long { ends.next().unwrap_or(end) } else { end };
            if is_too_long {
                is_lost = true;
                self.lost_to = end;
            }
            self.ends.push(end);
            start = end;
        }
        is_lost
    }

    /// What SACK passed over counts as lost; without SACK the first segment. True if SACK has told of anything.
    pub(crate) fn lose_gaps(&mut self, una: u32) -> bool {
        let furthest = self.sacked.iter().map(|(start, _)| *start).reduce(later);
        self.lost_to = furthest.unwrap_or_else(|| una.wrapping_add(1));
        furthest.is_some()
    }

    /// Where a segment ends that leaves again from `seq`: where it ended before, or behind as many whole ones that are
    /// not believed to have arrived as `most` bytes hold (Linux: `tcp_retrans_try_collapse`). `text_end`: the number of a FIN.
    pub(crate) fn end_of_segment(&self, seq: u32, most: u32, text_end: u32) -> Option<u32> {
        let behind = |at: u32| self.ends.iter().copied().filter(|end| after(*end, at)).reduce(earlier);
        let mut end = behind(seq)?;
        while let Some(next) = behind(end)
            && earlier(next, text_end).wrapping_sub(seq) <= most
            && !self.has_arrived(next)
        {
            end = next;
        }
        Some(end)
    }

    /// Whether SACK has told of the segment that ends there.
    fn has_arrived(&self, end: u32) -> bool {
        self.sacked.iter().any(|(start, right)| after(end, *start) && !after(end, *right))
    }

    /// Segments that are not acknowledged (TCP_INFO's tcpi_unacked).
    pub(crate) const fn packets_out(&self) -> u32 {
        self.ends.len() as u32
    }

    pub(crate) const fn in_flight(&self) -> InFlight {
        match self.ends.len() {
            0 => InFlight::Nothing,
            1 => InFlight::OneSegment,
            _ => InFlight::Several,
        }
    }

    /// Segments that are believed to be under way (RFC 6675's pipe; Linux: `tcp_packets_in_flight`): what stands
    /// behind `cursor` was lost, and has not left again.
    pub(crate) fn packets_in_network(&self, cursor: u32) -> u32 {
        self.ends.iter().filter(|end| !after(**end, cursor) && !self.has_arrived(**end)).count() as u32
    }

    /// What is known of a number that has left before, and up to where, but without, that is so.
    pub(crate) fn fate(&self, seq: u32) -> (Believed, Option<u32>) {
        let block = self.sacked.iter().find(|(start, end)| !after(*start, seq) && after(*end, seq));
        if let Some((_, end)) = block {
            return (Believed::Arrived, Some(*end));
        }
        if !before(seq, self.lost_to) {
            return (Believed::InNetwork, None);
        }
        let starts = self.sacked.iter().map(|(start, _)| *start).filter(|start| after(*start, seq));
        (Believed::Lost, starts.reduce(earlier))
    }
}

/// What is believed of something that has left and is not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Believed {
    Lost,
    InNetwork,
    /// SACK has told of it.
    Arrived,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five() -> RetransmissionQueue {
        let mut queue = RetransmissionQueue::new(0);
        for seq in [1, 101, 201, 301, 401] {
            queue.note_sent(seq, seq + 100);
        }
        queue
    }

    #[test]
    fn what_sack_passed_over_is_lost_and_the_rest_is_not() {
        let mut queue = five();
        assert!(queue.note_sacked(201, 301, 1));
        assert!(queue.lose_gaps(1));
        assert_eq!(queue.fate(1), (Believed::Lost, Some(201)));
        assert_eq!(queue.fate(201), (Believed::Arrived, Some(301)));
        assert_eq!(queue.fate(301), (Believed::InNetwork, None));
        assert_eq!(queue.packets_in_network(501), 4, "all but the one that has arrived");
        assert_eq!(queue.packets_in_network(1), 0);
    }

    #[test]
    fn what_leaves_again_is_cut_as_it_was_and_small_segments_are_joined() {
        let mut queue = five();
        assert_eq!(queue.end_of_segment(1, 150, 501), Some(101));
        assert_eq!(queue.end_of_segment(1, 250, 501), Some(201));
        assert_eq!(queue.end_of_segment(301, 1_000, 500), Some(501), "with its FIN");
        assert!(queue.note_sacked(201, 301, 1));
        assert_eq!(queue.end_of_segment(1, 1_000, 501), Some(201), "what has arrived is not joined");
    }

    #[test]
    fn what_is_too_long_is_cut_anew_in_pairs() {
        let mut queue = RetransmissionQueue::new(0);
        for end in [101, 201, 301, 341, 361] {
            queue.note_sent(end - 20, end);
        }
        assert!(queue.lose_too_long(1, 80));
        assert_eq!(queue.end_of_segment(1, 80, 361), Some(201));
        assert_eq!(queue.fate(340), (Believed::Lost, None));
        assert_eq!(queue.fate(341), (Believed::InNetwork, None), "it was not too long");
        assert!(!queue.lose_too_long(1, 1_000));
    }

    #[test]
    fn of_what_sack_tells_whole_segments_count() {
        let mut queue = five();
        assert!(!queue.note_sacked(50, 150, 1), "the end of the first and the begin of the second");
        assert_eq!(queue.packets_in_network(501), 5);
        assert!(queue.note_sacked(50, 250, 1));
        assert_eq!(queue.fate(101), (Believed::Arrived, Some(201)));
    }

    #[test]
    fn the_third_duplicate_ack_is_a_loss_and_a_new_ack_begins_anew() {
        let mut queue = five();
        assert_eq!(
            [queue.note_duplicate_ack(), queue.note_duplicate_ack(), queue.note_duplicate_ack()],
            [false, false, true]
        );
        assert_eq!(queue.note_acknowledged(201), 2);
        assert!(!queue.note_duplicate_ack());
        assert_eq!(queue.packets_out(), 3);
    }

    #[test]
    fn a_segment_that_leaves_again_counts_once() {
        let mut queue = five();
        queue.note_sent(301, 501);
        assert_eq!(queue.packets_out(), 4);
    }
}
