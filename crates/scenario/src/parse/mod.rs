//! From text to [`Script`].

use std::fmt;

use crate::Script;

/// What is wrong with a script, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// What was found.
    pub found: String,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for ScriptError {
    /// `LINE:COL: what was found, what would be right`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}, {}", self.line, self.column, self.found, self.right)
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Reads a script. Every error in it is found here, before anything runs.
    ///
    /// # Errors
    /// The first thing that is wrong: where, what was found, what would be right.
    pub fn parse(_text: &str) -> Result<Self, ScriptError> {
        todo!()
    }
}
