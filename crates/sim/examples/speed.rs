//! How long the scenarios of the book take, read and performed one after the other: the fastest of many rounds, in
//! microseconds. It needs no bench harness, so that it also runs as wasm: `cargo xtask speed` compares.

use std::hint::black_box;
use std::time::Instant;

use catalogue::CATALOGUE;
use scenario::Script;
use sim::Stack;

/// More do not make the fastest one faster.
const ROUNDS: usize = 300;

fn main() {
    let fastest = (0..ROUNDS).map(|_| round_us()).min().expect("there are rounds");
    println!("{fastest}");
}

fn round_us() -> u128 {
    let began = Instant::now();
    for entry in CATALOGUE {
        let script = Script::parse(black_box(entry.text)).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        let trace = sim::run(entry.id, &script, Stack::Linux).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        black_box(trace);
    }
    began.elapsed().as_micros()
}
