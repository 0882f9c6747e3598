//! A run: what a script gave, ready to be shown and to be taken away.

use std::fmt;
use std::rc::Rc;

use scenario::{Script, ScriptError, Trace};
use serde::{Deserialize, Serialize};
use sim::Frame;

use crate::layout::Layout;

/// A script, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The script as its reader has it.
    pub text: String,
    /// The same, read.
    pub script: Script,
    /// What happened.
    pub trace: Trace,
    /// The bytes of each segment, lost ones too.
    pub frames: Vec<Frame>,
}

impl Run {
    /// Performs a script.
    ///
    /// # Errors
    /// What is wrong with it and where, or which bound the run reached.
    pub fn of(text: &str, rules: sim::Rules) -> Result<Self, NoRun> {
        let script = Script::parse(text)?;
        let (trace, frames) = sim::capture("scenario", &script, rules)?;
        Ok(Self { text: text.to_owned(), script, trace, frames })
    }
}

/// A run as it is shown: all that the player needs of it. It travels from whoever performed the script to the page
/// (`packed.rs`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Where everything stands.
    pub layout: Rc<Layout>,
    /// The first bytes of each flight: IP header, TCP header, the beginning of the payload.
    pub heads: Vec<Vec<u8>>,
}

/// So many bytes of a payload are shown.
pub const PAYLOAD_SHOWN_MAX: usize = 32;
/// IPv6 without extensions (40), TCP with all the options that there can be (60).
const HEADERS_MAX: usize = 100;

impl Shown {
    /// Lays a run out.
    pub fn of(run: &Run) -> Self {
        let head = |frame: &Frame| frame.bytes.iter().take(HEADERS_MAX + PAYLOAD_SHOWN_MAX).copied().collect();
        Self { layout: Rc::new(Layout::of(&run.script, &run.trace)), heads: run.frames.iter().map(head).collect() }
    }
}

/// Why there is no run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoRun {
    /// The line that is to blame, counted from 1, if it is one.
    pub line: Option<u32>,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl From<ScriptError> for NoRun {
    fn from(error: ScriptError) -> Self {
        Self { line: Some(error.line), what: format!("{}, {}", error.found, error.right) }
    }
}

impl From<sim::Error> for NoRun {
    fn from(error: sim::Error) -> Self {
        let line = match error {
            sim::Error::NothingToForge { line, .. } => Some(line),
            _ => None,
        };
        Self { line, what: error.to_string() }
    }
}

impl fmt::Display for NoRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
