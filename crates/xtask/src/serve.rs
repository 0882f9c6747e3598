//! Serves the book while it is being written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::{book, cargo, program, root, server};

/// How often the sources are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// What the book is made of, from the repository's folder.
const SOURCES: [&str; 6] = ["book", "book.toml", "theme", "crates", "Cargo.toml", "Cargo.lock"];

/// What the command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    port: u16,
    /// Whether to show the book in the reader's browser.
    open: bool,
}

impl Options {
    /// Reads `--open` and `--port N`.
    ///
    /// # Errors
    /// Anything else.
    pub fn read(mut words: &[&str]) -> Result<Self> {
        let mut options = Self { port: 3000, open: false };
        loop {
            words = match words {
                [] => return Ok(options),
                ["--open", rest @ ..] => {
                    options.open = true;
                    rest
                }
                ["--port", port, rest @ ..] => {
                    options.port =
                        port.parse().with_context(|| format!("found `--port {port}`, expected a number to 65535"))?;
                    rest
                }
                [word, ..] => bail!("found `{word}`, expected --open or --port N"),
            };
        }
    }
}

/// Builds the book, serves it, and builds it again at each change, until it is stopped.
///
/// # Errors
/// The first build fails, or the port is taken.
pub fn serve(Options { port, open }: Options) -> Result<()> {
    // A port that is taken is found before the long work.
    let address = server::start(book::folder(), port)
        .with_context(|| format!("cannot serve at port {port}, choose another with `cargo xtask serve --port N`"))?;
    book::build()?;
    println!("The book is at http://{address} and is built again at each change (Ctrl-C ends this)");
    if open {
        show(&format!("http://{address}"));
    }
    let mut built = times();
    loop {
        thread::sleep(LOOK);
        let now = times();
        if now == built {
            continue;
        }
        built = now;
        println!("Changed: {}", built_again());
    }
}

/// A process of its own builds again: the change may be in the crates that this one is made of.
fn built_again() -> String {
    match cargo().args(["run", "--quiet", "--package", "xtask", "--", "build"]).status() {
        Ok(status) if status.success() => "built again, reload the page".to_owned(),
        Ok(_) => "this does not build, the pages stay as they were".to_owned(),
        Err(error) => format!("cannot start cargo: {error}"),
    }
}

/// When each source was written last.
fn times() -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    for source in SOURCES {
        note_times(&root().join(source), &mut times);
    }
    times
}

fn note_times(path: &Path, times: &mut BTreeMap<PathBuf, SystemTime>) {
    if program::ALL.iter().any(|name| path == program::folder(name)) {
        return;
    }
    let Ok(metadata) = fs::metadata(path) else { return };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            note_times(&entry.path(), times);
        }
    } else if let Ok(time) = metadata.modified() {
        times.insert(path.to_owned(), time);
    }
}

/// Shows an address in the reader's browser, or says that it cannot.
fn show(address: &str) {
    let mut opener = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut start = Command::new("cmd");
        start.args(["/C", "start"]);
        start
    } else {
        Command::new("xdg-open")
    };
    if let Err(error) = opener.arg(address).spawn() {
        println!("Cannot open a browser ({error}): open {address} yourself");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_any_order_and_nothing_else_does() {
        assert_eq!(Options::read(&[]).ok(), Some(Options { port: 3000, open: false }));
        assert_eq!(Options::read(&["--port", "80", "--open"]).ok(), Some(Options { port: 80, open: true }));
        for wrong in [&["--port"][..], &["--port", "70000"], &["now"]] {
            assert!(Options::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
