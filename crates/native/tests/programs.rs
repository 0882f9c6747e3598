//! The plain programs in examples/ against the scenarios whose names they have: the same calls return the same,
//! and the same SYN, FIN and RST are on the wire. Both run on this machine's kernel.
//!
//! A program says what it cannot do; here stands what it does otherwise than the script, each with its reason.

#![cfg(target_os = "linux")]

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, thread};

use native::Options;
use scenario::{CATALOGUE, Entry, Event, Outcome, Script};

/// Calls that end otherwise in a program: scenario, the program's line, reason.
const OTHERWISE: [(&str, &str, &str); 1] =
    [("peer-vanished-read", "client read() = EAGAIN", "the script waits for ever, the program sets a read timeout")];

/// Runs wait most of the time.
const SIDE_BY_SIDE: usize = 8;
/// Real time on a busy machine is not exact: a difference counts if it shows each time.
const TRIES: usize = 3;

#[test]
fn a_program_does_what_its_scenario_says() {
    let left: Mutex<VecDeque<&Entry>> = Mutex::new(CATALOGUE.iter().collect());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(entry) = { left.lock().expect("no thread panics with it").pop_front() } {
                    let compared = (0..TRIES).map(|_| compare(entry)).find(Result::is_ok);
                    if compared.is_none()
                        && let Err(why) = compare(entry)
                    {
                        failed.lock().expect("no thread panics with it").push(format!("{}: {why}", entry.id));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("all threads are done");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn compare(entry: &Entry) -> Result<(), String> {
    let program = example(entry.id);
    if !program.exists() {
        let build = "`cargo test` builds them all, `--test programs` alone does not: `cargo build --examples` does";
        return Err(format!(
            "there is no program crates/native/examples/{}.rs, or it is not built ({build})",
            entry.id
        ));
    }
    let script = Script::parse(entry.text).map_err(|error| error.to_string())?;
    let options = Options { program: Some(example("native")), ..Options::default() };
    let (trace, printed) = thread::scope(|scope| {
        let trace = scope.spawn(|| native::run(entry.id, &script, &options));
        let printed = Command::new(&program).output();
        (trace.join().expect("a run does not panic"), printed)
    });
    let trace = trace.map_err(|error| error.to_string())?;
    let printed = printed.map_err(|error| format!("{}: {error}", program.display()))?;
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let program = Seen::in_text(&printed);
    let scenario = Seen::in_trace(&trace.events);

    let allowed = |line: &String| OTHERWISE.iter().any(|(id, otherwise, _)| *id == entry.id && otherwise == line);
    let calls: Vec<&String> = program.calls.iter().filter(|line| !allowed(line)).collect();
    if calls != scenario.calls.iter().collect::<Vec<_>>() {
        return Err(format!("calls\n  script  {:?}\n  program {:?}", scenario.calls, program.calls));
    }
    if program.controls != scenario.controls {
        return Err(format!("segments\n  script  {:?}\n  program {:?}", scenario.controls, program.controls));
    }
    Ok(())
}

/// What is compared of a run.
#[derive(Default)]
struct Seen {
    /// Each socket's calls in their order. Without poll(2), which std does not have, and without
    /// those that never return, which a program cannot wait for.
    calls: Vec<String>,
    /// Each SYN, FIN and RST, retransmissions once.
    controls: BTreeSet<String>,
}

impl Seen {
    fn in_trace(events: &[Event]) -> Self {
        let shown = |event: &&Event| !matches!(event, Event::Call { outcome: Outcome::Blocks, .. });
        Self::of(events.iter().filter(shown).map(Event::to_string))
    }

    /// Each line begins with its time.
    fn in_text(text: &str) -> Self {
        Self::of(text.lines().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())))
    }

    fn of(lines: impl Iterator<Item = String>) -> Self {
        let mut seen = Self::default();
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [_, ">", _, flags, ..] if flags.contains(['S', 'F', 'R']) => {
                    seen.controls.insert(words.join(" "));
                }
                ["client" | "server", .., "=", _] if !line.contains("poll()") => seen.calls.push(words.join(" ")),
                _ => {}
            }
        }
        // Those of different sockets may return in either order.
        seen.calls.sort_by_key(|call| socket(call));
        seen
    }
}

/// `client one` of `client one.connect() = 0`, and `client` of `client connect() = 0`.
fn socket(call: &str) -> String {
    let name = call.split('(').next().and_then(|call| call.rsplit_once('.')).map(|(socket, _)| socket);
    name.unwrap_or(&call[..6]).to_owned()
}

/// Cargo builds the examples for this test, beside it.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps");
    folder.join("examples").join(name)
}
