//! The memory that holds what has arrived and nobody has read (Linux: `sk_rmem_alloc`, `sk_forward_alloc`).
//!
//! How much a segment takes is the driver's matter as well: these are the numbers of TUN, whose segments are copied into
//! one block of kmalloc() each.

/// PAGE_SIZE
const PAGE: u32 = 4_096;
/// In front of a segment's text: NET_SKB_PAD, and the headers of IPv4 and TCP with timestamps.
const IN_FRONT: u32 = 64 + 52;
/// Behind it: struct skb_shared_info; and beside it struct sk_buff.
const BEHIND: u32 = 320;
const BESIDE: u32 = 256;
/// The blocks that kmalloc() has for it; the first is SKB_SMALL_HEAD_CACHE_SIZE.
const BLOCKS: [u32; 4] = [704, 1_024, 2_048, 4_096];

/// The text that a block of one page has room for (Linux: `SKB_MAX_ORDER(0, 0)`).
const PACKED: u32 = PAGE - BEHIND;

#[derive(Clone, Debug)]
pub(crate) struct ReceiveMemory {
    kept: Vec<Kept>,
    /// The longest segment that has told how much of its memory is text, and that: so many of 256 bytes
    /// (Linux: `scaling_ratio`).
    told: Option<(u32, u32)>,
    /// What was reserved, page by page, and is not used.
    pub(crate) spare: u32,
    /// What the window may be, whatever memory there is; as told until text comes (Linux: `rcv_ssthresh`).
    pub(crate) threshold: Option<u32>,
    /// Some segment has found no memory, and none has been taken since with memory to spare: each is looked at with care
    /// (Linux: `pred_flags`).
    pub(crate) is_short: bool,
}

/// A segment whose text is not read.
#[derive(Clone, Copy, Debug)]
struct Kept {
    bytes: u32,
    memory: u32,
    /// Room for the text of small ones behind it (Linux: `tcp_try_coalesce`).
    room: u32,
    /// Some of its text was read.
    is_begun: bool,
}

/// A segment as long as this, and as all before it, tells how much of its memory is text (Linux: TCP_MSS_DEFAULT).
const TELLING_MIN: u32 = 536;
/// Until one has told: 128 of 256 (Linux: TCP_DEFAULT_SCALING_RATIO).
const RATIO: u32 = 128;

/// The memory of a segment with so much text (Linux: truesize).
pub(crate) fn of_segment(len: u32) -> u32 {
    block(len) + BESIDE
}

fn block(len: u32) -> u32 {
    block_of(IN_FRONT + len + BEHIND)
}

fn block_of(needs: u32) -> u32 {
    BLOCKS.into_iter().find(|block| *block >= needs).unwrap_or(BLOCKS[3])
}

impl ReceiveMemory {
    pub(crate) const fn new() -> Self {
        Self { kept: Vec::new(), told: None, spare: 0, threshold: None, is_short: false }
    }

    /// The payload of the longest segment, or what is assumed of it until one is as long (Linux: `rcv_mss`).
    pub(crate) fn longest(&self) -> u32 {
        self.told.map_or(TELLING_MIN, |(longest, _)| longest)
    }

    /// Bytes of the stream for which so much memory is (Linux: `tcp_win_from_space`).
    pub(crate) fn bytes_in(&self, memory: u32) -> u32 {
        let ratio = self.told.map_or(RATIO, |(_, ratio)| ratio);
        (u64::from(memory) * u64::from(ratio) / 256) as u32
    }

    /// Bytes of memory that are in use.
    pub(crate) fn used(&self) -> u32 {
        self.kept.iter().map(|kept| kept.memory).sum()
    }

    /// A segment's text was taken, where so much memory may be used.
    pub(crate) fn note_taken(&mut self, len: u32, limit: u32) {
        if len >= self.longest() {
            self.told = Some((len, len * 256 / of_segment(len)));
        }
        match self.kept.last_mut() {
            _ if len == 0 => {}
            Some(last) if len <= last.room => {
                last.bytes += len;
                last.room -= len;
            }
            _ => {
                let memory = of_segment(len);
                self.spare += memory.saturating_sub(self.spare).next_multiple_of(PAGE);
                self.spare -= memory;
                self.kept.push(Kept {
                    bytes: len,
                    memory,
                    room: block(len) - IN_FRONT - len - BEHIND,
                    is_begun: false,
                });
            }
        }
        if self.used() < limit {
            self.is_short = false;
        }
    }

    /// Memory is short: from the first segment on that was read in part, or takes more memory than the longest does for
    /// so much text, all is copied into blocks of a page (Linux: `tcp_prune_queue`, `tcp_collapse`).
    pub(crate) fn pack(&mut self) {
        let is_loose = |kept: &Kept| kept.is_begun || self.bytes_in(kept.memory) > kept.bytes;
        let Some(at) = self.kept.iter().position(is_loose) else { return };
        let before = self.used();
        let mut left: u32 = self.kept.drain(at..).map(|kept| kept.bytes).sum();
        while left > 0 {
            let bytes = left.min(PACKED);
            let block = block_of(bytes + BEHIND);
            self.kept.push(Kept { bytes, memory: block + BESIDE, room: block - BEHIND - bytes, is_begun: false });
            left -= bytes;
        }
        self.spare = (self.spare + before).saturating_sub(self.used()) % PAGE;
    }

    /// So many bytes were read.
    pub(crate) fn note_read(&mut self, mut bytes: u32) {
        while let Some(first) = self.kept.first_mut() {
            if first.bytes > bytes {
                first.bytes -= bytes;
                first.is_begun |= bytes > 0;
                return;
            }
            bytes -= first.bytes;
            self.spare = (self.spare + first.memory) % PAGE;
            self.kept.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_takes_a_block_and_small_ones_join_it() {
        assert_eq!([5, 268, 269, 588, 589, 1_448].map(of_segment), [960, 960, 1_280, 1_280, 2_304, 2_304]);
        let mut memory = ReceiveMemory::new();
        memory.note_taken(1_448, 10_000);
        memory.note_taken(164, 10_000);
        assert_eq!(memory.used(), 2_304);
        memory.note_taken(1, 10_000);
        assert_eq!(memory.used(), 2_304 + 960);
        memory.note_read(1_000);
        assert_eq!(memory.used(), 2_304 + 960);
        memory.note_read(612);
        assert_eq!(memory.used(), 960);
    }

    #[test]
    fn pages_are_reserved_and_given_back() {
        let mut memory = ReceiveMemory::new();
        memory.note_taken(1_448, 10_000);
        assert_eq!(memory.spare, 1_792);
        memory.note_taken(1_448, 10_000);
        assert_eq!(memory.spare, 3_584);
        memory.note_read(1_448);
        assert_eq!(memory.spare, 1_792);
    }

    #[test]
    fn what_is_loose_is_told_by_the_longest_segment() {
        // As the kernel does with SO_RCVBUF 20000 and an MTU of 1280.
        let mut memory = ReceiveMemory::new();
        for _ in 0..10 {
            memory.note_taken(1_228, 20_000);
        }
        memory.pack();
        assert_eq!(memory.used(), 23_040);
        memory.note_taken(1_448, 20_000);
        memory.pack();
        assert!(memory.used() < 20_000, "now they are");
    }

    #[test]
    fn text_behind_a_segment_that_was_read_in_part_is_packed() {
        // As the kernel does with SO_RCVBUF 10000: twelve more are taken.
        let mut memory = ReceiveMemory::new();
        for _ in 0..10 {
            memory.note_taken(1_448, 20_000);
        }
        memory.pack();
        assert_eq!(memory.used(), 23_040, "full segments stay as they are");
        memory.note_read(700);
        memory.pack();
        assert_eq!(memory.used(), 4 * 4_352, "three pages are full");
        assert_eq!(memory.spare, 3_072);
        memory.note_read(3_776);
        memory.note_taken(1_300, 20_000);
        assert_eq!(memory.used(), 3 * 4_352, "it joins the last");
        memory.note_taken(5, 20_000);
        memory.note_taken(19, 20_000);
        assert_eq!(memory.used(), 3 * 4_352);
        memory.note_taken(1, 20_000);
        assert_eq!(memory.used(), 3 * 4_352 + 960);
    }
}
