//! What random scripts have found: in tests/found, each with the shortest script that showed it. Some notice a wrong
//! rule, planted in the model, that no other script notices.

use std::fs;

use scenario::Script;

use crate::root;

/// A difference between model and kernel that a random script has found, and that is mended; or one that there would be
/// with a wrong rule.
pub struct Found {
    /// The file's name without `.tcp`.
    pub name: String,
    /// What was found, in one sentence: the file's first line.
    pub title: String,
    /// The whole file.
    pub text: String,
}

/// All of them, in the order of their names.
///
/// # Panics
/// If the folder cannot be read, or a file in it is no script with a title: then nothing can be compared.
pub fn read() -> Vec<Found> {
    let folder = root().join("tests/found");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<Found> = entries
        .map(|entry| {
            let file = entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path();
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let script = Script::parse(&text).unwrap_or_else(|error| panic!("{}:{error}", file.display()));
            assert!(!script.title.is_empty(), "{}: a first line `# what was found` is missing", file.display());
            Found { name, title: script.title, text }
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}
