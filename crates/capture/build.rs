//! Turns the book's list of causes (`book/data/causes.json`) into the causes that verdicts name, and with the book's
//! table of lines (`book/data/messages.json`) into the form that the program has inside; looks up the headings of the
//! chapters that verdicts name.

// Half of the table's type is for readers of the library alone.
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/text/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use serde::de::DeserializeOwned;
use table::{Cause, Table};

fn main() {
    println!("cargo:rerun-if-changed=src/text/table.rs");
    let mut table: Table = data("messages.json");
    table.causes = data("causes.json");
    // Chapters that counters and lists of sockets name.
    let more = ["silence/cannot-connect.md", "reference/counters.md", "reset/what-is-a-reset.md"].map(str::to_owned);
    let chapters = table.causes.iter().map(|cause| cause.chapter.clone()).chain(more);
    table.titles = chapters.map(|chapter| (chapter.clone(), title(&chapter))).collect();
    write("messages.postcard", postcard::to_allocvec(&table).expect("a table of texts can be packed"));

    write("causes.rs", verdicts(&table.causes));
    let headings: Vec<String> = chapters_of_verdicts(&table.causes)
        .iter()
        .map(|chapter| format!("({chapter:?}, {:?})", title(chapter)))
        .collect();
    write("headings.rs", format!("&[{}]", headings.join(", ")));
}

/// A file of the book's data.
fn data<T: DeserializeOwned>(name: &str) -> T {
    let file = PathBuf::from("../../book/data").join(name);
    println!("cargo:rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn write(name: &str, bytes: impl AsRef<[u8]>) {
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(folder.join(name), bytes).expect("cargo's folder can be written");
}

/// The causes that a capture can show, as a type, and what is known of each.
fn verdicts(causes: &[Cause]) -> String {
    let (mut variants, mut all, mut known) = (String::new(), String::new(), String::new());
    let shown = causes.iter().filter_map(|cause| Some((cause, cause.verdict.as_ref()?)));
    for (cause, verdict) in shown {
        let name = variant(&cause.id);
        writeln!(variants, "#[doc = {:?}] {name},", cause.title).expect("a String takes it");
        write!(all, "Cause::{name}, ").expect("a String takes it");
        let scenario = verdict.scenario.as_ref().or(cause.scenario.as_ref());
        let (id, says, next, chapter) = (&cause.id, &verdict.says, &verdict.next, &cause.chapter);
        writeln!(
            known,
            "Known {{ id: {id:?}, says: {says:?}, scenario: {scenario:?}, chapter: {chapter:?}, next: {next:?} }},"
        )
        .expect("a String takes it");
    }
    let count = known.lines().count();
    format!(
        "/// Why a connection ended as it did.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         pub enum Cause {{ {variants} }}\n\
         const ALL: [Cause; {count}] = [{all}];\n\
         const KNOWN: [Known; {count}] = [{known}];\n"
    )
}

/// `UnreadData` of `unread-data`
fn variant(id: &str) -> String {
    let words = id.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect()
}

/// The chapters that the code of verdicts names.
fn chapters_of_verdicts(causes: &[Cause]) -> BTreeSet<String> {
    let shown = causes.iter().filter(|cause| cause.verdict.is_some());
    let mut chapters: BTreeSet<String> = shown.map(|cause| cause.chapter.clone()).collect();
    let file = "src/ending/mod.rs";
    println!("cargo:rerun-if-changed={file}");
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    chapters.extend(text.split('"').filter(|part| part.ends_with(".md")).map(str::to_owned));
    chapters
}

/// The heading of a chapter.
fn title(chapter: &str) -> String {
    let file = PathBuf::from("../../book").join(chapter);
    println!("cargo:rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let heading = text.lines().next().and_then(|line| line.strip_prefix("# "));
    heading.unwrap_or_else(|| panic!("{} does not begin with its heading", file.display())).to_owned()
}
