//! What the kernel shows of the calling thread's network namespace, in /proc/thread-self/net, and what it lets us set.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use scenario::{BufferMemory, Sysctl};

use crate::socket_row::{SocketRow, state};

/// Every TCP socket of the namespace with this address of its own, or none, from /proc/net/tcp (proc(5); `get_tcp4_sock` and its
/// siblings in net/ipv4/tcp_ipv4.c), in no order that means anything. For kernels without sock_diag(7).
///
/// # Errors
/// /proc is not what it should be.
pub(crate) fn sockets(own: IpAddr) -> io::Result<Vec<SocketRow>> {
    let mut rows = Vec::new();
    for file in ["tcp", "tcp6"] {
        let text = match std::fs::read_to_string(format!("/proc/thread-self/net/{file}")) {
            Ok(text) => text,
            // A kernel without IPv6 has no tcp6.
            Err(error) if file == "tcp6" && error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in text.lines().skip(1) {
            let (local, row) =
                row(line).ok_or_else(|| io::Error::other(format!("an unknown line in /proc/net/{file}: {line}")))?;
            if local == own || local.is_unspecified() {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`
fn row(line: &str) -> Option<(IpAddr, SocketRow)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let port = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
    let local = address(words.get(1)?.split_once(':')?.0)?;
    let row = SocketRow {
        local_port: port(words.get(1)?)?,
        peer_port: port(words.get(2)?)?,
        state: state(u8::from_str_radix(words.get(3)?, 16).ok()?)?,
        inode: words.get(9)?.parse().ok()?,
        cookie: None,
        info: None,
        fires_ms: None,
    };
    Some((local, row))
}

/// Words of 32 bits, each as this machine keeps what the network's order gives: `010200C0` is 192.0.2.1 here.
fn address(hexadecimal: &str) -> Option<IpAddr> {
    let words: Option<Vec<u32>> = hexadecimal
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok())
        .collect();
    let bytes: Vec<u8> = words?.into_iter().flat_map(u32::to_ne_bytes).collect();
    match bytes.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        _ => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    }
}

/// Those of the kernel's counters that tell of endings (nstat's names), as they stand.
///
/// # Errors
/// /proc is not what it should be.
pub(crate) fn counters() -> io::Result<BTreeMap<String, u64>> {
    let mut counters = BTreeMap::new();
    for file in ["snmp", "netstat"] {
        let text = std::fs::read_to_string(format!("/proc/thread-self/net/{file}"))?;
        let lines: Vec<&str> = text.lines().collect();
        // Pairs of lines: `Tcp: NAME NAME …` and `Tcp: NUMBER NUMBER …`.
        for pair in lines.chunks_exact(2) {
            let [names, values] = pair else { continue };
            let prefix = names.split(':').next().unwrap_or_default();
            for (name, value) in names.split_whitespace().zip(values.split_whitespace()).skip(1) {
                let name = format!("{prefix}{name}");
                if COUNTERS.contains(&name.as_str()) {
                    counters.insert(name, value.parse().unwrap_or(0));
                }
            }
        }
    }
    Ok(counters)
}

/// The counters that move when connections end, or fail to begin (net/ipv4/proc.c).
const COUNTERS: [&str; 32] = [
    "TcpAttemptFails",
    "TcpEstabResets",
    "TcpOutRsts",
    "TcpRetransSegs",
    "TcpExtEmbryonicRsts",
    "TcpExtListenDrops",
    "TcpExtListenOverflows",
    "TcpExtOutOfWindowIcmps",
    "TcpExtPAWSActive",
    "TcpExtPAWSEstab",
    "TcpExtPAWSOldAck",
    "TcpExtPAWSTimewait",
    "TcpExtTCPACKSkippedChallenge",
    "TcpExtTCPACKSkippedTimeWait",
    "TcpExtTCPAbortFailed",
    "TcpExtTCPAbortOnClose",
    "TcpExtTCPAbortOnData",
    "TcpExtTCPAbortOnLinger",
    "TcpExtTCPAbortOnMemory",
    "TcpExtTCPAbortOnTimeout",
    "TcpExtTCPChallengeACK",
    "TcpExtTCPKeepAlive",
    "TcpExtTCPLossProbes",
    "TcpExtTCPReqQFullDoCookies",
    "TcpExtTCPReqQFullDrop",
    "TcpExtTCPSYNChallenge",
    "TcpExtTCPTimeWaitOverflow",
    "TcpExtTCPTimeouts",
    "TcpExtTCPWinProbe",
    "TcpExtTW",
    "TcpExtTWKilled",
    "TcpExtTWRecycled",
];

/// Sets one of the namespace's settings.
///
/// # Errors
/// The kernel has no such setting and does not behave as with this value; it refuses the value; or /proc/sys is
/// read-only (in some containers).
pub(crate) fn set(sysctl: Sysctl, value: u32) -> io::Result<()> {
    match std::fs::write(format!("/proc/sys/net/ipv4/{}", sysctl.name()), value.to_string()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && without(sysctl) == Some(value) => Ok(()),
        written => written,
    }
}

/// Sets ip_local_port_range.
///
/// # Errors
/// The kernel refuses it, or /proc/sys is read-only.
pub(crate) fn set_port_range(first: u16, last: u16) -> io::Result<()> {
    std::fs::write(format!("/proc/sys/net/ipv4/{}", Sysctl::PORT_RANGE), format!("{first} {last}"))
}

/// Sets tcp_rmem or tcp_wmem.
///
/// # Errors
/// The kernel refuses it, or /proc/sys is read-only.
pub(crate) fn set_buffer_memory(buffer: BufferMemory, least: u32, bytes: u32) -> io::Result<()> {
    std::fs::write(format!("/proc/sys/net/ipv4/{}", buffer.name()), format!("{least} {bytes} {bytes}"))
}

/// As with which value a kernel behaves that has no such setting, if one is known.
const fn without(sysctl: Sysctl) -> Option<u32> {
    match sysctl {
        // Since 6.5 (ccce324dabfe); before, the first SYNs already waited twice as long each time.
        Sysctl::TcpSynLinearTimeouts => Some(0),
        _ => None,
    }
}

/// Whether one of the process's threads runs, or waits for a processor to run on; its first thread in the calling
/// process, which asks, does not count.
pub(crate) fn is_awake(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    threads.filter(|thread| process != std::process::id() || *thread.file_name() != *process.to_string()).any(
        |thread| {
            // `TID (NAME) STATE …`: S is asleep, R runs, D waits for a disk (proc(5)).
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['R', 'D']))
        },
    )
}

/// The kernel's release, which begins with its point release: `6.18.1-distribution`; where a distribution's name for it
/// has another number, `6.1.180 (6.1.0-52-amd64)`. The empty string if even that is hidden.
pub(crate) fn release() -> String {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let signature = read("/proc/version_signature");
    release_from(read("/proc/sys/kernel/osrelease").trim(), &read("/proc/version"), &signature)
}

/// Debian's /proc/version ends `Debian 6.1.180-1 (2026-01-01)`; Ubuntu's /proc/version_signature ends with the number.
fn release_from(name: &str, version: &str, signature: &str) -> String {
    let debian = version.rsplit_once(" Debian ").and_then(|(_, rest)| rest.split(['-', '~', '+', ' ']).next());
    let point = debian.or_else(|| signature.split_whitespace().last());
    let series = |release: &str| -> String { release.split_inclusive('.').take(2).collect() };
    match point {
        Some(point) if !name.starts_with(point) && series(point) == series(name) => format!("{point} ({name})"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use scenario::State;

    use super::*;

    #[test]
    fn a_row_of_the_table() {
        let line = "   1: 020200C0:0050 010200C0:9C40 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0";
        let local = "192.0.2.2".parse().expect("an address");
        let expected = SocketRow {
            local_port: 80,
            peer_port: 40_000,
            state: State::TimeWait,
            inode: 0,
            cookie: None,
            info: None,
            fires_ms: None,
        };
        assert_eq!(row(line), Some((local, expected)));
        assert_eq!(row("rubbish"), None);
        assert_eq!(address("B80D0120000000000000000002000000"), "2001:db8::2".parse().ok());
    }

    #[test]
    fn a_release_begins_with_its_point_release() {
        let debian = "Linux version 6.1.0-52-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) \
                      12.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.1.180-1 (2026-11-02)\n";
        assert_eq!(release_from("6.1.0-52-amd64", debian, ""), "6.1.180 (6.1.0-52-amd64)");
        let new = "Linux version 7.3.4+deb14-amd64 (…) #1 SMP PREEMPT_DYNAMIC Debian 7.3.4-1 (2026-11-02)\n";
        assert_eq!(release_from("7.3.4+deb14-amd64", new, ""), "7.3.4+deb14-amd64");
        let ubuntu = "Ubuntu 6.8.0-45.45-generic 6.8.12\n";
        assert_eq!(release_from("6.8.0-45-generic", "Linux version …", ubuntu), "6.8.12 (6.8.0-45-generic)");
        let own = "Linux version 6.18.44 (gcc (Debian 12.2.0-14) 12.2.0) #1 SMP\n";
        assert_eq!(release_from("6.18.44-own", own, ""), "6.18.44-own");
    }

    #[test]
    fn a_thread_that_waits_is_not_awake() {
        let mut process = std::process::Command::new("sleep").arg("60").spawn().expect("there is a sleep(1)");
        let asleep = (0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            !is_awake(process.id())
        });
        process.kill().and_then(|()| process.wait()).expect("it is our own process");
        assert!(asleep);
        let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let busy = std::thread::spawn({
            let ended = std::sync::Arc::clone(&ended);
            move || while !ended.load(std::sync::atomic::Ordering::Relaxed) {}
        });
        assert!(is_awake(std::process::id()), "a thread of this very process goes round and round");
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
        busy.join().expect("it does not panic");
    }

    #[test]
    fn this_machine_shows_its_sockets_and_counters() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback is up");
        let port = listener.local_addr().expect("it is bound").port();
        let rows = sockets(listener.local_addr().expect("it is bound").ip()).expect("/proc is mounted");
        assert!(rows.iter().any(|row| row.local_port == port && row.state == State::Listen && row.inode != 0));
        assert!(counters().expect("/proc is mounted").contains_key("TcpExtTCPAbortOnClose"));
    }
}
