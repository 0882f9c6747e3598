//! The book's scenarios as the playground offers them. Its page has them (`data-catalogue`), so that no chapter's reader
//! loads them: the scripts one behind the other, each below a line `#! scenario ID`; such lines belong to tools.

use scenario::{Action, Errno, Expected, Outcome, Script, Verb};

/// A scenario that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The script's file name without `.tcp`.
    pub id: String,
    /// The question that it asks.
    pub title: String,
    /// The script.
    pub text: String,
    /// What its calls give that tells of an end, each once: errors' names, [`END_OF_STREAM`], [`BLOCKS`].
    pub outcomes: Vec<String>,
}

const HEADING: &str = "#! scenario ";

/// The page's text of some scenarios: id and script.
pub fn written<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let one = |(id, text): (&str, &str)| format!("{HEADING}{id}\n{}\n", text.trim_end());
    entries.into_iter().map(one).collect()
}

/// Reads the page's text. What cannot be read is left out.
pub fn read(written: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in written.lines() {
        if let Some(id) = line.strip_prefix(HEADING) {
            entries.push(Entry { id: id.to_owned(), title: String::new(), text: String::new(), outcomes: Vec::new() });
        } else if let Some(entry) = entries.last_mut() {
            entry.text.push_str(line);
            entry.text.push('\n');
        }
    }
    entries.retain_mut(|entry| {
        let Ok(script) = Script::parse(&entry.text) else { return false };
        entry.outcomes = outcomes(&script);
        entry.title = script.title;
        true
    });
    entries
}

/// What a reader may begin with: a question each, from the polite end to the rude ones.
pub const STARTERS: [&str; 8] = [
    "graceful-four-segments",
    "close-with-unread-data",
    "write-after-peer-close",
    "linger-zero",
    "keepalive-race-unread",
    "half-close-request",
    "connection-refused",
    "peer-vanished-write",
];

/// A read that gives 0.
pub const END_OF_STREAM: &str = "read() = 0";
/// A call that does not return, or not at once.
pub const BLOCKS: &str = "blocks";

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
    use ::catalogue::CATALOGUE;

    use super::*;

    fn book() -> Vec<Entry> {
        read(&written(CATALOGUE.iter().map(|entry| (entry.id, entry.text))))
    }

    #[test]
    fn every_scenario_comes_back_as_it_is() {
        let entries = book();
        assert_eq!(entries.len(), CATALOGUE.len());
        for (entry, known) in entries.iter().zip(CATALOGUE) {
            assert_eq!((entry.id.as_str(), entry.text.trim_end()), (known.id, known.text.trim_end()));
            assert!(!entry.title.is_empty(), "{}", known.id);
        }
        assert!(STARTERS.iter().all(|id| entries.iter().any(|entry| entry.id == *id)), "every starter is in the book");
    }

    #[test]
    fn a_damaged_text_gives_what_can_be_read() {
        assert_eq!(read(""), []);
        let entries = read("x\n#! scenario a\n# A?\nserver listen()\n#! scenario b\nserver lissen()\n");
        assert_eq!(entries.iter().map(|entry| entry.title.as_str()).collect::<Vec<_>>(), ["A?"]);
    }

    #[test]
    fn errors_are_found_in_the_scripts_that_give_them() {
        let entries = book();
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
