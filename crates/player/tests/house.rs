//! How the player is built.

use std::fs;
use std::path::Path;

/// What performs a script, or leads to it.
const PERFORMS: [&str; 8] =
    ["sim::", "Run::of(", "Run::empty(", "Session::new(", ".after(", "performed(", "bands(&", "Script::parse("];

/// The functions of a source that give what is drawn: name and body.
fn drawing(source: &str) -> Vec<(&str, &str)> {
    const GIVES: &str = "-> Html ";
    let (source, _) = source.split_once("#[cfg(test)]").unwrap_or((source, ""));
    let one = |gives: usize| {
        let name = source[..gives].rsplit_once("fn ").map_or("", |(_, name)| name);
        let body = &source[gives + GIVES.len()..];
        let mut depth = 0;
        let end = body.find(|letter| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            depth == 0
        });
        (name.split(['(', '<']).next().unwrap_or_default(), &body[..end.expect("each body ends")])
    };
    source.match_indices("-> Html {").map(|(gives, _)| one(gives)).collect()
}

#[test]
fn nothing_is_performed_while_anything_is_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut bodies = 0;
    for file in fs::read_dir(folder).expect("the sources are there") {
        let file = file.expect("the folder stays as it is").path();
        let source = fs::read_to_string(&file).expect("a source is text");
        for (name, body) in drawing(&source) {
            bodies += 1;
            for what in PERFORMS {
                assert!(!body.contains(what), "{}: `{name}` draws, and has {what}", file.display());
            }
        }
    }
    assert!(bodies > 45, "only {bodies} functions draw");
}

#[test]
fn what_draws_is_found_and_so_is_what_performs_in_it() {
    let found = drawing(
        "fn a(x: u8) -> u8 { Run::of(x) }\n    fn view(&self, P { y }: P) -> Html {\n if y { Run::of(y) } }\nfn z() {}",
    );
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["view"]);
    assert!(found[0].1.contains("Run::of("));
}
