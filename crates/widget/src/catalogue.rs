//! The book's scenarios as one file beside the program: the playground fetches it, so that no page has them compiled in.
//!
//! The file is the scripts one behind the other, each below a line `#! scenario ID FAMILY`; such lines belong to tools.

use scenario::{Action, Errno, Expected, Outcome, Script, Verb};

/// A scenario that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The script's file name without `.tcp`.
    pub id: String,
    /// The heading under which it stands.
    pub family: String,
    /// The question that it asks.
    pub title: String,
    /// The script.
    pub text: String,
    /// What its calls give that tells of an end, each once: errors' names, [`END_OF_STREAM`], [`BLOCKS`].
    pub outcomes: Vec<String>,
}

/// A read that gives 0.
pub const END_OF_STREAM: &str = "read() = 0";
/// A call that does not return, or not at once.
pub const BLOCKS: &str = "blocks";

const HEADING: &str = "#! scenario ";

/// The file.
#[cfg(not(target_arch = "wasm32"))]
pub fn written() -> String {
    let mut written = String::new();
    for entry in scenario::CATALOGUE {
        written.push_str(&format!("{HEADING}{} {}\n{}\n", entry.id, entry.family.title(), entry.text.trim_end()));
    }
    written
}

/// Reads the file. What cannot be read is left out.
pub fn read(file: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in file.lines() {
        if let Some(heading) = line.strip_prefix(HEADING) {
            let (id, family) = heading.split_once(' ').unwrap_or((heading, ""));
            let [id, family] = [id, family].map(str::to_owned);
            entries.push(Entry { id, family, title: String::new(), text: String::new(), outcomes: Vec::new() });
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
    fn the_file_holds_every_scenario_as_it_is() {
        let entries = read(&written());
        assert_eq!(entries.len(), scenario::CATALOGUE.len());
        for (entry, known) in entries.iter().zip(scenario::CATALOGUE) {
            assert_eq!((entry.id.as_str(), entry.family.as_str()), (known.id, known.family.title()));
            assert_eq!(entry.text.trim_end(), known.text.trim_end());
            assert!(!entry.title.is_empty(), "{}", known.id);
        }
    }

    #[test]
    fn errors_are_found_in_the_scripts_that_give_them() {
        let entries = read(&written());
        let outcomes =
            |id: &str| entries.iter().find(|entry| entry.id == id).expect("it is in the book").outcomes.clone();
        assert_eq!(outcomes("write-after-peer-close"), ["EPIPE", END_OF_STREAM]);
        assert_eq!(outcomes("connection-refused")[0], "ECONNREFUSED");
        let all = all_outcomes(&entries);
        for outcome in ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED", "EADDRINUSE", END_OF_STREAM, BLOCKS] {
            assert!(all.iter().any(|known| known == outcome), "{outcome} in {all:?}");
        }
    }

    #[test]
    fn a_damaged_file_gives_what_can_be_read() {
        assert_eq!(read(""), []);
        assert_eq!(read("<html>not found</html>"), []);
        let entries = read("#! scenario a F\n# A?\nserver listen()\n#! scenario b F\nserver lissen()\n");
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].title.as_str(), entries[0].family.as_str()), ("A?", "F"));
    }
}
