//! The book's scenarios as the playground offers them.

use ::catalogue::CATALOGUE;
use scenario::{Action, Errno, Expected, Outcome, Script, Verb};

/// A scenario that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The script's file name without `.tcp`.
    pub id: &'static str,
    /// The heading under which it stands.
    pub family: &'static str,
    /// The question that it asks.
    pub title: String,
    /// The script.
    pub text: &'static str,
    /// What its calls give that tells of an end, each once: errors' names, [`END_OF_STREAM`], [`BLOCKS`].
    pub outcomes: Vec<String>,
}

/// A read that gives 0.
pub const END_OF_STREAM: &str = "read() = 0";
/// A call that does not return, or not at once.
pub const BLOCKS: &str = "blocks";

/// All of them, in the book's order.
pub fn entries() -> Vec<Entry> {
    let entry = |known: &::catalogue::Entry| {
        let script = Script::parse(known.text).ok()?;
        let (id, family, text) = (known.id, known.family.title(), known.text);
        Some(Entry { id, family, outcomes: outcomes(&script), title: script.title, text })
    };
    CATALOGUE.iter().filter_map(entry).collect()
}

fn outcomes(script: &Script) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |outcome: String| {
        if !found.contains(&outcome) {
            found.push(outcome);
        }
    };
    for statement in &script.statements {
        let Action::Call(call) = &statement.action else { continue };
        let outcome = match call.expected {
            Some(Expected::Returns(outcome)) => outcome,
            Some(Expected::Blocks { then }) => {
                add(BLOCKS.to_owned());
                match then {
                    Some(outcome) => outcome,
                    None => continue,
                }
            }
            None => continue,
        };
        match (&call.verb, outcome) {
            // It says nothing of an end.
            (_, Outcome::Errno(Errno::EINPROGRESS | Errno::EAGAIN)) => {}
            (_, Outcome::Errno(errno)) => add(errno.to_string()),
            (Verb::Read { .. }, Outcome::Number(0)) => add(END_OF_STREAM.to_owned()),
            _ => {}
        }
    }
    found
}

/// All outcomes of these scenarios: the most frequent first.
pub fn all_outcomes(entries: &[Entry]) -> Vec<String> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for outcome in entries.iter().flat_map(|entry| &entry.outcomes) {
        if all.iter().any(|(_, known)| known == outcome) {
            continue;
        }
        let count = entries.iter().filter(|entry| entry.outcomes.contains(outcome)).count();
        let behind = all.partition_point(|(more, _)| *more >= count);
        all.insert(behind, (count, outcome.clone()));
    }
    all.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_in_the_scripts_that_give_them() {
        let entries = entries();
        assert_eq!(entries.len(), CATALOGUE.len());
        let outcomes =
            |id: &str| entries.iter().find(|entry| entry.id == id).expect("it is in the book").outcomes.clone();
        assert_eq!(outcomes("write-after-peer-close"), ["EPIPE", END_OF_STREAM]);
        assert_eq!(outcomes("connection-refused")[0], "ECONNREFUSED");
        let all = all_outcomes(&entries);
        for outcome in ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED", "EADDRINUSE", END_OF_STREAM, BLOCKS] {
            assert!(all.iter().any(|known| known == outcome), "{outcome} in {all:?}");
        }
    }
}
