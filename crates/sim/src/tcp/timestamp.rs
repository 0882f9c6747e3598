//! Timestamps (RFC 7323 §3): no segment's bytes have the option; it goes beside them, and the moment of leaving stands for
//! TSval.

/// TSval, in milliseconds as Linux counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(u32);

impl Timestamp {
    pub(crate) const fn of(left_us: u64) -> Self {
        Self((left_us / 1_000) as u32)
    }

    /// Microseconds since then, one millisecond at least (Linux: `tcp_rtt_tsopt_us`).
    pub(crate) const fn since_us(self, now_us: u64) -> u64 {
        let since_ms = Self::of(now_us).0.wrapping_sub(self.0);
        if since_ms == 0 { 1_000 } else { since_ms as u64 * 1_000 }
    }

    /// Milliseconds by which `self` is older than `other`; negative if it is newer.
    pub(crate) const fn age(self, other: Self) -> i32 {
        other.0.wrapping_sub(self.0).cast_signed()
    }
}

/// The option of a segment (RFC 7323 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimestampsOption {
    /// TSval
    pub(crate) value: Timestamp,
    /// TSecr: the newest of the receiver's own that the sender had taken; a first SYN has none.
    pub(crate) echo: Option<Timestamp>,
}

/// The newest timestamp of the peer's that counts (TS.Recent).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent(Option<Timestamp>);

impl Recent {
    /// That of the peer's SYN, which came with or without the option, or of a newer segment.
    pub(crate) const fn of(timestamp: Option<Timestamp>) -> Self {
        Self(timestamp)
    }

    /// What a segment that leaves echoes.
    pub(crate) const fn echo(self) -> Option<Timestamp> {
        self.0
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
