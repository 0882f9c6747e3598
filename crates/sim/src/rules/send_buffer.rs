//! What write(2) takes before it blocks.

/// Bytes that a new socket takes, without SO_SNDBUF: what tcp_wmem and ten segments give.
const INITIAL: usize = 78_192;
/// For every three bytes that the peer has acknowledged it takes eleven more (Linux: `tcp_sndbuf_expand`, in slow
/// start).
const GROWTH: usize = 11;
const GROWTH_UNIT: usize = 3;
/// But no more than these: half of tcp_wmem's limit, which counts more than the bytes.
pub(crate) const MOST: usize = 2 << 20;
/// SOCK_MIN_SNDBUF, without what Linux keeps beside the bytes.
const LEAST: usize = 1_152;

/// How many more bytes write(2) may take, where so many are queued and so many were ever acknowledged.
///
/// No RFC. Linux: `sk_stream_memory_free`, `tcp_sndbuf_expand`.
pub(crate) fn space(set: Option<u32>, acknowledged: u64, queued: usize) -> usize {
    let acknowledged = usize::try_from(acknowledged).unwrap_or(usize::MAX).min(MOST);
    let size = match set {
        Some(bytes) => (bytes as usize).max(LEAST),
        None => (INITIAL + acknowledged * GROWTH / GROWTH_UNIT).min(MOST),
    };
    size.saturating_sub(queued)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_grows_with_what_is_acknowledged_unless_it_is_set() {
        assert_eq!(space(None, 0, 0), 78_192);
        assert_eq!(space(None, 3_000, 0), 78_192 + 11_000);
        assert_eq!(space(None, u64::MAX, 0), MOST);
        assert_eq!(space(Some(4_000), u64::MAX, 1_000), 3_000);
    }
}
