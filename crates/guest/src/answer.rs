//! What is asked for, and what comes of it.

use std::process::Command;
use std::time::Instant;

use native::{Options, Reasons};
use scenario::Script;

/// A script to perform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Its id, which its trace carries.
    pub(crate) id: String,
    /// Whether the trace also says why each RST was sent.
    pub(crate) reasons: Reasons,
    /// The script as it was sent: it may be none, or no text.
    pub(crate) script: Vec<u8>,
}

/// What became of it: what the program `native` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) id: String,
    /// 0, every outcome as written; 1, not; 2, not a script; 3, cannot run. Of a program its exit code.
    pub(crate) code: u8,
    /// The trace as one JSON object; empty if there is none.
    pub(crate) trace: String,
    /// Lines for people: why there is no trace, or how it was made.
    pub(crate) notes: String,
    /// How long it took by the machine's own clock.
    pub(crate) took_us: u128,
}

impl Answer {
    /// The answer to what was no request.
    pub(crate) fn refusal(why: &str) -> Self {
        Self { id: "-".to_owned(), code: 3, trace: String::new(), notes: format!("{why}\n"), took_us: 0 }
    }
}

/// Performs a script on this machine's kernel.
pub(crate) fn perform(request: &Request) -> Answer {
    let began = Instant::now();
    let (code, trace, notes) = match run(request) {
        Ok((trace, notes)) => (u8::from(!trace.as_written()), trace.to_json(), notes),
        Err((code, why)) => (code, String::new(), format!("{why}\n")),
    };
    Answer { id: request.id.clone(), code, trace, notes, took_us: began.elapsed().as_micros() }
}

/// Runs a program to its end: its exit code. What it prints is on the console as it comes.
pub(crate) fn run_program(words: &[String]) -> Answer {
    let began = Instant::now();
    let id = words.first().map(String::as_str).unwrap_or("-");
    println!("{id}");
    let (code, notes) = match Command::new(id).args(words.get(1..).unwrap_or_default()).status() {
        Ok(status) => (status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX), String::new()),
        Err(error) => (3, format!("{id}: {error}\n")),
    };
    Answer { id: id.to_owned(), code, trace: String::new(), notes, took_us: began.elapsed().as_micros() }
}

fn run(request: &Request) -> Result<(scenario::Trace, String), (u8, String)> {
    let text = std::str::from_utf8(&request.script).map_err(|error| (2, format!("this is no text: {error}")))?;
    let script = Script::parse(text).map_err(|error| (2, format!("{}:{error}", request.id)))?;
    let options = Options { reasons: request.reasons, ..Options::default() };
    let performed = native::perform(&request.id, &script, &options).map_err(|error| (3, error.to_string()))?;
    let notes = performed.notes.iter().flat_map(|note| [note.as_str(), "\n"]).collect();
    Ok((performed.trace, notes))
}
