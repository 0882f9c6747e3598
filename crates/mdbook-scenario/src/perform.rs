//! A scenario of the book, performed: from its id to its layout.

use std::fmt;
use std::rc::Rc;

use catalogue::CATALOGUE;
use scenario::{Failed, Script, ScriptError};
use view::layout::Layout;

use crate::script_path;

/// Why a scenario cannot stand in a chapter.
#[derive(Debug)]
pub enum EmbedError {
    /// The catalogue has no such id.
    Unknown {
        /// What was asked for.
        id: String,
        /// The id that is most like it.
        nearest: &'static str,
    },
    /// The script cannot be read.
    Unreadable {
        /// Whose script.
        id: String,
        /// What is wrong with it.
        error: ScriptError,
    },
    /// The script cannot be performed to its end.
    CannotRun {
        /// Whose script.
        id: String,
        /// Which bound was reached.
        error: sim::Error,
    },
    /// The run is not what the script says.
    NotAsWritten {
        /// Whose script.
        id: String,
        /// Where they differ.
        failed: Vec<Failed>,
    },
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { id, nearest } => write!(
                f,
                "no scenario `{id}` in the catalogue (crates/catalogue/src/lib.rs), the nearest id is `{nearest}`"
            ),
            Self::Unreadable { id, error } => write!(f, "{}:{error}", script_path(id)),
            Self::CannotRun { id, error } => write!(f, "{}: cannot run: {error}", script_path(id)),
            Self::NotAsWritten { id, failed } => {
                for (index, Failed { line, expected, got }) in failed.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{}:{line}: {expected} is written, the run gave {got}", script_path(id))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for EmbedError {}

/// A scenario of the book, performed.
#[derive(Clone, Debug)]
pub(crate) struct Performed {
    /// Its id.
    pub(crate) id: &'static str,
    /// The script's text.
    pub(crate) text: &'static str,
    /// Its run.
    pub(crate) layout: Rc<Layout>,
}

/// Performs a scenario of the book.
///
/// # Errors
/// There is no such scenario, or its run is not what its script says.
pub(crate) fn perform(id: &str) -> Result<Performed, EmbedError> {
    let Some(entry) = catalogue::scenario(id) else {
        return Err(EmbedError::Unknown { id: id.to_owned(), nearest: nearest(id) });
    };
    let script = Script::parse(entry.text).map_err(|error| EmbedError::Unreadable { id: id.to_owned(), error })?;
    let trace =
        sim::run(id, &script, sim::Stack::Linux).map_err(|error| EmbedError::CannotRun { id: id.to_owned(), error })?;
    if !trace.as_written() {
        return Err(EmbedError::NotAsWritten { id: id.to_owned(), failed: trace.failed });
    }
    Ok(Performed { id: entry.id, text: entry.text, layout: Rc::new(Layout::of(&script, &trace)) })
}

fn nearest(id: &str) -> &'static str {
    CATALOGUE.iter().map(|entry| entry.id).min_by_key(|known| strsim::levenshtein(id, known)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_id_is_told_what_it_may_have_meant() {
        let error = perform("write-after-pear-close").expect_err("no such scenario").to_string();
        assert!(error.contains("the nearest id is `write-after-peer-close`"), "{error}");
    }
}
