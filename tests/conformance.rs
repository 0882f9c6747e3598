//! The simulator against a real kernel: what is equal, and what is not for a reason that stands in the ledger.
//!
//! Four things are compared: every scenario of the book; every short order of calls (`interleavings`); random scripts
//! from a fixed seed (`random`); and in tests/found what random scripts once found, at its shortest. The kernel's traces
//! of the scenarios are recorded in tests/recorded, so that a machine without Linux still compares the simulator with
//! those.
//!
//! Real time on a busy machine is not exact. A run in which a statement came late does not count, and is made again; one
//! that kept time and differs counts, and may be made again too: how many scripts needed that is bounded.
//!
//! Whether all this notices anything the canaries tell: wrong rules, planted in the model, which must be found.
//!
//! - `BLESS=1` records the kernel's traces anew.
//! - `CONFORMANCE_DEPTH=3` enumerates longer orders, `CONFORMANCE_RANDOM=2000` draws more scripts, and
//!   `CONFORMANCE_SEED=7` others. Each class of the grammar has a number of its own (`random::Class`):
//!   `CONFORMANCE_FULL=500`, `CONFORMANCE_SOCKETS=500`, `CONFORMANCE_BOXES=300`, `CONFORMANCE_PROXIED=300`.
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
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use catalogue::CATALOGUE;
use native::{Asked, Rung};
use scenario::{Action, Event, Script, Trace};
use sim::Stack;
use tests::comparison::{Runs, indented, judge};
use tests::random::{Class, Clock, Forgery, LATE, LATE_BACKGROUND};
use tests::release::Release;
use tests::{found, golden, interleavings, kernels, ledger, random, root};

/// Runs wait most of the time; so many at once keep a processor busy and leave the clocks right.
const SIDE_BY_SIDE_OF_A_PROCESSOR: usize = 6;
const SIDE_BY_SIDE_MAX: usize = 12;
/// A difference counts if it shows in so many runs that kept time: when a timer of the kernel fires is not exact.
const TRIES: usize = 3;
/// A run that is later than [`LATE`] between two of its statements is made again, but no more of them than these.
const LATE_RUNS_MAX: usize = 10;
/// Of so many scripts one may need another run although the first one kept time.
const AGAIN_ONE_OF: usize = 500;
/// So many more may.
const AGAIN_BY_CHANCE: usize = 1;
/// The whole grammar is drawn from this seed.
const FULL_SEED: usize = 1;
/// A planted rule must be noticed in one of so many scripts.
const CANARY_SCRIPTS_MAX: usize = 120;
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
        checks.extend(canaries());
    }
    checks.extend(found());
    for (name, class) in Class::ALL {
        let (variable, count, seed) = drawn(class);
        checks.extend(randoms(number("CONFORMANCE_SEED", seed), number(variable, count), name, class));
    }
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
        for _ in 0..side_by_side() {
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
                        Ok(Agreement { tries: 1, late: 0 }) => println!("test {} ... ok", check.name),
                        Ok(Agreement { tries, late }) => {
                            println!("test {} ... ok (at try {tries}, {late} runs were late)", check.name);
                        }
                        Err(why) => println!("test {} ... FAILED\n{why}\n", check.name),
                    }
                    results.lock().expect("no thread panics while it holds this").push((check.name, result));
                }
            });
        }
    });
    let results = results.into_inner().expect("all threads are done");
    let mut failed = results.iter().filter(|(_, result)| result.is_err()).count();
    let agreed = || results.iter().filter_map(|(_, result)| result.as_ref().ok());
    let again = agreed().filter(|agreement| agreement.tries > 1).count();
    let late: usize = agreed().map(|agreement| agreement.late).sum();
    let again_max = results.len() / AGAIN_ONE_OF + AGAIN_BY_CHANCE;
    println!(
        "\n{late} runs were late and made again; {again} scripts differed in a run that kept time, and then agreed"
    );
    if again > again_max && late * 100 > results.len() {
        println!("that is more than {again_max}, NOT JUDGED: the machine is busy, of 100 runs more than one was late");
    } else if again > again_max {
        println!("that is too many: at most {again_max} of {} may", results.len());
        failed += 1;
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {} passed; {failed} failed", results.len().saturating_sub(failed));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn side_by_side() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    SIDE_BY_SIDE_MAX.min(processors * SIDE_BY_SIDE_OF_A_PROCESSOR)
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
    /// A wrong rule that is planted in the model: the comparison must find it.
    planted: Option<Planted>,
}

/// A wrong rule.
#[derive(Clone, Copy)]
enum Planted {
    /// By a first line that only the model performs.
    Line(&'static str),
    /// None of Linux's rules: smoltcp alone.
    Bare,
}

const CANARIES: [(&str, Planted); 4] = [
    ("a client never rests in TIME-WAIT", Planted::Line("client sysctl(tcp_max_tw_buckets, 0)")),
    ("a reset of the server's changes nothing", Planted::Line("link drop all RST from server")),
    ("a server's FIN is never heard of", Planted::Line("link drop all FIN from server")),
    ("there are no rules of Linux's", Planted::Bare),
];

fn canaries() -> Vec<Check> {
    CANARIES
        .into_iter()
        .map(|(says, planted)| Check {
            name: format!("canary::[{says}]"),
            text: String::new(),
            recorded: None,
            is_random: false,
            planted: Some(planted),
        })
        .collect()
}

fn scenarios() -> Vec<Check> {
    CATALOGUE
        .iter()
        .map(|entry| Check {
            name: format!("scenario::{}", entry.id),
            text: entry.text.to_owned(),
            recorded: Some(entry.id),
            is_random: false,
            planted: None,
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
            planted: None,
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
            planted: None,
        })
        .collect()
}

/// How many scripts of a class are drawn: the variable that says it, the number and the seed where it does not.
const fn drawn(class: Class) -> (&'static str, usize, usize) {
    match class {
        Class::Plain => ("CONFORMANCE_RANDOM", 100, 1),
        Class::Any => ("CONFORMANCE_FULL", 200, FULL_SEED),
        Class::Sockets => ("CONFORMANCE_SOCKETS", 60, 1),
        Class::Boxes => ("CONFORMANCE_BOXES", 40, 1),
        Class::Proxied => ("CONFORMANCE_PROXIED", 40, 1),
    }
}

fn randoms(seed: usize, count: usize, name: &str, class: Class) -> Vec<Check> {
    (0..count)
        .map(|index| {
            let seed = (seed as u64) * 1_000_000 + index as u64;
            let text = random::script(seed, class, Clock::Real, Forgery::Any);
            Check { name: format!("{name}::{seed}"), text, recorded: None, is_random: true, planted: None }
        })
        .collect()
}

/// After how many runs that kept time model and kernel agreed, and how many had not kept it.
struct Agreement {
    tries: usize,
    late: usize,
}

impl Agreement {
    const AT_ONCE: Self = Self { tries: 1, late: 0 };
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
        let model = sim::run(self.recorded.unwrap_or("script"), &script, Stack::Linux);
        // The kernel's run comes as JSON.
        let model = model.map_err(|error| format!("the simulator: {error}"))?.through_json();
        let model = model.map_err(|error| format!("the simulator's trace: {error}"))?;
        let kernel = machine.run(&self.file())?;
        let release = Release::at_the_beginning_of(&kernel.kernel);
        let release = release.ok_or_else(|| format!("found `{}`, expected a kernel's release", kernel.kernel))?;
        let runs = Runs { name: &self.name, script: &script, model: &model, kernel: &kernel, asked: Asked::Yes };
        judge(runs, ledger).map(|accounting| (release, accounting))
    }

    fn perform(&self, kernel: &Kernel, ledger: &[ledger::Entry]) -> Result<Agreement, String> {
        if let Some(planted) = self.planted {
            return match kernel {
                Kernel::Here => notices(planted, ledger),
                Kernel::Elsewhere => Err("NOT CHECKED: it takes a Linux kernel".to_owned()),
            };
        }
        let id = self.recorded.unwrap_or("script");
        let script = Script::parse(&self.text).map_err(|error| format!("{id}.tcp:{error}"))?;
        let model = sim::run(id, &script, Stack::Linux).map_err(|error| format!("the simulator: {error}"))?;
        let agreement = match (kernel, self.recorded) {
            (Kernel::Here, _) => self.with_kernel(id, &script, &model, ledger)?,
            (Kernel::Elsewhere, Some(_)) => Agreement::AT_ONCE,
            (Kernel::Elsewhere, None) => return Err("NOT CHECKED: it takes a Linux kernel".to_owned()),
        };
        if let Some(id) = self.recorded {
            let text = fs::read_to_string(recording(id))
                .map_err(|error| format!("{}: {error}; `BLESS=1` records it", recording(id).display()))?;
            let recorded = Trace::from_json(&text).map_err(|error| format!("tests/recorded/{id}.json: {error}"))?;
            let model = model.through_json().map_err(|error| format!("the simulator's trace: {error}"))?;
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
        let (mut tries, mut late) = (0, 0);
        loop {
            let (trace, asked) = match on_kernel(id, script) {
                Ok(run) => run,
                // A statement may have come too early or too late for what it needs.
                Err(why) => {
                    tries += 1;
                    if tries == TRIES {
                        return Err(why);
                    }
                    continue;
                }
            };
            let verdict = judge(Runs { name: &self.name, script, model, kernel: &trace, asked }, ledger);
            let is_late = late < LATE_RUNS_MAX && is_late(script, model, &trace);
            if verdict.is_err() && is_late {
                late += 1;
            } else {
                tries += 1;
            }
            let is_last = tries == TRIES;
            if let Some(id) = self.recorded
                && golden::blessing()
                && trace.as_written()
                && (verdict.is_ok() || is_last)
            {
                let json = format!("{}\n", trace.to_json().replace("},{\"kind\"", "},\n{\"kind\""));
                golden::check(&recording(id), &json)?;
            }
            match verdict {
                Ok(_) => return Ok(Agreement { tries: tries.max(1), late }),
                Err(why) if is_last => return Err(format!("{why}\nscript:\n{}", indented(&self.text))),
                Err(_) => {}
            }
        }
    }
}

/// Whether more time has passed between two statements of the kernel's run than is fair.
fn is_late(script: &Script, model: &Trace, kernel: &Trace) -> bool {
    let micros = |late: Duration| u64::try_from(late.as_micros()).expect("it is short");
    let (ours, theirs) = (begun(model), begun(kernel));
    let lines = |begun: &[(u32, u64)]| begun.iter().map(|(line, _)| *line).collect::<Vec<_>>();
    if lines(&ours) != lines(&theirs) {
        // A call was still in another one that should have returned by then.
        return true;
    }
    let spans = |begun: &[(u32, u64)], at: usize| begun[at].1.saturating_sub(begun[at - 1].1);
    (1..ours.len().min(theirs.len())).any(|at| {
        let is_behind_background = script.statement(ours[at - 1].0).is_some_and(|statement| match &statement.action {
            Action::Call(call) => call.in_background,
            Action::Pause(_) => true,
            _ => false,
        });
        let late = if is_behind_background { LATE_BACKGROUND } else { LATE };
        spans(&theirs, at) > spans(&ours, at) + micros(late)
    })
}

/// When each statement began, by line.
fn begun(trace: &Trace) -> Vec<(u32, u64)> {
    let mut begun: Vec<(u32, u64)> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Call { line, began_us, .. } => Some((*line, *began_us)),
            Event::Statement { line, at_us, .. } => Some((*line, *at_us)),
            _ => None,
        })
        .collect();
    begun.sort_unstable();
    begun
}

/// Whether one of the short scripts shows the planted rule, each time it is performed.
fn notices(planted: Planted, ledger: &[ledger::Entry]) -> Result<Agreement, String> {
    let scripts = interleavings::rows(2).into_iter().map(|row| row.text).take(CANARY_SCRIPTS_MAX);
    for text in scripts {
        let parse = |text: &str| Script::parse(text).map_err(|error| error.to_string());
        // The same lines have the same numbers.
        let script = parse(&format!("\n{text}"))?;
        let model = match planted {
            Planted::Bare => sim::run("canary", &script, Stack::Bare),
            Planted::Line(line) => sim::run("canary", &parse(&format!("{line}\n{text}"))?, Stack::Linux),
        };
        let model = model.map_err(|error| error.to_string())?;
        let mut runs = 0..TRIES;
        let differs = |_| {
            let (kernel, asked) = on_kernel("canary", &script)?;
            Ok::<bool, String>(
                judge(Runs { name: "canary", script: &script, model: &model, kernel: &kernel, asked }, ledger).is_err(),
            )
        };
        let agreed = runs.try_fold(true, |all, run| Ok::<bool, String>(all && differs(run)?))?;
        if agreed {
            return Ok(Agreement::AT_ONCE);
        }
    }
    Err(format!("{CANARY_SCRIPTS_MAX} scripts, and none has shown it"))
}

/// What is left of a random script when every line is gone without which the two still differ, and how they differ then.
fn shortest(text: &str, ledger: &[ledger::Entry]) -> String {
    let began = Instant::now();
    let mut runs = 0;
    let mut has_time = true;
    let mut why = String::new();
    let is_fair = random::is_fair(text);
    let short = random::shrink(text, |shorter| {
        if is_fair && !random::is_fair(shorter) {
            return false;
        }
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
    let model = sim::run("script", &script, Stack::Linux).ok()?;
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
