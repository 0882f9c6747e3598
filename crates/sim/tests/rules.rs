//! Every rule acts in the scenario that it names, and every scenario ends as written.

use std::collections::BTreeSet;
use std::fs;

use catalogue::CATALOGUE;
use scenario::{Event, RuleId, Script, Trace};
use sim::Stack;

fn run(id: &str) -> Trace {
    let text = text(id).unwrap_or_else(|| panic!("there is no script `{id}`, of the book or here"));
    let script = Script::parse(&text).unwrap_or_else(|error| panic!("{id}:{error}"));
    sim::run(id, &script, Stack::Linux).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// The book's scenarios, and in `scripts/` those for rules that the book does not show.
fn text(id: &str) -> Option<String> {
    let own = || fs::read_to_string(format!("{SCRIPTS}/{id}.tcp")).ok();
    catalogue::scenario(id).map(|entry| entry.text.to_owned()).or_else(own)
}

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");

fn ids() -> Vec<String> {
    let own = fs::read_dir(SCRIPTS).expect("the folder is there").map(|entry| {
        let name = entry.expect("it can be read").file_name().into_string().expect("names are ASCII");
        name.strip_suffix(".tcp").unwrap_or_else(|| panic!("{name} is no script")).to_owned()
    });
    let mut ids: Vec<String> = CATALOGUE.iter().map(|entry| entry.id.to_owned()).chain(own).collect();
    ids.sort();
    ids
}

fn acted(trace: &Trace) -> BTreeSet<RuleId> {
    let rules = trace.events.iter().filter_map(|event| match event {
        Event::Rule { rule, .. } => Some(*rule),
        _ => None,
    });
    rules.collect()
}

#[test]
fn every_scenario_ends_as_written() {
    let failed: Vec<String> = ids()
        .iter()
        .map(|id| (id, run(id)))
        .filter(|(_, trace)| !trace.as_written())
        .map(|(id, trace)| format!("{id}:\n{trace}"))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_rule_acts_in_the_scenario_that_it_names() {
    let idle: Vec<String> = RuleId::ALL
        .iter()
        .filter(|rule| text(rule.scenario()).is_none() || !acted(&run(rule.scenario())).contains(rule))
        .map(|rule| {
            let seen: Vec<String> = ids().into_iter().filter(|id| acted(&run(id)).contains(rule)).collect();
            format!("`{}` does not act in {}, but in {seen:?}", rule.name(), rule.scenario())
        })
        .collect();
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

#[test]
fn no_two_rules_have_one_name() {
    let names: BTreeSet<&str> = RuleId::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), RuleId::ALL.len());
}
