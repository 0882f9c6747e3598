//! Performs a script in memory.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use scenario::Script;
use sim::Stack;

const HELP: &str = "\
Performs a script in memory: two smoltcp hosts with Linux's socket rules, virtual time.

simulate FILE.tcp|- [--json] [--pcap OUT] [--bare] [--help]

  FILE.tcp     the script; - reads it from standard input
  --json       the trace as one JSON object, and nothing else
  --pcap OUT   also writes every segment that left to OUT, as a capture
  --bare       smoltcp alone, without Linux's rules
  --help       this text

Exit status: 0 every outcome is as written; 1 not; 2 not a script; 3 it cannot be run.
";

const NOT_AS_WRITTEN: u8 = 1;
const NOT_A_SCRIPT: u8 = 2;
const CANNOT_RUN: u8 = 3;

struct Options {
    file: String,
    json: bool,
    pcap: Option<String>,
    stack: Stack,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        return print(HELP);
    }
    match options(arguments) {
        Ok(options) => simulate(&options),
        Err(wrong) => stop(CANNOT_RUN, &format!("{wrong}; `simulate --help` says what is right")),
    }
}

fn options(arguments: Vec<String>) -> Result<Options, String> {
    let mut options = Options { file: String::new(), json: false, pcap: None, stack: Stack::Linux };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => options.json = true,
            "--bare" => options.stack = Stack::Bare,
            "--pcap" => options.pcap = Some(arguments.next().ok_or("--pcap needs the name of a file")?),
            option if option.starts_with("--") => return Err(format!("there is no option `{option}`")),
            _ if options.file.is_empty() => options.file = argument,
            _ => return Err(format!("`{argument}`: one script at a time")),
        }
    }
    if options.file.is_empty() { Err("no script was named".to_owned()) } else { Ok(options) }
}

fn simulate(options: &Options) -> ExitCode {
    let text = match read(&options.file) {
        Ok(text) => text,
        Err(error) => return stop(CANNOT_RUN, &format!("{}: {error}", options.file)),
    };
    let script = match Script::parse(&text) {
        Ok(script) => script,
        Err(error) => return stop(NOT_A_SCRIPT, &format!("{}:{error}", options.file)),
    };
    let (trace, frames) = match sim::capture(id(&options.file), &script, options.stack) {
        Ok(run) => run,
        Err(error) => return stop(CANNOT_RUN, &format!("{}: {error}", options.file)),
    };
    if let Some(out) = &options.pcap
        && let Err(error) = std::fs::write(out, sim::pcap(&frames))
    {
        return stop(CANNOT_RUN, &format!("{out}: {error}"));
    }
    let printed = if options.json { print(&(trace.to_json() + "\n")) } else { print(&trace.to_string()) };
    if printed == ExitCode::SUCCESS && !trace.as_written() { ExitCode::from(NOT_AS_WRITTEN) } else { printed }
}

fn read(file: &str) -> io::Result<String> {
    if file == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}

/// The file's name without folder and `.tcp`.
fn id(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".tcp").unwrap_or(name)
}

fn print(text: &str) -> ExitCode {
    // Whoever reads may have had enough: no reason to panic.
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(CANNOT_RUN),
    }
}

fn stop(code: u8, message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(code)
}
