//! What a text is found to be: an ending of the book's table, with one of its lines.

use std::sync::LazyLock;

use super::table::{Cause, Ending, Line, Table};

/// The table, as the book has it.
pub fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/messages.postcard")))
            .expect("build.rs has packed this very type")
    });
    &TABLE
}

/// Those causes, in that order.
pub(super) fn causes(ids: &[String]) -> Vec<&'static Cause> {
    ids.iter().filter_map(|id| table().causes.iter().find(|cause| cause.id == *id)).collect()
}

/// An ending of the table, with one of its lines where it was one.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the table's own types")]
pub struct Found {
    pub ending: &'static Ending,
    pub line: Option<&'static Line>,
}

impl Found {
    /// The calls that can have failed.
    pub fn call(&self) -> &'static str {
        self.line.and_then(|line| line.call.as_deref()).unwrap_or(&self.ending.call)
    }

    /// What it does not say.
    pub fn not(&self) -> &'static str {
        self.line.and_then(|line| line.not.as_deref()).unwrap_or(&self.ending.not)
    }

    /// The causes, the most likely for this line first.
    pub fn causes(&self) -> Vec<&'static Cause> {
        let own = self.line.map(|line| &line.causes).filter(|causes| !causes.is_empty());
        causes(own.unwrap_or(&self.ending.causes))
    }
    /// The line of that name: a state's (`FIN-WAIT-2`), an HTTP status, a program's code.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let lines = table().endings.iter().flat_map(|ending| ending.messages.iter().map(move |line| (ending, line)));
        let mut named = lines.filter(|(_, line)| line.name.as_deref() == Some(name));
        named.next().map(|(ending, line)| Self { ending, line: Some(line) })
    }
}
