//! The tasks of this repository, as functions. `cargo xtask help` lists them as commands.
//!
//! Map of the code, in the order in which a book comes to its reader:
//! - [`program`]: the player, from Rust to what a browser loads (`book/player/`)
//! - [`glue`]: what stands between that program and the page, made shorter by 4 KB; [`pack`]: its functions, in an order
//!   in which they compress; [`normal`]: each of them in one form
//! - [`book`]: the chapters, the pictures and that program, to `target/book/`
//! - [`light`]: its styles and scripts without comments
//! - [`headings`]: the list of a page's headings below its title
//! - [`page_head`]: where a page stands on the web, [`social_card`]: the picture that a link to it shows
//! - [`content_security_policy`]: what may run in its pages; [`offline`]: all of them in one file
//! - [`server`], [`serve`]: a static server, and the loop that builds again at each change
//! - [`weight`]: what a page loads, in bytes, against its budget
//! - [`browser`]: Chromium and Firefox for the tests: found, or installed
//! - [`check`]: every check there is
//! - [`kernels`]: the scripts on other kernels, [`kernel_tests`] the tests themselves; [`debian`] fetches the kernels,
//!   [`guest`] is what runs on them
//! - [`linux`]: the Linux that a page runs, made anew and checked
//! - [`speed`]: how long runs take natively and as wasm
//! - [`scenarios`]: the catalogue as a table
//! - [`new_scenario`]: a new script, filled in by the kernel

pub mod book;
pub mod browser;
pub mod check;
pub mod content_security_policy;
pub mod debian;
pub mod glue;
pub mod guest;
pub mod headings;
pub mod kernel_tests;
pub mod kernels;
pub mod light;
pub mod linux;
pub mod new_scenario;
pub mod normal;
pub mod offline;
pub mod pack;
pub mod page_head;
pub mod program;
pub mod scenarios;
pub mod serve;
pub mod server;
pub mod social_card;
pub mod speed;
pub mod weight;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The repository's folder.
pub fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent);
    crates.expect("this crate lies two folders below the root").to_owned()
}

/// Cargo, as it was called, in the repository's folder.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command to its end; what it prints is the reader's.
fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}

/// Runs a command and gives the first line that it prints.
fn first_line(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("cannot start {shown}"))?;
    if !output.status.success() {
        bail!("{shown} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

/// A command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
