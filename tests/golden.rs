//! The simulator's traces, to the byte: tests/golden/<id>.trace, and the table of all short orders of calls,
//! tests/golden/interleavings.txt. `BLESS=1` writes them anew.
//!
//! The browser's test holds the program in the page against the same files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use catalogue::CATALOGUE;
use scenario::{Event, Script, Trace};
use sim::Stack;
use tests::{golden, interleavings, root};

#[test]
fn every_scenario_gives_the_bytes_it_gave_before() {
    let mut complaints = Vec::new();
    for entry in CATALOGUE {
        let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{}.tcp:{error}", entry.id));
        let trace = sim::run(entry.id, &script, Stack::Linux).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        let file = root().join(format!("tests/golden/{}.trace", entry.id));
        complaints.extend(golden::check(&file, &trace.to_string()).err());
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_golden_file_belongs_to_a_scenario() {
    for file in std::fs::read_dir(root().join("tests/golden")).expect("the golden files are in the repository") {
        let name = file.expect("a file").file_name().into_string().expect("an id is ASCII");
        let Some(id) = name.strip_suffix(".trace") else { continue };
        assert!(
            catalogue::scenario(id).is_some(),
            "tests/golden/{name}: no such scenario, so nothing compares with it"
        );
    }
}

#[test]
fn json_that_is_read_is_written_with_the_same_bytes() {
    for entry in CATALOGUE {
        let file = root().join(format!("tests/recorded/{}.json", entry.id));
        let recorded = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // One line in a run's form; there are lines only for people who compare the files.
        let recorded = recorded.replace('\n', "");
        let trace = Trace::from_json(&recorded).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(trace.to_json(), recorded, "{}", file.display());

        let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{}.tcp:{error}", entry.id));
        let trace = sim::run(entry.id, &script, Stack::Linux).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        let json = trace.to_json();
        let read = Trace::from_json(&json).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
        assert_eq!((read.to_json(), read.to_string()), (json, trace.to_string()), "{}", entry.id);
    }
}

/// The kernel gives the same: the conformance test runs both (`CONFORMANCE_DEPTH=3` for the whole table).
#[test]
fn every_order_of_three_calls_ends_as_it_did_before() {
    let mut table = String::from("# calls behind an open connection | what they return | how both ends are left\n");
    for row in interleavings::rows(3) {
        let script = Script::parse(&row.text).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        let trace = sim::run("row", &script, Stack::Linux).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        writeln!(table, "{} | {} | {}", row.name, outcomes(&script, &trace), ends(&trace)).expect("a string takes all");
    }
    golden::check(&root().join("tests/golden/interleavings.txt"), &table).unwrap_or_else(|why| panic!("{why}"));
}

/// What the calls behind the opening returned, in the order of the script; `-` for one that could not be made.
fn outcomes(script: &Script, trace: &Trace) -> String {
    let words: Vec<String> = script.statements[3..]
        .iter()
        .map(|statement| {
            let returned = trace.events.iter().find_map(|event| match event {
                Event::Call { line, outcome, .. } if *line == statement.line => Some(outcome.to_string()),
                _ => None,
            });
            returned.unwrap_or_else(|| "-".to_owned())
        })
        .collect();
    words.join(" ")
}

/// The last state of each end of the connection.
fn ends(trace: &Trace) -> String {
    let mut last = BTreeMap::new();
    for event in &trace.events {
        if let Event::State { host, socket, to, .. } = event
            && trace.sockets.name(*socket) == host.name()
        {
            last.insert(host, to);
        }
    }
    let words: Vec<String> = last.into_iter().map(|(host, state)| format!("{host} {state}")).collect();
    words.join(", ")
}
