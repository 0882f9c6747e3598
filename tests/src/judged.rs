//! Captures as exercises, on the page `teaching/captures.md`: what a class is given to judge, and the answers. The answers
//! are those of the code behind `who-reset`, and of the script that made the capture.

use std::fmt::Write as _;

use capture::{Capture, Ending, told};
use catalogue::scenario;
use player::link::{Holds, Link};
use scenario::{Event, Script};
use sim::Stack;

/// The scenario behind each capture, the chapter that tells it, and what to ask.
const EXERCISES: [(&str, &str, &str); 6] = [
    (
        "write-after-peer-close",
        "../reset/write-after-close.md",
        "Somebody said goodbye first. Why is there a reset all the same?",
    ),
    (
        "keepalive-race-unread",
        "../reset/keep-alive-race.md",
        "Two requests, one answer. Had the server's program seen the second one?",
    ),
    ("linger-zero", "../reset/reset-on-purpose.md", "Nothing was unread here. So what made this reset?"),
    ("middlebox-rst", "../between/who-else.md", "The reset has the server's address. What speaks against the server?"),
    (
        "peer-vanished-write",
        "../silence/gone-without-a-word.md",
        "There is neither FIN nor reset. Who ended it, and what will the client's program be told?",
    ),
    ("graceful-three-segments", "../orderly/polite-goodbye.md", "Where is the fourth segment of this goodbye?"),
];

/// Each capture: its number, and the file.
pub fn captured() -> impl Iterator<Item = (usize, Vec<u8>)> {
    EXERCISES.iter().enumerate().map(|(at, (id, ..))| (at + 1, file(id)))
}

fn file(id: &str) -> Vec<u8> {
    sim::pcap(&sim::capture(id, &script(id), Stack::Linux).unwrap_or_else(|error| panic!("{id}: {error}")).1)
}

fn script(id: &str) -> Script {
    let entry = scenario(id).unwrap_or_else(|| panic!("{id} is a scenario"));
    Script::parse(entry.text).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// The exercises, each with its answer folded away.
///
/// # Panics
/// A capture holds another number of segments than its run has, or not one connection.
pub fn page() -> String {
    let mut page = String::new();
    for (at, (id, chapter, ask)) in EXERCISES.iter().enumerate() {
        let number = at + 1;
        let lines = segments(id);
        let _ = writeln!(
            page,
            "## Capture {number}\n\n{ask}\n\n```text\n{lines}```\n\n[exercise-{number}.pcap](../captures/exercise-{number}.pcap)\n"
        );
        let _ = writeln!(page, "<details>\n<summary>Answer</summary>\n\n{}\n</details>\n", answer(id, chapter));
    }
    page
}

/// The capture as lines, in the book's notation.
fn segments(id: &str) -> String {
    let (trace, frames) = sim::capture(id, &script(id), Stack::Linux).unwrap_or_else(|error| panic!("{id}: {error}"));
    let mut lines = String::new();
    let (mut count, mut first) = (0, None);
    for event in &trace.events {
        let Event::Segment { at_us, from, segment, .. } = event else { continue };
        count += 1;
        let since = at_us - *first.get_or_insert(*at_us);
        let other = if from.name() == "client" { "server" } else { "client" };
        let _ = writeln!(lines, "{count:>2}  {}  {from} > {other}  {segment}", view::texts::time(since));
    }
    assert_eq!(count, frames.len(), "{id}: every segment is in the file");
    lines
}

fn answer(id: &str, chapter: &str) -> String {
    let mut capture = Capture::new();
    capture.push(&file(id));
    let (connections, _) = capture.finish();
    let [connection] = &connections[..] else { panic!("{id} has {} connections", connections.len()) };
    let ending = Ending::of(connection);
    let packet = ending.segment.map(|number| format!(", packet {number}")).unwrap_or_default();
    let mut answer = format!("The verdict: **{}, by {}**{packet}.\n", ending.kind.name(), ending.by.name());
    for named in &ending.causes {
        let why: Vec<&str> = named.evidence.iter().map(|evidence| evidence.why.as_str()).collect();
        let cause = named.cause.id();
        let _ =
            write!(answer, "\n- {} [{cause}](../reference/causes.md#{cause}): {}", named.sure.name(), why.join("; "));
    }
    answer.push('\n');
    for (program, next) in ["client", "server"].into_iter().zip(told(connection, &ending)) {
        let calls: Vec<String> = next.iter().map(|next| format!("`{}` = {}", next.call, next.outcome)).collect();
        if !calls.is_empty() {
            let _ = write!(answer, "\nThe {program}'s program is told: {}.\n", calls.join(", then "));
        }
    }
    let link = Link { holds: Holds::Id(id.to_owned()), step: None, stack: Stack::Linux, runtime: None };
    let address = format!("../playground.html#{}", link.encode().expect("an id is short"));
    let _ =
        write!(answer, "\nWhat really happened: [the script of `{id}`]({address}), and [its chapter]({chapter}).\n");
    answer
}
