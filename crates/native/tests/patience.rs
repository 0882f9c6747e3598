//! A call that is to return something is waited for, but not where the kernel has nothing left that could let it return.

#![cfg(target_os = "linux")]

use std::env;
use std::path::Path;
use std::time::{Duration, Instant};

use native::Options;
use scenario::{Script, Trace};

/// A run behind an open connection, and how long it took.
fn run(lines: &str) -> (Trace, Duration) {
    let text = format!("server listen() = 0\nclient connect() = 0\nserver accept() = 0\n{lines}");
    let script = Script::parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    // Cargo builds the examples for this test, beside it.
    let test = env::current_exe().expect("a test knows its own file");
    let program = test.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps").join("examples/native");
    let began = Instant::now();
    let trace = native::run("patience", &script, &Options { program: Some(program), ..Options::default() });
    (trace.unwrap_or_else(|error| panic!("{error}")), began.elapsed())
}

#[test]
fn a_lost_fin_is_waited_for() {
    let (trace, _) =
        run("link drop FIN from client\nclient close() = 0\nserver read() = 0\nexpect server CLOSE-WAIT\n");
    assert!(trace.as_written(), "{trace}");
}

#[test]
fn a_run_ends_where_nothing_can_happen() {
    for lines in [
        "server setsockopt(SO_KEEPALIVE, 1) = 0\nserver read() = 5\n",
        "client close() = 0\nserver close() = 0\nserver accept() as other = 0\nexpect client TIME-WAIT\n",
    ] {
        let (trace, took) = run(lines);
        assert_eq!(trace.failed.first().map(|failed| failed.got.as_str()), Some("blocks"), "{trace}");
        assert!(took < Duration::from_secs(20), "it took {took:?}\n{trace}");
    }
}
