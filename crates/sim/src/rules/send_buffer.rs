//! What write(2) takes before it blocks.
//!
//! Linux counts memory, not bytes: what is written lies in pieces, and each takes [`PIECE_MEMORY`] beside its bytes. A
//! new piece begins while the memory of all is below the limit; the last one grows as long as it has not left, whatever
//! the limit is. Each number was taken from what a kernel's write(2) took.

use scenario::State;

/// Beside its bytes a piece takes so much (Linux: `tcp_stream_alloc_skb`, truesize).
const PIECE_MEMORY: u32 = 768;
/// What Linux reckons for a full segment (Linux: `tcp_sndbuf_expand`, per_mss).
const SEGMENT_MEMORY: u32 = 2_304;
/// SOCK_MIN_SNDBUF
const LIMIT_MIN: u32 = 4_608;
/// tcp_wmem's last.
const LIMIT_MAX: u32 = 4 << 20;
/// No run writes more, in bytes.
pub(crate) const MOST: usize = 2 << 20;
/// TCP_INIT_CWND
const SEGMENTS_MIN: u32 = 10;
/// Bytes of the largest piece (Linux: `sk_gso_max_size`).
const PIECE_MAX: u32 = 65_215;
/// A window that is no larger than this is not halved (Linux: TCP_MSS_DEFAULT).
const SMALL_WINDOW: u32 = 536;
/// No segment is bounded to less payload: 68 bytes with the headers of TCP, its timestamps among them.
const SEGMENT_MIN: u32 = 36;

/// What decides how much the buffer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    /// SO_SNDBUF, doubled, or what it has grown to without it.
    pub(crate) limit: u32,
    /// Bytes that are not acknowledged, sent or not.
    pub(crate) bytes: u32,
    /// The pieces in which they lie.
    pub(crate) pieces: u32,
    /// Bytes of the last piece, if it has not left.
    pub(crate) tail: u32,
    /// Bytes of a full piece.
    pub(crate) goal: u32,
}

impl Buffer {
    const fn memory(&self) -> u32 {
        self.bytes + self.pieces * PIECE_MEMORY
    }
}

/// How many more bytes write(2) may take just now: what fills the last piece, or a new one.
///
/// No RFC. Linux: `tcp_sendmsg_locked`, `sk_stream_memory_free`.
pub(crate) const fn room(buffer: &Buffer) -> u32 {
    if buffer.tail > 0 && buffer.tail < buffer.goal {
        buffer.goal - buffer.tail
    } else if buffer.memory() < buffer.limit {
        buffer.goal
    } else {
        0
    }
}

/// Whether a call that waits for room is woken, and poll(2) says OUT: a third of the limit is free.
///
/// No RFC. Linux: `sk_stream_write_space`.
pub(crate) const fn is_writable(buffer: &Buffer) -> bool {
    let memory = buffer.memory();
    buffer.limit >= memory && buffer.limit - memory >= memory / 2
}

/// Bytes of a full piece: full segments, as many as the peer's window bounds them to.
///
/// No RFC. Linux: `tcp_xmit_size_goal`.
pub(crate) fn goal(max_wnd: u32, mss: u32) -> u32 {
    let most = half_of_window(max_wnd).min(PIECE_MAX);
    (most - most % mss).max(mss)
}

/// The most bytes of a piece, and of a segment: half of the largest window that the peer has offered, or all of a small
/// one; any number if it has offered none.
///
/// No RFC. Linux: `tcp_bound_to_half_wnd`; for segments by `tcp_sync_mss`, when a connection opens or its path changes.
pub(crate) fn half_of_window(max_wnd: u32) -> u32 {
    match max_wnd {
        0 => u32::MAX,
        1..=SMALL_WINDOW => max_wnd.max(SEGMENT_MIN),
        _ => max_wnd / 2,
    }
}

/// Segments of a piece that leaves: two, or what leaves in a millisecond.
///
/// No RFC. Linux: `tcp_tso_autosize`, `tcp_update_pacing_rate`, in slow start; no round trip here is a few milliseconds
/// short.
pub(crate) fn segments_of_a_piece(congestion_window: u32, smoothed_us: Option<u64>) -> u32 {
    let in_a_millisecond = smoothed_us.map_or(0, |us| 2 * u64::from(congestion_window) * 1_000_000 / us.max(1) / 1_024);
    u32::try_from(in_a_millisecond).unwrap_or(u32::MAX).max(2)
}

/// The limit that SO_SNDBUF sets: it is doubled (socket(7)).
pub(crate) const fn limit_of(set: u32) -> u32 {
    let doubled = set.saturating_mul(2);
    if doubled < LIMIT_MIN { LIMIT_MIN } else { doubled }
}

/// The limit without SO_SNDBUF, where so many segments may be in flight: twice what they take.
///
/// No RFC. Linux: `tcp_sndbuf_expand`.
pub(crate) fn grown(congestion_window: u32) -> u32 {
    congestion_window.max(SEGMENTS_MIN).saturating_mul(2 * SEGMENT_MEMORY).min(LIMIT_MAX)
}

/// The limit without SO_SNDBUF after an ACK: it grows where the congestion window has room, and never shrinks.
///
/// No RFC. Linux: `tcp_new_space`, `tcp_should_expand_sndbuf`.
pub(crate) fn limit_after_ack(limit: u32, in_network: u32, congestion_window: u32) -> u32 {
    if in_network < congestion_window { limit.max(grown(congestion_window)) } else { limit }
}

/// Sequence numbers that ioctl(2) with SIOCOUTQ counts: what is written and not acknowledged, a FIN too; in a handshake
/// nothing.
///
/// No RFC. Linux: `tcp_ioctl`.
pub(crate) const fn unacknowledged(state: State, una: u32, write_end: u32) -> u32 {
    if matches!(state, State::SynSent | State::SynReceived) { 0 } else { write_end.wrapping_sub(una) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What write(2) takes on a link that is down, from a window of 64,240 bytes: ten segments leave, two by two.
    fn taken(limit: u32) -> u32 {
        let goal = goal(64_240, 1_448);
        let sent = 10 * 1_448;
        let mut buffer = Buffer { limit, bytes: sent + goal, pieces: 5 + 1, tail: goal, goal };
        while room(&buffer) > 0 {
            buffer.bytes += room(&buffer);
            buffer.pieces += 1;
        }
        buffer.bytes
    }

    #[test]
    fn a_kernel_took_as_much() {
        // SO_SNDBUF 2000 to 1000000 on a link that is cut, and none, on Linux 6.18.44.
        let seen = [
            (2_000, 46_336),
            (20_000, 46_336),
            (30_000, 78_192),
            (40_000, 78_192),
            (50_000, 110_048),
            (80_000, 173_760),
            (150_000, 301_184),
            (300_000, 587_888),
            (1_000_000, 1_957_696),
        ];
        for (set, bytes) in seen {
            assert_eq!(taken(limit_of(set)), bytes, "SO_SNDBUF {set}");
        }
        assert_eq!(taken(grown(10)), 46_336);
    }

    #[test]
    fn pieces_are_no_larger_than_half_of_the_window() {
        assert_eq!(goal(64_240, 1_448), 22 * 1_448);
        assert_eq!(goal(76_800, 1_448), 26 * 1_448);
        assert_eq!(goal(4_344, 1_448), 1_448);
        assert_eq!(goal(0, 1_448), 45 * 1_448);
        assert_eq!([1_448, 500, 20, 0].map(half_of_window), [724, 500, 36, u32::MAX]);
    }

    #[test]
    fn who_waits_is_woken_by_a_third() {
        let buffer = |bytes| Buffer { limit: 30_000, bytes, pieces: 0, tail: 0, goal: 1_448 };
        assert!(is_writable(&buffer(20_000)) && !is_writable(&buffer(20_002)));
        assert!(room(&buffer(29_999)) > 0 && room(&buffer(30_000)) == 0);
    }

    #[test]
    fn the_limit_grows_while_the_congestion_window_has_room() {
        assert_eq!(limit_after_ack(46_080, 3, 20), 92_160);
        assert_eq!(limit_after_ack(46_080, 20, 20), 46_080);
        assert_eq!(limit_after_ack(92_160, 0, 10), 92_160);
    }

    #[test]
    fn in_a_handshake_nothing_is_unacknowledged() {
        assert_eq!(unacknowledged(State::SynSent, 1, 102), 0);
        assert_eq!(unacknowledged(State::FinWait1, u32::MAX, 100), 101);
    }
}
