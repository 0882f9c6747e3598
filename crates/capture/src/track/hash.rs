//! A hash for tables of connections: fast, and with a seed that a hostile capture does not know.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, SocketAddr};

/// What a table is asked for: words, the rest of them 0. Fields, since an array would be compared by a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) first: (u64, u64),
    pub(crate) second: (u64, u64),
    pub(crate) third: u64,
}

impl Key {
    /// Two addresses and ports.
    pub(crate) fn of_ends(first: SocketAddr, second: SocketAddr) -> Self {
        // An IPv4 address is no IPv6 address with the same number: those are not in use (RFC 4291 §2.5.5.1).
        let words = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (0, u64::from(u32::from(ip))),
            IpAddr::V6(ip) => ((u128::from(ip) >> 64) as u64, u128::from(ip) as u64),
        };
        let ports = u64::from(first.port()) << 16 | u64::from(second.port());
        Self { first: words(first.ip()), second: words(second.ip()), third: ports }
    }
}

/// Multiplies and turns, as FxHash does, from a seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Words;

    fn build_hasher(&self) -> Words {
        Words(self.0)
    }
}

/// The words so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
