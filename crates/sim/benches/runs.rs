//! How long runs take: each scenario of the book, all of them, reading them alone, and a long transfer with losses.
//!
//! `cargo bench -p sim --bench runs`; the fastest is what counts on a machine that others use, too, or `valgrind
//! --tool=callgrind`, which counts instructions and gives the same each time. How much heap runs take is
//! `cargo bench -p sim --bench heap`: counting it takes time.
//!
//! What the profile shows (callgrind, all scenarios): the time has no peak. A fifth is malloc and free, for the script's
//! own texts and one for each frame; a sixth is reading the script; smoltcp has an eighth; no other function has more
//! than a twentieth.

mod scripts;

use catalogue::CATALOGUE;
use divan::Bencher;

use scripts::{parse, run};

fn main() {
    divan::main();
}

#[divan::bench(args = CATALOGUE.iter().map(|entry| entry.id))]
fn scenario(bencher: Bencher<'_, '_>, id: &str) {
    let entry = catalogue::scenario(id).expect("the arguments are from the catalogue");
    let script = parse(entry.text);
    bencher.bench(|| run(&script));
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

/// Segments of a full 1448 bytes; of each hundred one is lost.
#[divan::bench(args = [100, 1_000, 10_000])]
fn transfer(bencher: Bencher<'_, '_>, segments: usize) {
    let mut text = "server listen() = 0\nclient connect() = 0\nserver accept() = 0\n".to_owned();
    for _ in 0..segments / 100 {
        text.push_str("link drop data from client\nclient write(144800) = 144800 &\nwait 1s\n");
        text.push_str("server read(1000000) &\nwait 1s\nserver read(1000000)\n");
    }
    text.push_str("client close() = 0\nserver read() = 0\n");
    let script = parse(&text);
    bencher.bench(|| run(&script));
}
