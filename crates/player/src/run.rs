//! A run: what a script gave, ready to be shown and to be taken away.

use std::fmt;
use std::rc::Rc;

use scenario::{Script, ScriptError, Trace};
use sim::{Frame, Stack};
use view::layout::Layout;

/// A script, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The script as its reader has it.
    pub text: String,
    /// Which TCP performed it.
    pub stack: Stack,
    /// The same, read.
    pub script: Script,
    /// What happened.
    pub trace: Trace,
    /// The bytes of each segment, lost ones too, and of each ICMP message.
    pub frames: Vec<Frame>,
    /// Where everything stands.
    pub layout: Rc<Layout>,
}

impl Run {
    /// Performs a script.
    ///
    /// # Errors
    /// What is wrong with it and where, or which bound the run reached.
    pub fn of(text: &str, stack: Stack) -> Result<Self, NoRun> {
        let script = Script::parse(text)?;
        let (trace, frames) = sim::capture("scenario", &script, stack)?;
        let layout = Rc::new(Layout::of(&script, &trace));
        Ok(Self { text: text.to_owned(), stack, script, trace, frames, layout })
    }

    /// The bytes of the segment with that place among the flights.
    pub fn segment(&self, flight: usize) -> Option<&Frame> {
        self.frames.iter().filter(|frame| frame.is_segment()).nth(flight)
    }

    /// The run of a script without statements: what is shown before there was one that can run.
    pub fn empty() -> Self {
        let Ok(run) = Self::of("", Stack::Linux) else { unreachable!("an empty script reaches no bound") };
        run
    }
}

/// Why there is no run.
#[derive(Clone, Debug, PartialEq, Eq)]
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
