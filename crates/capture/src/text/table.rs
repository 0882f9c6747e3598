//! The table of lines: what programs print when a connection ends, what each line says, and what can have caused it.
//!
//! It is data, `book/data/messages.json` with `book/data/causes.json`; `build.rs` packs it into the program.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything that is known of lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Every cause that an ending can have; `build.rs` puts in what `causes.json` names.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// Every kind of ending that a line can tell of, with the lines that tell of it.
    pub endings: Vec<Ending>,
    /// Words that programs use in sentences of their own.
    pub phrases: Vec<Phrase>,
    /// Words that say in what surroundings a connection ended.
    pub contexts: Vec<Context>,
    /// The heading of each chapter that is named; it is not in the data, `build.rs` looks it up.
    #[serde(default)]
    pub titles: BTreeMap<String, String>,
}

/// A cause of an ending. Each is named once: lines of logs, verdicts on captures and the book's page of causes have it
/// from the same place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Unique: `keep-alive-race`.
    pub id: String,
    /// What happened, as a sentence to whoever got the error.
    pub title: String,
    /// A question: "yes" is evidence for this cause, "no" excludes it; empty if no line tells of it.
    #[serde(default)]
    pub ask: String,
    /// How to find the answer: a command, a counter, a place to look.
    #[serde(default)]
    pub how: String,
    /// The chapter that explains it, from the book's root.
    pub chapter: String,
    /// The scenario that shows it; some causes lie outside TCP and have none.
    #[serde(default)]
    pub scenario: Option<String>,
    /// What a capture can say of it; it has a paragraph in `reference/causes.md` then.
    #[serde(default)]
    pub verdict: Option<Verdict>,
}

/// A cause as a verdict on a capture names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What happened, in one sentence, of the side that it is said of.
    pub says: String,
    /// What to run next to be sure of it.
    pub next: String,
    /// The scenario whose segments are like those of a capture, where it is another than the cause's.
    #[serde(default)]
    pub scenario: Option<String>,
}

/// Words that many programs use for an ending; they count where a text has nothing that is more exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// The words; `…` stands for a few others on the same line.
    pub text: String,
    /// The id of the ending that they tell of.
    pub ending: String,
    /// Ids of causes, the most likely first, where the order is another than the ending's.
    #[serde(default)]
    pub causes: Vec<String>,
}

/// Surroundings that make other causes likely: a health check, a TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Any of these words in the text.
    pub words: Vec<String>,
    /// What follows from them, as a sentence.
    pub says: String,
    /// Ids of causes by the id of an ending, the most likely first. A line that has an order of its own keeps it.
    pub causes: BTreeMap<String, Vec<String>>,
}

/// A kind of ending, with the lines that programs print of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Unique, and the anchor in the page: `connection-reset`.
    pub id: String,
    /// The heading of the ending's section in the page.
    pub title: String,
    /// The calls that can give it.
    pub call: String,
    /// What came before it on the wire; empty where there is nothing to say.
    pub wire: String,
    /// What it does not say, although many read it there.
    pub not: String,
    /// The first thing to do, as a sentence.
    pub first: String,
    /// Ids of causes, the most likely first.
    pub causes: Vec<String>,
    /// Chapters that explain more, from the book's root.
    pub chapters: Vec<String>,
    /// What programs print when it happens.
    pub messages: Vec<Line>,
}

/// A line that a program prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Who prints it, and when.
    pub who: String,
    /// The line; `…` stands for whatever a line has in this place.
    pub text: String,
    /// How it is known that it is printed so.
    pub known: Known,
    /// What it is found by in any wording and spelling: a state (`FIN-WAIT-2`), an HTTP status (`502`), or the code of
    /// a family of programs (`curl 56`).
    #[serde(default)]
    pub name: Option<String>,
    /// The call that failed, where this line says more than its ending.
    #[serde(default)]
    pub call: Option<String>,
    /// What it says, where this line says something of its own.
    #[serde(default)]
    pub says: Option<String>,
    /// What it does not say, where this line has a trap of its own.
    #[serde(default)]
    pub not: Option<String>,
    /// Ids of causes, the most likely first, where the order for this line is another than its ending's.
    #[serde(default)]
    pub causes: Vec<String>,
}

/// How a line is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// It was printed by this version in a run on Linux, while the book was made.
    Run(String),
    /// It was read there: a program's source, or its maker's documentation.
    Source(String),
    /// Neither was it run nor its source read; it should be there.
    Unverified(String),
}
