//! The browsers of the tests: found, or installed through the system's package manager.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, anyhow, bail};

use crate::run;

/// A browser, by the names that its program has.
#[derive(Debug)]
pub struct Browser {
    /// As people call it.
    pub name: &'static str,
    /// The variable of the environment that names its program.
    pub variable: &'static str,
    programs: &'static [&'static str],
    macos: &'static str,
    /// Debian's packages.
    packages: &'static [&'static str],
}

/// Chromium or Google Chrome. Without any font Chromium may not start.
pub const CHROMIUM: Browser = Browser {
    name: "Chromium or Google Chrome",
    variable: "CHROME",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    macos: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    packages: &["chromium", "fonts-liberation"],
};

/// Firefox, or Firefox ESR.
pub const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "FIREFOX",
    programs: &["firefox-esr", "firefox"],
    macos: "/Applications/Firefox.app/Contents/MacOS/firefox",
    packages: &["firefox-esr", "fonts-liberation"],
};

impl Browser {
    /// The browser's program: named by its variable, or one on `PATH`, or one that is installed now.
    ///
    /// # Errors
    /// There is none and none can be installed.
    pub fn ensure(&self) -> Result<PathBuf> {
        if let Some(program) = env::var_os(self.variable) {
            return Ok(program.into());
        }
        if let Some(found) = self.find() {
            return Ok(found);
        }
        self.install()?;
        self.find().ok_or_else(|| anyhow!("{}", self.advice()))
    }

    fn advice(&self) -> String {
        format!("install {}, or set {} to the program's path", self.name, self.variable)
    }

    fn find(&self) -> Option<PathBuf> {
        let folders = env::var_os("PATH").unwrap_or_default();
        let named =
            self.programs.iter().flat_map(|name| env::split_paths(&folders).map(move |folder| folder.join(name)));
        named.chain([PathBuf::from(self.macos)]).find(|path| path.is_file())
    }

    /// Installs Debian's package as root, or with a sudo that asks nothing.
    fn install(&self) -> Result<()> {
        let as_root: &[&str] = if succeeds("sh", &["-c", "test $(id -u) -eq 0"]) {
            &["env"]
        } else if succeeds("sudo", &["-n", "true"]) {
            &["sudo", "-n", "env"]
        } else {
            bail!("no {} found, and installing one needs root: {}", self.name, self.advice());
        };
        if !succeeds("apt-get", &["--version"]) {
            bail!("no {} found, and no apt-get to install one: {}", self.name, self.advice());
        }
        println!("No {} found: installing the package {} with apt-get", self.name, self.packages[0]);
        let apt = |arguments: &[&str]| {
            let mut command = Command::new(as_root[0]);
            command.args(&as_root[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"]).args(arguments);
            run(&mut command).map_err(|error| error.context(self.advice()))
        };
        apt(&["update"])?;
        apt(&[&["install", "--no-install-recommends"], self.packages].concat())
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
