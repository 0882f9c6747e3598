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
/// The largest window that a segment tells without a scale.
const UNSCALED_MAX: u32 = 65_535;
/// What is shorter lets no window grow (Linux: `tcp_event_data_recv`).
const GROWING_MIN: u32 = 128;

/// The receive side of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer<'a> {
    /// SO_RCVBUF, and whether the window is scaled.
    pub(crate) set: Option<u32>,
    pub(crate) scale: Scale,
    /// Bytes that nobody has read, and the memory that they take.
    pub(crate) unread: usize,
    pub(crate) memory: &'a ReceiveMemory,
    /// The window that was last told, and what is left of it.
    pub(crate) told: u32,
    pub(crate) left: u32,
    /// The payload of the longest segment that comes (Linux: `advmss`).
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
            Some(bytes) if memory(Some(bytes)) / 2 <= UNSCALED_MAX => Self::None,
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

/// The window of a SYN: whole segments, as many as half of the memory holds.
///
/// RFC 9293 §3.10.7.2. Linux: `tcp_select_initial_window`.
pub(crate) fn initial(buffer: &Buffer<'_>) -> u32 {
    if buffer.set.is_none() {
        return OFFERED_MAX;
    }
    let space = memory(buffer.set) / 2;
    let window = if space > buffer.mss { space - space % buffer.mss } else { space };
    if buffer.scale == Scale::None { window } else { window.min(OFFERED_MAX) }
}

/// The window to offer; without a scale a segment tells no more than 65,535 of it.
///
/// Linux: `__tcp_select_window`, and `tcp_select_window`, which never takes back what was offered.
pub(crate) fn offer(buffer: &Buffer<'_>) -> u32 {
    let window = select(buffer);
    let may = if buffer.scale == Scale::None { window } else { window.min(OFFERED_MAX) };
    may.max(buffer.left)
}

fn select(buffer: &Buffer<'_>) -> u32 {
    if buffer.scale == Scale::None {
        return in_full_segments(buffer);
    }
    let full_space = full_space(buffer.set);
    let free = full_space.saturating_sub(u32::try_from(buffer.unread).unwrap_or(u32::MAX));
    if is_silly(free, full_space, buffer.mss) { 0 } else { free.min(GROWN_MAX) }
}

/// Silly window syndrome (RFC 9293 §3.8.6.2.2).
const fn is_silly(free: u32, full_space: u32, mss: u32) -> bool {
    free < full_space / 2 && (free < full_space / 16 || free < mss)
}

/// Without a scale it moves by whole segments, as long as those that come.
fn in_full_segments(buffer: &Buffer<'_>) -> u32 {
    let Buffer { memory: kept, told, .. } = *buffer;
    let limit = memory(buffer.set);
    let full_space = kept.bytes_in(limit);
    let mss = kept.longest().min(full_space);
    let free = kept.bytes_in(limit.saturating_sub(kept.used()));
    if is_silly(free, full_space, mss) {
        return 0;
    }
    let free = free.min(kept.threshold.unwrap_or(told));
    if told + mss <= free || told > free {
        free - free % mss
    } else if mss == full_space && free > told + full_space / 2 {
        free
    } else {
        told
    }
}

/// What the window may be from now on, whatever memory there is, where it was `before`, and text has come.
///
/// No RFC. Linux: `tcp_grow_window`, `__tcp_grow_window` (`rcv_ssthresh`).
pub(crate) fn threshold(buffer: &Buffer<'_>, before: u32, len: u32) -> u32 {
    let limit = memory(buffer.set);
    let free = buffer.memory.bytes_in(limit.saturating_sub(buffer.memory.used()));
    if len < GROWING_MIN || free <= before {
        return before;
    }
    let fits = buffer.memory.bytes_in(memory_of_segment(len)) <= len;
    let growth = if fits { buffer.mss } else { len.max(buffer.memory.longest()) };
    free.min(before + 2 * growth)
}

/// Whether a program that has read makes it worth telling the peer: the window has at least doubled, and no end of reading
/// was seen (RCV_SHUTDOWN).
///
/// RFC 9293 §3.8.6.2.2. Linux: `tcp_cleanup_rbuf`.
pub(crate) fn is_worth_telling(buffer: &Buffer<'_>, reading_ended: Seen) -> bool {
    if reading_ended == Seen::Yes || 2 * buffer.left > full_space(buffer.set) {
        return false;
    }
    let left = match buffer.scale {
        Scale::Scaled => buffer.left - buffer.left % SCALE_UNIT,
        Scale::None => buffer.left,
    };
    let window = select(buffer);
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

    const NOTHING: &ReceiveMemory = &ReceiveMemory::new();

    const fn buffer(set: Option<u32>, unread: usize, left: u32) -> Buffer<'static> {
        Buffer { set, scale: Scale::of(set), unread, memory: NOTHING, told: left, left, mss: 1448 }
    }

    #[test]
    fn the_default_window_is_what_a_linux_host_offers_first() {
        assert_eq!(initial(&buffer(None, 0, 0)), 64_512);
        assert_eq!(offer(&buffer(None, 40_000, 40_000)), 50_800);
    }

    #[test]
    fn a_syn_offers_half_of_the_memory_in_whole_segments() {
        let of = |bytes| initial(&buffer(Some(bytes), 0, 0));
        assert_eq!([1, 2_304, 4_000, 40_000].map(of), [1_152, 1_448, 2_896, 39_096], "as Linux 6.18 does");
        assert_eq!([60_000, 65_535, 65_536].map(of), [59_368, 65_160, 64_512]);
    }

    /// The windows of a connection that gets segments of this length, and whose program does not read.
    fn windows(bytes: u32, len: u32, count: usize) -> Vec<u32> {
        let mut memory = ReceiveMemory::new();
        let mut told = initial(&buffer(Some(bytes), 0, 0));
        let segment = |_| {
            let before = memory.threshold.unwrap_or(told);
            memory.note_taken(len, 2 * bytes);
            let left = told - len;
            let known = Buffer { told, left, ..buffer(Some(bytes), 0, 0) };
            memory.threshold = Some(threshold(&Buffer { memory: &memory, ..known }, before, len));
            told = offer(&Buffer { memory: &memory, ..known });
            told
        };
        (0..count).map(segment).collect()
    }

    #[test]
    fn a_small_window_moves_in_whole_segments_and_grows_with_what_comes() {
        // As Linux 6.18 does, over TUN.
        assert_eq!(windows(4_000, 1_448, 3), [2_896, 1_448, 0]);
        assert_eq!(windows(2_304, 724, 2), [724, 0]);
        assert_eq!(windows(40_000, 1_448, 6), [41_992, 44_888, 44_888, 43_440, 41_992, 40_544]);
        assert_eq!(windows(60_000, 1_448, 7), [62_264, 65_160, 68_056, 68_056, 66_608, 65_160, 63_712]);
        assert_eq!(windows(4_000, 100, 1), [2_896], "too short");
    }

    #[test]
    fn until_a_segment_tells_more_all_are_taken_for_536_bytes() {
        // As Linux 6.18 does behind six writes of 500 bytes, when 2,000 of them are read.
        let mut memory = ReceiveMemory::new();
        (0..6).for_each(|_| memory.note_taken(500, 8_000));
        memory.note_read(2_000);
        memory.threshold = Some(3_360);
        assert_eq!(offer(&Buffer { memory: &memory, ..buffer(Some(4_000), 1_000, 680) }), 2_680);
    }

    #[test]
    fn what_was_offered_is_never_taken_back() {
        assert_eq!(offer(&buffer(None, 89_500, 1_000)), 1_000);
        assert_eq!(offer(&buffer(None, 89_500, 0)), 0);
    }

    #[test]
    fn a_window_is_told_when_it_has_doubled() {
        let is_worth_telling = |unread, left| is_worth_telling(&buffer(None, unread, left), Seen::No);
        assert!(is_worth_telling(0, 0));
        assert!(!super::is_worth_telling(&buffer(None, 0, 0), Seen::Yes), "nobody reads any more");
        assert!(!is_worth_telling(89_500, 0), "less than a segment");
        assert!(!is_worth_telling(0, 50_000));
        // As a kernel did after 51,000 and 52,000 bytes, all read.
        assert!(!is_worth_telling(0, FULL_SPACE - 51_000));
        assert!(is_worth_telling(0, FULL_SPACE - 52_000));
    }

    #[test]
    fn a_buffer_made_smaller_takes_what_finds_memory() {
        // Full segments that Linux 6.18.44 took after SO_RCVBUF was set on an open connection.
        for (set, taken) in [(2_000, 3), (4_000, 5), (8_000, 7), (20_000, 19)] {
            let mut used = ReceiveMemory::new();
            let mut count = 0;
            while memory_left(Some(set), &used, Text::Next(1_448)) == Memory::Free {
                used.note_taken(1_448, memory(Some(set)));
                count += 1;
            }
            assert_eq!(count, taken, "SO_RCVBUF {set}");
        }
        let mut used = ReceiveMemory::new();
        for _ in 0..62 {
            assert_eq!(memory_left(None, &used, Text::Next(1_448)), Memory::Free, "{used:?}");
            used.note_taken(1_448, MEMORY);
        }
    }
}
