//! The Linux of the book's pages (`book/linux/`): made anew, and held against what was recorded.
//!
//! Debian's source of the kernel, our configuration (`linux.config`) and our first process (`crates/guest`) make a
//! kernel; the emulator v86 boots it until it waits for a script; what is kept is that machine's memory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use catalogue::CATALOGUE;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::browser::CHROMIUM;
use crate::debian::{self, Debian, needs};
use crate::guest::{self, Initramfs};
use crate::{book, cargo, root, run};

/// The kernel: Debian's package and file, and its release.
const SOURCE: Pinned =
    Pinned { name: "linux-source-7.2", sha256: "30a8c5fc63f9028a62e6d7b3f7f43bee67425dbce2a05fceba83f9b87c92083d" };
const KERNEL: &str = "7.2.13";
/// The BIOS that boots it; the kept memory has nothing of it.
const BIOS: Pinned =
    Pinned { name: "seabios/bookworm", sha256: "08e5b3f761379f17a6051731cafa03e97686049e2cc1b8bdccc5a910646e2d8e" };
/// The emulator, from npm. A machine's memory is of one version of it.
const V86: Pinned =
    Pinned { name: "v86@0.5.462", sha256: "1384ad8bbe80aa4f6cd43f43bd16ddbd7495931df833f038a27fcdc8b9a31351" };
const MEMORY_MB: u32 = 32;
/// What goes into a kernel besides its source.
const BUILD: [(&str, &str); 4] = [
    ("KBUILD_BUILD_TIMESTAMP", "2026-01-01 00:00:00 UTC"),
    ("KBUILD_BUILD_USER", "book"),
    ("KBUILD_BUILD_HOST", "book"),
    ("KBUILD_BUILD_VERSION", "1"),
];

/// A package that must have these bytes.
struct Pinned {
    name: &'static str,
    sha256: &'static str,
}

impl Pinned {
    fn check(&self, file: &Path) -> Result<()> {
        let found = sha256(&fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
        ensure!(
            found == self.sha256,
            "{} has the SHA-256 {found}, expected {}. Another version takes another pin, in crates/xtask/src/linux.rs",
            file.display(),
            self.sha256
        );
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder of what a page loads.
fn folder() -> PathBuf {
    root().join("book/linux")
}

/// Makes `book/linux/` anew.
///
/// # Errors
/// Something that this takes is missing, or a step of it fails.
pub fn make() -> Result<()> {
    for (program, package) in [
        ("make", "make"),
        ("gcc", "gcc"),
        ("flex", "flex"),
        ("bison", "bison"),
        ("bc", "bc"),
        ("perl", "perl"),
        ("xz", "xz-utils"),
        ("zstd", "zstd"),
        ("node", "nodejs"),
        ("npm", "npm"),
    ] {
        needs(program, package)?;
    }
    let work = root().join("target/linux");
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let v86 = v86(&work)?;
    let debian = Debian::open(work.join("debian"), &["sid", "bookworm"])?;
    let bios = bios(&debian, &work)?;
    let kernel = kernel(&debian, &work)?;
    let raw = work.join("state");
    let clock_ms = save(&v86, &kernel, &bios, &raw)?;
    keep(&work, &v86, &raw, &clock_ms)
}

/// The emulator's two files, and its licence.
fn v86(work: &Path) -> Result<PathBuf> {
    let packed = work.join("v86-0.5.462.tgz");
    if !packed.is_file() {
        run(Command::new("npm").args(["pack", "--silent", V86.name]).current_dir(work))?;
    }
    V86.check(&packed)?;
    run(Command::new("tar").arg("--extract").arg("--file").arg(&packed).arg("--directory").arg(work))?;
    Ok(work.join("package"))
}

fn bios(debian: &Debian, work: &Path) -> Result<PathBuf> {
    let package = debian.fetch(BIOS.name)?;
    BIOS.check(&package)?;
    let folder = work.join("bios");
    debian::unpack(&package, &["*.bin"], &folder)?;
    Ok(folder.join("usr/share/seabios"))
}

/// Builds the kernel, with the first process inside.
fn kernel(debian: &Debian, work: &Path) -> Result<PathBuf> {
    let source = work.join("source");
    if !source.join("Makefile").is_file() {
        let package = debian.fetch(SOURCE.name)?;
        SOURCE.check(&package)?;
        debian::unpack(&package, &["*.tar.xz"], &work.join("package-source"))?;
        fs::create_dir_all(&source)?;
        let packed = work.join("package-source/usr/src").join(format!("{}.tar.xz", SOURCE.name));
        let mut unpack = Command::new("tar");
        unpack.args(["--extract", "--strip-components", "1", "--file"]).arg(packed).arg("--directory").arg(&source);
        run(&mut unpack)?;
    }
    let program = fs::read(guest::build(guest::I686)?).context("the guest was just built")?;
    write_if_other(&source.join("initramfs.cpio"), &Initramfs::with_init(&program).into_bytes())?;
    let settings = fs::read(folder().join("linux.config")).context("cannot read book/linux/linux.config")?;
    write_if_other(&source.join("arch/x86/configs/book_defconfig"), &settings)?;
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    for step in ["book_defconfig", "bzImage"] {
        let mut make = Command::new("make");
        make.args(["ARCH=i386", "--silent", &format!("-j{processors}"), step]).envs(BUILD).current_dir(&source);
        run(&mut make)?;
    }
    Ok(source.join("arch/x86/boot/bzImage"))
}

/// make goes by the time of a change.
fn write_if_other(file: &Path, content: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|old| old == content) {
        return Ok(());
    }
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))
}

/// Boots the kernel, and writes the machine's state when it waits for a script; gives its clock in milliseconds.
fn save(v86: &Path, kernel: &Path, bios: &Path, raw: &Path) -> Result<String> {
    let began = Instant::now();
    let output = Command::new("node")
        .arg(root().join("crates/xtask/linux/save.mjs"))
        .arg(v86.join("build/libv86.mjs"))
        .arg(v86.join("build/v86.wasm"))
        .arg(kernel)
        .arg(bios.join("bios.bin"))
        .arg(bios.join("vgabios-stdvga.bin"))
        .arg(MEMORY_MB.to_string())
        .arg(raw)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start node")?;
    let clock_ms = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(output.status.success() && !clock_ms.is_empty(), "the kernel did not boot: {}", output.status);
    println!("booted in {} s, at {clock_ms} ms by its own clock", began.elapsed().as_secs());
    Ok(clock_ms)
}

/// Puts what a page loads into the book.
fn keep(work: &Path, v86: &Path, raw: &Path, clock_ms: &str) -> Result<()> {
    let packed = work.join("state.zst");
    run(Command::new("zstd").args(["--quiet", "--force", "--ultra", "-22", "-o"]).arg(&packed).arg(raw))?;
    let folder = folder();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "zst" || ending == "wasm") {
            fs::remove_file(&path)?;
        }
    }
    fs::copy(v86.join("build/libv86.mjs"), folder.join("v86.min.js"))?;
    fs::copy(v86.join("LICENSE"), folder.join("LICENSE-v86.txt"))?;
    let file = |name: &str, ending: &str, from: &Path| -> Result<serde_json::Value> {
        let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        let hash = sha256(&bytes);
        // A page that has an old one in its cache asks for the new one by another name.
        let name = format!("{name}-{}.{ending}", &hash[..8]);
        fs::write(folder.join(&name), &bytes)?;
        Ok(json!({"name": name, "bytes": bytes.len(), "sha256": hash}))
    };
    let files = [file("v86", "wasm", &v86.join("build/v86.wasm"))?, file("linux", "zst", &packed)?];
    let clock_ms: f64 = clock_ms.parse().context("the clock is a number")?;
    let made_with = json!({
        "source": {"package": SOURCE.name, "sha256": SOURCE.sha256},
        "bios": {"package": BIOS.name, "sha256": BIOS.sha256},
        "v86": {"package": V86.name, "sha256": V86.sha256},
        "gcc": crate::first_line(Command::new("gcc").arg("--version"))?,
        "rustc": crate::first_line(Command::new("rustc").arg("--version").current_dir(root()))?,
    });
    let machine =
        json!({"kernel": KERNEL, "memory_mb": MEMORY_MB, "clock_ms": clock_ms, "files": files, "made_with": made_with});
    fs::write(folder.join("machine.json"), format!("{machine:#}\n"))?;
    println!("{machine:#}");
    Ok(())
}

/// Performs every scenario on that Linux by the page's own worker, and holds each trace against its recorded hash: in
/// Node, which also holds all of them against the simulator, or, where there is none, in the browser.
///
/// # Errors
/// A trace is another one, or what it tells is not what the simulator does.
pub fn check() -> Result<()> {
    let is_blessing = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    if let Err(why) = needs("node", "nodejs") {
        ensure!(!is_blessing, "{why:#}: without it nothing is recorded");
        println!("{why:#}; every scenario in the browser, in its place");
        return check_in_browser();
    }
    let traces = root().join("target/linux/traces").join(KERNEL);
    if traces.exists() {
        fs::remove_dir_all(&traces)?;
    }
    fs::create_dir_all(&traces)?;
    let mut hashes = String::new();
    let mut times = Vec::new();
    for entry in CATALOGUE {
        let file = traces.join(format!("{}.json", entry.id));
        let script = root().join(format!("book/scenarios/{}.tcp", entry.id));
        let output = Command::new("node")
            .arg(root().join("crates/xtask/linux/perform.mjs"))
            .arg(folder().join("worker.js"))
            .args([&script, Path::new(entry.id), &file])
            .stderr(File::create(file.with_extension("txt"))?)
            .output()
            .context("cannot start node")?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() {
            bail!("{}: {}", entry.id, fs::read_to_string(file.with_extension("txt"))?.trim());
        }
        println!("{} {said}", entry.id);
        times.push(said.rsplit(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0));
        hashes += &format!("{} {}\n", sha256(&fs::read(&file)?), entry.id);
    }
    times.sort_unstable();
    println!("{} scripts, ms each: median {}, most {}", times.len(), times[times.len() / 2], times[times.len() - 1]);
    let mut judge = cargo();
    judge.args(["test", "--quiet", "--package", "tests", "--test", "conformance", "--", "scenario::"]);
    // What the book keeps of other kernels is not this one's.
    judge.env("CONFORMANCE_TRACES", traces.parent().context("it lies in a folder")?).env_remove("BLESS");
    run(&mut judge)?;
    let golden = root().join("tests/linux.sha256");
    if is_blessing {
        return fs::write(&golden, hashes).context("cannot write tests/linux.sha256");
    }
    let recorded = fs::read_to_string(&golden).context("cannot read tests/linux.sha256; `BLESS=1` writes it")?;
    let other: Vec<&str> = hashes.lines().filter(|line| !recorded.lines().any(|known| known == *line)).collect();
    ensure!(other.is_empty(), "other bytes than in tests/linux.sha256 (`BLESS=1` writes it):\n{}", other.join("\n"));
    println!("{} traces have the recorded bytes", times.len());
    Ok(())
}

fn check_in_browser() -> Result<()> {
    book::build()?;
    let mut test = cargo();
    test.args(["test", "--quiet", "--package", "tests", "--test", "browser"]);
    test.args(["linux::scenarios_have_the_recorded_bytes", "--", "--nocapture"]);
    test.env("BOOK_PAGES", book::folder()).env(CHROMIUM.variable, CHROMIUM.ensure()?).env("LINUX_SCENARIOS", "all");
    run(&mut test)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page says what it costs: 3 MB.
    const STATE_MAX: u64 = 2_600_000;

    #[test]
    fn the_files_are_those_that_the_machine_names() {
        let text = fs::read_to_string(folder().join("machine.json")).expect("cargo xtask linux has written it");
        let machine: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(machine["kernel"], KERNEL);
        let files = machine["files"].as_array().expect("files are a list");
        assert_eq!(files.len(), 2);
        for file in files {
            let name = file["name"].as_str().expect("a file has a name");
            let bytes = fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(file["bytes"].as_u64(), Some(bytes.len() as u64), "{name}");
            assert_eq!(file["sha256"].as_str(), Some(sha256(&bytes).as_str()), "{name}");
        }
        assert!(files[1]["bytes"].as_u64().is_some_and(|bytes| bytes <= STATE_MAX), "{}", files[1]);
    }

    #[test]
    fn every_scenario_has_a_recorded_hash() {
        let recorded =
            fs::read_to_string(root().join("tests/linux.sha256")).expect("cargo xtask linux --check wrote it");
        let ids: Vec<&str> = recorded.lines().filter_map(|line| Some(line.split_once(' ')?.1)).collect();
        assert_eq!(ids, CATALOGUE.iter().map(|entry| entry.id).collect::<Vec<_>>());
    }
}
