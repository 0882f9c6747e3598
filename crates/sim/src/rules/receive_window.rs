//! The window that a host offers, from SO_RCVBUF and what nobody has read (RFC 9293 §3.8.6.2).
//!
//! Linux counts memory, not bytes: a full segment of 1,448 bytes takes 2,304 (`truesize`), over TUN.

use super::segment_arrives::Memory;
use crate::tcp::{ReceiveMemory, Seen, memory_of_segment};

/// The window of a host whose receive buffer is tcp_rmem's default, without what a connection learns as it goes on.
const OFFERED_MAX: u32 = 64_512;
/// What it offers a program that has read it all, once half of the buffer was used (Linux: `tcp_grow_window`): measured.
const GROWN_MAX: u32 = 76_800;
/// Its windows are multiples of this: the scale of tcp_rmem's limit.
const SCALE_UNIT: u32 = 1_024;
/// tcp_rmem's default.
const MEMORY: u32 = 131_072;
/// Bytes of the stream that it offers room for, as bulk transfers of full segments of IPv4 to a program that does not
/// read have shown.
const FULL_SPACE: u32 = 90_800;
/// Of 256 bytes of memory so many are bytes of the stream (Linux: `tcp_scaling_ratio`): 1,448 of 2,304.
const SCALING_RATIO: u64 = 160;

/// The receive side of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    /// SO_RCVBUF, and whether the window is scaled.
    pub(crate) set: Option<u32>,
    pub(crate) scale: Scale,
    /// Bytes that nobody has read.
    pub(crate) unread: usize,
    pub(crate) mss: u32,
}

/// Whether a Linux host would scale its window (RFC 7323 §2.2): not with an SO_RCVBUF that was set before the handshake
/// and is small. Without a scale the window is a number of full segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    None,
    Scaled,
}

impl Scale {
    /// Linux: `tcp_select_initial_window`.
    pub(crate) const fn of(set: Option<u32>) -> Self {
        match set {
            Some(bytes) if full_space(Some(bytes)) < 65_536 => Self::None,
            _ => Self::Scaled,
        }
    }
}

/// Memory that the receive buffer may take: SO_RCVBUF is doubled (socket(7)), and no less than SOCK_MIN_RCVBUF.
pub(crate) const fn memory(set: Option<u32>) -> u32 {
    match set {
        None => MEMORY,
        Some(bytes) => {
            let doubled = bytes.saturating_mul(2);
            if doubled < 2_304 { 2_304 } else { doubled }
        }
    }
}

/// Bytes of the stream that fit in it (Linux: `tcp_full_space`).
const fn full_space(set: Option<u32>) -> u32 {
    if set.is_none() {
        return FULL_SPACE;
    }
    (memory(set) as u64 * SCALING_RATIO / 256) as u32
}

/// The window to offer, where `left` bytes of the last one are not used up.
///
/// Linux: `__tcp_select_window`, and `tcp_select_window`, which never takes back what was offered.
pub(crate) fn offer(buffer: &Buffer, left: u32) -> u32 {
    select(buffer, left).min(OFFERED_MAX).max(left)
}

fn select(buffer: &Buffer, left: u32) -> u32 {
    let full_space = full_space(buffer.set);
    let mss = buffer.mss.min(full_space);
    let free = full_space.saturating_sub(u32::try_from(buffer.unread).unwrap_or(u32::MAX));
    if free < full_space / 2 {
        // Silly window syndrome (RFC 9293 §3.8.6.2.2).
        if free < full_space / 16 || free < mss {
            return 0;
        }
    }
    match buffer.scale {
        Scale::Scaled => free.min(GROWN_MAX),
        Scale::None if left + mss <= free || left > free => free - free % mss,
        Scale::None if mss == full_space && free > left + full_space / 2 => free,
        Scale::None => left,
    }
}

/// Whether a program that has read makes it worth telling the peer: the window has at least doubled, and no end of reading
/// was seen (RCV_SHUTDOWN).
///
/// RFC 9293 §3.8.6.2.2. Linux: `tcp_cleanup_rbuf`.
pub(crate) fn is_worth_telling(buffer: &Buffer, left: u32, reading_ended: Seen) -> bool {
    if reading_ended == Seen::Yes || 2 * left > full_space(buffer.set) {
        return false;
    }
    let left = match buffer.scale {
        Scale::Scaled => left - left % SCALE_UNIT,
        Scale::None => left,
    };
    let window = select(buffer, left);
    window > 0 && window >= 2 * left
}

/// Where the text of a segment would stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// Next to what has arrived: so many bytes.
    Next(u32),
    BeyondGap,
}

/// Whether one more segment finds memory: what was offered before SO_RCVBUF was made smaller may come, and not be taken.
/// For the next one the limit is looked at only where nothing that was reserved is left over. Without SO_RCVBUF the limit
/// grows with what was offered.
///
/// No RFC. Linux: `tcp_rcv_established`, `tcp_data_queue`, `tcp_can_ingest`, `tcp_clamp_window`.
pub(crate) fn memory_left(set: Option<u32>, memory_used: &ReceiveMemory, text: Text) -> Memory {
    let is_spare = match text {
        Text::Next(len) => !memory_used.is_short && memory_of_segment(len) <= memory_used.spare,
        Text::BeyondGap => false,
    };
    if is_spare { Memory::Free } else { memory_at_limit(set, memory_used) }
}

/// The same where the limit is looked at, as it is behind an attempt to pack what is there.
///
/// No RFC. Linux: `tcp_prune_queue`.
pub(crate) fn memory_at_limit(set: Option<u32>, memory_used: &ReceiveMemory) -> Memory {
    let used = memory_used.used();
    if set.is_none() || used == 0 || used <= memory(set) { Memory::Free } else { Memory::Exhausted }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn buffer(set: Option<u32>, unread: usize) -> Buffer {
        Buffer { set, scale: Scale::of(set), unread, mss: 1448 }
    }

    #[test]
    fn the_default_window_is_what_a_linux_host_offers_first() {
        assert_eq!(offer(&buffer(None, 0), 0), 64_512);
        assert_eq!(offer(&buffer(None, 40_000), 40_000), 50_800);
    }

    #[test]
    fn a_small_buffer_is_offered_in_full_segments_and_closes() {
        // As the kernel does with SO_RCVBUF 4000: three segments are taken.
        assert_eq!(offer(&buffer(Some(4_000), 0), 0), 4_344);
        assert_eq!(offer(&buffer(Some(4_000), 4_344), 0), 0);
    }

    #[test]
    fn what_was_offered_is_never_taken_back() {
        assert_eq!(offer(&buffer(None, 89_500), 1_000), 1_000);
        assert_eq!(offer(&buffer(None, 89_500), 0), 0);
    }

    #[test]
    fn a_window_is_told_when_it_has_doubled() {
        let is_worth_telling = |buffer, left| is_worth_telling(&buffer, left, Seen::No);
        assert!(is_worth_telling(buffer(None, 0), 0));
        assert!(!super::is_worth_telling(&buffer(None, 0), 0, Seen::Yes), "nobody reads any more");
        assert!(!is_worth_telling(buffer(None, 89_500), 0), "less than a segment");
        assert!(!is_worth_telling(buffer(None, 0), 50_000));
        // As a kernel did after 51,000 and 52,000 bytes, all read.
        assert!(!is_worth_telling(buffer(None, 0), FULL_SPACE - 51_000));
        assert!(is_worth_telling(buffer(None, 0), FULL_SPACE - 52_000));
    }

    #[test]
    fn a_buffer_made_smaller_takes_what_finds_memory() {
        // Full segments that Linux 6.18.44 took after SO_RCVBUF was set on an open connection.
        for (set, taken) in [(2_000, 3), (4_000, 5), (8_000, 7), (20_000, 19)] {
            let mut used = ReceiveMemory::default();
            let mut count = 0;
            while memory_left(Some(set), &used, Text::Next(1_448)) == Memory::Free {
                used.note_taken(1_448, memory(Some(set)));
                count += 1;
            }
            assert_eq!(count, taken, "SO_RCVBUF {set}");
        }
        let mut used = ReceiveMemory::default();
        for _ in 0..62 {
            assert_eq!(memory_left(None, &used, Text::Next(1_448)), Memory::Free, "{used:?}");
            used.note_taken(1_448, MEMORY);
        }
    }
}
