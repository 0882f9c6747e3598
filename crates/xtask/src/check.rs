//! Every check there is, in one command.

use std::io::{self, BufRead, BufReader, Write};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::browser::{CHROMIUM, FIREFOX};
use crate::weight::Weights;
use crate::{book, cargo, guest, program, run};

/// Runs every check to its end, also after a failure, and closes with `N passed, N failed`; says whether all passed.
///
/// A test counts as one check, and so does each step that is not a test.
///
/// # Errors
/// What was found cannot be printed.
pub fn test() -> Result<bool> {
    let mut report = Report::default();
    report.step("formatting", || run(cargo().args(["fmt", "--all", "--check"])));
    report.step("lints", || run(clippy().args(["--workspace", "--all-targets", "--", "-D", "warnings"])));
    report.step("documentation", || {
        run(cargo().args(["doc", "--workspace", "--no-deps", "--lib"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    let book = report.step("the book", book::build);
    report.step("lints of the programs' code", || {
        let packages = program::ALL.iter().flat_map(|name| ["--package", program::package(name)]);
        run(clippy().args(packages).args(["--lib", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]))
    });
    report.step("lints of the runner for other machines", || {
        guest::MACHINES.into_iter().try_for_each(|target| {
            program::ensure_target(target)?;
            let packages = ["--package", "guest", "--package", "native"];
            run(clippy().args(packages).args(["--lib", "--bins", "--target", target, "--", "-D", "warnings"]))
        })
    });
    report.step("weight of the page's code", weight);
    let mut tests = tests();
    if book.is_some() {
        tests.env("BOOK_PAGES", book::folder());
    }
    for browser in [CHROMIUM, FIREFOX] {
        report.step(browser.name, || {
            let program = browser.ensure()?;
            println!("{}", program.display());
            tests.env(browser.variable, program);
            Ok(())
        });
    }
    report.tests(tests);
    report.close()
}

fn clippy() -> Command {
    let mut command = cargo();
    command.arg("clippy");
    command
}

/// All tests of the workspace. What a test needs and does not find fails that test.
fn tests() -> Command {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    command
}

fn weight() -> Result<()> {
    let all = [
        ("player", Weights::of_player()?),
        ("playground", Weights::of_playground()?),
        ("evidence", Weights::of_evidence()?),
        ("Linux, here", Weights::of_here()?),
        ("analyzer", Weights::of_analyzer()?),
        ("captures", Weights::of_captures()?),
    ];
    for (name, weights) in all {
        println!("{name}\n{weights}");
        if weights.excess() > 0 {
            bail!("the {name} is {} bytes over its budget", weights.excess());
        }
    }
    Ok(())
}

/// What was checked so far.
#[derive(Default)]
struct Report {
    passed: usize,
    /// What failed, a line each.
    failed: Vec<String>,
    lines: Vec<String>,
}

impl Report {
    /// Runs one check, and notes how it went.
    fn step<T>(&mut self, name: &str, check: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("\n== {name}");
        let began = Instant::now();
        let checked = check();
        let seconds = began.elapsed().as_secs();
        match checked {
            Ok(value) => {
                self.passed += 1;
                self.lines.push(format!("passed  {name} ({seconds} s)"));
                Some(value)
            }
            Err(error) => {
                eprintln!("error: {error:#}");
                self.failed.push(format!("{name}: {error:#}"));
                self.lines.push(format!("FAILED  {name} ({seconds} s)"));
                None
            }
        }
    }

    /// Runs tests, each of them a check.
    fn tests(&mut self, command: Command) {
        println!("\n== tests");
        let began = Instant::now();
        let counted = count(command);
        let seconds = began.elapsed().as_secs();
        let tally = match counted {
            Ok(tally) => tally,
            Err(error) => {
                self.failed.push(format!("tests: {error:#}"));
                Tally::default()
            }
        };
        self.passed += tally.passed;
        self.failed.extend(tally.failed);
        self.lines.push(format!("{} tests passed ({seconds} s)", tally.passed));
    }

    fn close(self) -> Result<bool> {
        println!("\n== summary");
        for line in &self.lines {
            println!("{line}");
        }
        for failed in &self.failed {
            println!("FAILED  {failed}");
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        io::stdout().flush()?;
        Ok(self.failed.is_empty())
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: Vec<String>,
    /// How many had failed before the test target that runs now.
    failed_before: usize,
}

/// Runs `cargo test`, shows what it prints and counts its tests.
fn count(mut command: Command) -> Result<Tally> {
    // In one pipe, so that what cargo says of a target stands behind what its tests have said.
    let (output, writer) = io::pipe().context("no pipe for what cargo prints")?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn().context("cannot start cargo")?;
    // Or the pipe would never end: it holds the writing ends.
    drop(command);
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        tally.note(&line);
    }
    let status = child.wait()?;
    if !status.success() && tally.failed.is_empty() {
        tally.failed.push("tests: they do not compile".to_owned());
    }
    Ok(tally)
}

impl Tally {
    /// Notes a line of cargo's or of libtest's.
    fn note(&mut self, line: &str) {
        if let Some(target) = line.strip_prefix("error: test failed, to rerun pass `") {
            // A test of it has been named, or the whole process broke off.
            if self.failed.len() == self.failed_before {
                self.failed.push(format!("{}: broke off, and named no test", target.trim_end_matches('`')));
            }
        } else if line.trim_start().starts_with("Running ") || line.trim_start().starts_with("Doc-tests ") {
            self.failed_before = self.failed.len();
        } else {
            self.note_test(line);
        }
    }

    /// Notes a line of libtest's: `test NAME ... ok`, `... FAILED`, `... ignored`. A test that was left out has failed.
    fn note_test(&mut self, line: &str) {
        let Some((name, verdict)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) else {
            return;
        };
        match verdict.split([' ', ',']).next() {
            Some("ok") => self.passed += 1,
            Some("ignored") => self.failed.push(format!("{name}: was left out ({verdict})")),
            _ => self.failed.push(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_test_run_prints_is_counted() {
        let mut tally = Tally::default();
        for line in [
            "running 4 tests",
            "test one ... ok",
            "test two::three ... FAILED",
            "test four - should panic ... ok",
            "test five ... ignored, it is slow",
            "test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            tally.note(line);
        }
        assert_eq!(tally.passed, 2);
        assert_eq!(tally.failed, ["two::three", "five: was left out (ignored, it is slow)"]);
    }

    #[test]
    fn a_target_that_breaks_off_is_named_also_beside_tests_that_fail() {
        let mut tally = Tally::default();
        for line in [
            "     Running tests/one.rs (target/debug/deps/one-0123)",
            "test one ... FAILED",
            "error: test failed, to rerun pass `-p tests --test one`",
            "     Running tests/two.rs (target/debug/deps/two-0123)",
            "thread 'main' (1) panicked at tests/two.rs:43:5:",
            "error: test failed, to rerun pass `-p tests --test two`",
            "   Doc-tests view",
            "error: 2 targets failed:",
        ] {
            tally.note(line);
        }
        assert_eq!(tally.failed, ["one", "-p tests --test two: broke off, and named no test"]);
    }
}
