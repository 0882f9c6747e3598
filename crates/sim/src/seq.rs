//! Sequence numbers: the order that wraps around (RFC 9293 §3.4), and how many of them a segment takes up.

use scenario::RawSegment;

/// Whether `a` comes before `b`.
pub(crate) const fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

/// Whether `a` comes after `b`.
pub(crate) const fn after(a: u32, b: u32) -> bool {
    before(b, a)
}

/// The later of two numbers.
pub(crate) const fn later(a: u32, b: u32) -> u32 {
    if after(a, b) { a } else { b }
}

/// The earlier of two numbers.
pub(crate) const fn earlier(a: u32, b: u32) -> u32 {
    if before(a, b) { a } else { b }
}

/// SEG.LEN: the payload, SYN and FIN.
pub(crate) const fn length(segment: &RawSegment) -> u32 {
    segment.len + segment.flags.syn as u32 + segment.flags.fin as u32
}

/// The number behind the segment's last.
pub(crate) const fn end(segment: &RawSegment) -> u32 {
    segment.seq.wrapping_add(length(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_wraps_around() {
        assert!(before(u32::MAX, 0) && after(0, u32::MAX));
        assert!(!before(5, 5) && !after(5, 5));
        assert_eq!(later(u32::MAX, 3), 3);
    }
}
