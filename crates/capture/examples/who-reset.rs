//! Says of every connection in a capture how it ended.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::mem;
use std::process::ExitCode;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use capture::{
    By, Capture, Cause, Connection, Depth, Ending, EndingKind, Kind, Packet, Reader, Report, Skip, Skipped, Told,
    Tracker, kind,
};
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
/// So many pieces are cut into segments ahead.
const AHEAD: usize = 4;
/// So many connections are judged by one thread before it takes others.
const JUDGED_AT_ONCE: usize = 4096;
/// A connection's text is shorter, as a rule.
const TEXT_OF_ONE: usize = 512;

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
    if !options.iter().any(|option| option == "--json") {
        return tell(&files, depth);
    }
    let mut report = Report::new(depth);
    for file in files {
        match read(&file) {
            Ok((connections, skipped)) => report.add(file, &connections, &skipped),
            Err(error) => return stop(&format!("{file}: {error}")),
        }
    }
    print(&(serde_json::to_string(&report).expect("a report has string keys only") + "\n"))
}

/// Prints each connection as soon as it is judged.
fn tell(files: &[String], depth: Depth) -> ExitCode {
    let mut not_read = String::new();
    for (place, file) in files.iter().enumerate() {
        let (connections, skipped) = match read(file) {
            Ok(found) => found,
            Err(error) => return stop(&format!("{file}: {error}")),
        };
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{file}").and_then(|()| {
            of_many(
                &connections,
                |part| {
                    let mut text = String::with_capacity(part.len() * TEXT_OF_ONE);
                    for connection in part {
                        let _ = write!(text, "  {}", Told::of(place, connection, depth));
                    }
                    text
                },
                |text| out.write_all(text.as_bytes()),
            )
        });
        // Whoever reads may have had enough: no reason to panic.
        if written.is_err() {
            return ExitCode::from(CANNOT_RUN);
        }
        for (what, count) in skipped.iter() {
            let _ = writeln!(not_read, "not read: {count} × {what}");
        }
        if place + 1 == files.len() {
            // The process ends, and with it goes its memory; to give back each piece takes long.
            mem::forget(connections);
        }
    }
    print(&not_read)
}

/// Does something with some connections at a time, on every processor; `then` gets what came of it, in their order.
fn of_many<T: Send, E>(
    connections: &[Connection],
    work: impl Fn(&[Connection]) -> T + Sync,
    mut then: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    connections.chunks(JUDGED_AT_ONCE * workers).try_for_each(|block| {
        let work = &work;
        let done: Vec<T> = thread::scope(|scope| {
            let parts: Vec<_> = block.chunks(JUDGED_AT_ONCE).map(|part| scope.spawn(move || work(part))).collect();
            parts.into_iter().map(|part| part.join().expect("no judge panics")).collect()
        });
        done.into_iter().try_for_each(&mut then)
    })
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
        let endings = |part: &[Connection]| -> Vec<_> {
            let ending = |connection| {
                let Ending { kind, by, causes, .. } = Ending::of(connection);
                (kind, by, causes.first().map(|named| named.cause))
            };
            part.iter().map(ending).collect()
        };
        let _ = of_many(&connections, endings, |found| -> Result<(), Infallible> {
            found.into_iter().for_each(|ending| *counts.entry(ending).or_default() += 1);
            Ok(())
        });
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
    let input: Box<dyn Read + Send> = if file == "-" { Box::new(io::stdin()) } else { Box::new(File::open(file)?) };
    let mut input = BufReader::with_capacity(PIECE, input);
    let packed = kind(input.fill_buf()?) == Kind::Gzip;
    let input: Box<dyn Read + Send> = if packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
    let mut input = BufReader::with_capacity(PIECE, input);
    if kind(input.fill_buf()?) == Kind::Other {
        // Perhaps lines of tcpdump or tshark.
        let mut text = Vec::new();
        input.take(TEXT_MAX).read_to_end(&mut text)?;
        return Ok(Capture::of_text(&String::from_utf8_lossy(&text)));
    }
    // Beside this thread, which puts segments into connections, the file is read, unpacked and cut into segments.
    thread::scope(|scope| {
        let (full, batches) = sync_channel(AHEAD);
        let (done, empty) = channel();
        (0..=AHEAD).for_each(|_| done.send(Vec::new()).expect("its receiver is here"));
        let reading = scope.spawn(move || -> io::Result<Skipped> {
            let mut reader = Reader::new();
            let mut piece = vec![0; PIECE];
            let mut is_over = false;
            while !is_over && let Ok(mut batch) = empty.recv() {
                let mut add = |packet: &Packet| batch.push(*packet);
                let length = input.read(&mut piece)?;
                is_over = length == 0;
                if is_over {
                    reader.finish(&mut add);
                } else {
                    reader.push(&piece[..length], &mut add);
                }
                if full.send(batch).is_err() {
                    break;
                }
            }
            Ok(reader.skipped().clone())
        });
        let mut tracker = Tracker::new();
        for mut batch in batches {
            batch.iter().for_each(|packet| tracker.take(packet));
            batch.clear();
            // The reader may be through.
            let _ = done.send(batch);
        }
        let mut skipped = reading.join().expect("reading does not panic")?;
        skipped.add(Skip::TooMany, tracker.beyond());
        Ok((tracker.finish(), skipped))
    })
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
