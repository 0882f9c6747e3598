//! The tests themselves on other kernels: `conformance`, and all of `native`, inside the machines of [`kernels`].
//!
//! What [`kernels`] judges from outside judges here itself, with the clock of its machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::debian::needs;
use crate::guest::Initramfs;
use crate::kernels::{self, Console, Kernel, Machine, Options};
use crate::{cargo, guest, root, run};

/// What is built, the quick ones first: the words behind `cargo test`.
const TESTS: [&[&str]; 2] = [&["--package", "native"], &["--package", "tests", "--test", "conformance"]];
/// An emulated processor takes some fifty times as long, and its clock counts every instruction: what runs inside is
/// compiled to be fast.
const FAST: [&str; 12] = [
    "catalogue",
    "fastrand",
    "itoa",
    "memchr",
    "native",
    "scenario",
    "serde_core",
    "serde_json",
    "sim",
    "smoltcp",
    "tests",
    "view",
];
/// The files that they read, below the repository's folder. `programs` compares the ages of examples and sources.
const FILES: [&str; 4] = ["book/data", "tests/found", "tests/recorded", "crates/native/examples"];
/// The programs lie in memory.
const TESTING: Machine = Machine {
    // The fastest: what hangs on a moment comes out as on a computer of today.
    speed: 0,
    memory_mb: 1536,
    time_max: Duration::from_secs(5400),
    // A test of many programs says nothing before its end.
    silence_max: Duration::from_secs(3600),
    console: Console::Shown,
};

/// Runs them on each of these kernels, and shows what they print as it comes.
///
/// # Errors
/// Something that this takes is missing, or a test fails.
pub fn on_kernels(options: &Options) -> Result<()> {
    needs("qemu-system-x86_64", "qemu-system-x86")?;
    needs("ldd", "libc-bin")?;
    needs("strip", "binutils")?;
    let folder = root().join("target/kernel-tests");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let kernels = kernels::fetch(&options.versions)?;
    let init = fs::read(guest::build(guest::AMD64)?).context("the guest was just built")?;
    let mut built = Vec::new();
    for words in TESTS {
        built.extend(build(words)?);
    }
    let mut files = Initramfs::default();
    for file in &built {
        let stripped = folder.join("stripped");
        run(Command::new("strip").arg("-o").arg(&stripped).arg(&file.path))?;
        files.copy(&stripped, &file.path)?;
    }
    // It is the program whose process is killed in some of them.
    let sleep = needs("sleep", "coreutils")?;
    let libraries: BTreeSet<PathBuf> = built
        .iter()
        .map(|file| &file.path)
        .chain([&sleep])
        .map(|file| libraries(file))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    for file in libraries {
        files.copy(&file, &file)?;
    }
    files.copy(&sleep, Path::new("/bin/sleep"))?;
    for part in FILES {
        for file in below(&root().join(part))? {
            files.copy(&file, &file)?;
        }
    }
    let programs: Vec<&Built> = built.iter().filter(|file| file.is_test).collect();
    let only = options.only.join(" ");
    let lines: String = programs.iter().map(|program| format!("{} {only}\n", program.path.display())).collect();
    files.file("programs", lines.as_bytes());

    kernels::side_by_side(&kernels, |kernel| test(kernel, &init, &files, &programs, &folder))
}

/// Boots a machine that runs the tests.
fn test(kernel: &Kernel, init: &[u8], files: &Initramfs, programs: &[&Built], folder: &Path) -> Result<()> {
    let began = Instant::now();
    let version = &kernel.version;
    let mut initramfs = kernel.initramfs(init);
    initramfs.append(files);
    let answers = kernel.boot(initramfs, folder, &kernel.version, TESTING)?;
    ensure!(answers.len() == programs.len(), "Linux {version}: a test has no answer");
    let failed: Vec<String> = programs
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.code != 0)
        .map(|(program, answer)| {
            format!("Linux {version}: {} ended with {} {}", program.name, answer.code, answer.notes.trim())
        })
        .collect();
    let seconds = began.elapsed().as_secs();
    println!("{version}: {} test programs, {} failed, in {seconds} s", programs.len(), failed.len());
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// A program that cargo has built.
struct Built {
    name: String,
    path: PathBuf,
    /// Or an example, which a test starts.
    is_test: bool,
}

/// Builds tests, and the examples that they start.
fn build(words: &[&str]) -> Result<Vec<Built>> {
    let mut build = cargo();
    build.args(["test", "--quiet", "--no-run", "--message-format", "json"]).args(words);
    for package in FAST {
        build.args(["--config", &format!("profile.dev.package.{package}.opt-level=2")]);
    }
    let output = build.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "the tests do not build: {}", output.status);
    let mut built = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: serde_json::Value = serde_json::from_str(line).context("cargo writes JSON, one a line")?;
        let (Some(path), Some(name)) = (message["executable"].as_str(), message["target"]["name"].as_str()) else {
            continue;
        };
        let is_test = message["profile"]["test"] == true;
        built.push(Built { name: name.to_owned(), path: path.into(), is_test });
    }
    ensure!(built.iter().any(|built| built.is_test), "cargo names no test of {}", words.join(" "));
    Ok(built)
}

/// The shared libraries that a program is loaded with: `NAME => FILE (ADDRESS)`, and the loader `FILE (ADDRESS)`.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(program).output().context("cannot start ldd")?;
    if !output.status.success() {
        bail!("ldd {}: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect())
}

fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { files.extend(below(&path)?) } else { files.push(path) }
    }
    Ok(files)
}
