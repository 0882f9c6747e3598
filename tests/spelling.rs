//! No word that is misspelt, in the book, in the documents and in the code.
//!
//! It knows misspellings, not words: what the dictionary of `typos` does not list passes.

use tests::files::{below, is, read, relative};
use typos::tokens::{Identifier, Tokenizer, Word};
use typos::{Dictionary, Status};
use typos_dict::WORD;
use unicase::UniCase;

/// The kinds of files that are written here. The rest is generated, or from elsewhere.
const WRITTEN: [&str; 12] = ["md", "tcp", "rs", "toml", "js", "css", "hbs", "yml", "sh", "py", "java", "c"];
const NOT_OURS: [&str; 5] = [
    "tests/browser/axe.min.js",
    "book/linux/v86.min.js",
    "theme/highlight.js",
    "LICENSE-TEXT",
    "crates/capture/src/text/translations.rs",
];
/// Words that are right: the word, the files that may have it (by the beginning of their path), and why.
const ACCEPTED: [(&str, &str, &str); 11] = [
    ("rto", "", "RTO, the retransmission timeout of RFC 6298"),
    ("flate", "", "flate2, a crate"),
    ("wriet", "crates/scenario/src/parse/tests.rs", "a mistake that the parser must find"),
    ("eror", "crates/scenario/src/parse/tests.rs", "a mistake that the parser must find"),
    ("fo", "crates/scenario/src/packed.rs", "a plain text of RFC 4648 §10"),
    ("fo", "crates/xtask/src/content_security_policy.rs", "a plain text of RFC 4648 §10"),
    ("ofo", "crates/", "tcp_ofo_queue, a kernel function: out of order"),
    ("ond", "crates/native/examples/read-messages.rs", "the end of a word that is sent in two pieces"),
    ("ba", "book/reference/older-kernels.md", "of a commit's number"),
    ("rror", "tests/tables.rs", "of Error and of error"),
    ("onnection", "tests/tables.rs", "of Connection and of connection"),
];

struct Misspellings;

impl Dictionary for Misspellings {
    fn correct_ident<'s>(&'s self, _: Identifier<'_>) -> Option<Status<'s>> {
        None
    }

    fn correct_word<'s>(&'s self, word: Word<'_>) -> Option<Status<'s>> {
        let corrections = WORD.find(&UniCase::new(word.token()))?;
        Some(Status::Corrections(corrections.iter().map(|right| (*right).into()).collect()))
    }
}

#[test]
fn no_word_is_misspelt() {
    let mut used = [false; ACCEPTED.len()];
    let mut found = Vec::new();
    for file in below(&["."]).iter().filter(|file| is(file, &WRITTEN)) {
        let place = relative(file);
        // This file is the list of them.
        if place == "tests/spelling.rs" || NOT_OURS.contains(&place.as_str()) {
            continue;
        }
        for (line, word, right) in misspelt(&without_packed_scripts(&read(file))) {
            let accepted = ACCEPTED
                .iter()
                .position(|(accepted, files, _)| word.eq_ignore_ascii_case(accepted) && place.starts_with(files));
            match accepted {
                Some(index) => used[index] = true,
                None => found.push(format!("{place}:{line}: `{word}`, rather {right}")),
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    for ((word, files, _), used) in ACCEPTED.iter().zip(used) {
        assert!(used, "`{word}` is accepted in `{files}` and stands nowhere there: take it out of the list");
    }
}

/// The text without the scripts that its links into the playground carry: they are no words.
fn without_packed_scripts(text: &str) -> String {
    let mut parts = text.split("&script=");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.find('&').map_or("", |end| &part[end..]))
}

/// The misspelt words of a text: the line, the word, what would be right.
fn misspelt(text: &str) -> Vec<(usize, String, String)> {
    let tokenizer = Tokenizer::new();
    typos::check_str(text, &tokenizer, &Misspellings)
        .map(|typo| {
            let line = 1 + text[..typo.byte_offset].matches('\n').count();
            let Status::Corrections(right) = typo.corrections else {
                unreachable!("the dictionary gives nothing else")
            };
            (line, typo.typo.into_owned(), right.join(" or "))
        })
        .collect()
}

#[test]
fn words_around_a_link_are_checked() {
    let text = without_packed_scripts("[a](x.html#v=1&script=SWt0&sum=1)\nrecieve");
    assert_eq!(text, "[a](x.html#v=1&sum=1)\nrecieve");
}

#[test]
fn a_misspelling_is_found_with_its_line() {
    let found = misspelt("Fine.\nThe adress is in `TIME_WIAT`, and recieveBuffer is unread.");
    let found: Vec<(usize, &str, &str)> =
        found.iter().map(|(line, word, right)| (*line, word.as_str(), right.as_str())).collect();
    assert_eq!(found, [(2, "adress", "address"), (2, "WIAT", "wait"), (2, "recieve", "receive")]);
}
