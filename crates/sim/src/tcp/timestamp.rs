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
    /// The peer's SYN has come, with or without the option.
    pub(crate) const fn begin(&mut self, timestamp: Option<Timestamp>) {
        self.0 = timestamp;
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

    /// A segment has been taken that stands at the left edge of what the peer was told, or before it
    /// (RFC 7323 §4.3; Linux: `tcp_replace_ts_recent`).
    pub(crate) fn note(&mut self, timestamp: Option<Timestamp>) {
        if let (Some(recent), Some(timestamp)) = (self.0, timestamp)
            && timestamp.age(recent) <= 0
        {
            self.0 = Some(timestamp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_newer_timestamp_counts_and_without_one_nothing_has_an_age() {
        let at = |ms: u64| Some(Timestamp::of(ms * 1_000));
        let mut recent = Recent::default();
        assert_eq!(recent.age_ms(at(1)), None);
        recent.begin(at(100));
        recent.note(at(120));
        recent.note(at(90));
        assert_eq!(recent.age_ms(at(110)), Some(10));
        assert_eq!(recent.age_ms(at(125)), Some(-5));
        assert_eq!(recent.age_ms(None), None);
    }
}
