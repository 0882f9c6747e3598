//! What can be checked in prose: no word that hides a condition, no chapter without its parts, no sentence that runs on.

use tests::files::read;
use tests::root;

/// Words that stand where a condition should be, or where nothing should. They are sought as whole words.
const WEASELS: [&str; 16] = [
    "usually",
    "often",
    "normally",
    "typically",
    "generally",
    "probably",
    "obviously",
    "of course",
    "simply",
    "basically",
    "actually",
    "mostly",
    "easily",
    "rarely",
    "very",
    "somehow",
];
/// Where one of them is meant, and why.
const MEANT: [&str; 5] = [
    "closed normally or was aborted", // RFC 9293's words, MUST-12
    "how often",                      // a number is asked for
    "often concluded",                // by others
    "often taken for",
    "the very last ack", // a scenario's question
];
/// A longer sentence is two.
const WORDS_MAX: usize = 40;

#[test]
fn no_word_hides_a_condition() {
    let mut found = Vec::new();
    for (chapter, text) in chapters() {
        for (number, line) in prose(&text) {
            let mut plain = line.to_lowercase();
            for meant in MEANT {
                plain = plain.replace(meant, "");
            }
            let words: Vec<&str> =
                plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
            let spaced = format!(" {} ", words.join(" "));
            for weasel in WEASELS.iter().filter(|weasel| spaced.contains(&format!(" {weasel} "))) {
                found.push(format!("book/{chapter}:{number}: `{weasel}`: state the condition, or leave it out"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_sentence_runs_on() {
    let mut long = Vec::new();
    for (chapter, text) in chapters() {
        for (number, line) in prose(&text).filter(|(_, line)| !line.starts_with('|')) {
            for sentence in line.split(['.', '?', '!', ':', ';']) {
                let words = sentence.split_whitespace().count();
                if words > WORDS_MAX {
                    long.push(format!("book/{chapter}:{number}: {words} words in a sentence, at most {WORDS_MAX}"));
                }
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_chapter_has_its_parts() {
    let mut missing = Vec::new();
    for (chapter, text) in chapters() {
        let Some((part, _)) = chapter.split_once('/') else { continue };
        let wanted: &[&str] = match part {
            "orderly" | "reset" | "silence" | "between" => {
                &["## Where it is written", "## How it looks", "## Try it", "## Check yourself"]
            }
            _ => &[],
        };
        if !text.starts_with("# ") {
            missing.push(format!("book/{chapter} does not begin with its heading"));
        }
        for heading in wanted.iter().filter(|heading| !text.contains(*heading)) {
            missing.push(format!("book/{chapter} has no `{heading}`"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A change that a reader is to make names its run, where the page has more pictures than one or none.
#[test]
fn every_change_worth_making_names_its_run() {
    let mut unnamed = Vec::new();
    for (chapter, text) in chapters().iter().filter(|(_, text)| text.matches("{{#scenario").count() != 1) {
        let Some((_, rest)) = text.split_once("\nChanges worth making") else { continue };
        let mut lines = rest.lines();
        if lines.next().is_some_and(|line| line.contains("](step:")) {
            continue;
        }
        let changes = lines.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("- "));
        let without = changes.filter(|line| !line.contains("](step:") && !line.contains("same run"));
        unnamed.extend(without.map(|line| format!("book/{chapter}: in which picture? `{line}`")));
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
}

/// The chapters in the book's order: their files from the book's root, and their text.
fn chapters() -> Vec<(String, String)> {
    let book = root().join("book");
    let links = read(&book.join("SUMMARY.md"));
    let files = links.lines().filter_map(|line| Some(line.split_once("](")?.1.split_once(')')?.0));
    files.map(|file| (file.to_owned(), read(&book.join(file)))).collect()
}

/// The lines that are prose, with their numbers: no code, no HTML, no directive.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence && !line.starts_with('<') && !line.starts_with("{{#")
    })
}
