//! From text to [`Script`]. Every error is found here, before anything runs.
//!
//! `line.rs` cuts a line into words, `statement.rs` reads one statement, `link.rs` one of the link, `values.rs` numbers
//! and times; `names.rs` knows which sockets there are.

mod line;
mod link;
mod names;
mod option;
mod statement;
mod values;

use std::fmt;

use self::line::Line;
pub use self::link::LINK;
use self::names::Names;
pub use self::option::OPTIONS;
pub use self::statement::CALLS;
use crate::{Action, Host, LinkAction, Network, Script, Verb};

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

/// Boxed while it is handed on: every `?` would copy it.
type Result<T> = std::result::Result<T, Box<ScriptError>>;

/// The most that a script may hold: far beyond any story, and small enough for every reader's machine.
const STATEMENTS_MAX: usize = 1_000;
/// As many as most scripts have, so that what is read is not copied while it grows.
const STATEMENTS_EXPECTED: usize = 16;
/// Of a line.
const TOKENS_EXPECTED: usize = 16;
const LINES_MAX: usize = 10_000;
const LINE_LENGTH_MAX: usize = 1_000;

impl Script {
    /// Reads a script.
    ///
    /// The first comment line is the title, the comment lines right below it are the summary,
    /// a comment behind a statement is its caption. Lines that start with `#!` belong to tools.
    ///
    /// # Errors
    /// The first thing that is wrong: where, what was found, what would be right.
    pub fn parse(text: &str) -> std::result::Result<Self, ScriptError> {
        Self::read(text).map_err(|error| *error)
    }

    fn read(text: &str) -> Result<Self> {
        let mut heading = Heading::Title;
        let mut script =
            Self { title: String::new(), summary: String::new(), statements: Vec::with_capacity(STATEMENTS_EXPECTED) };
        let mut names = Names::new(network(text));
        // For the tokens of a line.
        let mut room = Vec::with_capacity(TOKENS_EXPECTED);
        for (index, raw) in text.lines().enumerate() {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let too_much = |found: &str, right: String| {
                Err(Box::new(ScriptError { line: number, column: 1, found: found.to_owned(), right }))
            };
            if index == LINES_MAX {
                return too_much("one more line", format!("a script has at most {LINES_MAX}"));
            }
            if raw.len() > LINE_LENGTH_MAX && raw.chars().count() > LINE_LENGTH_MAX {
                return too_much("a very long line", format!("a line has at most {LINE_LENGTH_MAX} characters"));
            }
            if raw.starts_with("#!") {
                continue;
            }
            let line = Line::cut(number, raw, room)?;
            if line.is_empty() {
                heading.take(&line, &mut script);
                room = line.into_room();
                continue;
            }
            heading = Heading::Over;
            if script.statements.len() == STATEMENTS_MAX {
                return too_much("one more statement", format!("a script has at most {STATEMENTS_MAX}"));
            }
            let statement = statement::read(&line, &mut names)?;
            if matches!(statement.action, Action::Link(_, LinkAction::Ipv6)) && !script.statements.is_empty() {
                return too_much("`link ipv6` behind other statements", "it is the first one".to_owned());
            }
            script.statements.push(statement);
            room = line.into_room();
        }
        Ok(script)
    }
}

/// Known before the first line is read: a script has a proxy if a line has the proxy make a socket, or something happen to
/// it as a host. A socket may have that name where there is no such line.
fn network(text: &str) -> Network {
    // Most scripts do not have the word, and then no line is looked at. Its last letter is found with less code than the
    // word.
    const NAME: (&str, &str) = Host::Proxy.name().split_at(Host::Proxy.name().len() - 1);
    let is_end = |(at, byte)| byte == NAME.1.as_bytes()[0] && text.as_bytes()[..at].ends_with(NAME.0.as_bytes());
    if !text.bytes().enumerate().any(is_end) {
        return Network::Direct;
    }
    let is_proxy_s = |line: &str| {
        let rest = line::without_space_before(line).strip_prefix(Host::Proxy.name())?;
        let verb = rest.strip_prefix(char::is_whitespace)?.split('(').next()?.trim();
        statement::OF_HOSTS.contains(&verb).then_some(())
    };
    if text.lines().any(|line| is_proxy_s(line).is_some()) { Network::Proxied } else { Network::Direct }
}

impl Verb {
    /// Reads a call as a trace shows it: `write(5)`. The text of an `accept()` does not name its listener; `listener`
    /// does.
    ///
    /// # Errors
    /// It is no call: where, what was found, what would be right.
    pub fn from_text(text: &str, listener: &str) -> std::result::Result<Self, ScriptError> {
        Line::cut(1, text, Vec::new()).and_then(|line| statement::read_verb(&line, listener)).map_err(|error| *error)
    }
}

impl Action {
    /// Reads a statement that stands for itself: of the link, of a host, or a wait.
    ///
    /// # Errors
    /// It is none, or it needs the statements before it to be understood (a call, `expect`): where, what was found, what
    /// would be right.
    pub fn from_text(text: &str) -> std::result::Result<Self, ScriptError> {
        Line::cut(1, text, Vec::new()).and_then(|line| statement::read_action(&line)).map_err(|error| *error)
    }
}

/// Which part of the heading the next comment line belongs to.
enum Heading {
    Title,
    Summary,
    Over,
}

impl Heading {
    fn take(&mut self, line: &Line<'_>, script: &mut Script) {
        *self = match (&self, line.comment) {
            (Self::Title, Some(comment)) => {
                comment.clone_into(&mut script.title);
                Self::Summary
            }
            (Self::Summary, Some(comment)) => {
                if !script.summary.is_empty() && !comment.is_empty() {
                    script.summary.push(' ');
                }
                script.summary.push_str(comment);
                Self::Summary
            }
            (Self::Title, None) => Self::Title,
            _ => Self::Over,
        };
    }
}

#[cfg(test)]
mod tests;
