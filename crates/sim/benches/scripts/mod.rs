//! Reading and performing scripts, for both benches.

use divan::black_box;
use scenario::Script;
use sim::Stack;

pub(crate) fn parse(text: &str) -> Script {
    Script::parse(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

pub(crate) fn run(script: &Script) -> usize {
    let trace = sim::run("bench", black_box(script), Stack::Linux).unwrap_or_else(|error| panic!("{error}"));
    trace.events.len()
}
