//! Says of every connection in a capture how it ended.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::process::ExitCode;

use capture::{By, Capture, Cause, Connection, Depth, Ending, EndingKind, Kind, Report, Skipped, kind};
use flate2::read::MultiGzDecoder;
use scenario::Script;

const HELP: &str = "\
Says of every connection in a capture how it ended: who, why, how sure.

who-reset FILE… [--json | --summary] [--play] [--help]

  FILE     a capture: pcap or pcapng, also packed with gzip, or lines of tcpdump or tshark; - reads standard input
  --json   one JSON object, and nothing else
  --play   also plays the ways to end each connection, and says which send the same
  --summary   how many connections ended in which way
  --help   this text

Exit status: 0 the files were read; 3 one could not be.
";
const CANNOT_RUN: u8 = 3;
/// Longer text is cut.
const TEXT_MAX: u64 = 64 << 20;
/// A piece of a file.
const PIECE: usize = 1 << 18;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        return print(HELP);
    }
    let (options, files): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| !["--json", "--summary", "--play"].contains(&option.as_str())) {
        return stop(&format!("there is no option `{unknown}`; `who-reset --help` says what is right"));
    }
    if files.is_empty() {
        return stop("no file was named; `who-reset --help` says what is right");
    }
    if options.iter().any(|option| option == "--summary") {
        return summarize(&files);
    }
    let depth = if options.iter().any(|option| option == "--play") { Depth::Played(perform) } else { Depth::Read };
    let mut report = Report::new(depth);
    for file in files {
        match read(&file) {
            Ok((connections, skipped)) => report.add(file, &connections, &skipped),
            Err(error) => return stop(&format!("{file}: {error}")),
        }
    }
    if !options.iter().any(|option| option == "--json") {
        print(&report.to_string())
    } else {
        print(&(serde_json::to_string(&report).expect("a report has string keys only") + "\n"))
    }
}

/// The capture of a script's run in memory.
fn perform(script: &str) -> Option<Vec<u8>> {
    let script = Script::parse(script).ok()?;
    let (_, frames) = sim::capture("played", &script, sim::Stack::Linux).ok()?;
    Some(sim::pcap(&frames))
}

fn summarize(files: &[String]) -> ExitCode {
    let mut counts: BTreeMap<(EndingKind, By, Option<Cause>), u64> = BTreeMap::new();
    for file in files {
        let (connections, skipped) = match read(file) {
            Ok(found) => found,
            Err(error) => return stop(&format!("{file}: {error}")),
        };
        for connection in &connections {
            let ending = Ending::of(connection);
            let cause = ending.causes.first().map(|named| named.cause);
            *counts.entry((ending.kind, ending.by, cause)).or_default() += 1;
        }
        for (what, count) in skipped.iter() {
            eprintln!("{file}: not read: {count} × {what}");
        }
    }
    let line = |((kind, by, cause), count): (&(EndingKind, By, Option<Cause>), &u64)| {
        format!("{count:>9} {}, {}: {}\n", kind.name(), by.name(), cause.map_or("-", Cause::id))
    };
    print(&counts.iter().map(line).collect::<String>())
}

fn read(file: &str) -> io::Result<(Vec<Connection>, Skipped)> {
    let input: Box<dyn Read> = if file == "-" { Box::new(io::stdin()) } else { Box::new(File::open(file)?) };
    let mut input = BufReader::with_capacity(PIECE, input);
    let packed = kind(input.fill_buf()?) == Kind::Gzip;
    let input: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
    let mut input = BufReader::with_capacity(PIECE, input);
    if kind(input.fill_buf()?) == Kind::Other {
        // Perhaps lines of tcpdump or tshark.
        let mut text = Vec::new();
        input.take(TEXT_MAX).read_to_end(&mut text)?;
        return Ok(Capture::of_text(&String::from_utf8_lossy(&text)));
    }
    let mut capture = Capture::new();
    loop {
        let piece = input.fill_buf()?;
        let length = piece.len();
        if length == 0 {
            return Ok(capture.finish());
        }
        capture.push(piece);
        input.consume(length);
    }
}

fn print(text: &str) -> ExitCode {
    // Whoever reads may have had enough: no reason to panic.
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(CANNOT_RUN),
    }
}

fn stop(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(CANNOT_RUN)
}
