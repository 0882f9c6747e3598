//! The rungs without a link of ours: the calls return the same, with two hosts and with a proxy between them, and on
//! loopback each segment is of the connection that its two addresses say.

#![cfg(target_os = "linux")]

use std::env;
use std::path::Path;

use catalogue::CATALOGUE;
use native::{Options, Rung};
use scenario::{Event, Host, Script, Trace};

/// A scenario of the book that does nothing to a link.
fn run(id: &str, rung: Rung) -> Trace {
    let entry = CATALOGUE.iter().find(|entry| entry.id == id).unwrap_or_else(|| panic!("there is no {id}"));
    let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{id}: {error}"));
    // Cargo builds the examples for this test, beside it.
    let test = env::current_exe().expect("a test knows its own file");
    let program = test.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps").join("examples/native");
    let options = Options { rung: Some(rung), program: Some(program), ..Options::default() };
    let trace = native::run(id, &script, &options).unwrap_or_else(|error| panic!("{id}, {}: {error}", rung.name()));
    assert!(trace.as_written(), "{id}, {}: {:?}\n{trace}", rung.name(), trace.failed);
    trace
}

/// Who has sent something to whom, in the order in which they first did.
fn pairs(trace: &Trace) -> Vec<(Host, Host)> {
    let mut pairs = Vec::new();
    for event in &trace.events {
        if let Event::Segment { from, to, .. } = event
            && !pairs.contains(&(*from, *to))
        {
            pairs.push((*from, *to));
        }
    }
    pairs
}

#[test]
fn two_hosts_on_loopback() {
    let trace = run("graceful-four-segments", Rung::Lo);
    assert_eq!(pairs(&trace), [(Host::Client, Host::Server), (Host::Server, Host::Client)], "{trace}");
}

#[test]
fn three_hosts_on_loopback() {
    let trace = run("proxy-passes-half-close", Rung::Lo);
    let expected = [
        (Host::Client, Host::Proxy),
        (Host::Proxy, Host::Client),
        (Host::Proxy, Host::Server),
        (Host::Server, Host::Proxy),
    ];
    assert_eq!(pairs(&trace), expected, "{trace}");
}

#[test]
fn two_and_three_hosts_on_the_loopback_of_the_machine() {
    for id in ["graceful-four-segments", "proxy-passes-half-close", "proxy-loses-answer"] {
        let trace = run(id, Rung::Calls);
        assert_eq!(pairs(&trace), [], "nothing is recorded there: {trace}");
    }
}
