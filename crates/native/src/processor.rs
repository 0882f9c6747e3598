//! On which processor a run takes place: all of it on one, so that what happens at one moment happens in one order.
//!
//! The segments of one write() arrive at one moment. On several processors a read() that waits for them may return
//! while the link still hands them over, with the first alone; on one it looks when all are there.

use std::io;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// What this process and those that it starts do at one moment happens in one order from now on, see
/// [`stay_on_one`] and [`let_others_finish`].
///
/// # Errors
/// A container may forbid either: which call, and why. The run can go on.
pub(crate) fn order_what_happens_at_once() -> Result<(), String> {
    stay_on_one().map_err(|error| format!("sched_setaffinity: {error}"))?;
    // The calls' processes ask for themselves; a thread that ends at once asks whether they may.
    let asked = std::thread::spawn(let_others_finish).join().expect("it does not panic");
    asked.map_err(|error| format!("sched_setscheduler: {error}"))
}

/// This thread, and every thread and process that it starts from now on, stay on one of the processors that it may use.
/// Which one differs between processes, so that runs side by side share them.
fn stay_on_one() -> io::Result<()> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let allowed: Vec<usize> =
        (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu).is_ok_and(|is_set| is_set)).collect();
    let mut one = CpuSet::new();
    one.set(allowed[std::process::id() as usize % allowed.len()])?;
    Ok(sched_setaffinity(this, &one)?)
}

/// This thread and those that it starts do not interrupt what runs when they are woken: the link hands over all that
/// is due, and then the calls look (`SCHED_BATCH`; kernel/sched/fair.c: `check_preempt_wakeup_fair`).
///
/// The kernel is asked itself, for musl's `sched_setscheduler` is ENOSYS on every kernel.
pub(crate) fn let_others_finish() -> io::Result<()> {
    // The kernel's struct sched_param: the priority alone, which is 0 for those that have none.
    let priority: libc::c_int = 0;
    #[expect(unsafe_code, reason = "nix has no such call")]
    let set = unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_BATCH, &raw const priority) };
    Errno::result(set).map(drop).map_err(io::Error::from)
}
