//! Performs a script on this machine's kernel.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use native::{Error, Options, Reasons, Rung};
use scenario::Script;

const USAGE: &str = "\
Performs a script on the TCP of this machine's kernel, without root: two network namespaces are two hosts.

    cargo run --example native -- FILE.tcp [--json] [--pcap OUT] [--reasons] [--rung RUNG]

FILE.tcp     the script; `-` reads it from stdin
--json       the trace as one JSON object
--pcap OUT   the segments as a capture, for Wireshark and tshark
--reasons    as root: also why the kernel sent each RST
--rung RUNG  how much is to be had and seen (the highest that this machine allows if left out):";

const CODES: &str = "\
Exit: 0, every outcome as written; 1, not; 2, not a script; 3, cannot run.";

fn main() -> ExitCode {
    native::enter();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        for rung in Rung::ALL {
            println!("    {:<6}{}", rung.name(), rung.describe());
        }
        println!("{CODES}");
        return ExitCode::SUCCESS;
    }
    match Command::read(arguments).and_then(|command| command.perform()) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(3)
        }
    }
}

struct Command {
    file: String,
    json: bool,
    options: Options,
}

impl Command {
    fn read(arguments: Vec<String>) -> Result<Self, String> {
        let mut file = None;
        let mut json = false;
        let mut options = Options::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => json = true,
                "--reasons" => options.reasons = Reasons::Traced,
                "--pcap" => {
                    options.pcap = Some(PathBuf::from(arguments.next().ok_or("--pcap: a file's name is missing")?));
                }
                "--rung" => {
                    let name = arguments.next().ok_or("--rung: a rung's name is missing")?;
                    let known = || Rung::ALL.map(Rung::name).join(", ");
                    let rung = Rung::from_name(&name).ok_or_else(|| format!("--rung {name}: there is {}", known()))?;
                    options.rung = Some(rung);
                }
                "-" => file = Some(argument),
                option if option.starts_with('-') => {
                    return Err(format!("{option}: unknown; --help says what there is"));
                }
                _ if file.is_some() => return Err(format!("{argument}: one script at a time")),
                _ => file = Some(argument),
            }
        }
        let file = file.ok_or("a script's file is missing; --help says more")?;
        Ok(Self { file, json, options })
    }

    fn perform(&self) -> Result<ExitCode, String> {
        let text = match self.file.as_str() {
            "-" => io::read_to_string(io::stdin().lock().take(LENGTH_MAX)),
            file => fs::read_to_string(file),
        };
        let text = text.map_err(|error| format!("{}: {error}", self.file))?;
        let script = match Script::parse(&text) {
            Ok(script) => script,
            Err(error) => {
                eprintln!("{}:{error}", self.file);
                return Ok(ExitCode::from(2));
            }
        };
        let id = Path::new(&self.file).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let performed = native::perform(&id, &script, &self.options).map_err(|error: Error| error.to_string())?;
        for note in &performed.notes {
            eprintln!("{note}");
        }
        match self.json {
            true => println!("{}", performed.trace.to_json()),
            false => print!("{}", performed.trace),
        }
        Ok(if performed.trace.as_written() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// More than this on stdin is no script.
const LENGTH_MAX: u64 = 16 << 20;
