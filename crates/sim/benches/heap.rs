//! How much heap runs take: all scenarios of the book, reading them alone, and one open connection.
//!
//! `cargo bench -p sim --bench heap`. Times are too high here: the allocator counts.

mod scripts;

use catalogue::CATALOGUE;
use divan::{AllocProfiler, Bencher};

use scripts::{parse, run};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Parsing included: what a page does when it is opened.
#[divan::bench]
fn whole_catalogue() -> usize {
    CATALOGUE.iter().map(|entry| run(&parse(entry.text))).sum()
}

/// Reading alone.
#[divan::bench]
fn parse_catalogue() -> usize {
    CATALOGUE.iter().map(|entry| parse(entry.text).statements.len()).sum()
}

/// Two hosts and one open connection between them: the largest heap at any time is what counts here.
#[divan::bench]
fn one_connection(bencher: Bencher<'_, '_>) {
    let script = parse("server listen() = 0\nclient connect() = 0\nserver accept() = 0\n");
    bencher.bench(|| run(&script));
}
