//! Captures of runs on this machine's kernel, whole and changed, in every format: who ended a connection is never said
//! wrongly, and why is among the causes.
//!
//! Every scenario of the book, and random scripts from a fixed seed, with a proxy as well: `CAPTURES_KERNEL_RANDOM=2000`
//! draws more, `CAPTURES_SEED=7` others. An argument picks scripts by name. Without Linux nothing can be captured here.
//!
//! This target has its own `main`: a process may enter a user namespace only while it has one thread.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Mutex;
use std::{env, fs, thread};

use catalogue::CATALOGUE;
use fastrand::Rng;
use native::{Options, Reasons};
use scenario::Script;
use tests::captured::{Run, records};
use tests::ends::Ends;
use tests::random::{self, Class, Clock, Forgery};
use tests::verdicts::Table;

/// Runs wait most of the time.
const SIDE_BY_SIDE: usize = 8;
const RANDOM: u64 = 40;
/// So often, in thousandths, the cause that is named first must be right.
const FIRST_RIGHT: u64 = 950;

fn main() -> ExitCode {
    native::enter();
    if !cfg!(target_os = "linux") {
        println!("NOT CHECKED: this is not Linux, and there is no kernel to capture on.");
        return ExitCode::SUCCESS;
    }
    let filter: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let number = |name: &str, else_: u64| env::var(name).ok().map_or(else_, |text| text.parse().expect("a number"));
    let first = number("CAPTURES_SEED", 1) * 1_000_000;
    let mut scripts: VecDeque<(String, String)> =
        CATALOGUE.iter().map(|entry| (entry.id.to_owned(), entry.text.to_owned())).collect();
    let count = number("CAPTURES_KERNEL_RANDOM", RANDOM);
    for (class, count) in [(Class::Plain, count), (Class::Proxied, count / 4)] {
        let script = |seed| (format!("{class:?}, seed {seed}"), random::script(seed, class, Clock::Real, Forgery::Any));
        scripts.extend((first..first + count).map(script));
    }
    scripts.retain(|(name, _)| filter.is_empty() || filter.iter().any(|word| name.contains(word)));
    println!("capturing {} scripts", scripts.len());

    let folder = env::temp_dir().join(format!("captures-on-kernel-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("there is room for captures");
    let scripts = Mutex::new(scripts);
    let judged = Mutex::new(([Table::default(), Table::default()], Ends::default()));
    thread::scope(|scope| {
        for worker in 0..SIDE_BY_SIDE {
            let (scripts, judged, folder) = (&scripts, &judged, &folder);
            scope.spawn(move || {
                loop {
                    let next = scripts.lock().expect("no thread panics while it holds this").pop_front();
                    let Some((name, text)) = next else { break };
                    let pcap = folder.join(format!("{worker}.pcap"));
                    let run = capture(&name, &text, pcap);
                    let mut judged = judged.lock().expect("no thread panics while it holds this");
                    let ([whole, changed], ends) = &mut *judged;
                    ends.judge(&name, &run);
                    whole.judge_everywhere(&name, &run);
                    changed.judge_changed(&name, &mut Rng::with_seed(1), &run);
                }
            });
        }
    });
    fs::remove_dir_all(&folder).expect("the captures are ours");
    let (tables, ends) = judged.into_inner().expect("all threads are done");
    for (captures, table) in ["whole", "changed"].into_iter().zip(&tables) {
        println!("{captures}: {}", table.text());
        if let wrong @ [_, ..] = table.wrong() {
            println!("{} wrong, such as {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
            return ExitCode::FAILURE;
        }
    }
    let Ends { connections, unseen, beyond, wrong } = &ends;
    println!(
        "{connections} connections seen from both ends; {unseen} segments at one end alone, {beyond} of them last"
    );
    if !wrong.is_empty() {
        println!("{} wrong, such as {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
        return ExitCode::FAILURE;
    }
    // Few scripts decide nothing.
    let right = tables[0].first_right();
    if filter.is_empty() && right < FIRST_RIGHT {
        println!("the cause named first is right in {right} of 1000, and must be in {FIRST_RIGHT}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn capture(name: &str, text: &str, pcap: std::path::PathBuf) -> Run {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    // Where nobody may ask for reasons, the counters must do.
    let options = Options { pcap: Some(pcap.clone()), reasons: Reasons::Traced, ..Options::default() };
    let trace = native::run(name, &script, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let bytes = fs::read(&pcap).unwrap_or_else(|error| panic!("{}: {error}", pcap.display()));
    // As in memory: what a box says by ICMP is no segment of the trace's.
    Run::of(trace, records(&bytes).into_iter().filter(|(_, packet)| is_tcp(packet)))
}

/// Whether an IP packet holds a segment (protocol 6, RFC 9293).
fn is_tcp(packet: &[u8]) -> bool {
    packet[if packet[0] >> 4 == 4 { 9 } else { 6 }] == 6
}
