//! One capture file, from its first byte to its connections.

use crate::lines::packets;
use crate::read::{Kind, Reader, Skip, Skipped, kind};
use crate::track::{Connection, Tracker};

/// A capture that is being read, piece by piece.
#[derive(Debug, Default)]
pub struct Capture {
    reader: Reader,
    tracker: Tracker,
}

impl Capture {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing read yet; of so many connections at most, further ones are counted.
    pub fn of_at_most(connections: usize) -> Self {
        Self { reader: Reader::new(), tracker: Tracker::of_at_most(connections) }
    }

    /// A whole capture in memory.
    pub fn read(bytes: &[u8]) -> (Vec<Connection>, Skipped) {
        let mut capture = Self::new();
        capture.push(bytes);
        capture.finish()
    }

    /// Pasted lines of tcpdump or tshark: connections, numbered by lines, and how many lines are no segments.
    pub fn of_text(text: &str) -> (Vec<Connection>, Skipped) {
        let (packets, mut skipped) = packets(text);
        let mut tracker = Tracker::new();
        packets.iter().for_each(|packet| tracker.take(packet));
        skipped.add(Skip::TooMany, tracker.beyond());
        (tracker.finish(), skipped)
    }

    /// Takes the next piece of the file, of any size. gzip must be unpacked before: [`kind`] recognises it.
    pub fn push(&mut self, piece: &[u8]) {
        let Self { reader, tracker } = self;
        reader.push(piece, &mut |packet| tracker.take(packet));
    }

    /// How many packets and how many connections there were so far.
    pub fn progress(&self) -> (u64, usize) {
        (self.reader.packets(), self.tracker.len())
    }

    /// The file is over: its connections in the order in which they began, and what could not be read.
    pub fn finish(self) -> (Vec<Connection>, Skipped) {
        let Self { mut reader, mut tracker } = self;
        reader.finish(&mut |packet| tracker.take(packet));
        let mut skipped = reader.skipped().clone();
        skipped.add(Skip::TooMany, tracker.beyond());
        (tracker.finish(), skipped)
    }
}

/// Whether a file that begins so is one that [`Capture`] reads.
pub fn is_capture(bytes: &[u8]) -> bool {
    matches!(kind(bytes), Kind::Pcap | Kind::PcapNg)
}
