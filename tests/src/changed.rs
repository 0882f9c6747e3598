//! Captures as they are in the wild: without their beginning or end, with every packet twice, in no order.

use fastrand::Rng;
use scenario::Host;

use crate::captured::{Captured, Run};

/// Takes a capture and changes it as captures in the wild are.
pub type Change = fn(&mut Rng, Vec<Captured>) -> Vec<Captured>;

fn cut_beginning(rng: &mut Rng, packets: Vec<Captured>) -> Vec<Captured> {
    let first = rng.usize(..packets.len().clamp(1, 5));
    packets.into_iter().skip(first).collect()
}

fn cut_end(rng: &mut Rng, packets: Vec<Captured>) -> Vec<Captured> {
    let length = rng.usize(packets.len().min(1)..=packets.len());
    packets.into_iter().take(length).collect()
}

/// Each packet again at once, as on a machine that captures on two of its interfaces.
fn double(_: &mut Rng, packets: Vec<Captured>) -> Vec<Captured> {
    packets.into_iter().flat_map(|packet| [packet.clone(), packet]).collect()
}

/// The file's order is not that of time.
fn shuffle(rng: &mut Rng, mut packets: Vec<Captured>) -> Vec<Captured> {
    rng.shuffle(&mut packets);
    packets
}

/// The ways, each with its name.
pub const CHANGES: [(&str, Change); 4] =
    [("begins later", cut_beginning), ("ends earlier", cut_end), ("doubled", double), ("shuffled", shuffle)];

/// Whether several segments of one host are forged, or as many as it sent: where the beginning is missing, nobody can
/// then say which are which.
pub fn outnumbered(run: &Run, packets: &[Captured]) -> bool {
    Host::ALL.into_iter().any(|host| {
        let frames = packets.iter().map(|packet| &run.frames[packet.frame]).filter(|frame| frame.from == host);
        let (forged, sent): (Vec<_>, Vec<_>) = frames.partition(|frame| frame.forged);
        forged.len() > 1 || (!forged.is_empty() && forged.len() >= sent.len())
    })
}
