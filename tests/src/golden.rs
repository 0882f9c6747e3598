//! Files that a run must give again, to the byte. `BLESS=1` writes them anew; then `git diff` shows what changed.

use std::path::Path;
use std::{env, fs};

/// Whether the files are to be written instead of compared.
pub fn blessing() -> bool {
    env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// Compares with the file, or writes it when [`blessing`].
///
/// # Errors
/// What differs, and how to accept it.
pub fn check(file: &Path, text: &str) -> Result<(), String> {
    if blessing() {
        let folder = file.parent().expect("a file is in a folder");
        return fs::create_dir_all(folder)
            .and_then(|()| fs::write(file, text))
            .map_err(|error| format!("cannot write {}: {error}", file.display()));
    }
    let golden = fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}; `BLESS=1` writes it", file.display()))?;
    match golden.lines().zip(text.lines()).enumerate().find(|(_, (golden, new))| golden != new) {
        _ if golden == text => Ok(()),
        Some((index, (golden, new))) => Err(format!(
            "{}:{}: differs\n  golden {golden}\n  now    {new}\nIf that is right, `BLESS=1` writes the file anew.",
            file.display(),
            index + 1
        )),
        None => Err(format!(
            "{}: {} lines, now {}. If that is right, `BLESS=1` writes the file anew.",
            file.display(),
            golden.lines().count(),
            text.lines().count()
        )),
    }
}
