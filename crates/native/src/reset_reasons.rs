//! Why the kernel sent each RST: the tracepoint tcp:tcp_send_reset, which root may read. The reasons are those of
//! include/net/rstreason.h; older kernels (5.10 and 6.1 were seen) have the tracepoint and name none.
//!
//! Tracing is the whole machine's, not a namespace's. So it goes to an instance of our own, and of that only the
//! resets that were seen on our link count.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

use crate::procfs;

/// An instance of the kernel's tracer. Dropped, it is gone.
pub(crate) struct Tracer {
    folder: PathBuf,
    /// `None` only while it is dropped: an instance with an open file cannot be removed.
    pipe: Option<File>,
    /// A line that has not come to its end.
    rest: String,
}

/// A RST, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reset {
    /// When it was sent, by the machine's clock, in microseconds.
    pub(crate) at_us: u64,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    /// The kernel's name for it, `TCP_ABORT_ON_CLOSE`.
    pub(crate) reason: String,
}

const TRACING: &str = "/sys/kernel/tracing";
/// What an instance's name begins with; the process id follows.
const NAME: &str = "native-";

impl Tracer {
    /// Starts an instance of the tracer.
    ///
    /// # Errors
    /// Which step was refused, and how; or that this kernel cannot tell.
    pub(crate) fn start() -> Result<Self, String> {
        Self::begin().map_err(|why| if geteuid().is_root() { why } else { format!("root alone may ask: {why}") })
    }

    fn begin() -> Result<Self, String> {
        let step = |what: &str, result: io::Result<()>| result.map_err(|error| format!("{what}: {error}"));
        if !Path::new(TRACING).join("events").exists() {
            // Where nobody has mounted it: for this process and its children alone.
            step("unshare(CLONE_NEWNS)", unshare(CloneFlags::CLONE_NEWNS).map_err(io::Error::from))?;
            let none: Option<&str> = None;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            step("mount", mount(none, "/", none, private, none).map_err(io::Error::from))?;
            let mounted = mount(Some("tracefs"), TRACING, Some("tracefs"), MsFlags::empty(), none);
            step("mounting tracefs", mounted.map_err(io::Error::from))?;
        }
        let format = fs::read_to_string(Path::new(TRACING).join("events/tcp/tcp_send_reset/format"));
        if !format.map_err(|error| format!("tcp:tcp_send_reset: {error}"))?.contains(" reason;") {
            let kernel = procfs::release();
            return Err(format!("the tracepoint tcp:tcp_send_reset of Linux {kernel} names no reason; 6.12 has them"));
        }
        let instances = Path::new(TRACING).join("instances");
        sweep(&instances);
        let folder = instances.join(format!("{NAME}{}", std::process::id()));
        step(TRACING, fs::create_dir(&folder))?;
        for (file, value) in
            [("buffer_size_kb", "64"), ("trace_clock", "mono"), ("events/tcp/tcp_send_reset/enable", "1")]
        {
            step(file, fs::write(folder.join(file), value)).inspect_err(|_| remove(&folder))?;
        }
        let pipe = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(folder.join("trace_pipe"));
        let pipe = pipe.map_err(|error| format!("trace_pipe: {error}")).inspect_err(|_| remove(&folder))?;
        Ok(Self { folder, pipe: Some(pipe), rest: String::new() })
    }

    /// The resets that were sent since the last time, on the whole machine.
    pub(crate) fn read(&mut self) -> Vec<Reset> {
        let mut buffer = [0; 4096];
        let Some(pipe) = &mut self.pipe else { return Vec::new() };
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            self.rest.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        let complete = self.rest.rfind('\n').map_or(0, |at| at + 1);
        let lines: String = self.rest.drain(..complete).collect();
        lines.lines().filter_map(reset).collect()
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.pipe = None;
        remove(&self.folder);
    }
}

/// `exe-105 [000] .N... 3649.514138: tcp_send_reset: … src=192.0.2.2:80 dest=192.0.2.1:59496 state=… reason=…`
fn reset(line: &str) -> Option<Reset> {
    let (head, fields) = line.split_once(": tcp_send_reset: ")?;
    let (seconds, micros) = head.rsplit_once(' ')?.1.split_once('.')?;
    let field = |name: &str| fields.split_whitespace().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    Some(Reset {
        at_us: seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?,
        source: field("src")?.parse().ok()?,
        destination: field("dest")?.parse().ok()?,
        reason: field("reason")?.to_owned(),
    })
}

/// Removes the instances of processes that were killed.
fn sweep(instances: &Path) {
    for entry in fs::read_dir(instances).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(process) = name.strip_prefix(NAME)
            && !Path::new("/proc").join(process).exists()
        {
            remove(&entry.path());
        }
    }
}

fn remove(folder: &Path) {
    // The kernel takes the files away with the folder.
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tracer() {
        let line = "             exe-10548   [000] .N...  3649.514138: tcp_send_reset: skbaddr=0000000000000000 \
                    skaddr=00000000fbfa9574 src=192.0.2.2:80 dest=192.0.2.1:59496 state=TCP_CLOSE \
                    reason=TCP_ABORT_ON_CLOSE";
        let expected = Reset {
            at_us: 3_649_514_138,
            source: "192.0.2.2:80".parse().expect("an address"),
            destination: "192.0.2.1:59496".parse().expect("an address"),
            reason: "TCP_ABORT_ON_CLOSE".to_owned(),
        };
        assert_eq!(reset(line), Some(expected));
        let six =
            "x-1 [000] ..... 1.000002: tcp_send_reset: src=[2001:db8::2]:80 dest=[2001:db8::1]:5 reason=NO_SOCKET";
        assert_eq!(reset(six).map(|reset| reset.source), "[2001:db8::2]:80".parse().ok());
        assert_eq!(reset("CPU:1 [LOST 3 EVENTS]"), None);
    }
}
