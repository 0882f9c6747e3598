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
//! - `CONFORMANCE_SCRIPTS=FOLDER` compares nothing: it writes the scripts there, for machines with other kernels.
//!   `CONFORMANCE_TRACES=FOLDER` compares with what those did: a folder for each kernel, with a trace for each script;
//!   what failed is noted in the file `CONFORMANCE_AGAIN`.
//!   `cargo xtask kernels` does both; with `BLESS=1` the book keeps what was seen (book/data/kernels.json).
//! - An argument picks tests by name: `cargo test -p tests --test conformance -- linger`.
//!
//! This target has its own `main`: a process may enter a user namespace only while it has one thread.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use catalogue::CATALOGUE;
use native::{Asked, Rung};
use scenario::{Script, Trace};
use sim::Rules;
use tests::comparison::{Runs, indented, judge};
use tests::release::Release;
use tests::{found, golden, interleavings, kernels, ledger, random, root};

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
    // Their order matters to real time alone: other kernels have enough with the rest.
    let folders =
        ["CONFORMANCE_SCRIPTS", "CONFORMANCE_TRACES"].map(|variable| env::var_os(variable).map(PathBuf::from));
    if folders.iter().all(Option::is_none) {
        checks.extend(shorts(number("CONFORMANCE_DEPTH", 2)));
    }
    checks.extend(found());
    checks.extend(randoms(number("CONFORMANCE_SEED", 1), number("CONFORMANCE_RANDOM", 200)));
    checks.retain(|check| filter.is_empty() || filter.iter().any(|word| check.name.contains(word)));
    match folders {
        [Some(folder), None] => return write(&checks, &folder),
        [None, Some(folder)] => return compare(&checks, &folder),
        [None, None] => {}
        [Some(_), Some(_)] => panic!("CONFORMANCE_SCRIPTS or CONFORMANCE_TRACES: one at a time would be right"),
    }
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

/// Writes the scripts for machines with other kernels.
fn write(checks: &[Check], folder: &Path) -> ExitCode {
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for check in checks {
        let file = folder.join(check.file()).with_extension("tcp");
        fs::write(&file, &check.text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    println!("{} scripts in {}", checks.len(), folder.display());
    ExitCode::SUCCESS
}

/// Compares the simulator with what other kernels did.
fn compare(checks: &[Check], folder: &Path) -> ExitCode {
    let ledger = ledger::read();
    let machines = kernels::Machine::all(folder).unwrap_or_else(|why| panic!("{why}"));
    println!("running {} tests\nthe simulator against {} kernels", checks.len() * machines.len(), machines.len());
    let mut seen = kernels::Seen::default();
    let mut failed = 0;
    let mut again = String::new();
    for machine in &machines {
        for check in checks {
            let name = format!("{} on {}", check.name, machine.name());
            match check.on_machine(machine, &ledger) {
                Ok((release, accounting)) => {
                    match &accounting[..] {
                        [] => println!("test {name} ... ok"),
                        ids => println!("test {name} ... ok (differs: {})", ids.join(", ")),
                    }
                    seen.note(release, &check.name, &accounting);
                }
                Err(why) => {
                    println!("test {name} ... FAILED\n{why}\n{}", indented(&check.text));
                    failed += 1;
                    again += &format!("{} {}\n", machine.name(), check.file());
                }
            }
        }
    }
    if let Some(file) = env::var_os("CONFORMANCE_AGAIN") {
        fs::write(&file, again).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    println!("\n{seen}");
    let kept = if golden::blessing() && failed == 0 { seen.keep() } else { Ok(()) };
    if let Err(why) = &kept {
        println!("{why}");
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {} passed; {failed} failed", checks.len() * machines.len() - failed);
    if failed == 0 && kept.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    /// The name of the file of its script and of its trace, without an ending; a scenario's is its id.
    fn file(&self) -> String {
        self.recorded.map_or_else(|| self.name.replace("::", "-"), str::to_owned)
    }

    fn on_machine<'a>(
        &self,
        machine: &kernels::Machine,
        ledger: &'a [ledger::Entry],
    ) -> Result<(Release, Vec<&'a str>), String> {
        let script = Script::parse(&self.text).map_err(|error| format!("{}.tcp:{error}", self.file()))?;
        let model = sim::run(self.recorded.unwrap_or("script"), &script, Rules::Linux);
        let model = model.map_err(|error| format!("the simulator: {error}"))?;
        let kernel = machine.run(&self.file())?;
        let release = Release::at_the_beginning_of(&kernel.kernel);
        let release = release.ok_or_else(|| format!("found `{}`, expected a kernel's release", kernel.kernel))?;
        let runs = Runs { name: &self.name, script: &script, model: &model, kernel: &kernel, asked: Asked::Yes };
        judge(runs, ledger).map(|accounting| (release, accounting))
    }

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
            let runs = Runs { name: &self.name, script: &script, model: &model, kernel: &recorded, asked: Asked::Yes };
            judge(runs, ledger).map_err(|why| format!("against the recorded kernel:\n{why}"))?;
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
            let verdict = judge(Runs { name: &self.name, script, model, kernel: &trace, asked }, ledger);
            if let Some(id) = self.recorded
                && golden::blessing()
                && trace.as_written()
                && (verdict.is_ok() || at == TRIES)
            {
                let json = format!("{}\n", trace.to_json().replace("},{\"kind\"", "},\n{\"kind\""));
                golden::check(&recording(id), &json)?;
            }
            match verdict {
                Ok(_) => return Ok(Agreement::At(at)),
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
        why = judge(Runs { name: "script", script: &script, model: &model, kernel: &kernel, asked }, ledger).err()?;
    }
    Some(why)
}

fn recording(id: &str) -> PathBuf {
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
