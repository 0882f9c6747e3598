//! The plain programs in examples/ against the scenarios whose names they have: the same calls return the same, poll(2)
//! and those that never return among them, and the same SYN, FIN and RST are on the wire. Both run on this machine's
//! kernel.
//!
//! What a program does otherwise than its script stands here with its reason, and the test's output says it and counts
//! it.

#![cfg(target_os = "linux")]

use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs, thread};

use catalogue::{CATALOGUE, Entry};
use native::Options;
use scenario::{Script, Trace};

/// A call that ends otherwise in a program.
struct Otherwise {
    id: &'static str,
    script: &'static str,
    program: &'static str,
    reason: &'static str,
}

const OTHERWISE: [Otherwise; 1] = [Otherwise {
    id: "peer-vanished-read",
    script: "client read() = blocks",
    program: "client read() = EAGAIN",
    reason: "the script waits for ever, the program sets a read timeout",
}];

/// Two calls of one socket return at one moment, in two threads: which of them is printed first is chance.
const AT_ONE_MOMENT: [&str; 1] = ["shutdown-wakes-read"];

/// Runs wait most of the time: so many at once for each processor, and no more.
const SIDE_BY_SIDE_OF_A_PROCESSOR: usize = 4;
const SIDE_BY_SIDE_MAX: usize = 8;
/// Real time on a busy machine is not exact: a difference counts if it shows each time.
const TRIES: usize = 3;
/// So many programs may need more than one.
const AGAIN_MAX: usize = 6;

#[test]
fn a_program_does_what_its_scenario_says() {
    build();
    let left: Mutex<VecDeque<&Entry>> = Mutex::new(CATALOGUE.iter().collect());
    let failed = Mutex::new(Vec::new());
    let again = Mutex::new(Vec::new());
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE_MAX.min(processors * SIDE_BY_SIDE_OF_A_PROCESSOR) {
            scope.spawn(|| {
                while let Some(entry) = { left.lock().expect("no thread panics with it").pop_front() } {
                    let mut tries = (1..=TRIES).map(|tries| (tries, compare(entry)));
                    let last = tries.find(|(tries, compared)| compared.is_ok() || *tries == TRIES);
                    say(&format!("  {}\n", entry.id));
                    match last.expect("there is a try") {
                        (1, Ok(())) => {}
                        (tries, Ok(())) => again.lock().expect("no thread panics with it").push((entry.id, tries)),
                        (_, Err(why)) => {
                            failed.lock().expect("no thread panics with it").push(format!("{}: {why}", entry.id));
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("all threads are done");
    say(&format!(
        "\n{} of {} programs were compared with their scenarios: every call, and each SYN, FIN and RST.\n",
        CATALOGUE.len() - failed.len(),
        CATALOGUE.len()
    ));
    say("NOT COMPARED: data and pure acknowledgements on the wire, states, times (the runner is held to those).\n");
    say(&format!("NOT THE SAME CALL in {} of them:\n", OTHERWISE.len()));
    for Otherwise { id, script, program, reason } in OTHERWISE {
        say(&format!("  {id}: `{script}` in the script, `{program}` in the program: {reason}\n"));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let again = again.into_inner().expect("all threads are done");
    again.iter().for_each(|(id, tries)| say(&format!("  {id}: the same at try {tries}\n")));
    assert!(again.len() <= AGAIN_MAX, "{} programs were the same only at a later try, {AGAIN_MAX} may", again.len());
}

/// Prints where the test harness does not keep it back.
fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).expect("there is a stderr");
}

fn compare(entry: &Entry) -> Result<(), String> {
    let program = example(entry.id);
    if !is_built(entry.id, &program) {
        return Err(format!(
            "there is no program crates/native/examples/{}.rs, or it is not built as it stands there",
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
    let mut program = Seen::in_text(&printed);
    let mut scenario = Seen::in_trace(&trace);
    if AT_ONE_MOMENT.contains(&entry.id) {
        program.calls.sort();
        scenario.calls.sort();
    }
    for Otherwise { script, program, .. } in OTHERWISE.iter().filter(|otherwise| otherwise.id == entry.id) {
        let found = scenario.calls.iter_mut().find(|call| *call == script);
        let call = found.ok_or_else(|| format!("the script has no `{script}`, so take it out of OTHERWISE"))?;
        *call = (*program).to_owned();
    }
    if program.calls != scenario.calls {
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
    /// Each socket's calls in their order. One that never returns ends with `= blocks`.
    calls: Vec<String>,
    /// Each SYN, FIN and RST, retransmissions once.
    controls: BTreeSet<String>,
}

impl Seen {
    fn in_trace(trace: &Trace) -> Self {
        Self::of(trace.events.iter().map(|event| event.display(&trace.sockets).to_string()))
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
                ["client" | "proxy" | "server", .., "=", _] => seen.calls.push(words.join(" ")),
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

/// Builds what is missing: `cargo test` has built the programs, `cargo test --test programs` has not. In a machine that is
/// a kernel and nothing else there is no Cargo, and they are there.
fn build() {
    if is_built("native", &example("native")) && CATALOGUE.iter().all(|entry| is_built(entry.id, &example(entry.id))) {
        return;
    }
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let built =
        Command::new(env!("CARGO")).args(["build", "--package", "native", "--examples", "--profile", profile]).status();
    let built =
        built.unwrap_or_else(|error| panic!("the programs are not built, and there is no {}: {error}", env!("CARGO")));
    assert!(built.success(), "the programs cannot be built: {built}");
}

/// Whether the program is there, and newer than its source.
fn is_built(id: &str, program: &Path) -> bool {
    let source = format!("{}/examples/{id}.rs", env!("CARGO_MANIFEST_DIR"));
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    changed(Path::new(&source)).is_some_and(|source| changed(program).is_some_and(|program| program >= source))
}

/// Cargo builds the examples for this test, beside it.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps");
    folder.join("examples").join(name)
}
