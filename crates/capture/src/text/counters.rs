//! What `nstat`, `netstat -s` and `/proc/net/netstat` count, of what has to do with endings.

/// A counter that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The counter, and what follows from it.
    pub meaning: &'static Meaning,
    /// How often it was counted; more than 0.
    pub value: u64,
}

/// A counter of Linux (net/ipv4/proc.c), and what its number means.
#[derive(Debug, PartialEq, Eq)]
pub struct Meaning {
    /// `nstat`'s name: `TcpExtTCPAbortOnClose`.
    pub name: &'static str,
    /// `netstat -s` has words for it; where there are none, it prints the kernel's name.
    words: &'static str,
    /// What the number means, as a sentence.
    pub says: &'static str,
    /// The next question or command, as a sentence.
    pub next: &'static str,
    /// The chapter, from the book's root.
    pub chapter: &'static str,
}

macro_rules! meanings {
    ($($name:literal $words:literal $says:literal $next:literal $chapter:literal;)*) => {
        &[$(Meaning { name: $name, words: $words, says: $says, next: $next, chapter: $chapter },)*]
    };
}

/// Those that say most come first.
const MEANINGS: &[Meaning] = meanings! {
    "TcpExtListenOverflows" "times the listen queue of a socket overflowed"
        "An accept queue was full when a connection wanted in."
        "`ss -tln`: which listener has Recv-Q at its Send-Q?" "silence/accept-queue.md";
    "TcpExtTCPAbortOnClose" "connections reset due to early user close"
        "Programs on this host closed with unread data: each sent a reset."
        "Which program closes before it has read all?" "reset/close-sends-reset.md";
    "TcpExtTCPAbortOnData" "connections reset due to unexpected data"
        "Data came for a socket that was closed or shut; or a program here closed with SO_LINGER and 0 seconds, which counts here too."
        "Who on this host sets SO_LINGER? Whose peers go on sending?" "reset/reset-on-purpose.md";
    "TcpExtTCPAbortOnTimeout" "connections aborted due to timeout"
        "This host gave up connections: data, a FIN, a SYN or keep-alive probes went unanswered."
        "`ss -tano`: which peers do not answer?" "silence/gone-without-a-word.md";
    "TcpExtTCPAbortOnMemory" "connections aborted due to memory pressure"
        "This host reset connections for want of memory, or there were too many orphans."
        "`dmesg | grep orphan`, and `sysctl net.ipv4.tcp_max_orphans`." "reference/counters.md";
    "TcpExtTCPAbortOnLinger" "connections aborted after user close in linger timeout"
        "Programs here use TCP_LINGER2 below zero. It is not SO_LINGER."
        "Who sets TCP_LINGER2?" "reset/reset-on-purpose.md";
    "TcpExtEmbryonicRsts" "resets received for embryonic SYN_RECV sockets"
        "Connections ended before they were open: a reset came for them, or a full queue sent one (tcp_abort_on_overflow=1)."
        "Do TcpExtListenOverflows rise as well?" "silence/accept-queue.md";
    "TcpOutRsts" "resets sent"
        "This host sent resets, of its own or as an answer."
        "What rises with it says why; compare in two moments, `nstat -n; sleep 60; nstat`." "reset/what-is-a-reset.md";
    "TcpEstabResets" "connection resets received"
        "Connections here left ESTABLISHED or CLOSE-WAIT for CLOSED: by a reset of either side, or a timeout. It is not the number of resets, whatever netstat calls it."
        "Is TcpOutRsts of this host as high? Then it is this side that resets." "reference/counters.md";
    "TcpAttemptFails" "failed connection attempts"
        "connect() failed here, by a refusal or by silence; or a connection ended before it was open."
        "Which address? `ss -tan state syn-sent`, and the programs' own logs." "silence/cannot-connect.md";
    "TcpExtListenDrops" "SYNs to LISTEN sockets dropped"
        "SYNs or last ACKs for a listener were dropped: its queue was full, or memory failed."
        "`ss -tln`: which listener has Recv-Q at its Send-Q?" "silence/accept-queue.md";
    "TcpExtTCPChallengeACK" ""
        "Resets, or SYNs, came whose numbers did not fit: they were questioned, not believed."
        "Does somebody forge segments, or does a peer restart on the same ports?" "between/who-else.md";
    "TcpExtTCPSYNChallenge" ""
        "A SYN came on an open connection and was questioned."
        "Does a peer restart and use the same port again?" "between/who-else.md";
    "TcpExtTCPTimeWaitOverflow" ""
        "The table of TIME-WAIT was full: connections ended without it."
        "`sysctl net.ipv4.tcp_max_tw_buckets`" "orderly/time-wait.md";
    "TcpExtTCPKeepAlive" ""
        "Keep-alive probes were sent."
        "Rises TcpExtTCPAbortOnTimeout as well? Then some went unanswered." "silence/idle-connections.md";
    "TcpExtTCPWinProbe" ""
        "Shut windows were probed: peers that do not read."
        "`ss -tano`: which show timer:(persist,…)?" "silence/gone-without-a-word.md";
    "TcpRetransSegs" "segments retransmitted"
        "Segments were sent again: loss, or peers that do not answer."
        "Compare with TcpOutSegs: a thousandth is nothing." "silence/gone-without-a-word.md";
};

/// At most so many lines are read.
const LINES_MAX: usize = 10_000;

/// What the lines say, if they are counters; `Some` of nothing if all that matters is 0.
pub(super) fn read(text: &str) -> Option<Vec<Counter>> {
    let lines: Vec<&str> = text.lines().take(LINES_MAX).collect();
    let mut is_counters = false;
    let mut counters: Vec<Counter> = Vec::new();
    let mut take = |name: &str, value: u64| {
        let Some(meaning) = MEANINGS.iter().find(|meaning| meaning.name == name) else { return };
        is_counters = true;
        if value > 0 && counters.iter().all(|counter| counter.meaning != meaning) {
            counters.push(Counter { meaning, value });
        }
    };
    for (index, line) in lines.iter().enumerate() {
        if let Some((name, value)) = of_nstat(line).or_else(|| of_netstat(line)) {
            take(&name, value);
        }
        for (name, value) in lines.get(index + 1).map(|next| of_proc(line, next)).unwrap_or_default() {
            take(&name, value);
        }
    }
    let place = |counter: &Counter| MEANINGS.iter().position(|meaning| meaning == counter.meaning);
    counters.sort_by_key(place);
    is_counters.then_some(counters)
}

/// `TcpOutRsts                      12                 0.0`
fn of_nstat(line: &str) -> Option<(String, u64)> {
    let mut fields = line.split_whitespace();
    let (name, value) = (fields.next()?, fields.next()?.parse().ok()?);
    name.starts_with("Tcp").then(|| (name.to_owned(), value))
}

/// `    12 resets sent`, or `    TCPChallengeACK: 3`
fn of_netstat(line: &str) -> Option<(String, u64)> {
    let line = line.trim();
    if let Some((name, value)) = line.split_once(": ") {
        return Some((format!("TcpExt{name}"), value.trim().parse().ok()?));
    }
    let (value, words) = line.split_once(' ')?;
    let meaning = MEANINGS.iter().find(|meaning| !meaning.words.is_empty() && meaning.words == words)?;
    Some((meaning.name.to_owned(), value.parse().ok()?))
}

/// `TcpExt: SyncookiesSent …` and behind it `TcpExt: 0 …`
fn of_proc(names: &str, values: &str) -> Vec<(String, u64)> {
    let (Some((group, names)), Some((same, values))) = (names.split_once(": "), values.split_once(": ")) else {
        return Vec::new();
    };
    if group != same || !group.starts_with("Tcp") {
        return Vec::new();
    }
    let values = values.split(' ').map(str::parse);
    names.split(' ').zip(values).filter_map(|(name, value)| Some((format!("{group}{name}"), value.ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<Vec<(&'static str, u64)>> {
        Some(read(text)?.iter().map(|counter| (counter.meaning.name, counter.value)).collect())
    }

    #[test]
    fn nstat_is_read() {
        let text =
            "#kernel\nTcpActiveOpens  250  0.0\nTcpOutRsts   301   0.0\nTcpExtTCPAbortOnClose           17   0.0";
        assert_eq!(named(text), Some(vec![("TcpExtTCPAbortOnClose", 17), ("TcpOutRsts", 301)]));
        assert_eq!(named("TcpOutRsts 0 0.0"), Some(vec![]));
    }

    #[test]
    fn netstat_s_words_are_read() {
        let text = "Tcp:\n    135 failed connection attempts\n    19 connection resets received\n    301 resets sent\n\
                    TcpExt:\n    17 connections reset due to early user close\n    TCPChallengeACK: 4";
        assert_eq!(
            named(text),
            Some(vec![
                ("TcpExtTCPAbortOnClose", 17),
                ("TcpOutRsts", 301),
                ("TcpEstabResets", 19),
                ("TcpAttemptFails", 135),
                ("TcpExtTCPChallengeACK", 4),
            ])
        );
    }

    #[test]
    fn the_kernel_s_own_files_are_read() {
        let text = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 8 9\n\
                    Tcp: RtoAlgorithm OutRsts\nTcp: 1 3";
        assert_eq!(named(text), Some(vec![("TcpExtListenOverflows", 8), ("TcpOutRsts", 3), ("TcpExtListenDrops", 9)]));
    }

    #[test]
    fn a_log_counts_nothing() {
        for text in ["error: 12", "TcpStream 12", "12 resets were sent", "Tcp: 1 2"] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    /// The kernel that this runs on has them all, under these very names.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_counts_under_these_names() {
        let read = |file| std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let text = read("/proc/net/snmp") + &read("/proc/net/netstat");
        let lines: Vec<&str> = text.lines().collect();
        let known: Vec<String> =
            lines.windows(2).flat_map(|pair| of_proc(pair[0], pair[1])).map(|(name, _)| name).collect();
        for meaning in MEANINGS {
            assert!(known.iter().any(|name| name == meaning.name), "{}", meaning.name);
        }
    }
}
