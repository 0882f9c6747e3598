//! The kernel's own witness: which of its counters move with an ending, and which do not; and, as root, the reason
//! that its tracer gives for a RST. This is how one tells endings apart on a machine that is not one's own.

#![cfg(target_os = "linux")]

use std::env;
use std::path::{Path, PathBuf};

use native::{Asked, Options, Reasons};
use scenario::{Counter, Event, Host, Script, Trace};

/// What the kernel says of a scenario.
struct Said {
    scenario: &'static str,
    /// Whose kernel.
    host: Host,
    /// Counters that move. Any that begin with `TcpExtTCPAbort`, and `TcpOutRsts`, stand still if they are not here.
    moved: &'static [&'static str],
    /// Why it sent its RST, if it sent one.
    reason: Option<&'static str>,
}

const fn said(
    scenario: &'static str,
    host: Host,
    moved: &'static [&'static str],
    reason: Option<&'static str>,
) -> Said {
    Said { scenario, host, moved, reason }
}

/// net/ipv4/proc.c has the counters' names, include/net/rstreason.h those of the reasons.
const SAID: [Said; 15] = [
    said(
        "close-with-unread-data",
        Host::Server,
        &["TcpExtTCPAbortOnClose", "TcpEstabResets", "TcpOutRsts"],
        Some("TCP_ABORT_ON_CLOSE"),
    ),
    // Not …OnLinger: that one is for TCP_LINGER2, in a rare case.
    said("linger-zero", Host::Server, &["TcpExtTCPAbortOnData", "TcpOutRsts"], Some("TCP_STATE")),
    // The story of the blog post moves no TCPAbort counter at all.
    said("write-after-peer-close", Host::Server, &["TcpExtTW", "TcpOutRsts"], Some("TCP_TIMEWAIT_SOCKET")),
    said("fin-wait2-orphan", Host::Client, &["TcpOutRsts"], Some("NO_SOCKET")),
    said("fin-lost-data-first", Host::Server, &["TcpExtTCPAbortOnData", "TcpOutRsts"], Some("TCP_ABORT_ON_DATA")),
    said("shutdown-rdwr-then-data", Host::Server, &["TcpExtTCPAbortOnData", "TcpOutRsts"], Some("TCP_ABORT_ON_DATA")),
    said("linger2-negative", Host::Server, &["TcpExtTCPAbortOnData", "TcpOutRsts"], Some("TCP_ABORT_ON_DATA")),
    said("listener-closed-with-backlog", Host::Server, &["TcpEstabResets", "TcpOutRsts"], Some("TCP_STATE")),
    said(
        "keepalive-dead",
        Host::Client,
        &["TcpExtTCPAbortOnTimeout", "TcpExtTCPKeepAlive", "TcpOutRsts"],
        Some("TCP_KEEPALIVE_TIMEOUT"),
    ),
    // No RST: a timeout of retransmissions is silent.
    said("peer-vanished-write", Host::Client, &["TcpExtTCPAbortOnTimeout", "TcpRetransSegs"], None),
    said("rst-in-window-challenge", Host::Client, &["TcpExtTCPChallengeACK"], None),
    said("syn-in-established", Host::Server, &["TcpExtTCPChallengeACK", "TcpExtTCPSYNChallenge"], None),
    // The connection is forgotten, but the port has a listener: a FIN is nothing for that.
    said("time-wait-overflow", Host::Server, &["TcpExtTCPTimeWaitOverflow", "TcpOutRsts"], Some("TCP_FLAGS")),
    said(
        "accept-queue-full-abort",
        Host::Server,
        &["TcpExtListenOverflows", "TcpExtEmbryonicRsts", "TcpOutRsts"],
        Some("INVALID_SYN"),
    ),
    said("connection-refused", Host::Server, &["TcpOutRsts"], Some("NO_SOCKET")),
];

/// A counter that older kernels move at another moment, and the first series in which it was seen to move here: 5.10.223
/// does not count a TIME-WAIT that a segment has ended. The series between were not looked at.
const COUNTED_LATER: (&str, [u32; 2]) = ("TcpExtTW", [6, 12]);

/// The series of a kernel: 6 and 12 of `6.12.117 (6.12.117+deb13-amd64)`.
fn release(kernel: &str) -> [u32; 2] {
    let mut numbers = kernel.split(|sign: char| !sign.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)]
}

#[test]
fn the_counters_and_the_reasons_of_an_ending() {
    // One after the other: the tracer hears the whole machine, and of what a kernel answers for no socket it does not say
    // to whom.
    let complaints: Vec<String> = SAID.iter().filter_map(|said| check(said).err()).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn check(said: &Said) -> Result<(), String> {
    let entry = catalogue::scenario(said.scenario).ok_or_else(|| format!("{}: no such scenario", said.scenario))?;
    let script = Script::parse(entry.text).map_err(|error| error.to_string())?;
    let options = Options { program: Some(example("native")), reasons: Reasons::Traced, ..Options::default() };
    let performed = native::perform(entry.id, &script, &options).map_err(|error| error.to_string())?;
    let Trace { events, backend, .. } = &performed.trace;
    if !performed.trace.as_written() {
        return Err(format!("{}: {:?}", entry.id, performed.trace.failed));
    }
    let counted: Vec<&Counter> = events
        .iter()
        .filter_map(|event| match event {
            Event::Counter { host, counter, .. } if *host == said.host => Some(counter),
            _ => None,
        })
        .collect();
    let snmp = |counter: &&Counter| match counter {
        Counter::Snmp(name) => Some(name.clone()),
        Counter::ResetReason(_) => None,
    };
    let counters: Vec<String> = counted.iter().filter_map(snmp).collect();
    let mut complaints = Vec::new();
    let told = |moved: &&&str| **moved != COUNTED_LATER.0 || release(&performed.trace.kernel) >= COUNTED_LATER.1;
    let stood_still = |moved: &&&str| !counters.iter().any(|name| name == **moved);
    for moved in said.moved.iter().filter(told).filter(stood_still) {
        complaints.push(format!("{moved} did not move (rung {})", backend.name()));
    }
    let telling = |name: &&String| name.starts_with("TcpExtTCPAbort") || *name == "TcpOutRsts";
    for moved in counters.iter().filter(telling).filter(|name| !said.moved.contains(&name.as_str())) {
        complaints.push(format!("{moved} moved"));
    }
    // The tracer is root's. The notes say when it cannot be heard, and then there is no reason to compare.
    match performed.reasons {
        Asked::No => eprintln!("NOT CHECKED, {}: {}", entry.id, performed.notes.join("; ")),
        Asked::Yes => {
            let reason = |counter: &&Counter| match counter {
                Counter::ResetReason(reason) => Some(reason.clone()),
                Counter::Snmp(_) => None,
            };
            let reasons: Vec<String> = counted.iter().filter_map(reason).collect();
            if reasons.iter().any(|reason| Some(reason.as_str()) != said.reason)
                || reasons.is_empty() != said.reason.is_none()
            {
                complaints.push(format!("the tracer says {reasons:?}, expected {:?}", said.reason));
            }
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(format!("{}: {}", entry.id, complaints.join(", "))) }
}

/// Cargo builds the examples for this test, beside it.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps");
    folder.join("examples").join(name)
}
