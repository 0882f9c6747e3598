//! The tests themselves on other kernels: `conformance`, and those of `native`, inside the machines of [`kernels`].
//!
//! What [`kernels`] judges from outside judges here itself, with the clock of its machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::debian::needs;
use crate::kernels::{self, MACHINE, Machine, Options};
use crate::{cargo, guest, root, run};

/// The tests, by package and name.
const TESTS: [[&str; 2]; 2] = [["native", "witness"], ["tests", "conformance"]];
/// What `witness` starts: it lies in the folder `examples`, beside that of the tests.
const EXAMPLE: &str = "native";
/// What they read, below the repository's folder.
const FILES: [&str; 3] = ["book/data", "tests/found", "tests/recorded"];
/// The programs lie in memory, and were not made to be small. A second of such a machine's is a minute here.
const TESTING: Machine = Machine { memory_mb: 1024, time_max: Duration::from_secs(7200), ..MACHINE };
const TARGET: &str = "x86_64-unknown-linux-musl";

/// Runs them on each of these kernels, one after the other.
///
/// # Errors
/// Something that this takes is missing, or a test fails.
pub fn on_kernels(options: &Options) -> Result<()> {
    needs("qemu-system-x86_64", "qemu-system-x86")?;
    needs("ldd", "libc-bin")?;
    let folder = root().join("target/kernel-tests");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let kernels = kernels::fetch(&options.versions)?;
    let init = fs::read(guest::build(TARGET)?).context("the guest was just built")?;
    let programs = programs()?;
    run(cargo().args(["build", "--quiet", "--package", "native", "--example", EXAMPLE]))?;
    let examples =
        programs.first().and_then(|program| program.parent()?.parent()).context("a test lies in a folder")?;
    let example = examples.join("examples").join(EXAMPLE);
    let mut failed = Vec::new();
    for kernel in &kernels {
        let mut initramfs = kernel.initramfs(&init);
        let mut files: BTreeSet<PathBuf> = BTreeSet::new();
        for program in programs.iter().chain([&example]) {
            files.extend([program.clone()].into_iter().chain(libraries(program)?));
        }
        for part in FILES {
            files.extend(below(&root().join(part))?);
        }
        for file in &files {
            initramfs.copy(file)?;
        }
        let only = options.only.join(" ");
        let lines: String = programs.iter().map(|program| format!("{} {only}\n", program.display())).collect();
        initramfs.file("programs", lines.as_bytes());
        let answers = kernel.boot(initramfs, &folder, TESTING)?;
        ensure!(answers.len() == programs.len(), "Linux {}: a test has no answer", kernel.version);
        for answer in answers {
            println!("\nLinux {}, {}:\n{}", kernel.version, answer.id, answer.notes.trim());
            if answer.code != 0 {
                failed.push(format!("Linux {}: {} ended with {}", kernel.version, answer.id, answer.code));
            }
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// The tests' programs, built.
fn programs() -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for [package, test] in TESTS {
        let mut build = cargo();
        build.args(["test", "--quiet", "--no-run", "--package", package, "--test", test, "--message-format", "json"]);
        let output = build.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
        ensure!(output.status.success(), "the test {test} does not build: {}", output.status);
        let file = String::from_utf8_lossy(&output.stdout).lines().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            (message["target"]["name"] == test).then(|| message["executable"].as_str().map(PathBuf::from))?
        });
        programs.push(file.with_context(|| format!("cargo names no program of the test {test}"))?);
    }
    Ok(programs)
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
