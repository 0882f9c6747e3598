//! What the simulator's files may know of each other.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Every file of the crate, by its path under `src`, without its tests.
fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(SOURCE), &mut found);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("it is text");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        (path.strip_prefix(SOURCE).expect("it lies there").to_string_lossy().into_owned(), code)
    };
    let files: Vec<_> = found.into_iter().map(read).collect();
    assert!(files.len() > 30, "the crate has {} files only: is this its folder?", files.len());
    files
}

fn that_name(word: &str) -> Vec<String> {
    let mut names: Vec<String> =
        files().into_iter().filter(|(_, code)| code.contains(word)).map(|(name, _)| name).collect();
    names.sort();
    names
}

#[test]
fn smoltcps_sockets_are_touched_by_the_endpoint_and_by_the_bare_host_alone() {
    assert_eq!(that_name("smoltcp::socket"), ["bare.rs", "tcp/endpoint.rs"]);
}

#[test]
fn rules_are_named_in_their_own_room_alone() {
    let elsewhere: Vec<String> = that_name("RuleId::").into_iter().filter(|name| !name.starts_with("rules/")).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn rules_know_neither_kernel_nor_smoltcp() {
    for (name, code) in files().into_iter().filter(|(name, _)| name.starts_with("rules/")) {
        let knows = ["crate::kernel", "crate::stage", "crate::link", "crate::wire", "smoltcp::", "&mut self"];
        let known: Vec<_> = knows.into_iter().filter(|word| code.contains(word)).collect();
        assert!(known.is_empty(), "{name} knows {known:?}");
    }
}

#[test]
fn what_is_known_of_a_connection_asks_no_rule() {
    for (name, code) in files().into_iter().filter(|(name, _)| name.starts_with("tcp/")) {
        let known: Vec<_> = ["crate::rules", "crate::kernel"].into_iter().filter(|word| code.contains(word)).collect();
        assert!(known.is_empty(), "{name} knows {known:?}");
    }
}
