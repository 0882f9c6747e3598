//! What is in flight and is too long for a path that has become narrower: it is cut anew, and leaves again
//! (RFC 1191 §3; Linux: `tcp_simple_retransmit`).

use super::{Believed, RetransmissionQueue, Sent};

impl RetransmissionQueue {
    /// What has left in segments longer than this counts as lost, and is cut anew; true if there are any.
    ///
    /// Linux keeps full segments that left together two by two, of which the second may be shorter (`tcp_tso_autosize` with
    /// two segments for a millisecond): such a pair is lost as a whole, and leaves again two by two
    /// (`tcp_simple_retransmit`).
    pub(crate) fn lose_too_long(&mut self, mss: u32) -> bool {
        let mut is_lost = false;
        let mut known = std::mem::take(&mut self.segments).into_iter();
        let mut next = known.next();
        while let Some(mut sent) = next.take() {
            next = known.next();
            if sent.text.len() <= mss as usize {
                self.segments.push(sent);
                continue;
            }
            is_lost = true;
            let mut count = 1;
            if let Some(other) = next.take_if(|next| next.occasion == sent.occasion) {
                sent.text.extend(other.text);
                sent.end = other.end;
                next = known.next();
                count = 2;
            }
            let mut seq = sent.seq;
            let text_end = seq.wrapping_add(sent.text.len() as u32);
            for (at, text) in sent.text.chunks(mss as usize).enumerate() {
                let end = seq.wrapping_add(text.len() as u32);
                self.segments.push(Sent {
                    seq,
                    end,
                    text: text.to_vec(),
                    believed: Believed::Lost,
                    keeps_next: at % 2 == 0 && end != text_end,
                    uncut: at >= count,
                    ..sent
                });
                seq = end;
            }
            // A FIN stays behind the last piece.
            if let Some(last) = self.segments.last_mut() {
                last.end = sent.end;
            }
        }
        is_lost
    }

    /// What has left by now, if anything of it is not acknowledged.
    pub(crate) fn departed(&self) -> Option<Departed> {
        let last = self.segments.iter().max_by_key(|sent| sent.departure)?;
        Some(Departed { count: self.departures, last: last.departure, left_us: last.left_us })
    }

    /// What has left since then counts as if it had left with the last one before it.
    pub(crate) fn date_back(&mut self, Departed { count, last, left_us }: Departed) {
        for sent in self.segments.iter_mut().filter(|sent| sent.departure > count) {
            sent.departure = last;
            sent.left_us = left_us;
        }
    }
}

/// What has left, at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Departed {
    count: u64,
    /// [`Sent::departure`] of the one that left last, and is not acknowledged.
    last: u64,
    /// When that was, in microseconds.
    pub(crate) left_us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_together_and_is_too_long_is_cut_anew_in_pairs() {
        let mut queue = RetransmissionQueue::new();
        for (seq, end) in [(1, 101), (101, 201), (201, 301), (301, 341), (341, 361)] {
            queue.note_sent(0, seq, end, vec![0; (end - seq) as usize]);
        }
        assert!(queue.lose_too_long(80));
        assert_eq!(queue.next_lost().map(|sent| (sent.seq, sent.end)), Some((1, 81)));
        assert_eq!(queue.segments.iter().filter(|sent| sent.believed == Believed::Lost).count(), 5);
        assert_eq!(queue.segments.last().map(|sent| sent.believed), Some(Believed::InNetwork), "it was not too long");
        assert!(!queue.lose_too_long(1_000));
    }

    #[test]
    fn a_pair_counts_as_two_until_its_first_piece_leaves() {
        let mut queue = RetransmissionQueue::new();
        for (seq, end) in [(1, 101), (101, 201), (201, 301), (301, 401)] {
            if seq == 201 {
                queue.note_occasion();
            }
            queue.note_sent(0, seq, end, vec![0; 100]);
        }
        assert!(queue.lose_too_long(80));
        assert_eq!(queue.packets_out(), 4);
        queue.send_again(10, 1, 80);
        assert_eq!(queue.packets_out(), 5, "80, 80 and 40 bytes, and two uncut");
        queue.send_again(10, 81, 80);
        assert_eq!(queue.packets_out(), 5, "the second of the three");
    }

    #[test]
    fn what_is_cut_anew_is_kept_in_two_and_nothing_joins_it() {
        let mut queue = RetransmissionQueue::new();
        for (seq, end) in [(1, 101), (101, 105)] {
            queue.note_occasion();
            queue.note_sent(0, seq, end, vec![0; (end - seq) as usize]);
        }
        assert!(queue.lose_too_long(80));
        assert_eq!(queue.send_again(10, 1, 80).map(|sent| sent.end), Some(81));
        assert_eq!(queue.send_again(10, 81, 80).map(|sent| sent.end), Some(101), "the other has left by itself");
    }

    #[test]
    fn what_counts_as_having_left_with_another_is_lost_when_that_has_arrived() {
        for (dates_back, lost) in [(true, 2), (false, 0)] {
            let mut queue = RetransmissionQueue::new();
            for (seq, end) in [(1, 101), (101, 105)] {
                queue.note_occasion();
                queue.note_sent(0, seq, end, vec![0; (end - seq) as usize]);
            }
            queue.lose_too_long(80);
            let departed = queue.departed().expect("something is in flight");
            queue.send_again(10_000, 1, 80);
            queue.send_again(10_000, 81, 80);
            if dates_back {
                queue.date_back(departed);
            }
            queue.note_sacked(20_000, (101, 105), 105);
            assert_eq!(queue.detect_losses(20_000, |left_us, rtt_us| left_us + rtt_us).lost, lost);
        }
    }
}
