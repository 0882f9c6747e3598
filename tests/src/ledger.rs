//! The ledger: differences between model and kernel that stay, each with its reason.
//!
//! The data is in book/data/ledger.json, and the book prints it. An entry that no longer differs is an error.

use std::fs;

use serde::Deserialize;

use crate::root;

/// A difference that stays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The scenario's id.
    pub scenario: String,
    /// The kernel releases on which it was seen, `6.18` say.
    pub kernels: Vec<String>,
    /// The lines of the normal form in which the two differ, exactly as the comparison prints them.
    pub difference: Vec<String>,
    /// Why it stays.
    pub reason: String,
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

/// Holds what differs in a scenario against the ledger.
///
/// # Errors
/// Differences that are not listed, and listed ones that are gone.
pub fn judge(ledger: &[Entry], scenario: &str, differences: &[String]) -> Result<(), String> {
    let listed: Vec<&String> =
        ledger.iter().filter(|entry| entry.scenario == scenario).flat_map(|entry| &entry.difference).collect();
    let mut complaints: Vec<String> =
        differences.iter().filter(|difference| !listed.contains(difference)).cloned().collect();
    for gone in listed.into_iter().filter(|listed| !differences.contains(listed)) {
        complaints.push(format!("no longer differs, so take it out of book/data/ledger.json: {gone}"));
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_difference_must_differ_and_an_unlisted_one_must_not() {
        let ledger = [Entry {
            scenario: "x".to_owned(),
            kernels: vec!["6.18".to_owned()],
            difference: vec!["line 1: a / b".to_owned()],
            reason: "a test".to_owned(),
        }];
        assert_eq!(judge(&ledger, "x", &["line 1: a / b".to_owned()]), Ok(()));
        assert_eq!(judge(&ledger, "y", &[]), Ok(()));
        assert!(judge(&ledger, "x", &[]).is_err());
        assert!(judge(&ledger, "y", &["line 1: a / b".to_owned()]).is_err());
    }

    #[test]
    fn every_entry_has_a_reason_and_a_scenario_of_the_book() {
        for entry in read() {
            assert!(scenario::scenario(&entry.scenario).is_some(), "{}: no such scenario", entry.scenario);
            assert!(
                !entry.reason.is_empty() && !entry.kernels.is_empty(),
                "{}: no reason, or no kernel",
                entry.scenario
            );
        }
    }
}
