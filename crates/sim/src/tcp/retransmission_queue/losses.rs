//! Which segments count as lost, and which do so no longer (RFC 8985; Linux: RACK, `tcp_recovery.c`).

use super::{Believed, RetransmissionQueue, Seen, Sent};
use crate::seq::after;

/// The segment that left last among those that were delivered (RFC 8985 §5.2).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rack {
    /// [`Sent::departure`]
    pub(super) departure: u64,
    /// [`Sent::end`]
    pub(super) end: u32,
    /// The last round trip, in microseconds.
    pub(super) rtt_us: u64,
    /// Something was delivered since losses were last looked for.
    pub(super) advanced: bool,
}

/// A segment when the retransmission timer fires.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtTimeout {
    /// How many stand before it.
    pub(crate) place: usize,
    pub(crate) believed: Believed,
    /// What was believed of the first.
    pub(crate) first: Believed,
    /// When it last left.
    pub(crate) left_us: u64,
}

/// What looking for losses has found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    /// Segments that count as lost from now on.
    pub(crate) lost: u32,
    /// Among them is one that had left again.
    pub(crate) again: bool,
    /// Microseconds after which some more would count as lost.
    pub(crate) wait_us: Option<u64>,
}

impl Rack {
    /// Whether it left behind that one: of what left at one moment, what ends later (Linux: `tcp_skb_sent_after`).
    const fn left_after(self, sent: &Sent) -> bool {
        self.departure > sent.departure || self.departure == sent.departure && after(self.end, sent.end)
    }
}

impl RetransmissionQueue {
    /// What was delivered tells of what left before it (Linux: `tcp_rack_advance`).
    pub(super) fn advance(&mut self, now_us: u64, sent: &Sent) {
        let rtt_us = now_us - sent.left_us;
        if sent.repeated && self.min_rtt_us.is_none_or(|known| rtt_us < known) {
            // Which of the two has arrived is not known.
            return;
        }
        self.rack.advanced = true;
        self.rack.rtt_us = rtt_us;
        if !self.rack.left_after(sent) {
            self.rack.departure = sent.departure;
            self.rack.end = sent.end;
        }
    }

    /// Whether something was delivered since this was last asked.
    pub(crate) fn take_advanced(&mut self) -> bool {
        std::mem::take(&mut self.rack.advanced)
    }

    /// What left before something that was delivered (RFC 8985 §6.2) counts as lost when its time is over, of which
    /// `lost_at_us` is asked by when it left and the last round trip.
    pub(crate) fn detect_losses(&mut self, now_us: u64, lost_at_us: impl Fn(u64, u64) -> u64) -> Found {
        let mut found = Found::default();
        let rack = self.rack;
        for sent in &mut self.segments {
            let is_out = matches!(sent.believed, Believed::InNetwork | Believed::SentAgain);
            if !is_out || !sent.is_watched || !rack.left_after(sent) {
                continue;
            }
            let due_us = lost_at_us(sent.left_us, rack.rtt_us);
            if due_us <= now_us {
                found.lost += 1;
                found.again |= sent.believed == Believed::SentAgain;
                sent.believed = Believed::Lost;
                sent.is_watched = false;
            } else {
                found.wait_us = found.wait_us.max(Some(due_us - now_us));
            }
        }
        found
    }

    /// The retransmission timer has fired: `is_lost` is asked of each segment, and given the last round trip, too.
    pub(crate) fn lose(&mut self, is_lost: impl Fn(AtTimeout, u64) -> bool) {
        let Some(first) = self.segments.first().map(|head| head.believed) else { return };
        for (place, sent) in self.segments.iter_mut().enumerate() {
            let &mut Sent { believed, left_us, .. } = sent;
            if is_lost(AtTimeout { place, believed, first, left_us }, self.rack.rtt_us) {
                sent.believed = Believed::Lost;
            }
        }
    }

    /// Nothing was lost after all.
    pub(crate) fn find_all(&mut self) {
        for sent in &mut self.segments {
            if matches!(sent.believed, Believed::Lost | Believed::SentAgain) {
                sent.believed = Believed::InNetwork;
            }
        }
    }

    /// The first that counts as lost and has not left again.
    pub(crate) fn next_lost(&self) -> Option<&Sent> {
        self.segments.iter().find(|sent| sent.believed == Believed::Lost)
    }

    /// What fills the gap before something that has arrived had never been lost (Linux: `tcp_check_sack_reordering`).
    pub(crate) fn note_late_gap(&mut self) {
        if self.arrived() > 0 {
            self.reordering = Seen::Yes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{believed, detect, five, lose};
    use super::*;

    #[test]
    fn what_left_before_something_that_has_arrived_is_lost_when_its_time_is_over() {
        use Believed::{Arrived, InNetwork, Lost};
        let mut queue = five();
        queue.note_sacked(20_000, (201, 301), 501);
        assert_eq!(detect(&mut queue, 20_000, 5_000).wait_us, Some(5_000));
        assert_eq!(queue.packets_in_network(), 4, "all but the one that has arrived");
        let found = detect(&mut queue, 25_000, 5_000);
        assert_eq!((found.lost, found.wait_us), (2, None));
        assert_eq!(believed(&queue), [Lost, Lost, Arrived, InNetwork, InNetwork]);
        assert_eq!(queue.packets_in_network(), 2);
        assert_eq!(queue.next_lost().map(|sent| sent.seq), Some(1));
    }

    #[test]
    fn what_left_again_is_lost_again_by_what_left_after_it() {
        let mut queue = five();
        queue.note_sacked(20_000, (201, 301), 501);
        detect(&mut queue, 20_000, 0);
        queue.send_again(20_000, 1, 100);
        queue.send_again(20_001, 101, 100);
        queue.note_sacked(41_000, (101, 201), 501);
        let found = detect(&mut queue, 41_000, 0);
        assert!(found.lost > 0 && found.again);
        assert_eq!(queue.next_lost().map(|sent| sent.seq), Some(1));
    }

    #[test]
    fn what_was_found_after_it_counted_as_lost_is_lost_by_a_timeout_alone() {
        let mut queue = five();
        queue.note_sacked(20_000, (401, 501), 501);
        assert_eq!(detect(&mut queue, 20_000, 0).lost, 4);
        queue.find_all();
        queue.note_acknowledged(30_000, 101, None, 501);
        assert_eq!(detect(&mut queue, 90_000, 0).lost, 0);
        lose(&mut queue, 300_000);
        assert_eq!(queue.next_lost().map(|sent| sent.seq), Some(101));
        queue.send_again(300_000, 101, 100);
        queue.note_sent(300_000, 501, 601, vec![0; 100]);
        queue.note_sacked(320_000, (501, 601), 501);
        assert_eq!(detect(&mut queue, 320_000, 0).lost, 1, "it has left again");
    }

    #[test]
    fn what_left_again_at_the_moment_of_something_new_left_behind_it() {
        let mut queue = five();
        queue.note_sacked(20_000, (201, 501), 501);
        detect(&mut queue, 20_000, 0);
        queue.note_sent(20_000, 501, 601, vec![0; 100]);
        queue.send_again(20_000, 1, 100);
        queue.note_sacked(40_000, (501, 601), 501);
        assert_eq!(detect(&mut queue, 40_000, 0).lost, 0);
    }
}
