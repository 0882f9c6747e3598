//! The simulator against a real kernel: what is equal, and what is not for a reason that stands in the ledger.
//!
//! Four things are compared: every scenario of the book; every short order of calls (`interleavings`); random scripts
//! from a fixed seed (`random`); and in tests/found what random scripts once found, at its shortest. The kernel's traces of the scenarios are recorded in tests/recorded, so that a machine
//! without Linux still compares the simulator with those.
//!
//! - `BLESS=1` records the kernel's traces anew.
//! - `CONFORMANCE_DEPTH=3` enumerates longer orders, `CONFORMANCE_RANDOM=2000` draws more scripts, and
//!   `CONFORMANCE_SEED=7` others.
//! - `CONFORMANCE_RUNG=veth` runs the kernel's side on another rung than the highest; only those with a link will do.
//! - A random script that fails is made shorter until no line can be left out; what is then left is printed, too.
//! - An argument picks tests by name: `cargo test -p tests --test conformance -- linger`.
//!
//! This target has its own `main`: a process may enter a user namespace only while it has one thread.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use native::{Asked, Rung};
use scenario::{CATALOGUE, Script, Trace};
use sim::Rules;
use tests::normal::Normal;
use tests::{counters, found, golden, held, interleavings, ledger, random, root};

/// Runs wait most of the time; so many at once keep two cores busy and leave the clocks right.
const SIDE_BY_SIDE: usize = 12;
/// A difference counts if it shows again: real time on a busy machine is not exact.
const TRIES: usize = 3;
/// Looking for the shortest script that differs ends after so many runs of the kernel, or after so long.
const SHRINKING_RUNS_MAX: usize = 200;
const SHRINKING_TIME_MAX: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    native::enter();
    let filter: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut checks = scenarios();
    checks.extend(shorts(number("CONFORMANCE_DEPTH", 2)));
    checks.extend(found());
    checks.extend(randoms(number("CONFORMANCE_SEED", 1), number("CONFORMANCE_RANDOM", 200)));
    checks.retain(|check| filter.is_empty() || filter.iter().any(|word| check.name.contains(word)));
    let kernel = Kernel::find();
    println!("running {} tests\n{}", checks.len(), kernel.describe());
    if let Some(rung) = rung() {
        assert!(!golden::blessing(), "what is recorded stands on the highest rung: BLESS=1 without CONFORMANCE_RUNG");
        println!("rung {}: {}", rung.name(), rung.describe());
    }

    let ledger = ledger::read();
    let left = Mutex::new(VecDeque::from(checks));
    let results: Mutex<Vec<(String, Result<Agreement, String>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let Some(check) = left.lock().expect("no thread panics while it holds this").pop_front() else {
                        break;
                    };
                    let mut result = check.perform(&kernel, &ledger);
                    if let Err(why) = &mut result
                        && check.is_random
                        && matches!(kernel, Kernel::Here)
                    {
                        why.push_str(&shortest(&check.text, &ledger));
                    }
                    match &result {
                        Ok(Agreement::At(1)) => println!("test {} ... ok", check.name),
                        Ok(Agreement::At(tries)) => println!("test {} ... ok (at try {tries})", check.name),
                        Err(why) => println!("test {} ... FAILED\n{why}\n", check.name),
                    }
                    results.lock().expect("no thread panics while it holds this").push((check.name, result));
                }
            });
        }
    });
    let results = results.into_inner().expect("all threads are done");
    let failed = results.iter().filter(|(_, result)| result.is_err()).count();
    let again = results.iter().filter(|(_, result)| matches!(result, Ok(Agreement::At(2..)))).count();
    if again > 0 {
        println!("\n{again} agreed only when they were run again");
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {} passed; {failed} failed", results.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(variable: &str, otherwise: usize) -> usize {
    match env::var(variable) {
        Err(_) => otherwise,
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}={text}: a number would be right")),
    }
}

/// The rung that was asked for.
fn rung() -> Option<Rung> {
    let name = env::var("CONFORMANCE_RUNG").ok()?;
    let rung = Rung::from_name(&name).filter(|rung| rung.has_link());
    Some(rung.unwrap_or_else(|| panic!("CONFORMANCE_RUNG={name}: tun or veth would be right")))
}

/// The kernel that this machine has.
enum Kernel {
    Here,
    /// Not Linux: the recorded traces must do.
    Elsewhere,
}

impl Kernel {
    fn find() -> Self {
        if cfg!(target_os = "linux") { Self::Here } else { Self::Elsewhere }
    }

    fn describe(&self) -> &'static str {
        match self {
            Self::Here => "the simulator against this machine's kernel, and against the recorded one",
            Self::Elsewhere => {
                "NOT CHECKED: this is not Linux. The simulator against the recorded kernel only, scenarios only."
            }
        }
    }
}

struct Check {
    name: String,
    text: String,
    /// The scenario's id, for those whose kernel's trace is recorded.
    recorded: Option<&'static str>,
    /// Drawn, not written: the shortest script that differs says more.
    is_random: bool,
}

fn scenarios() -> Vec<Check> {
    CATALOGUE
        .iter()
        .map(|entry| Check {
            name: format!("scenario::{}", entry.id),
            text: entry.text.to_owned(),
            recorded: Some(entry.id),
            is_random: false,
        })
        .collect()
}

fn shorts(depth: usize) -> Vec<Check> {
    interleavings::rows(depth)
        .into_iter()
        .map(|row| Check {
            name: format!("interleaving::[{}]", row.name),
            text: row.text,
            recorded: None,
            is_random: false,
        })
        .collect()
}

fn found() -> Vec<Check> {
    found::read()
        .into_iter()
        .map(|found| Check {
            name: format!("found::{}", found.name),
            text: found.text,
            recorded: None,
            is_random: false,
        })
        .collect()
}

fn randoms(seed: usize, count: usize) -> Vec<Check> {
    (0..count)
        .map(|index| {
            let seed = (seed as u64) * 1_000_000 + index as u64;
            Check { name: format!("random::{seed}"), text: random::script(seed), recorded: None, is_random: true }
        })
        .collect()
}

/// At which try model and kernel agreed.
enum Agreement {
    At(usize),
}

impl Check {
    fn perform(&self, kernel: &Kernel, ledger: &[ledger::Entry]) -> Result<Agreement, String> {
        let id = self.recorded.unwrap_or("script");
        let script = Script::parse(&self.text).map_err(|error| format!("{id}.tcp:{error}"))?;
        let model = sim::run(id, &script, Rules::Linux).map_err(|error| format!("the simulator: {error}"))?;
        let agreement = match (kernel, self.recorded) {
            (Kernel::Here, _) => self.with_kernel(id, &script, &model, ledger)?,
            (Kernel::Elsewhere, Some(_)) => Agreement::At(1),
            (Kernel::Elsewhere, None) => return Err("NOT CHECKED: it takes a Linux kernel".to_owned()),
        };
        if let Some(id) = self.recorded {
            let text = fs::read_to_string(recording(id))
                .map_err(|error| format!("{}: {error}; `BLESS=1` records it", recording(id).display()))?;
            let recorded = Trace::from_json(&text).map_err(|error| format!("tests/recorded/{id}.json: {error}"))?;
            judge(id, &script, &model, &recorded, Asked::Yes, ledger)
                .map_err(|why| format!("against the recorded kernel {}:\n{why}", recorded.kernel))?;
        }
        Ok(agreement)
    }

    fn with_kernel(
        &self,
        id: &str,
        script: &Script,
        model: &Trace,
        ledger: &[ledger::Entry],
    ) -> Result<Agreement, String> {
        let mut last = String::new();
        for at in 1..=TRIES {
            let (trace, asked) = on_kernel(id, script)?;
            let verdict = judge(id, script, model, &trace, asked, ledger);
            if let Some(id) = self.recorded
                && golden::blessing()
                && trace.as_written()
                && (verdict.is_ok() || at == TRIES)
            {
                let json = format!("{}\n", trace.to_json().replace("},{\"kind\"", "},\n{\"kind\""));
                golden::check(&recording(id), &json)?;
            }
            match verdict {
                Ok(()) => return Ok(Agreement::At(at)),
                Err(why) => last = format!("{why}\nscript:\n{}", indented(&self.text)),
            }
        }
        Err(last)
    }
}

/// What is left of a random script when every line is gone without which the two still differ, and how they differ then.
fn shortest(text: &str, ledger: &[ledger::Entry]) -> String {
    let began = Instant::now();
    let mut runs = 0;
    let mut has_time = true;
    let mut why = String::new();
    let short = random::shrink(text, |shorter| {
        has_time = runs + TRIES <= SHRINKING_RUNS_MAX && began.elapsed() < SHRINKING_TIME_MAX;
        if !has_time {
            return false;
        }
        let shown = difference(shorter, ledger, &mut runs);
        why = shown.clone().unwrap_or_else(|| std::mem::take(&mut why));
        shown.is_some()
    });
    let bound = if has_time {
        "no line can be left out".to_owned()
    } else {
        let seconds = SHRINKING_TIME_MAX.as_secs();
        format!("NOT FINISHED, there may be a shorter one: the bound is {SHRINKING_RUNS_MAX} runs or {seconds} s")
    };
    if short == text {
        return format!("shortest script: this one ({runs} runs; {bound})\n");
    }
    format!("shortest script that differs ({runs} runs; {bound}):\n{}{why}\n", indented(&short))
}

/// How simulator and kernel differ on a script, each time; `None` if they agree once, or if one of the two cannot run it.
fn difference(text: &str, ledger: &[ledger::Entry], runs: &mut usize) -> Option<String> {
    let script = Script::parse(text).ok()?;
    let model = sim::run("script", &script, Rules::Linux).ok()?;
    let mut why = String::new();
    for _ in 0..TRIES {
        *runs += 1;
        let (kernel, asked) = on_kernel("script", &script).ok()?;
        why = judge("script", &script, &model, &kernel, asked, ledger).err()?;
    }
    Some(why)
}

fn recording(id: &str) -> std::path::PathBuf {
    root().join(format!("tests/recorded/{id}.json"))
}

fn on_kernel(id: &str, script: &Script) -> Result<(Trace, Asked), String> {
    let options = native::Options { rung: rung(), ..native::Options::default() };
    let performed = native::perform(id, script, &options).map_err(|error| format!("the kernel: {error}"))?;
    if performed.infos == Asked::No {
        eprintln!("NOT CHECKED, {id}: {}", performed.notes.join("; "));
    }
    Ok((performed.trace, performed.infos))
}

/// Holds a run of the simulator against a run of the kernel, and what the kernel says of it against what it should say.
fn judge(
    id: &str,
    script: &Script,
    model: &Trace,
    kernel: &Trace,
    asked: Asked,
    ledger: &[ledger::Entry],
) -> Result<(), String> {
    if let Some(failed) = kernel.failed.iter().find(|failed| script_expects(script, failed.line)) {
        return Err(format!("the kernel: line {}: {} expected, got {}", failed.line, failed.expected, failed.got));
    }
    counters::judge(kernel)?;
    held::judge(script, model).map_err(|why| format!("the simulator: {why}"))?;
    let (mut ours, mut theirs) = (Normal::of(script, model), Normal::of(script, kernel));
    match asked {
        Asked::Yes => {
            held::judge(script, kernel).map_err(|why| format!("the kernel: {why}"))?;
        }
        Asked::No => {
            ours.forget_infos();
            theirs.forget_infos();
        }
    }
    let differences = ours.differences(&theirs);
    ledger::judge(ledger, id, &differences).map_err(|why| format!("simulator / kernel:\n{}", indented(&why)))
}

/// Whether the line says what should come out: then the kernel must give just that.
fn script_expects(script: &Script, line: u32) -> bool {
    script.statement(line).is_some_and(|statement| match &statement.action {
        scenario::Action::Call(call) => call.expected.is_some(),
        _ => true,
    })
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
