//! Every plain program named like a scenario tells that scenario's story: the same calls with the same outcomes,
//! the same segments.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs, thread};

use scenario::{CATALOGUE, Trace};
use tests::root;
use tests::story::Story;

const SIDE_BY_SIDE: usize = 6;
/// A difference counts if it shows again: real time on a busy machine is not exact.
const TRIES: usize = 3;

#[test]
#[cfg(target_os = "linux")]
fn every_program_tells_its_scenarios_story() {
    let programs: Mutex<Vec<&str>> =
        Mutex::new(CATALOGUE.iter().map(|entry| entry.id).filter(|id| source(id).exists()).collect());
    assert!(!programs.lock().expect("nobody has panicked").is_empty(), "there is no program to check");
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let Some(id) = programs.lock().expect("nobody panics here").pop() else { break };
                    let mut verdict = compare(id);
                    for _ in 1..TRIES {
                        if verdict.is_ok() {
                            break;
                        }
                        verdict = compare(id);
                    }
                    if let Err(why) = verdict {
                        complaints.lock().expect("nobody panics here").push(format!("{id}: {why}"));
                    }
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("all threads are done");
    assert!(complaints.is_empty(), "program / recorded kernel:\n{}", complaints.join("\n"));
}

fn source(id: &str) -> PathBuf {
    root().join(format!("crates/native/examples/{id}.rs"))
}

/// Runs the program and holds what it prints against the kernel's recorded run of its scenario.
fn compare(id: &str) -> Result<(), String> {
    let program = examples().join(id);
    let output = Command::new(&program).output().map_err(|error| {
        format!("{}: {error}; `cargo build --package native --examples` makes it", program.display())
    })?;
    if !output.status.success() {
        return Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let text = fs::read_to_string(root().join(format!("tests/recorded/{id}.json")))
        .map_err(|error| format!("tests/recorded/{id}.json: {error}; `BLESS=1` on the conformance test records it"))?;
    let recorded = Trace::from_json(&text).map_err(|error| format!("tests/recorded/{id}.json: {error}"))?;
    let told = Story::read(&String::from_utf8_lossy(&output.stdout));
    let differences = told.differences(&Story::read(&recorded.to_string()));
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}

/// target/…/examples, beside the folder that this test runs from.
fn examples() -> PathBuf {
    let this = env::current_exe().expect("a running program has a path");
    let profile = this.parent().and_then(|deps| deps.parent()).expect("it is in target/PROFILE/deps");
    profile.join("examples")
}
