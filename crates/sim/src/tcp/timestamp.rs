//! Timestamps (RFC 7323 §3), of which a host here keeps what PAWS needs: no segment has the option, and its moment of
//! leaving stands for TSval.

/// TSval, in milliseconds as Linux counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(u32);

impl Timestamp {
    pub(crate) const fn of(left_us: u64) -> Self {
        Self((left_us / 1_000) as u32)
    }

    /// Milliseconds by which `self` is older than `other`; negative if it is newer.
    pub(crate) const fn age(self, other: Self) -> i32 {
        other.0.wrapping_sub(self.0).cast_signed()
    }
}

/// The newest timestamp of the peer's that counts (TS.Recent).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent(Option<Timestamp>);

impl Recent {
    /// That of the peer's SYN, which came with or without the option, or of a newer segment.
    pub(crate) const fn of(timestamp: Option<Timestamp>) -> Self {
        Self(timestamp)
    }

    /// Whether the connection has timestamps.
    pub(crate) const fn is_kept(self) -> bool {
        self.0.is_some()
    }

    /// Milliseconds by which a segment with that timestamp is older than what has counted, negative if it is newer;
    /// `None` if one of the two has none.
    pub(crate) fn age_ms(self, timestamp: Option<Timestamp>) -> Option<i32> {
        Some(timestamp?.age(self.0?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_timestamp_nothing_has_an_age() {
        let at = |ms: u64| Some(Timestamp::of(ms * 1_000));
        assert_eq!(Recent::default().age_ms(at(1)), None);
        let recent = Recent::of(at(120));
        assert_eq!(recent.age_ms(at(110)), Some(10));
        assert_eq!(recent.age_ms(at(125)), Some(-5));
        assert_eq!(recent.age_ms(None), None);
    }
}
