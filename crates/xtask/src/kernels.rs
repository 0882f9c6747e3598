//! The scripts on the kernels that people run: Debian's, each in a machine of its own that QEMU emulates in virtual
//! time, so that a slow host makes no difference.
//!
//! The test `conformance` writes the scripts and judges what came of them; here are the machines.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::debian::{self, Debian};
use crate::guest::{self, Answer, Initramfs};
use crate::{cargo, root, run};

/// What is looked at where nothing is asked for: a series' newest release, and the newest of all.
const DEFAULT: [&str; 5] = ["5.10", "6.1", "6.12", "6.18", NEWEST];
const NEWEST: &str = "newest";
/// Debian's suites that have kernels, the oldest first.
const SUITES: [&str; 4] = ["bullseye", "bookworm", "trixie", "trixie-backports"];
/// Where packages, scripts and traces lie.
const FOLDER: &str = "target/kernels";
/// Each must come behind those that it needs.
const MODULES: [&str; 3] = ["inet_diag", "tcp_diag", "tun"];
/// A machine has one processor, and so much memory.
const MEMORY_MB: u32 = 256;
const MACHINES_AT_ONCE: usize = 2;
/// Some three hundred scripts take two minutes on an idle core; this is enough for one that many share.
const TIME_MAX: Duration = Duration::from_secs(1800);
/// A machine that has said nothing for so long is stuck.
const SILENCE_MAX: Duration = Duration::from_secs(240);
/// How fast a machine's processor is: an instruction takes 2 to the power of this, in nanoseconds. A difference counts
/// if it shows at each: at one and the same, a run comes out the same again.
const SPEEDS: [u32; 3] = [1, 2, 0];
/// How many random scripts of each grammar, where the environment asks for no other number.
const RANDOM: [(&str, &str); 5] = [
    ("CONFORMANCE_RANDOM", "60"),
    ("CONFORMANCE_FULL", "30"),
    ("CONFORMANCE_SOCKETS", "20"),
    ("CONFORMANCE_BOXES", "20"),
    ("CONFORMANCE_PROXIED", "20"),
];

/// What the command is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Series (`6.12`), releases (`6.16.3`), or `newest`.
    pub(crate) versions: Vec<String>,
    keeps: bool,
    /// Of the scripts, those whose names have one of these words in them; empty for all.
    pub(crate) only: Vec<String>,
}

impl Options {
    /// Reads the command's words.
    ///
    /// # Errors
    /// A word that is neither a version nor an option.
    pub fn read(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--keep" => options.keeps = true,
                "--only" => options.only.push((*words.next().context("expected a word behind `--only`")?).to_owned()),
                version if version == NEWEST || numbers(version).is_some_and(|numbers| numbers.len() >= 2) => {
                    options.versions.push(version.to_owned());
                }
                other => bail!(
                    "found `{other}`, expected versions such as 6.12 or 6.16.3, `{NEWEST}`, `--only WORD` or `--keep`"
                ),
            }
        }
        ensure!(!options.keeps || options.only.is_empty(), "what is kept is of all scripts: `--keep` without `--only`");
        if options.versions.is_empty() {
            options.versions = DEFAULT.map(str::to_owned).into();
        }
        Ok(options)
    }
}

/// Performs the scripts on these kernels, and judges what came of it.
///
/// # Errors
/// Something that this takes is missing; a machine does not do its work; or a script differs without a reason in the
/// ledger.
pub fn kernels(options: &Options) -> Result<()> {
    debian::needs("qemu-system-x86_64", "qemu-system-x86")?;
    // What came of all scripts stays when some are performed again.
    let folder = root().join(if options.only.is_empty() { FOLDER } else { "target/kernels-only" });
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let [scripts, traces, again] = ["scripts", "traces", "again"].map(|name| folder.join(name));
    for old in [&scripts, &traces] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
    }
    let kernels = fetch(&options.versions)?;
    let program = fs::read(guest::build(guest::AMD64)?).context("the guest was just built")?;
    run(conformance(&options.only).env("CONFORMANCE_SCRIPTS", &scripts))?;
    let scripts = read_scripts(&scripts)?;
    ensure!(!scripts.is_empty(), "no script has `{}` in its name", options.only.join("` or `"));

    let began = Instant::now();
    let mut left: Vec<Work<'_>> = kernels.iter().map(|kernel| Work::new(kernel, scripts.iter().collect())).collect();
    for (round, speed) in SPEEDS.into_iter().enumerate() {
        perform(&left, &program, &traces, &folder, speed)?;
        let mut judge = conformance(&options.only);
        judge.env("CONFORMANCE_TRACES", &traces).env("CONFORMANCE_AGAIN", &again);
        if options.keeps {
            judge.env("BLESS", "1");
        }
        let judged = run(&mut judge);
        if judged.is_ok() || round + 1 == SPEEDS.len() {
            println!("{} s, without what was fetched and built", began.elapsed().as_secs());
            return judged;
        }
        let again = fs::read_to_string(&again).context("the test notes what is to be done again")?;
        left = left.iter().map(|work| work.again(&again)).filter(|work| !work.scripts.is_empty()).collect();
        println!("\nWhat differed is performed again, by processors of another speed.");
    }
    Ok(())
}

/// Fetches the kernels of these versions.
pub(crate) fn fetch(versions: &[String]) -> Result<Vec<Kernel>> {
    let folder = root().join(FOLDER);
    let debian = Debian::open(folder.join("debian"), &SUITES)?;
    let names =
        [debian.names("linux-image-")?, debian.names("linux-binary-")?, debian.names("linux-modules-")?].concat();
    let kernels = versions.iter().map(|version| {
        let packages = packages(&names, version)?;
        println!("{version}: {}", packages.join(", "));
        Kernel::fetch(&debian, version, &packages, &folder.join("unpacked").join(version))
    });
    kernels.collect()
}

fn conformance(only: &[String]) -> Command {
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "tests", "--test", "conformance"]);
    command.envs(RANDOM.into_iter().filter(|(variable, _)| std::env::var_os(variable).is_none()));
    command.arg("--").args(only);
    command
}

struct Script {
    id: String,
    text: Vec<u8>,
}

fn read_scripts(folder: &Path) -> Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let id = path.file_stem().context("a file has a name")?.to_string_lossy().into_owned();
        scripts.push(Script { id, text: fs::read(&path)? });
    }
    scripts.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(scripts)
}

/// What one machine is to do.
struct Work<'a> {
    kernel: &'a Kernel,
    /// The machine's files are called so: by the kernel's version, and which of several machines with that kernel it is.
    machine: String,
    scripts: Vec<&'a Script>,
}

impl<'a> Work<'a> {
    fn new(kernel: &'a Kernel, scripts: Vec<&'a Script>) -> Self {
        Self { kernel, machine: kernel.version.clone(), scripts }
    }

    /// The same, as the work of several machines.
    fn shared(&self, machines: usize) -> impl Iterator<Item = Self> {
        (0..machines).map(move |at| {
            let machine = format!("{}-{at}", self.machine);
            Self {
                machine,
                kernel: self.kernel,
                scripts: self.scripts.iter().copied().skip(at).step_by(machines).collect(),
            }
        })
    }

    /// Those of its scripts that a list names: lines of `VERSION SCRIPT`.
    fn again(&self, list: &str) -> Self {
        let named = |script: &Script| {
            let line = format!("{} {}", self.kernel.version, script.id);
            list.lines().any(|named| named == line)
        };
        Self::new(self.kernel, self.scripts.iter().copied().filter(|script| named(script)).collect())
    }
}

/// Has all machines do their work. The last of an odd number is shared, so that no processor waits for it.
fn perform(work: &[Work<'_>], program: &[u8], traces: &Path, folder: &Path, speed: u32) -> Result<()> {
    let alone = work.len() % MACHINES_AT_ONCE;
    let (whole, shared) = work.split_at(work.len() - alone);
    let shared: Vec<Work<'_>> =
        shared.iter().flat_map(|work| work.shared(MACHINES_AT_ONCE)).filter(|work| !work.scripts.is_empty()).collect();
    let all: Vec<&Work<'_>> = whole.iter().chain(&shared).collect();
    side_by_side(&all, |work| {
        let traces = traces.join(&work.kernel.version);
        work.kernel.perform(work, program, &traces, folder, speed)
    })
}

/// Has all machines do something, some at once, each to its end.
pub(crate) fn side_by_side<T: Sync>(machines: &[T], act: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let left: Mutex<VecDeque<&T>> = Mutex::new(machines.iter().collect());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..MACHINES_AT_ONCE {
            scope.spawn(|| {
                while let Some(machine) = { left.lock().expect("no thread panics with it").pop_front() } {
                    if let Err(error) = act(machine) {
                        failed.lock().expect("no thread panics with it").push(format!("{error:#}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("all threads are done");
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// A kernel, ready to boot.
pub(crate) struct Kernel {
    /// As it was asked for.
    pub(crate) version: String,
    image: PathBuf,
    modules: Vec<(String, Vec<u8>)>,
}

impl Kernel {
    fn fetch(debian: &Debian, version: &str, packages: &[String], folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let patterns: Vec<String> = MODULES.iter().map(|module| format!("*/{module}.ko*")).collect();
        let mut patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        patterns.push("*/vmlinuz*");
        for package in packages {
            debian::unpack(&debian.fetch(package)?, &patterns, folder)?;
        }
        let files = files(folder)?;
        let named = |name: &str| files.iter().find(|file| file.file_name().is_some_and(|file| is_named(file, name)));
        let image = named("vmlinuz").with_context(|| format!("{}: no vmlinuz", packages.join(", ")))?.clone();
        let mut modules: Vec<(String, Vec<u8>)> = Vec::new();
        for name in MODULES {
            let file = named(name).with_context(|| format!("{}: no module {name}", packages.join(", ")))?;
            let module = debian::plain(file)?;
            let missing = needed(&module).into_iter().find(|needed| modules.iter().all(|(name, _)| name != needed));
            if let Some(missing) = missing {
                bail!("{}: the module {name} needs {missing}, which is not loaded before it", packages.join(", "));
            }
            modules.push((name.to_owned(), module));
        }
        Ok(Self { version: version.to_owned(), image, modules })
    }

    /// Boots a machine that performs the scripts, and writes what came of them into a folder.
    fn perform(&self, work: &Work<'_>, program: &[u8], traces: &Path, folder: &Path, speed: u32) -> Result<()> {
        let scripts = &work.scripts;
        let mut initramfs = self.initramfs(program);
        initramfs.folder("scripts");
        for script in scripts {
            initramfs.file(&format!("scripts/{}.tcp", script.id), &script.text);
        }
        let began = Instant::now();
        let answers = self.boot(initramfs, folder, &work.machine, MACHINE.at(speed))?;
        let version = &self.version;
        let missing = scripts.len().saturating_sub(answers.len());
        ensure!(missing == 0, "Linux {version}: {missing} scripts have no answer");
        fs::create_dir_all(traces)?;
        for answer in &answers {
            for (ending, text) in [("json", &answer.trace), ("txt", &answer.notes)] {
                let file = traces.join(format!("{}.{ending}", answer.id));
                if text.is_empty() {
                    // What an earlier round has left.
                    let _ = fs::remove_file(file);
                } else {
                    fs::write(file, text)?;
                }
            }
        }
        println!("{version}: {} scripts in {} s", answers.len(), began.elapsed().as_secs());
        Ok(())
    }

    /// What it boots with: its first process and its modules.
    pub(crate) fn initramfs(&self, program: &[u8]) -> Initramfs {
        let mut initramfs = Initramfs::with_init(program);
        initramfs.folder("modules");
        for (index, (name, module)) in self.modules.iter().enumerate() {
            initramfs.file(&format!("modules/{index}-{name}.ko"), module);
        }
        initramfs
    }

    /// Boots a machine, and gives what it has answered when it is switched off. `name` is its files'.
    pub(crate) fn boot(
        &self,
        initramfs: Initramfs,
        folder: &Path,
        name: &str,
        machine: Machine,
    ) -> Result<Vec<Answer>> {
        let version = &self.version;
        let [disk, console, line] = ["cpio", "console", "line"].map(|ending| folder.join(format!("{name}.{ending}")));
        fs::write(&disk, initramfs.into_bytes()).with_context(|| format!("cannot write {}", disk.display()))?;
        boot(&self.image, &disk, &console, &line, machine, version).with_context(|| format!("Linux {version}"))?;
        let said = fs::read(&line).with_context(|| format!("cannot read {}", line.display()))?;
        guest::answers(&said).with_context(|| format!("Linux {version}:\n{}", end_of(&console)))
    }
}

/// What a machine is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// One of [`SPEEDS`].
    pub(crate) speed: u32,
    pub(crate) memory_mb: u32,
    /// It has done its work by then.
    pub(crate) time_max: Duration,
    /// It says something, by its line or on its console, before so much time has passed.
    pub(crate) silence_max: Duration,
    pub(crate) console: Console,
}

/// What becomes of the words on a machine's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Console {
    /// They lie in a file, and its end is shown if the machine fails.
    Kept,
    /// They are shown as they come, too, each line behind the kernel's version.
    Shown,
}

/// One that performs scripts.
pub(crate) const MACHINE: Machine = Machine {
    speed: SPEEDS[0],
    memory_mb: MEMORY_MB,
    time_max: TIME_MAX,
    silence_max: SILENCE_MAX,
    console: Console::Kept,
};

impl Machine {
    fn at(self, speed: u32) -> Self {
        Self { speed, ..self }
    }
}

/// Runs a machine until it is switched off.
///
/// Its clock counts its instructions and jumps over what it sleeps. That takes one processor, emulated by one thread.
/// Programs always lie at one address (`norandmaps`): some versions of QEMU (7.2) keep what they translated by address,
/// and every script starts programs.
fn boot(image: &Path, disk: &Path, console: &Path, line: &Path, machine: Machine, name: &str) -> Result<()> {
    let Machine { speed, memory_mb, time_max, silence_max, console: words } = machine;
    // QEMU empties them, but not at once: until then they would have what the last machine said.
    for left in [console, line] {
        fs::write(left, "").with_context(|| format!("cannot empty {}", left.display()))?;
    }
    let file = |path: &Path| format!("file:{}", path.display());
    let mut machine = Command::new("qemu-system-x86_64")
        .args(["-accel", "tcg,thread=single", "-icount", &format!("shift={speed},sleep=off"), "-seed", "1"])
        .args(["-rtc", "clock=vm,base=2026-01-01T00:00:00", "-M", "pc", "-cpu", "qemu64", "-smp", "1"])
        .args(["-m", &memory_mb.to_string(), "-nodefaults", "-no-reboot", "-display", "none"])
        .args(["-serial", &file(console), "-serial", &file(line)])
        .arg("-kernel")
        .arg(image)
        .arg("-initrd")
        .arg(disk)
        .args(["-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr norandmaps"])
        .stdin(Stdio::null())
        .spawn()
        .context("cannot start qemu-system-x86_64")?;
    let began = Instant::now();
    let mut shown = 0;
    let mut said = (0, began);
    loop {
        let ended = machine.try_wait()?;
        if words == Console::Shown {
            shown += show(console, shown, name);
        }
        if let Some(status) = ended {
            ensure!(status.success(), "QEMU: {status}\n{}", end_of(console));
            return Ok(());
        }
        let length = [console, line].iter().filter_map(|file| fs::metadata(file).ok()).map(|data| data.len()).sum();
        if length != said.0 {
            said = (length, Instant::now());
        }
        let is_stuck = said.1.elapsed() > silence_max;
        if is_stuck || began.elapsed() > time_max {
            machine.kill().and_then(|()| machine.wait()).context("QEMU cannot be ended")?;
            let why = if is_stuck { "nothing new for" } else { "not done after" };
            let limit = if is_stuck { silence_max } else { time_max };
            bail!("{why} {} s\n{}", limit.as_secs(), end_of(console));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Prints the whole lines of a console behind a byte, and gives how many bytes they are.
fn show(console: &Path, from: usize, name: &str) -> usize {
    let said = fs::read(console).unwrap_or_default();
    let new = said.get(from..).unwrap_or_default();
    let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    for line in String::from_utf8_lossy(&new[..whole]).lines() {
        println!("{name} | {line}");
    }
    whole
}

/// The last that a kernel has said.
fn end_of(console: &Path) -> String {
    let said = fs::read(console).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// `tun` is `tun.ko` and `tun.ko.xz`; `vmlinuz` is `vmlinuz` and `vmlinuz-6.1.0-50-amd64`.
fn is_named(file: &std::ffi::OsStr, name: &str) -> bool {
    let file = file.to_string_lossy();
    file.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-') || rest.starts_with(".ko"))
}

/// The modules that one needs: `depends=ONE,OTHER` in its section .modinfo.
fn needed(module: &[u8]) -> Vec<String> {
    const FIELD: &[u8] = b"\0depends=";
    let Some(at) = module.windows(FIELD.len()).position(|window| window == FIELD) else { return Vec::new() };
    let list = module[at + FIELD.len()..].split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(list).split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The packages with the kernel of a version: Debian's newest that begins so and is whole.
///
/// Up to 6.18 an image has everything; later the kernel and its modules are packages of their own, and old modules are
/// soon gone.
fn packages(names: &[String], version: &str) -> Result<Vec<String>> {
    let wanted = if version == NEWEST { Vec::new() } else { numbers(version).context("it was read as a version")? };
    let release = |name: &str, kind: &str| -> Option<String> {
        Some(name.strip_prefix(kind)?.strip_suffix("-amd64")?.to_owned())
    };
    let is_there = |name: String| names.contains(&name);
    let candidates = names.iter().filter_map(|name| {
        let (release, packages) = if let Some(release) = release(name, "linux-binary-") {
            let modules = format!("linux-modules-{release}-amd64");
            if !is_there(modules.clone()) {
                return None;
            }
            (release, vec![name.clone(), modules])
        } else {
            let release = release(name, "linux-image-")?;
            if is_there(format!("linux-binary-{release}-amd64")) {
                return None;
            }
            (release, vec![name.clone()])
        };
        let numbers = numbers(&release)?;
        (numbers.len() > 2 && numbers.starts_with(&wanted)).then_some((numbers, packages))
    });
    let newest = candidates.max_by(|(one, _), (other, _)| one.cmp(other));
    newest
        .map(|(_, packages)| packages)
        .with_context(|| format!("Debian has no kernel {version} in {}", SUITES.join(", ")))
}

/// `6.1.0-50` as numbers; `None` if it is none, or a special kernel such as `7.3.4+deb13-rt`. What a distribution adds
/// behind a plus sign does not count.
fn numbers(release: &str) -> Option<Vec<u32>> {
    let (release, added) = release.split_once('+').unwrap_or((release, ""));
    if added.contains('-') {
        return None;
    }
    release.split(['.', '-']).map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_kernel_of_a_series_is_chosen() {
        let names: Vec<String> = [
            "linux-image-5.10.0-30-amd64",
            "linux-image-5.10.0-32-amd64",
            "linux-image-5.10.0-32-rt-amd64",
            "linux-image-6.1.0-50-amd64",
            "linux-image-6.18.9+deb13-amd64",
            "linux-image-6.18.15+deb13-amd64",
            "linux-image-7.1.13+deb13-amd64",
            "linux-binary-7.1.13+deb13-amd64",
            "linux-image-7.3.4+deb13-amd64",
            "linux-binary-7.3.4+deb13-amd64",
            "linux-modules-7.3.4+deb13-amd64",
            "linux-binary-7.3.4+deb13-rt-amd64",
            "linux-modules-7.3.4+deb13-rt-amd64",
            "linux-image-amd64",
        ]
        .map(str::to_owned)
        .into();
        let chosen = |version| packages(&names, version).ok();
        let one = |name: &str| Some(vec![name.to_owned()]);
        assert_eq!(chosen("5.10"), one("linux-image-5.10.0-32-amd64"));
        assert_eq!(chosen("6.1"), one("linux-image-6.1.0-50-amd64"));
        assert_eq!(chosen("6.18"), one("linux-image-6.18.15+deb13-amd64"));
        assert_eq!(chosen("6.18.9"), one("linux-image-6.18.9+deb13-amd64"));
        assert_eq!(chosen("7.1"), None, "its modules are gone");
        let newest = ["linux-binary-7.3.4+deb13-amd64", "linux-modules-7.3.4+deb13-amd64"].map(str::to_owned);
        assert_eq!(chosen(NEWEST), Some(newest.into()));
        assert_eq!(chosen("6.6"), None);
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(Options::read(&[]).expect("the default").versions, DEFAULT);
        let options = Options::read(&["6.12", "--keep", "newest"]).expect("two versions");
        assert!(options.keeps && options.versions == ["6.12", "newest"]);
        let options = Options::read(&["6.12", "--only", "fin"]).expect("a word");
        assert_eq!((options.only, options.versions), (vec!["fin".to_owned()], vec!["6.12".to_owned()]));
        for wrong in [&["6"][..], &["x"], &["--all"], &["6.x"], &["--only"], &["--keep", "--only", "fin"]] {
            assert!(Options::read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_module_says_what_it_needs() {
        assert_eq!(needed(b"x\0license=GPL\0depends=inet_diag,tun\0retpoline=Y\0"), ["inet_diag", "tun"]);
        assert!(needed(b"\0license=GPL\0depends=\0name=tun\0").is_empty());
    }
}
