//! The pieces in which a host keeps what was written and is not acknowledged (Linux: sk_buff).

use crate::seq::{after, later};

/// Where each piece ends, as they were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteQueue {
    ends: Vec<u32>,
}

impl WriteQueue {
    /// Notes bytes that were written, up to the number `end`. `tail`: bytes of the last piece, which grows while it has
    /// not left.
    pub(crate) fn note_written(&mut self, end: u32, tail: u32, goal: u32) {
        match self.ends.last_mut() {
            Some(last) if tail > 0 && tail < goal => *last = end,
            _ => self.ends.push(end),
        }
    }

    /// All before `una` is acknowledged.
    pub(crate) fn note_acknowledged(&mut self, una: u32) {
        while self.ends.first().is_some_and(|end| !after(*end, una)) {
            self.ends.remove(0);
        }
    }

    /// Bytes of the last piece, from `nxt` on.
    pub(crate) fn tail(&self, nxt: u32) -> u32 {
        let mut from_the_last = self.ends.iter().rev();
        let Some(end) = from_the_last.next().filter(|end| after(**end, nxt)) else { return 0 };
        let start = from_the_last.next().map_or(nxt, |before| later(*before, nxt));
        end.wrapping_sub(start)
    }

    /// Bytes from `nxt` to the end of the piece that it is in.
    pub(crate) fn piece(&self, nxt: u32) -> u32 {
        let end = self.ends.iter().find(|end| after(**end, nxt));
        end.map_or(0, |end| end.wrapping_sub(nxt))
    }

    /// Pieces that have left as a whole, and others.
    pub(crate) fn sent_and_unsent(&self, nxt: u32) -> (u32, u32) {
        let sent = self.ends.iter().take_while(|end| !after(**end, nxt)).count();
        (sent as u32, (self.ends.len() - sent) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_grows_until_it_has_left() {
        let mut queue = WriteQueue::default();
        queue.note_written(11, 0, 100);
        assert_eq!((queue.tail(1), queue.tail(6), queue.tail(11)), (10, 5, 0));
        queue.note_written(101, 10, 100);
        assert_eq!((queue.tail(1), queue.sent_and_unsent(1)), (100, (0, 1)));
        queue.note_written(151, 100, 100);
        assert_eq!((queue.tail(1), queue.sent_and_unsent(101)), (50, (1, 1)));
        assert_eq!([51, 101, 151].map(|nxt| queue.piece(nxt)), [50, 50, 0]);
        queue.note_written(161, 0, 100);
        queue.note_acknowledged(120);
        assert_eq!(queue.sent_and_unsent(155), (1, 1));
        assert_eq!(queue.tail(120), 10);
    }
}
