//! The simulator's traces, to the byte: tests/golden/<id>.trace. `BLESS=1` writes them anew.
//!
//! The browser's test holds the program in the page against the same files.

use scenario::{CATALOGUE, Script};
use sim::Rules;
use tests::{golden, root};

#[test]
fn every_scenario_gives_the_bytes_it_gave_before() {
    let mut complaints = Vec::new();
    for entry in CATALOGUE {
        let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{}.tcp:{error}", entry.id));
        let trace = sim::run(entry.id, &script, Rules::Linux).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
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
        assert!(scenario::scenario(id).is_some(), "tests/golden/{name}: no such scenario, so nothing compares with it");
    }
}
