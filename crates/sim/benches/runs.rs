//! How long runs take, and how much heap: each scenario of the book, all of them, reading them alone, and a long
//! transfer with losses.
//!
//! `cargo bench -p sim`. The allocator counts, which costs a little: times are a few percent too high. On a machine that
//! others use, `valgrind --tool=callgrind` counts instructions, which are the same each time.
//!
//! What the profile shows (callgrind, 93 scenarios, 17.2 million instructions; 22.1 before tokens, returned calls and
//! reports had room that is kept, and sockets shared their names): the time has no peak. A fifth is malloc and free, in
//! 131 allocations a script, most of them the script's own texts and one for each frame; a fifth is reading the script;
//! smoltcp has an eighth; no other function has more than a twentieth.

use catalogue::CATALOGUE;
use divan::{AllocProfiler, Bencher, black_box};
use scenario::Script;
use sim::Stack;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn parse(text: &str) -> Script {
    Script::parse(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn run(script: &Script) -> usize {
    let trace = sim::run("bench", black_box(script), Stack::Linux).unwrap_or_else(|error| panic!("{error}"));
    trace.events.len()
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

/// Two hosts and one open connection between them: the largest heap at any time is what counts here.
#[divan::bench]
fn one_connection(bencher: Bencher<'_, '_>) {
    let script = parse("server listen() = 0\nclient connect() = 0\nserver accept() = 0\n");
    bencher.bench(|| run(&script));
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
