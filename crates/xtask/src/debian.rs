//! Packages of Debian's, fetched by apt with a state of its own: nothing is installed, no root is needed, and the
//! system's own lists stay as they are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run;

/// Where an archive is named if apt does not know one of Debian's.
const ARCHIVE: &str = "DEBIAN_ARCHIVE";

/// The lists of some suites, and the packages that were fetched by them.
#[derive(Clone, Debug)]
pub struct Debian {
    folder: PathBuf,
}

impl Debian {
    /// Fetches the suites' lists.
    ///
    /// # Errors
    /// apt is missing, knows no archive of Debian's, or cannot reach it.
    pub fn open(folder: PathBuf, suites: &[&str]) -> Result<Self> {
        needs("apt-get", "apt")?;
        needs("dpkg-deb", "dpkg")?;
        let archive = archive()?;
        for part in ["state/lists/partial", "cache/archives/partial", "packages"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
        }
        let sources: String = suites.iter().map(|suite| format!("deb {archive} {suite} main\n")).collect();
        let shown = folder.display();
        let settings = format!(
            "Dir::State \"{shown}/state\";\nDir::State::status \"{shown}/status\";\nDir::Cache \"{shown}/cache\";\n\
             Dir::Etc::sourcelist \"{shown}/sources.list\";\nDir::Etc::sourceparts \"-\";\nAPT::Sandbox::User \"\";\n\
             Acquire::Languages \"none\";\nAcquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
             APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; }};\n"
        );
        for (file, text) in [("status", ""), ("sources.list", &sources), ("apt.conf", &settings)] {
            let file = folder.join(file);
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let debian = Self { folder };
        // A suite that has gone is no reason to do without the others: what is then missing is said by its name.
        if let Err(error) = run(debian.apt("apt-get").args(["--quiet=2", "update"])) {
            println!("{error:#}");
        }
        Ok(debian)
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.folder.join("apt.conf")).current_dir(self.folder.join("packages"));
        command
    }

    /// The names of packages that begin so.
    ///
    /// # Errors
    /// apt does not answer.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let output = self.apt("apt-cache").args(["pkgnames", prefix]).output().context("cannot start apt-cache")?;
        if !output.status.success() {
            bail!("apt-cache pkgnames {prefix}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// Fetches a package (`NAME` or `NAME/SUITE`), unless it is there already, and gives its file.
    ///
    /// # Errors
    /// There is no such package, or it cannot be fetched.
    pub fn fetch(&self, package: &str) -> Result<PathBuf> {
        let packages = self.folder.join("packages");
        // Prints `'ADDRESS' FILE SIZE HASH`, the file with its version; but nothing where the file is.
        let mut print = self.apt("apt-get");
        print.args(["--quiet=2", "--print-uris", "download", package]).current_dir(self.folder.join("state"));
        let output = print.output();
        let output = output.context("cannot start apt-get")?;
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some(file) = line.split_whitespace().nth(1) else {
            bail!("no package {package}: {}", String::from_utf8_lossy(&output.stderr).trim());
        };
        let file = packages.join(file);
        if !file.is_file() {
            run(self.apt("apt-get").args(["--quiet=2", "download", package]))?;
        }
        if !file.is_file() {
            bail!("apt-get download {package} made no {}", file.display());
        }
        Ok(file)
    }
}

/// Unpacks those of a package's files that match one of these patterns.
///
/// # Errors
/// It is no package.
pub fn unpack(package: &Path, patterns: &[&str], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut reader = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start dpkg-deb")?;
    let files = reader.stdout.take().context("its output was asked for")?;
    // A pattern that matches nothing is no error here: whoever asked looks for the files.
    let unpacked = Command::new("tar")
        .args(["--extract", "--wildcards", "--file", "-", "--directory"])
        .arg(folder)
        .args(patterns)
        .stdin(files)
        .stderr(Stdio::null())
        .status()
        .context("cannot start tar")?;
    let read = reader.wait()?;
    if !read.success() && unpacked.success() {
        bail!("{}: {read}", package.display());
    }
    Ok(())
}

/// Gives a program's file, or says which package has it.
///
/// # Errors
/// It is not there.
pub fn needs(program: &str, package: &str) -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut files = std::env::split_paths(&folders).map(|folder| folder.join(program));
    files.find(|file| file.is_file()).with_context(|| format!("{program} is missing: apt-get install {package}"))
}

/// Where Debian's packages are: what this system's own apt uses, or the address in an environment variable.
fn archive() -> Result<String> {
    if let Ok(archive) = std::env::var(ARCHIVE) {
        return Ok(archive);
    }
    let output = Command::new("apt-get").args(["indextargets", "--format", "$(SITE)", "Created-By: Packages"]).output();
    let output = output.context("cannot start apt-get")?;
    let sites = String::from_utf8_lossy(&output.stdout).into_owned();
    let site = sites.lines().find(|site| site.ends_with("/debian"));
    site.map(str::to_owned).with_context(|| {
        format!("apt of this system knows no archive of Debian's: set {ARCHIVE} to a mirror's address")
    })
}

/// Decompresses a file if it is compressed.
///
/// # Errors
/// It cannot be read, or xz is missing.
pub fn plain(file: &Path) -> Result<Vec<u8>> {
    if file.extension().is_none_or(|ending| ending != "xz") {
        return fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    }
    needs("xz", "xz-utils")?;
    let input = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let output = Command::new("xz").args(["--decompress", "--stdout"]).stdin(input).output()?;
    if !output.status.success() {
        bail!("{}: {}", file.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}
