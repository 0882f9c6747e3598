//! The machine around: what has to be mounted and loaded, the memory, the switch.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use native::Reasons;
use nix::kmod::{ModuleInitFlags, finit_module};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::sysinfo::sysinfo;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::answer::Request;

/// The line by which scripts come and answers leave; the kernel's own words have the other one.
pub(crate) const LINE: &str = "/dev/ttyS1";
const FILESYSTEMS: [(&str, &str, Option<&str>); 4] = [
    ("proc", "/proc", None),
    ("sysfs", "/sys", None),
    ("devtmpfs", "/dev", None),
    ("tmpfs", "/tmp", Some("size=100%")),
];

/// Mounts what a program expects, and loads the modules of `/modules` in the order of their names.
pub(crate) fn set_up() -> Result<(), String> {
    for (kind, at, options) in FILESYSTEMS {
        // What came with the machine must not be hidden; its first file system lies in memory, too.
        if kind == "tmpfs" && !files(Path::new(at))?.is_empty() {
            continue;
        }
        fs::create_dir_all(at).map_err(|error| format!("{at}: {error}"))?;
        mount(Some(kind), at, Some(kind), MsFlags::empty(), options).map_err(|error| format!("{kind}: {error}"))?;
    }
    for module in files(Path::new("/modules"))? {
        let broken = |error: io::Error| format!("{}: {error}", module.display());
        let file = File::open(&module).map_err(broken)?;
        finit_module(file, c"", ModuleInitFlags::empty()).map_err(|error| broken(error.into()))?;
    }
    Ok(())
}

/// The scripts of `/scripts`, in the order of their names: none if there is no such folder.
pub(crate) fn scripts() -> Result<Vec<Request>, String> {
    let scripts = files(Path::new("/scripts"))?.into_iter().map(|file| {
        let script = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let id = file.file_stem().unwrap_or_else(|| OsStr::new("-")).to_string_lossy().into_owned();
        Ok(Request { id, reasons: Reasons::Ignored, script })
    });
    scripts.collect()
}

/// The programs that `/programs` names, a line each, with their arguments: none if there is no such file.
pub(crate) fn programs() -> Result<Vec<Vec<String>>, String> {
    let text = match fs::read_to_string("/programs") {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("/programs: {error}")),
    };
    Ok(text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    files.sort();
    Ok(files)
}

/// Overwrites what is free with zeros: a picture of the memory is then small. As much as can be; nothing depends on it.
pub(crate) fn clear_free_memory() {
    const SMALL: [(&str, &str); 2] = [("min_free_kbytes", "64"), ("lowmem_reserve_ratio", "0 0")];
    /// The kernel itself needs some; where nothing is left it panics.
    const LEFT: u64 = 1 << 20;
    let set = |name: &str, value: &str| fs::write(format!("/proc/sys/vm/{name}"), value);
    for (name, value) in SMALL {
        let _ = set(name, value);
    }
    let _ = set("drop_caches", "3");
    const ZEROS: &str = "/tmp/zeros";
    if let Ok(mut file) = File::create(ZEROS) {
        let page = [0; 4096];
        while sysinfo().is_ok_and(|info| info.ram_unused() > LEFT) && file.write_all(&page).is_ok() {}
    }
    let _ = fs::remove_file(ZEROS);
    let _ = set("min_free_kbytes", "512");
    let _ = set("drop_caches", "3");
}

/// Takes note of the processes that have ended and whose parents have ended before.
pub(crate) fn reap() {
    while let Ok(status) = waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            return;
        }
    }
}

/// Switches the machine off.
pub(crate) fn power_off() {
    let Err(error) = reboot(RebootMode::RB_POWER_OFF);
    eprintln!("guest: it cannot be switched off: {error}");
}
