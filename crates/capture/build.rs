//! Turns the book's table of lines (`book/data/messages.json`) into the form that the program has inside, and looks up
//! the headings of the chapters that verdicts name.

// Half of the table's type is for readers of the library alone.
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/text/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let file = PathBuf::from("../../book/data/messages.json");
    println!("cargo:rerun-if-changed={}", file.display());
    println!("cargo:rerun-if-changed=src/text/table.rs");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut table: table::Table =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    // Chapters that counters and lists of sockets name.
    let more = ["silence/cannot-connect.md", "reference/counters.md", "reset/what-is-a-reset.md"].map(str::to_owned);
    let chapters = table.causes.iter().map(|cause| cause.chapter.clone()).chain(more);
    table.titles = chapters.map(|chapter| (chapter.clone(), title(&chapter))).collect();
    let packed = postcard::to_allocvec(&table).expect("a table of texts can be packed");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names the folder"));
    fs::write(folder.join("messages.postcard"), packed).expect("cargo's folder can be written");

    let headings: Vec<String> =
        chapters_of_verdicts().iter().map(|chapter| format!("({chapter:?}, {:?})", title(chapter))).collect();
    fs::write(folder.join("headings.rs"), format!("&[{}]", headings.join(", ")))
        .expect("cargo's folder can be written");
}

/// The chapters that the code of verdicts names.
fn chapters_of_verdicts() -> BTreeSet<String> {
    let mut chapters = BTreeSet::new();
    for file in ["src/ending/cause.rs", "src/ending/mod.rs"] {
        println!("cargo:rerun-if-changed={file}");
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        chapters.extend(text.split('"').filter(|part| part.ends_with(".md")).map(str::to_owned));
    }
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
