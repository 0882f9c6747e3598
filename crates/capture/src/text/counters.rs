//! What `nstat`, `netstat -s` and `/proc/net/netstat` count, of what has to do with endings.

use super::names::words;

/// A counter that is not 0, or that a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The counter, and what follows from it.
    pub meaning: &'static Meaning,
    /// How often it was counted, where the text says that; more than 0.
    pub value: Option<u64>,
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
    "TcpExtTCPTimeouts" "other TCP timeouts"
        "Retransmission timers ran out: what had been sent was not acknowledged."
        "`ss -tino`: which show backoff? Rises TcpExtTCPAbortOnTimeout as well? Then some were given up." "silence/gone-without-a-word.md";
    "TcpExtTCPSynRetrans" ""
        "SYNs or SYN-ACKs were sent again: nobody had answered them."
        "`ss -tan state syn-sent`, and `syn-recv`: to whom, or from whom?" "silence/cannot-connect.md";
    "TcpExtSyncookiesSent" "SYN cookies sent"
        "More connections were half open than a listener's backlog allows; cookies took their place, and nobody was turned away."
        "Do TcpExtListenOverflows rise as well? Then the program does not accept." "silence/accept-queue.md";
    "TcpExtTCPReqQFullDrop" ""
        "The same without cookies (tcp_syncookies=0): SYNs were dropped."
        "`ss -tan state syn-recv`: from many clients?" "silence/accept-queue.md";
    "TcpExtTCPBacklogDrop" ""
        "Segments were dropped, as a busy socket had no room for them. They come again."
        "`ss -tm`: which socket holds much?" "silence/gone-without-a-word.md";
    "TcpExtTW" "TCP sockets finished time wait in fast timer"
        "Connections that this side closed first. That is no fault."
        "`ss -tan state time-wait`: are the ports towards one server running out?" "orderly/time-wait.md";
    "TcpRetransSegs" "segments retransmitted"
        "Segments were sent again: loss, or peers that do not answer."
        "Compare with TcpOutSegs: a thousandth is nothing." "silence/gone-without-a-word.md";
};

/// At most so many lines are read.
const LINES_MAX: usize = 10_000;

/// What the lines say, if they are counters; `Some` of nothing if all that matters is 0.
pub(super) fn read(text: &str) -> Option<Vec<Counter>> {
    let lines: Vec<&str> = text.lines().take(LINES_MAX).collect();
    let mut counted: Vec<(&Meaning, u64)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        counted.extend(of_nstat(line).or_else(|| of_netstat(line)));
        if let Some(next) = lines.get(index + 1) {
            counted.extend(of_proc(line, next));
        }
    }
    let first = |meaning: &Meaning| counted.iter().find(|(other, value)| *other == meaning && *value > 0);
    let counters = MEANINGS.iter().filter_map(|meaning| Some(Counter { meaning, value: Some(first(meaning)?.1) }));
    (!counted.is_empty()).then(|| counters.collect())
}

/// The counters that a text names in its own words.
pub(super) fn named(text: &str) -> Option<Vec<Counter>> {
    let words = words(text);
    let is_named = |meaning: &&Meaning| words.iter().any(|place| is_name(&text[place.clone()], meaning));
    let counters: Vec<Counter> =
        MEANINGS.iter().filter(is_named).map(|meaning| Counter { meaning, value: None }).collect();
    (!counters.is_empty()).then_some(counters)
}

/// The beginning of a name has so many letters at least.
const LETTERS_MIN: usize = 8;

/// Whether a word is a counter's name: as `nstat` has it, as `netstat` has it without the group, as Prometheus has it
/// (`node_netstat_TcpExt_TCPTimeouts`); or the beginning of one.
fn is_name(word: &str, meaning: &Meaning) -> bool {
    let word = word.strip_prefix("node_netstat_").unwrap_or(word).replace("Ext_", "Ext").replace("Tcp_", "Tcp");
    let name = meaning.name;
    let alone = name.strip_prefix("TcpExt").or_else(|| name.strip_prefix("Tcp")).unwrap_or(name);
    let begins = |name: &str| name.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&word));
    let is_alone = begins(alone) && (word.len() >= LETTERS_MIN || word.len() == alone.len() && word.len() > "TW".len());
    is_alone || word.eq_ignore_ascii_case(name)
}

/// `TcpOutRsts                      12                 0.0`, or `node_netstat_Tcp_OutRsts{instance="web1"} 12`
fn of_nstat(line: &str) -> Option<(&'static Meaning, u64)> {
    let mut fields = line.split_whitespace();
    let (name, value) = (fields.next()?, fields.next()?.parse().ok()?);
    let name = name.split('{').next()?;
    Some((MEANINGS.iter().find(|meaning| is_name(name, meaning))?, value))
}

/// `    12 resets sent`, or `    TCPChallengeACK: 3`
fn of_netstat(line: &str) -> Option<(&'static Meaning, u64)> {
    let line = line.trim();
    if let Some((name, value)) = line.split_once(": ") {
        let meaning = MEANINGS.iter().find(|meaning| meaning.name.strip_prefix("TcpExt") == Some(name))?;
        return Some((meaning, value.trim().parse().ok()?));
    }
    let (value, words) = line.split_once(' ')?;
    Some((MEANINGS.iter().find(|meaning| meaning.words == words)?, value.parse().ok()?))
}

/// `TcpExt: SyncookiesSent …` and behind it `TcpExt: 0 …`
fn of_proc(names: &str, values: &str) -> Vec<(&'static Meaning, u64)> {
    let (Some((group, names)), Some((same, values))) = (names.split_once(": "), values.split_once(": ")) else {
        return Vec::new();
    };
    if group != same || !group.starts_with("Tcp") {
        return Vec::new();
    }
    let meaning = |name: &str| MEANINGS.iter().find(|meaning| meaning.name.strip_prefix(group) == Some(name));
    let values = values.split(' ').map(str::parse);
    names.split(' ').zip(values).filter_map(|(name, value)| Some((meaning(name)?, value.ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> Option<Vec<(&'static str, u64)>> {
        Some(read(text)?.iter().map(|counter| (counter.meaning.name, counter.value.unwrap_or(0))).collect())
    }

    #[test]
    fn nstat_is_read() {
        let text =
            "#kernel\nTcpActiveOpens  250  0.0\nTcpOutRsts   301   0.0\nTcpExtTCPAbortOnClose           17   0.0";
        assert_eq!(counted(text), Some(vec![("TcpExtTCPAbortOnClose", 17), ("TcpOutRsts", 301)]));
        assert_eq!(counted("TcpOutRsts 0 0.0"), Some(vec![]));
    }

    #[test]
    fn netstat_s_words_are_read() {
        let text = "Tcp:\n    135 failed connection attempts\n    19 connection resets received\n    301 resets sent\n\
                    TcpExt:\n    17 connections reset due to early user close\n    TCPChallengeACK: 4";
        assert_eq!(
            counted(text),
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
        assert_eq!(
            counted(text),
            Some(vec![("TcpExtListenOverflows", 8), ("TcpOutRsts", 3), ("TcpExtListenDrops", 9)])
        );
    }

    #[test]
    fn a_counter_is_known_by_its_name() {
        let names = |text: &str| -> Vec<&str> {
            named(text).unwrap_or_default().iter().map(|counter| counter.meaning.name).collect()
        };
        for (text, expected) in [
            ("TCPAbortOnClose", vec!["TcpExtTCPAbortOnClose"]),
            ("why does ListenOverflows rise?", vec!["TcpExtListenOverflows"]),
            ("tcptimeouts", vec!["TcpExtTCPTimeouts"]),
            ("outrsts", vec!["TcpOutRsts"]),
            ("TcpExtTW", vec!["TcpExtTW"]),
            ("ListenOverflow", vec!["TcpExtListenOverflows"]),
            ("rate(node_netstat_TcpExt_TCPSynRetrans[5m])", vec!["TcpExtTCPSynRetrans"]),
            ("ListenDrops and ListenOverflows", vec!["TcpExtListenOverflows", "TcpExtListenDrops"]),
            ("TW", vec![]),
            ("tcpext", vec![]),
            ("a tcp timeout", vec![]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
        assert_eq!(counted("TCPAbortOnData 3"), Some(vec![("TcpExtTCPAbortOnData", 3)]));
        let of_prometheus = "node_netstat_TcpExt_ListenOverflows{instance=\"web1\"} 42";
        assert_eq!(counted(of_prometheus), Some(vec![("TcpExtListenOverflows", 42)]));
    }

    #[test]
    fn a_log_counts_nothing() {
        for text in ["error: 12", "TcpStream 12", "12 resets were sent", "Tcp: 1 2"] {
            assert_eq!(counted(text), None, "{text}");
        }
    }

    /// The kernel that this runs on has them all, under these very names.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_counts_under_these_names() {
        let read = |file| std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let text = read("/proc/net/snmp") + &read("/proc/net/netstat");
        let lines: Vec<&str> = text.lines().collect();
        let known: Vec<&Meaning> =
            lines.windows(2).flat_map(|pair| of_proc(pair[0], pair[1])).map(|(meaning, _)| meaning).collect();
        for meaning in MEANINGS {
            assert!(known.contains(&meaning), "{}", meaning.name);
        }
    }
}
