//! How a process of this program is started that plays a role: the calling program's executable, run again.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::getppid;

use crate::Rung;

/// The first argument of a process that plays a role.
pub(crate) const MARK: &str = "native::role";
/// This program's own executable, even if its file has been replaced meanwhile.
pub(crate) const SELF: &str = "/proc/self/exe";

/// The process of a program that plays this role.
pub(crate) fn role(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg(MARK).arg(std::process::id().to_string()).args(arguments);
    command
}

/// The process that makes a host's calls.
pub(crate) fn calls(own: IpAddr, peer: IpAddr, rung: Rung) -> Command {
    role(Path::new(SELF), &["calls", &own.to_string(), &peer.to_string(), rung.name()])
}

/// Lets SIGKILL come when the thread that started this process ends, so that no process is left behind.
pub(crate) fn end_with_parent(parent: Option<&str>) -> io::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    // It may have ended before this process asked for the signal.
    if parent == Some(getppid().to_string().as_str()) { Ok(()) } else { Err(io::Error::other("nobody waits for it")) }
}
