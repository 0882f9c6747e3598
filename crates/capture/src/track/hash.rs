//! A hash for the table of connections: fast, and with a seed that a hostile capture does not know.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Multiplies and turns, as FxHash does, from a seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seeded(u64);

impl Seeded {
    pub(super) fn new() -> Self {
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
pub(super) struct Words(u64);

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
