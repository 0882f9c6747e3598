//! The repository's files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Every file in these folders of the repository, in the order of their names; what is built is left out.
///
/// # Panics
/// A folder cannot be read.
pub fn below(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

/// Folders that are built, and that git leaves out.
const BUILT: [&str; 7] =
    ["target", ".git", "book/player", "book/playground", "book/evidence", "book/here", "book/analyzer"];

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("the folder stays as it is").path()) {
        let built = BUILT.iter().any(|built| path.ends_with(built));
        if path.is_dir() && !built {
            collect(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

/// Whether a file's name ends with one of these, behind its dot.
pub fn is(file: &Path, endings: &[&str]) -> bool {
    file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
}

/// A file's text.
///
/// # Panics
/// It cannot be read, or is not text.
pub fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A file's place below the repository's root, with `/`.
pub fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/").trim_start_matches("./").to_owned()
}
