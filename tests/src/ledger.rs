//! The ledger: differences between model and kernel that stay, each with its reason and the kernels that it is for.
//!
//! The data is in book/data/ledger.json, and the book prints it. The model is a Linux of today: most entries are what
//! older kernels do. An entry applies to its kernels alone, and one that does not show there is an error.

use std::collections::BTreeMap;
use std::fs;

use scenario::{Event, RuleId, SocketId, State, Trace};
use serde::{Deserialize, Deserializer, de};

use crate::release::{Release, Releases};
use crate::root;

/// A difference that stays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name, in tables and addresses.
    pub id: String,
    /// What such a kernel does, in one sentence.
    pub title: String,
    /// What the model does in its place.
    pub model: String,
    /// Why it stays.
    pub reason: String,
    /// The kernels on which it shows; none if it is a race, which may show or not.
    pub kernels: Vec<Releases>,
    /// The kernels on which it may show or not: between one that has it and one that has not.
    #[serde(default)]
    pub unknown: Vec<Releases>,
    /// What ended it in Linux.
    pub change: Option<Change>,
    /// Scripts that show it, each with the lines in which the two differ, exactly as the comparison prints them.
    pub shown_by: Vec<Shown>,
    /// The rule of the model that those kernels do not have: where it acts in another script, they may go another way.
    pub rule: Option<Acts>,
    /// How it shows in other scripts, a `*` for whatever stands there: where the first statement at which the two differ
    /// has such a line, the rest follows from it.
    #[serde(default)]
    pub shows_as: Vec<String>,
}

/// A commit in Linux.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its id, shortened.
    pub commit: String,
    /// Its first line.
    pub subject: String,
    /// Where it is decided: the kernel's function.
    pub function: String,
    /// The first releases that have it, as far as known.
    pub since: String,
}

/// A script that shows a difference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Its name in the comparison, `scenario::forged-data`.
    pub script: String,
    /// The lines that differ.
    pub difference: Vec<String>,
}

/// A rule that acts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acts {
    /// The rule, in the file by its name.
    #[serde(deserialize_with = "named")]
    pub rule: RuleId,
    /// Only for a connection in this state.
    pub state: Option<State>,
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RuleId, D::Error> {
    let name = String::deserialize(deserializer)?;
    RuleId::from_name(&name).ok_or_else(|| de::Error::custom(format!("there is no rule `{name}`")))
}

/// Whether an entry is for a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It must show.
    Yes,
    /// It may show.
    Perhaps,
    /// It must not.
    No,
}

impl Entry {
    /// Whether it is for this kernel; for one whose release is not known no entry is.
    pub fn applies(&self, kernel: Option<Release>) -> Applies {
        let any = |releases: &[Releases]| kernel.is_some_and(|kernel| releases.iter().any(|some| some.contain(kernel)));
        match () {
            () if any(&self.kernels) => Applies::Yes,
            () if any(&self.unknown) => Applies::Perhaps,
            () => Applies::No,
        }
    }

    /// Whether the first statement at which the two differ shows it.
    fn shows_at_first(&self, differences: &[String]) -> bool {
        let lines = || differences.iter().filter_map(|difference| at_line(difference));
        let Some(first) = lines().map(|(line, _)| line).min() else { return false };
        let says = |said: &str| self.shows_as.iter().any(|pattern| matches(pattern, said));
        lines().any(|(line, said)| line == first && says(said))
    }

    /// Whether newer kernels no longer do so.
    pub fn has_ended(&self) -> bool {
        !self.kernels.is_empty() && self.kernels.iter().all(|releases| releases.until.is_some())
    }
}

/// All entries, in the file's order.
///
/// # Panics
/// If the file is missing or is no ledger: then nothing can be compared.
pub fn read() -> Vec<Entry> {
    let file = root().join("book/data/ledger.json");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Holds what differs in a script against the ledger; gives the ids of the entries that account for it, none if
/// nothing differs.
///
/// # Errors
/// Differences that no entry for this kernel accounts for, and listed ones that do not show.
pub fn judge<'a>(
    ledger: &'a [Entry],
    kernel: Option<Release>,
    script: &str,
    model: &Trace,
    differences: &[String],
) -> Result<Vec<&'a str>, String> {
    let mut left: Vec<&String> = differences.iter().collect();
    let mut accounting = Vec::new();
    let mut complaints = Vec::new();
    let mut other_way = None;
    for entry in ledger {
        let applies = entry.applies(kernel);
        if applies == Applies::No {
            continue;
        }
        let Some(shown) = entry.shown_by.iter().find(|shown| shown.script == script) else {
            if entry.rule.as_ref().is_some_and(|rule| acted(rule, model)) || entry.shows_at_first(differences) {
                other_way = other_way.or(Some(entry.id.as_str()));
            }
            continue;
        };
        let absent: Vec<&String> = shown.difference.iter().filter(|line| !differences.contains(line)).collect();
        if absent.is_empty() {
            left.retain(|line| !shown.difference.contains(line));
            accounting.push(entry.id.as_str());
        } else if applies == Applies::Yes {
            let lines = absent.iter().map(|line| format!("\n  {line}")).collect::<String>();
            complaints.push(format!("does not show on this kernel, as `{}` of the ledger says:{lines}", entry.id));
        }
    }
    if !left.is_empty() {
        match other_way {
            Some(id) => accounting.push(id),
            None => complaints.extend(left.into_iter().cloned()),
        }
    }
    if complaints.is_empty() { Ok(accounting) } else { Err(complaints.join("\n")) }
}

/// `line 8: the call: …` as the line's number and what differs there.
fn at_line(difference: &str) -> Option<(u32, &str)> {
    let (line, said) = difference.strip_prefix("line ")?.split_once(": ")?;
    Some((line.parse().ok()?, said))
}

/// Whether a text is what a pattern says, in which a `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| matches(rest, &text[at..]))
        }),
    }
}

/// Whether a rule acted in a run of the model.
fn acted(acts: &Acts, model: &Trace) -> bool {
    let mut states: BTreeMap<SocketId, State> = BTreeMap::new();
    model.events.iter().any(|event| match event {
        Event::State { socket, to, .. } => {
            states.insert(*socket, *to);
            false
        }
        Event::Rule { host, rule, .. } => {
            let is_there =
                |state| states.iter().any(|(socket, now)| model.sockets.host(*socket) == *host && *now == state);
            *rule == acts.rule && acts.state.is_none_or(is_there)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use catalogue::scenario;
    use scenario::Script;
    use sim::Stack;

    use super::*;

    fn entry(rule: Option<Acts>) -> Entry {
        let release = |text| Release::at_the_beginning_of(text).expect("a release");
        Entry {
            id: "old".to_owned(),
            title: String::new(),
            model: String::new(),
            reason: "a test".to_owned(),
            kernels: vec![Releases { from: release("5.10"), until: Some(release("6.1.9")) }],
            unknown: vec![Releases { from: release("6.1.10"), until: Some(release("6.1.20")) }],
            change: None,
            shown_by: vec![Shown { script: "x".to_owned(), difference: vec!["line 1: a / b".to_owned()] }],
            rule,
            shows_as: Vec::new(),
        }
    }

    fn model(id: &str) -> Trace {
        let script = Script::parse(scenario(id).expect("a scenario").text).expect("a script");
        sim::run(id, &script, Stack::Linux).expect("it can be performed")
    }

    #[test]
    fn an_entry_counts_for_its_kernels_alone_and_must_show_there() {
        let ledger = [entry(None)];
        let model = model("linger-zero");
        let listed = ["line 1: a / b".to_owned()];
        let other = ["line 1: a / b".to_owned(), "line 2: c / d".to_owned()];
        let judge = |kernel, script, differences: &[String]| {
            judge(&ledger, Release::at_the_beginning_of(kernel), script, &model, differences)
        };
        assert_eq!(judge("6.1.9", "x", &listed), Ok(vec!["old"]));
        assert!(judge("6.1.9", "x", &[]).is_err(), "it must show");
        assert!(judge("6.1.9", "x", &other).is_err(), "another line is not listed");
        assert_eq!(judge("6.1.10", "x", &listed), Ok(vec!["old"]));
        assert_eq!(judge("6.1.10", "x", &[]), Ok(vec![]), "it may show");
        assert!(judge("6.1.21", "x", &listed).is_err(), "it is over");
        assert_eq!(judge("6.1.21", "x", &[]), Ok(vec![]));
        assert!(judge("6.1.9", "y", &listed).is_err(), "another script");
        assert!(judge("unknown", "x", &listed).is_err(), "no kernel, no entry");
    }

    #[test]
    fn where_a_rule_acts_that_a_kernel_does_not_have_it_may_go_another_way() {
        let rule = RuleId::from_name("an ACK of what was never sent is answered").expect("there is such a rule");
        let model = [model("forged-data"), model("linger-zero")];
        let line = ["line 9: c / d".to_owned()];
        let old = Release::at_the_beginning_of("6.1");
        let ledger = [entry(Some(Acts { rule, state: None }))];
        assert_eq!(judge(&ledger, old, "y", &model[0], &line), Ok(vec!["old"]));
        assert!(judge(&ledger, old, "y", &model[1], &line).is_err(), "it does not act there");
        let elsewhere = [entry(Some(Acts { rule, state: Some(State::TimeWait) }))];
        assert!(judge(&elsewhere, old, "y", &model[0], &line).is_err(), "it acts in another state");
    }

    #[test]
    fn what_shows_first_in_another_script_says_why_the_rest_differs() {
        let model = model("linger-zero");
        let shows_as = vec!["the state of * on the *: TIME-WAIT / FIN-WAIT-2".to_owned()];
        let ledger = [Entry { shows_as, ..entry(None) }];
        let judge = |kernel, differences: &[&str]| {
            let differences: Vec<String> = differences.iter().map(|line| (*line).to_owned()).collect();
            judge(&ledger, Release::at_the_beginning_of(kernel), "y", &model, &differences).is_ok()
        };
        let shows = "line 7: the state of s on the server: TIME-WAIT / FIN-WAIT-2";
        let follows = "line 10: the call: read() = 0 / read() = blocks";
        assert!(judge("6.1.9", &[shows, "line 7: what s on the server holds: timer timewait / nothing", follows]));
        assert!(!judge("6.1.9", &[follows]), "it does not show");
        assert!(!judge("6.1.9", &["line 3: the call: read() = 0 / read() = blocks", shows]), "that came before it");
        assert!(!judge("6.1.9", &["line 7: the state of s on the server: TIME-WAIT / FIN-WAIT-1"]), "another one");
        let more = "line 7: the state of s on the server: TIME-WAIT / FIN-WAIT-2, then CLOSED";
        assert!(!judge("6.1.9", &[more]), "a pattern says all of the line");
        assert!(!judge("6.1.21", &[shows]), "it is over");
    }

    #[test]
    fn every_entry_has_a_reason_and_is_about_what_there_is() {
        let ledger = read();
        for entry in &ledger {
            let Entry { id, reason, kernels, shown_by, .. } = entry;
            let of = kernels.len() + entry.unknown.len();
            assert!(!reason.is_empty() && of > 0, "{id}: no reason, or no kernel");
            assert!(!shown_by.is_empty(), "{id}: no script shows it");
            assert!(ledger.iter().filter(|other| other.id == *id).count() == 1, "{id}: twice");
            for script in shown_by.iter().map(|shown| &shown.script) {
                let known = match script.split_once("::") {
                    Some(("scenario", name)) => scenario(name).is_some(),
                    Some(("found", name)) => crate::found::read().iter().any(|found| found.name == name),
                    _ => false,
                };
                assert!(known, "{id}: {script} is neither a scenario nor found");
            }
            for Shown { script, difference } in shown_by {
                assert!(!difference.is_empty(), "{id}: {script} differs in nothing");
            }
            for pattern in &entry.shows_as {
                let is_seen = |line: &String| at_line(line).is_some_and(|(_, said)| matches(pattern, said));
                let mut lines = shown_by.iter().flat_map(|shown| &shown.difference);
                assert!(lines.any(is_seen), "{id}: no script that shows it has a line as `{pattern}`");
            }
        }
    }
}
