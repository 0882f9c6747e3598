//! How long the scenarios of the book take, read and performed one after the other: the fastest of many rounds, in
//! microseconds. It needs no bench harness, so that it also runs as wasm: `cargo xtask speed` compares.

use std::hint::black_box;
use std::time::Instant;

use catalogue::CATALOGUE;
use scenario::Script;
use sim::Stack;

/// The pages' programs have it.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// More do not make the fastest one faster.
const ROUNDS: u32 = 30;
/// In a round. A browser's clock tells no less than 0.1 ms, which is as long as a twentieth of one time through.
const TIMES: u32 = 10;

fn main() {
    let fastest = (0..ROUNDS).map(|_| round_us()).min().expect("there are rounds");
    println!("{}", fastest / u128::from(TIMES));
}

fn round_us() -> u128 {
    let began = Instant::now();
    (0..TIMES).for_each(|_| perform_all());
    began.elapsed().as_micros()
}

fn perform_all() {
    for entry in CATALOGUE {
        let script = Script::parse(black_box(entry.text)).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        let trace = sim::run(entry.id, &script, Stack::Linux).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        black_box(trace);
    }
}
