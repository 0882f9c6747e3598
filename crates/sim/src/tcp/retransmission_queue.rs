//! What has left and is not acknowledged, segment by segment, and what is believed of each (RFC 6675 §3, RFC 8985 §5).

mod losses;
mod too_long;

use losses::Rack;
pub(crate) use losses::{AtTimeout, Found};

use super::timestamp::Timestamp;
use crate::seq::{after, before, later};

#[derive(Clone, Debug)]
pub(crate) struct RetransmissionQueue {
    segments: Vec<Sent>,
    rack: Rack,
    /// How many segments have left, repeats too.
    departures: u64,
    /// Occasions to send.
    occasions: u64,
    /// The shortest round trip that was measured, in microseconds (Linux: `tcp_min_rtt`).
    min_rtt_us: Option<u64>,
    /// Something that had never left again was told of after something behind it (RFC 8985 §6.2 step 4).
    pub(crate) reordering: Seen,
    /// What the last ACK has measured.
    round_trip_us: Option<u64>,
    /// What ACKs have told since it was last taken.
    news: News,
}

/// A segment that has left.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) seq: u32,
    /// The number behind its last.
    pub(crate) end: u32,
    /// The payload; a FIN or a SYN has none.
    pub(crate) text: Vec<u8>,
    /// When it last left.
    pub(crate) left_us: u64,
    /// How many had left before it: what leaves at one moment leaves in an order, too.
    departure: u64,
    /// On which occasion it first left.
    occasion: u64,
    pub(crate) believed: Believed,
    /// Whether it has left more than once (Linux: TCPCB_EVER_RETRANS).
    repeated: bool,
    /// Whether what is delivered later can tell that it is lost (RFC 8985 §6.2): not if it counted as lost before, and has
    /// not left again since (Linux: `tcp_tsorted_anchor`).
    is_watched: bool,
    /// It and the next one are kept as one (Linux: in one `sk_buff`), which nothing joins.
    keeps_next: bool,
    /// It does not count by itself: it is one with what is before it, until that leaves again and is cut off.
    uncut: bool,
}

/// What is believed of something that has left and is not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Believed {
    InNetwork,
    /// Lost, and has not left again.
    Lost,
    /// Lost, and has left again since.
    SentAgain,
    /// SACK has told of it.
    Arrived,
}

/// Whether something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seen {
    #[default]
    No,
    Yes,
}

impl From<bool> for Seen {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}

/// What ACKs have told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct News {
    /// Whole segments that are acknowledged.
    pub(crate) acknowledged: u32,
    /// Segments that are known to have arrived, by ACK or by SACK, and were not before.
    pub(crate) delivered: u32,
    /// SACK has told of a segment that was not known to have arrived (Linux: FLAG_DATA_SACKED).
    pub(crate) sacked: bool,
    /// Among them is one that has left once only, from before the loss (Linux: FLAG_ORIG_SACK_ACKED).
    pub(crate) original: bool,
    /// The number behind what the peer has got twice (RFC 2883).
    pub(crate) duplicate: Option<u32>,
}

/// How many segments are in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InFlight {
    Nothing,
    OneSegment,
    Several,
}

/// Whether a segment with that TSecr answers something that left before `left_us` (Linux: `tcp_tsopt_ecr_before`).
pub(crate) fn is_before(echo: Option<Timestamp>, left_us: u64) -> bool {
    echo.is_some_and(|echo| echo.age(Timestamp::of(left_us)) > 0)
}

impl RetransmissionQueue {
    pub(crate) const fn new() -> Self {
        Self {
            segments: Vec::new(),
            rack: Rack { departure: 0, end: 0, rtt_us: 0, advanced: false },
            departures: 0,
            occasions: 0,
            min_rtt_us: None,
            reordering: Seen::No,
            round_trip_us: None,
            news: News { acknowledged: 0, delivered: 0, sacked: false, original: false, duplicate: None },
        }
    }

    /// Segments that leave from now on do so together.
    pub(crate) const fn note_occasion(&mut self) {
        self.occasions += 1;
    }

    /// A segment has left for the first time.
    pub(crate) fn note_sent(&mut self, now_us: u64, seq: u32, end: u32, text: Vec<u8>) {
        let departure = self.depart();
        let believed = Believed::InNetwork;
        self.segments.push(Sent {
            seq,
            end,
            text,
            left_us: now_us,
            departure,
            occasion: self.occasions,
            believed,
            repeated: false,
            is_watched: true,
            keeps_next: false,
            uncut: false,
        });
    }

    /// The segment that begins there has left again; what was believed of it stays.
    pub(crate) fn note_repeated(&mut self, now_us: u64, seq: u32) {
        let departure = self.depart();
        for sent in self.segments.iter_mut().filter(|sent| sent.seq == seq) {
            sent.left_us = now_us;
            sent.departure = departure;
            sent.repeated = true;
            sent.is_watched = true;
        }
    }

    /// The number of a segment that leaves now.
    const fn depart(&mut self) -> u64 {
        self.departures += 1;
        self.departures
    }

    /// Everything before `ack` is acknowledged, by a segment with this TSecr. `high`: what had left before the last loss
    /// ends there.
    pub(crate) fn note_acknowledged(&mut self, now_us: u64, ack: u32, echo: Option<Timestamp>, high: u32) -> u32 {
        let furthest = self.furthest_arrived();
        let count = self.segments.iter().take_while(|sent| !after(sent.end, ack)).count();
        let rest = self.segments.split_off(count);
        self.round_trip_us = self.measured_us(now_us, echo);
        for sent in std::mem::replace(&mut self.segments, rest) {
            if sent.believed != Believed::Arrived {
                self.note_delivered(now_us, &sent, furthest, high);
                if !(sent.repeated && is_before(echo, sent.left_us)) {
                    self.advance(now_us, &sent);
                }
            }
        }
        self.news.acknowledged += count as u32;
        if let Some(head) = self.segments.first_mut()
            && before(head.seq, ack)
        {
            // Of a part that is acknowledged nothing leaves again (Linux: `tcp_trim_head`).
            head.text.drain(..(ack.wrapping_sub(head.seq) as usize).min(head.text.len()));
            head.seq = ack;
        }
        count as u32
    }

    /// The round trip that the ACK of all of these has measured: since the first of them has left; where one has left
    /// again, as the timestamp tells, if there is one (Linux: `tcp_clean_rtx_queue`, `tcp_ack_update_rtt`).
    fn measured_us(&self, now_us: u64, echo: Option<Timestamp>) -> Option<u64> {
        if self.segments.iter().all(|sent| !sent.repeated) {
            let first = self.segments.iter().find(|sent| sent.believed != Believed::Arrived)?;
            return Some(now_us - first.left_us);
        }
        Some(echo?.since_us(now_us))
    }

    /// SACK tells that this has arrived, of which whole segments count (Linux: `tcp_match_skb_to_sack`).
    pub(crate) fn note_sacked(&mut self, now_us: u64, (start, end): (u32, u32), high: u32) {
        let furthest = self.furthest_arrived();
        for at in 0..self.segments.len() {
            let sent = &mut self.segments[at];
            if sent.believed == Believed::Arrived || before(sent.seq, start) || after(sent.end, end) {
                continue;
            }
            let told = Sent { text: Vec::new(), ..*sent };
            sent.believed = Believed::Arrived;
            self.news.sacked = true;
            self.note_delivered(now_us, &told, furthest, high);
            self.advance(now_us, &told);
        }
    }

    /// The peer has got something twice, which ends there.
    pub(crate) const fn note_duplicate(&mut self, end: u32) {
        self.news.duplicate = Some(end);
    }

    /// Linux: `tcp_sacktag_one`, `tcp_clean_rtx_queue`.
    fn note_delivered(&mut self, now_us: u64, sent: &Sent, furthest: Option<u32>, high: u32) {
        self.news.delivered += 1;
        if sent.repeated {
            return;
        }
        self.news.original |= !after(sent.end, high);
        if furthest.is_some_and(|furthest| before(sent.seq, furthest)) {
            self.reordering = Seen::Yes;
        }
        let rtt_us = now_us - sent.left_us;
        self.min_rtt_us = Some(self.min_rtt_us.map_or(rtt_us, |known| known.min(rtt_us)));
    }

    /// The round trip that the last ACK has measured, once.
    pub(crate) const fn take_round_trip_us(&mut self) -> Option<u64> {
        self.round_trip_us.take()
    }

    /// What ACKs have told since this was last asked.
    pub(crate) fn take_news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    /// The first that is not acknowledged.
    pub(crate) fn head(&self) -> Option<&Sent> {
        self.segments.first()
    }

    /// Of a segment with more text than that the rest is one by itself from now on (Linux: `tcp_fragment`).
    fn cut(&mut self, at: usize, most: u32) {
        let sent = &mut self.segments[at];
        if sent.text.len() > most as usize {
            let seq = sent.seq.wrapping_add(most);
            let text = sent.text.split_off(most as usize);
            let rest = Sent { seq, text, ..*sent };
            sent.end = seq;
            self.segments.insert(at + 1, rest);
        }
    }

    /// The last segment leaves again, or as much of it as a segment may have now; what is believed of it stays.
    pub(crate) fn send_last_again(&mut self, now_us: u64, most: u32) -> Option<&Sent> {
        let at = self.segments.len().checked_sub(1)?;
        self.cut(at, most);
        self.note_repeated(now_us, self.segments[at].seq);
        Some(&self.segments[at])
    }

    /// The segment that begins there leaves again. If it has more than `most` bytes of text it is cut. If it has less, those
    /// behind it join it, a FIN too, as far as they are not known to have arrived and all together have no more (Linux:
    /// `tcp_retrans_try_collapse`).
    pub(crate) fn send_again(&mut self, now_us: u64, seq: u32, most: u32) -> Option<&Sent> {
        let at = self.segments.iter().position(|sent| sent.seq == seq)?;
        self.cut(at, most);
        let most = most as usize;
        let is_kept = at.checked_sub(1).is_some_and(|before| self.segments[before].keeps_next);
        if !is_kept && (1..most).contains(&self.segments[at].text.len()) {
            while let Some(next) = self.segments.get(at + 1)
                && next.believed != Believed::Arrived
                && self.segments[at].text.len() + next.text.len() <= most
            {
                let next = self.segments.remove(at + 1);
                self.segments[at].text.extend(next.text);
                self.segments[at].end = next.end;
            }
        }
        // What was one with it has its departure still.
        let was = self.segments[at].departure;
        for sent in self.segments.iter_mut().filter(|sent| sent.departure == was) {
            sent.uncut = false;
        }
        let departure = self.depart();
        let sent = &mut self.segments[at];
        sent.believed = Believed::SentAgain;
        sent.left_us = now_us;
        sent.departure = departure;
        sent.repeated = true;
        sent.is_watched = true;
        Some(sent)
    }

    /// Where the furthest segment begins that SACK has told of.
    fn furthest_arrived(&self) -> Option<u32> {
        self.with(Believed::Arrived).map(|sent| sent.seq).reduce(later)
    }

    fn with(&self, believed: Believed) -> impl Iterator<Item = &Sent> {
        self.segments.iter().filter(move |sent| sent.believed == believed)
    }

    /// Segments that SACK has told of (Linux: `sacked_out`).
    pub(crate) fn arrived(&self) -> u32 {
        self.with(Believed::Arrived).count() as u32
    }

    /// Whether SACK has told of something, or something counts as lost (Linux: `tcp_left_out`).
    pub(crate) fn has_gaps(&self) -> bool {
        self.segments.iter().any(|sent| sent.believed != Believed::InNetwork)
    }

    /// Whether something counts as lost that is not known to have arrived (Linux: `lost_out`).
    pub(crate) fn has_losses(&self) -> bool {
        self.segments.iter().any(|sent| matches!(sent.believed, Believed::Lost | Believed::SentAgain))
    }

    /// Segments that have left again and are under way (Linux: `retrans_out`).
    pub(crate) fn sent_again(&self) -> u32 {
        self.with(Believed::SentAgain).count() as u32
    }

    /// Whether the first segment has left more than once (Linux: `tcp_any_retrans_done`).
    pub(crate) fn has_repeated(&self) -> bool {
        self.sent_again() > 0 || self.segments.first().is_some_and(|head| head.repeated)
    }

    /// The shortest round trip that was measured.
    pub(crate) const fn min_rtt_us(&self) -> Option<u64> {
        self.min_rtt_us
    }

    /// Segments that are not acknowledged (TCP_INFO's tcpi_unacked).
    pub(crate) fn packets_out(&self) -> u32 {
        let uncut = self.segments.iter().skip(1).filter(|sent| sent.uncut).count();
        (self.segments.len() - uncut) as u32
    }

    pub(crate) const fn in_flight(&self) -> InFlight {
        match self.segments.len() {
            0 => InFlight::Nothing,
            1 => InFlight::OneSegment,
            _ => InFlight::Several,
        }
    }

    /// Segments that are believed to be under way (RFC 6675's pipe; Linux: `tcp_packets_in_flight`).
    pub(crate) fn packets_in_network(&self) -> u32 {
        self.segments.iter().filter(|sent| matches!(sent.believed, Believed::InNetwork | Believed::SentAgain)).count()
            as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::loss_recovery::{is_lost_by_timeout, lost_at_us};

    pub(super) fn detect(queue: &mut RetransmissionQueue, now_us: u64, window_us: u64) -> Found {
        queue.detect_losses(now_us, |left_us, rtt_us| lost_at_us(left_us, rtt_us, window_us))
    }

    pub(super) fn lose(queue: &mut RetransmissionQueue, now_us: u64) {
        queue.lose(|segment, rtt_us| is_lost_by_timeout(&segment, now_us, rtt_us));
    }

    /// Five segments of 100 bytes that have left at once.
    pub(super) fn five() -> RetransmissionQueue {
        let mut queue = RetransmissionQueue::new();
        for seq in [1, 101, 201, 301, 401] {
            queue.note_sent(0, seq, seq + 100, vec![0; 100]);
        }
        queue
    }

    pub(super) fn believed(queue: &RetransmissionQueue) -> Vec<Believed> {
        queue.segments.iter().map(|sent| sent.believed).collect()
    }

    #[test]
    fn small_segments_that_leave_again_are_joined() {
        let mut queue = five();
        lose(&mut queue, 300_000);
        assert_eq!(queue.send_again(300_000, 1, 150).map(|sent| sent.end), Some(101));
        assert_eq!(queue.send_again(300_000, 101, 250).map(|sent| sent.end), Some(301));
        assert_eq!(queue.packets_out(), 4);
        queue.note_sacked(320_000, (401, 501), 501);
        assert_eq!(queue.send_again(320_000, 301, 1_000).map(|sent| sent.end), Some(401), "what has arrived is not");
    }

    #[test]
    fn a_fin_joins_what_is_shorter_than_a_full_segment() {
        for (most, ends, left) in [(101, 102, 1), (100, 101, 2)] {
            let mut queue = RetransmissionQueue::new();
            queue.note_sent(0, 1, 101, vec![0; 100]);
            queue.note_sent(0, 101, 102, Vec::new());
            lose(&mut queue, 300_000);
            assert_eq!(queue.send_again(300_000, 1, most).map(|sent| sent.end), Some(ends));
            assert_eq!(queue.packets_out(), left);
        }
    }

    #[test]
    fn of_what_sack_tells_whole_segments_count() {
        let mut queue = five();
        queue.note_sacked(20_000, (50, 150), 501);
        assert_eq!(queue.arrived(), 0, "the end of the first and the begin of the second");
        queue.note_sacked(20_000, (50, 250), 501);
        assert_eq!(queue.arrived(), 1);
    }

    #[test]
    fn a_part_that_is_acknowledged_does_not_leave_again() {
        let mut queue = five();
        assert_eq!(queue.note_acknowledged(20_000, 151, None, 501), 1);
        let head = queue.head().expect("four are left");
        assert_eq!((head.seq, head.end, head.text.len()), (151, 201, 50));
        let news = queue.take_news();
        assert_eq!((news.acknowledged, news.delivered, news.original), (1, 1, true));
    }

    #[test]
    fn a_peer_that_has_forgotten_what_sack_told_of_gets_all_again() {
        let mut queue = five();
        queue.note_sacked(20_000, (101, 501), 501);
        queue.note_acknowledged(30_000, 101, None, 501);
        lose(&mut queue, 300_000);
        assert_eq!(believed(&queue), [Believed::Lost; 4], "the first was told of, and not acknowledged");
    }

    #[test]
    fn reordering_is_seen_where_something_that_left_once_comes_behind_what_left_later() {
        let mut queue = five();
        queue.note_sacked(20_000, (201, 301), 501);
        assert_eq!(queue.reordering, Seen::No);
        queue.note_sacked(21_000, (101, 201), 501);
        assert_eq!(queue.reordering, Seen::Yes);
        let mut queue = five();
        queue.note_sacked(20_000, (201, 301), 501);
        queue.note_repeated(30_000, 101);
        queue.note_sacked(50_000, (101, 201), 501);
        assert_eq!(queue.reordering, Seen::No, "it has left again");
    }

    #[test]
    fn what_leaves_again_is_cut_where_segments_hold_less_now() {
        let mut queue = five();
        let first = queue.send_again(300_000, 1, 80).map(|sent| (sent.seq, sent.end, sent.text.len()));
        assert_eq!(first, Some((1, 81, 80)));
        assert_eq!(queue.packets_out(), 6, "the rest is one by itself");
        let last = queue.send_last_again(300_000, 60).map(|sent| (sent.end, sent.text.len()));
        assert_eq!(last, Some((461, 60)), "a probe has as much as a segment may have");
        assert_eq!(queue.segments.last().map(|sent| (sent.seq, sent.end, sent.text.len())), Some((461, 501, 40)));
    }

    #[test]
    fn an_ack_of_what_left_before_the_repeat_tells_of_no_loss() {
        for (echo_ms, lost) in [(0, 0), (300, 4)] {
            let mut queue = five();
            queue.note_sent(0, 501, 601, vec![0; 100]);
            queue.note_acknowledged(20_000, 101, None, 0);
            lose(&mut queue, 300_000);
            queue.send_again(300_000, 101, 100);
            queue.find_all();
            queue.note_acknowledged(390_000, 201, Some(Timestamp::of(echo_ms * 1_000)), 601);
            assert_eq!(detect(&mut queue, 390_000, 0).lost, lost, "echoes {echo_ms} ms");
        }
    }
}
