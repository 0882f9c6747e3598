//! The preprocessor as plain `mdbook build` calls it: `supports RENDERER`, and the book as JSON from stdin to stdout.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn preprocessor() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mdbook-scenario"))
}

/// What a build leaves in book/player.
const BUILT: &[&str] = &["player-0123.js"];

/// A book's folder with these files where a build leaves its own.
fn book(name: &str, built: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root); // of the last run; there may be none
    fs::create_dir_all(root.join("book/player")).expect("the target folder can be written to");
    for file in built {
        fs::write(root.join("book/player").join(file), "").expect("it can be written to");
    }
    root
}

/// What mdBook 0.5 sends: `[context, book]`.
fn input(root: &Path, chapter: &str) -> Value {
    json!([
        {
            "root": root,
            "config": { "book": { "title": "T", "src": "book" }, "preprocessor": { "scenario": {} } },
            "renderer": "html",
            "mdbook_version": "0.5.4"
        },
        {
            "items": [{ "Chapter": {
                "name": "One",
                "content": chapter,
                "number": [1],
                "sub_items": [],
                "path": "one.md",
                "source_path": "one.md",
                "parent_names": []
            } }]
        }
    ])
}

fn answer(input: &Value) -> Output {
    let mut child = preprocessor()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the preprocessor starts");
    let mut stdin = child.stdin.take().expect("stdin was asked for");
    stdin.write_all(input.to_string().as_bytes()).expect("the preprocessor reads");
    drop(stdin);
    child.wait_with_output().expect("the preprocessor ends")
}

#[test]
fn it_supports_pages_and_nothing_else() {
    let supports = |renderer| preprocessor().args(["supports", renderer]).status().expect("it starts").success();
    assert!(supports("html"));
    assert!(!supports("markdown"));
}

#[test]
fn a_book_goes_in_and_comes_out_with_pictures() {
    let root = book("with-pictures", BUILT);
    let output = answer(&input(&root, "# One\n\n{{#scenario write-after-peer-close}}\n"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let book: Value = serde_json::from_slice(&output.stdout).expect("stdout is JSON and nothing else");
    let content = book["items"][0]["Chapter"]["content"].as_str().expect("the chapter has a text");
    let part = "data-program=\"player/player-0123.js\"";
    assert!(content.contains(part), "{part} in {content}");
}

#[test]
fn a_wrong_directive_stops_the_build_with_chapter_and_line() {
    let root = book("with-a-mistake", BUILT);
    let output = answer(&input(&root, "# One\n\n{{#scenario write-after-pear-close}}\n"));
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    let place = Path::new("book").join("one.md");
    assert!(said.starts_with(&format!("{}:3: no scenario `write-after-pear-close`", place.display())), "{said}");
}

#[test]
fn without_the_widget_s_program_it_says_what_to_build() {
    let root = book("without-program", &[]);
    let output = answer(&input(&root, ""));
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("run `cargo xtask build` first"));
}
