//! From the bytes of a file to TCP segments in the order of time.

mod formats;
mod fragments;
mod network;
mod packet;
mod skipped;

use std::collections::VecDeque;

pub use formats::{Kind, kind};
pub(crate) use packet::bit;
pub use packet::{Beginning, Options, Packet};
pub use skipped::{Skip, Skipped};

use formats::Decoder;
use fragments::Fragments;
use packet::Read;

/// Packets that are late by no more than so many places are put in order.
const LATE_MAX: usize = 1024;

/// Reads a capture file piece by piece. It keeps what belongs to a record that is not whole, and `LATE_MAX` segments
/// to put them in the order of their times: files of several interfaces or processors are often slightly out of order.
#[derive(Debug, Default)]
pub struct Reader {
    decoder: Decoder,
    fragments: Fragments,
    waiting: VecDeque<Packet>,
    number: u64,
    last_ns: u64,
    skipped: Skipped,
}

impl Reader {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the file; `on` gets the segments.
    pub fn push(&mut self, piece: &[u8], on: &mut dyn FnMut(&Packet)) {
        let Self { decoder, fragments, waiting, number, last_ns, skipped } = self;
        decoder.push(piece, skipped, &mut |mut record, skipped| {
            *number += 1;
            // A packet without a time (pcapng's simple packets) has that of the one before it.
            let at_ns = record.at_ns.unwrap_or(*last_ns);
            record.at_ns = Some(at_ns);
            *last_ns = at_ns;
            let packet = match packet::read(&record, *number) {
                Read::Segment(packet) => Some(packet),
                Read::First(packet, fragment) => fragments.first(packet, fragment),
                Read::Later(fragment) => fragments.later(fragment),
                Read::Skipped(skip) => {
                    skipped.count(skip);
                    None
                }
            };
            if let Some(packet) = packet {
                wait(waiting, packet, on);
            }
        });
    }

    /// The file is over: gives out what was kept.
    pub fn finish(&mut self, on: &mut dyn FnMut(&Packet)) {
        self.decoder.finish(&mut self.skipped);
        let (packets, missing) = self.fragments.finish();
        for packet in packets {
            wait(&mut self.waiting, packet, on);
        }
        self.skipped.add(Skip::Fragment, missing as u64);
        for packet in std::mem::take(&mut self.waiting) {
            on(&packet);
        }
    }

    /// What could not be read so far.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// How many packets the file had so far, of whatever kind.
    pub fn packets(&self) -> u64 {
        self.number
    }
}

/// Puts a segment behind those that are not younger, and lets go of the oldest when there are many.
fn wait(waiting: &mut VecDeque<Packet>, packet: Packet, on: &mut dyn FnMut(&Packet)) {
    if waiting.back().is_none_or(|last| last.at_us <= packet.at_us) {
        waiting.push_back(packet);
    } else {
        let at = waiting.partition_point(|other| other.at_us <= packet.at_us);
        waiting.insert(at, packet);
    }
    if waiting.len() > LATE_MAX
        && let Some(oldest) = waiting.pop_front()
    {
        on(&oldest);
    }
}
