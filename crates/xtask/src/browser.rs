//! A Chromium for the tests: found, or installed through the system's package manager.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run;

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const INSTALL: &str = "install Chromium or Google Chrome, or set CHROME to the program's path";

/// The browser's program: `$CHROME`, or one on `PATH`, or one that is installed now.
///
/// # Errors
/// There is none and none can be installed.
pub fn ensure() -> Result<PathBuf> {
    if let Some(chrome) = env::var_os("CHROME") {
        return Ok(chrome.into());
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    install()?;
    find().context(INSTALL)
}

fn find() -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let named = NAMES.iter().flat_map(|name| env::split_paths(&folders).map(move |folder| folder.join(name)));
    named.chain([PathBuf::from(MACOS)]).find(|path| path.is_file())
}

/// Installs Debian's package as root, or with a sudo that asks nothing.
fn install() -> Result<()> {
    let as_root: &[&str] = if succeeds("sh", &["-c", "test $(id -u) -eq 0"]) {
        &["env"]
    } else if succeeds("sudo", &["-n", "true"]) {
        &["sudo", "-n", "env"]
    } else {
        bail!("no Chromium or Google Chrome found, and installing one needs root: {INSTALL}");
    };
    if !succeeds("apt-get", &["--version"]) {
        bail!("no Chromium or Google Chrome found, and no apt-get to install one: {INSTALL}");
    }
    println!("No Chromium or Google Chrome found: installing the package chromium with apt-get");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(as_root[0]);
        command.args(&as_root[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"]).args(arguments);
        run(&mut command).context(INSTALL)
    };
    apt(&["update"])?;
    // Without any font Chromium may not start.
    apt(&["install", "--no-install-recommends", "chromium", "fonts-liberation"])
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
