//! What write(2) takes before it blocks.

/// Bytes that a new socket takes, without SO_SNDBUF: what ten segments make of tcp_wmem, of which about half are bytes
/// of the stream.
const INITIAL: usize = 46_336;
/// For every two bytes that the peer has acknowledged it takes seven more (Linux: `tcp_sndbuf_expand`, in slow start).
const GROWTH: usize = 7;
const GROWTH_UNIT: usize = 2;
/// But no more than these: half of tcp_wmem's limit, which counts more than the bytes.
pub(crate) const MOST: usize = 2 << 20;
/// SOCK_MIN_SNDBUF, without what Linux keeps beside the bytes.
const LEAST: usize = 1_152;
/// The last of what has not left may grow to so many bytes, whatever the buffer holds: 22 full segments, which is half of
/// the peer's window (Linux: `tcp_xmit_size_goal`, `tcp_bound_to_half_wnd`).
const LAST: usize = 31_856;

/// How many more bytes write(2) may take, where so many are queued, so many of them have not left, and so many were
/// ever acknowledged.
///
/// No RFC. Linux: `tcp_sendmsg_locked`, `sk_stream_memory_free`, `tcp_sndbuf_expand`. It counts memory, so this is an
/// estimate: within a tenth of what a kernel took.
pub(crate) fn space(set: Option<u32>, acknowledged: u64, queued: usize, unsent: usize) -> usize {
    let acknowledged = usize::try_from(acknowledged).unwrap_or(usize::MAX).min(MOST);
    let size = match set {
        Some(bytes) => (bytes as usize).max(LEAST),
        None => (INITIAL + acknowledged * GROWTH / GROWTH_UNIT).min(MOST),
    };
    size.saturating_sub(queued).max(LAST.saturating_sub(unsent))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a kernel took them.
    #[track_caller]
    fn about(taken: usize, kernel: usize) {
        assert!(taken.abs_diff(kernel) * 10 < kernel, "{taken}, where a kernel took {kernel}");
    }

    #[test]
    fn the_buffer_grows_with_what_is_acknowledged() {
        about(space(None, 0, 0, 0), 46_336);
        about(space(None, 90_800, 0, 0), 358_336);
        assert_eq!(space(None, u64::MAX, 0, 0), MOST);
    }

    #[test]
    fn of_a_small_buffer_the_last_may_be_larger() {
        about(14_480 + space(Some(4_000), 0, 14_480, 0), 46_336);
        about(91_824 + space(Some(20_000), 91_824, 0, 0), 129_472);
        assert_eq!(space(Some(40_000), 0, 1_000, 1_000), 39_000);
    }
}
