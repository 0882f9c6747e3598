//! What ARCHITECTURE.md promises about the repository itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use catalogue::CATALOGUE;
use scenario::RuleId;
use serde_json::Value;
use tests::files::{below, is, read, relative};
use tests::root;

/// Who may name whom: every crate of the workspace, and the crates of the workspace below it.
const IMPORTS: [(&str, &[&str]); 14] = [
    ("scenario", &[]),
    ("catalogue", &["scenario"]),
    ("sim", &["scenario", "catalogue"]),
    ("native", &["scenario", "catalogue"]),
    // Its tests and its example perform the ways to end a connection.
    ("capture", &["scenario", "catalogue", "sim"]),
    ("guest", &["scenario", "native"]),
    ("evidence", &["capture"]),
    // Its tests read captures of what the simulator performs.
    ("analyzer", &["scenario", "catalogue", "sim", "capture", "view"]),
    // Its tests lay out what the simulator performs.
    ("view", &["scenario", "catalogue", "sim"]),
    ("player", &["scenario", "catalogue", "sim", "view"]),
    ("here", &["scenario", "catalogue", "sim", "view", "player"]),
    ("mdbook-scenario", &["scenario", "catalogue", "sim", "view", "player"]),
    ("xtask", &["scenario", "catalogue", "sim", "native", "view", "player", "mdbook-scenario"]),
    ("tests", &["scenario", "catalogue", "sim", "native", "capture", "view", "player", "mdbook-scenario", "xtask"]),
];
/// A file that is longer is two ideas; the exceptions have their reason beside them.
const LINES_MAX: usize = 600;
const LONG: [(&str, &str); 0] = [];
/// The same script gives the same bytes only as long as these stay out of what performs it.
const NOT_THE_SAME_TWICE: [&str; 8] =
    ["HashMap", "HashSet", "Instant::now", "SystemTime", "std::net", "std::fs", "std::env", "std::thread"];

#[test]
fn imports_point_one_way() {
    let members = members();
    assert_eq!(
        members.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        IMPORTS.iter().map(|(name, _)| *name).collect()
    );
    for (name, allowed) in IMPORTS {
        for import in members[name].iter().filter(|import| members.contains_key(*import)) {
            assert!(allowed.contains(&import.as_str()), "{name} names {import}, but may name only {allowed:?}");
        }
    }
}

/// Of Yew's own JSON library nothing is left in the program: `cargo xtask build` looks for it there.
#[test]
fn what_the_page_performs_knows_no_json_and_no_randomness() {
    let tree = cargo(&[
        "tree",
        "--package",
        "sim",
        "--target",
        "wasm32-unknown-unknown",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("scenario") && crates.contains("smoltcp"), "{crates:?}");
    for absent in ["serde_json", "getrandom", "rand", "yew", "wasm-bindgen"] {
        assert!(!crates.contains(absent), "sim has {absent} in it");
    }
}

#[test]
fn a_run_depends_on_its_script_alone() {
    for file in below(&["crates/scenario/src", "crates/sim/src"]) {
        let text = read(&file);
        for word in NOT_THE_SAME_TWICE {
            assert!(!text.contains(word), "{} has {word}: the same script must give the same bytes", file.display());
        }
    }
}

#[test]
fn every_script_is_in_the_catalogue_and_every_entry_is_a_script() {
    let scripts: BTreeSet<String> = below(&["book/scenarios"])
        .iter()
        .map(|file| {
            assert_eq!(file.extension().and_then(|ending| ending.to_str()), Some("tcp"), "{}", file.display());
            file.file_stem().expect("it has a name").to_string_lossy().into_owned()
        })
        .collect();
    let entries: Vec<String> = CATALOGUE.iter().map(|entry| entry.id.to_owned()).collect();
    assert_eq!(scripts, entries.iter().cloned().collect(), "scripts in book/scenarios, and the catalogue's entries");
    assert_eq!(entries.len(), scripts.len(), "an entry stands in the catalogue once");
}

#[test]
fn every_scenario_is_used_and_every_embed_is_known() {
    let mut unused: BTreeSet<&str> = CATALOGUE.iter().map(|entry| entry.id).collect();
    for chapter in chapters() {
        let text = read(&chapter);
        for found in mdbook_scenario::directives(&text) {
            let directive = found.unwrap_or_else(|wrong| panic!("{}:{}: {}", chapter.display(), wrong.line, wrong.why));
            let place = format!("{}:{}", chapter.display(), directive.line);
            assert!(catalogue::scenario(&directive.id).is_some(), "{place}: no scenario `{}`", directive.id);
            unused.remove(directive.id.as_str());
        }
        // A chapter may name a scenario without showing it: `its-id`.
        unused.retain(|id| !text.contains(&format!("`{id}`")));
    }
    assert!(unused.is_empty(), "scenarios that no chapter shows or names: {unused:?}");
}

#[test]
fn every_chapter_is_in_the_summary() {
    let summary = read(&root().join("book/SUMMARY.md"));
    // mdBook serves the page for addresses that are none by itself.
    for chapter in chapters().iter().filter(|chapter| !chapter.ends_with("404.md")) {
        let path = chapter
            .strip_prefix(root().join("book"))
            .expect("it lies in the book")
            .to_string_lossy()
            .replace('\\', "/");
        assert!(summary.contains(&format!("({path})")), "book/{path} is not in book/SUMMARY.md");
    }
}

#[test]
fn an_example_s_name_means_one_program() {
    let metadata = metadata();
    let mut names: Vec<&str> = targets(&metadata, "example");
    names.sort_unstable();
    let all = names.clone();
    names.dedup();
    assert_eq!(all, names, "cargo run --example NAME must mean one program");
}

#[test]
fn no_file_holds_two_ideas() {
    let mut long = Vec::new();
    for file in below(&["crates", "tests"]).iter().filter(|file| is(file, &["rs", "js", "css"])) {
        let name = relative(file);
        if name.ends_with(".min.js") {
            continue;
        }
        let lines = read(file).lines().count();
        if lines > LINES_MAX && !LONG.iter().any(|(long, _)| *long == name) {
            long.push(format!("{name}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "over {LINES_MAX} lines: {long:?}");
}

#[test]
fn no_file_names_a_machine() {
    // Written in two parts, or this file would be the first to fail.
    let homes = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("C:", "\\Users")];
    let here = root().canonicalize().expect("the root is there").display().to_string() + "/";
    for file in below(&["."])
        .iter()
        .filter(|file| is(file, &["rs", "md", "toml", "tcp", "js", "css", "json", "trace", "yml", "lock"]))
    {
        let text = read(file);
        for path in homes.iter().copied().chain([here.as_str()]) {
            assert!(!text.contains(path), "{} names a path of one machine: {path}", relative(file));
        }
    }
}

#[test]
fn every_file_that_our_pages_name_is_there() {
    let files: Vec<String> = below(&["."]).iter().map(|file| format!("/{}", relative(file))).collect();
    let mut named = 0;
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = read(&root().join(page));
        // Every second piece stands between backticks.
        for name in text.split('`').skip(1).step_by(2).filter(|name| is(Path::new(name), &["rs", "md", "js", "json"])) {
            let is_a_path = !name.contains([' ', '*', '{']) && !name.contains("HASH") && !name.contains("my-ending");
            if is_a_path {
                named += 1;
                assert!(
                    files.iter().any(|file| file.ends_with(&format!("/{name}"))),
                    "{page} names {name}, which is not there"
                );
            }
        }
    }
    assert!(named > 40, "only {named} files are named");
}

/// In comments and in what is printed too, a path leads somewhere.
#[test]
fn every_path_that_a_source_names_is_there() {
    let mut named = 0;
    for file in below(&["."]).iter().filter(|file| is(file, &["rs", "hbs", "js", "css", "toml"])) {
        let text = read(file);
        for place in text.split(|letter: char| !letter.is_ascii_alphanumeric() && !"/._-*{}<>".contains(letter)) {
            let path = place.trim_end_matches('.');
            let is_a_file = is(Path::new(path), &["rs", "md", "js", "css"]) && !path.contains(['*', '{', '<']);
            if path.starts_with("crates/") && is_a_file {
                named += 1;
                assert!(root().join(path).is_file(), "{} names {path}, which is not there", relative(file));
            }
        }
    }
    assert!(named > 10, "only {named} files are named");
}

/// Who knows the kernel finds the rule by its function's name.
#[test]
fn every_function_of_the_kernel_that_a_rule_names_is_cited_where_it_is_decided() {
    let rules: String = below(&["crates/sim/src/rules"]).iter().map(|file| read(file)).collect();
    for rule in RuleId::ALL {
        for function in rule.kernel().split(", ") {
            assert!(rules.contains(function), "no file in crates/sim/src/rules names {function}: {rule:?}");
        }
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let metadata = metadata();
    let version = metadata["packages"][0]["version"].as_str().expect("a package has a version");
    let changelog = read(&root().join("CHANGELOG.md"));
    assert!(changelog.contains(&format!("## {version}")), "CHANGELOG.md has no section for {version}");
}

/// The workspace's members, with what they depend on, for their tests too.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("cargo lists packages");
    let text = |value: &Value| value.as_str().expect("a name is a text").to_owned();
    packages
        .iter()
        .map(|package| {
            let imports = package["dependencies"].as_array().expect("cargo lists dependencies");
            (text(&package["name"]), imports.iter().map(|import| text(&import["name"])).collect())
        })
        .collect()
}

fn targets<'a>(metadata: &'a Value, kind: &str) -> Vec<&'a str> {
    let packages = metadata["packages"].as_array().expect("cargo lists packages");
    packages
        .iter()
        .flat_map(|package| package["targets"].as_array().expect("cargo lists targets"))
        .filter(|target| target["kind"][0] == kind)
        .map(|target| target["name"].as_str().expect("a name is a text"))
        .collect()
}

fn metadata() -> Value {
    let text = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    serde_json::from_str(&text).expect("cargo prints JSON")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).current_dir(root()).args(arguments).output().expect("cargo starts");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn chapters() -> Vec<PathBuf> {
    let mut chapters = below(&["book"]);
    chapters.retain(|file| is(file, &["md"]) && !file.ends_with("SUMMARY.md"));
    assert!(!chapters.is_empty(), "the book has chapters");
    chapters
}

/// Between the files and folders of one folder imports point one way. What stands in `lib.rs`, `main.rs` or `mod.rs` is
/// the ground that all of them stand on.
#[test]
fn no_two_files_of_a_crate_import_each_other() {
    let mut circles = Vec::new();
    for source in crate_sources() {
        let folders: BTreeSet<PathBuf> =
            rust(&source).iter().filter_map(|file| file.parent().map(PathBuf::from)).collect();
        for folder in folders {
            let modules = modules(&folder);
            let imports: BTreeMap<&str, BTreeSet<String>> = modules
                .iter()
                .map(|(name, files)| {
                    let named = files.iter().flat_map(|file| imported(&source, &folder, file));
                    (name.as_str(), named.filter(|other| other != name && modules.contains_key(other)).collect())
                })
                .collect();
            for (name, others) in &imports {
                let back = others.iter().filter(|other| reaches(&imports, other, name));
                circles.extend(back.map(|other| format!("{}: {name} and {other}", relative(&folder))));
            }
        }
    }
    assert!(circles.is_empty(), "import each other, perhaps over others:\n{circles:#?}");
}

/// The folders of the crates' sources.
fn crate_sources() -> Vec<PathBuf> {
    let crates = std::fs::read_dir(root().join("crates")).expect("there are crates");
    crates.map(|entry| entry.expect("it can be read").path().join("src")).collect()
}

fn rust(folder: &Path) -> Vec<PathBuf> {
    let mut files = below(&["crates"]);
    files.retain(|file| file.starts_with(folder) && is(file, &["rs"]));
    files
}

/// The modules of a folder, each with its files: `NAME.rs`, and all below `NAME/`.
fn modules(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut modules: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in rust(folder) {
        let inside = file.strip_prefix(folder).expect("it is below").to_owned();
        let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy().into_owned();
        let name = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
        if !["lib", "main", "mod"].contains(&name.as_str()) {
            modules.entry(name).or_default().push(file);
        }
    }
    modules
}

/// The modules of the folder that a file of it names: by `crate::` and the folder's path, or by `super::`.
fn imported(source: &Path, folder: &Path, file: &Path) -> BTreeSet<String> {
    let text = read(file);
    // Tests may name what they like.
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let parts = |path: &Path| -> Vec<String> {
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let inside = parts(folder.strip_prefix(source).expect("it is below"));
    let mut prefixes = vec![[vec!["crate".to_owned()], inside].concat().join("::") + "::"];
    // A file in `folder/a/b.rs` goes up twice to the folder's own modules.
    let mut depth = parts(file.strip_prefix(folder).expect("it is below")).len();
    if file.file_stem().is_some_and(|stem| stem == "mod") {
        depth -= 1;
    }
    prefixes.push("super::".repeat(depth));
    let mut named = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for prefix in &prefixes {
            for (at, _) in line.match_indices(prefix.as_str()) {
                let before = line[..at].chars().next_back();
                if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
                    continue;
                }
                named.extend(first_words(&line[at + prefix.len()..]));
            }
        }
    }
    named
}

/// `a` of `a::B`, and each of `{a, b::C}`.
fn first_words(path: &str) -> Vec<String> {
    let word = |path: &str| path.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    match path.strip_prefix('{') {
        None => vec![word(path)],
        Some(inside) => {
            let mut depth = 0;
            let mut words = vec![word(inside)];
            for (at, letter) in inside.char_indices() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => words.push(word(inside[at + 1..].trim_start())),
                    _ => {}
                }
            }
            words
        }
    }
}

fn reaches(imports: &BTreeMap<&str, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        if name == to {
            return true;
        }
        next.extend(imports[name].iter().map(String::as_str).filter(|other| seen.insert(other)));
    }
    false
}
