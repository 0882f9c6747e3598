//! What holds for every script: scripts that nobody wrote, on links that lose, repeat, hold and forge.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use scenario::{Errno, Event, Fate, Host, Outcome, RuleId, Script, Segment, SocketId, State, Trace, Verb};
use sim::{Error, Rules};

/// PROPTEST_CASES sets another number.
const CASES: u32 = 400;

/// The script of those lines which fit: a line that is an error where it stands is left out.
fn script(lines: &[String]) -> (String, Script) {
    let mut text = String::new();
    for line in lines {
        let longer = format!("{text}{line}\n");
        if Script::parse(&longer).is_ok() {
            text = longer;
        }
    }
    let script = Script::parse(&text).expect("every line was tried");
    (text, script)
}

fn run(script: &Script, rules: Rules) -> Option<Trace> {
    match sim::run("random", script, rules) {
        Ok(trace) => Some(trace),
        // A bound that was reached is an honest end; nothing is to be seen then.
        Err(Error::Bound { .. } | Error::NothingToForge { .. }) => None,
        Err(Error::WithoutIpv6) if cfg!(not(feature = "ipv6")) => None,
        Err(error @ Error::WithoutIpv6) => panic!("{error}"),
    }
}

fn host() -> impl Strategy<Value = &'static str> {
    select(vec!["client", "server"])
}

fn socket() -> impl Strategy<Value = &'static str> {
    select(vec!["client", "client", "server", "server", "c2", "s2", "listener", "l2"])
}

fn background() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", " &"])
}

/// What a program may do.
fn call() -> impl Strategy<Value = String> {
    let verb = prop_oneof![
        6 => (1u32..100_000).prop_map(|length| format!("write({length})")),
        2 => (1u32..20).prop_map(|length| format!("write({length})")),
        6 => select(vec![1u32, 5, 1_448, 65_536]).prop_map(|length| format!("read({length})")),
        4 => Just("close()".to_owned()),
        3 => select(vec!["RD", "WR", "RDWR"]).prop_map(|how| format!("shutdown({how})")),
        1 => Just("poll()".to_owned()),
        1 => Just("getpeername()".to_owned()),
        1 => Just("getsockopt(SO_ERROR)".to_owned()),
        3 => select(vec![
            "SO_LINGER, 0", "SO_LINGER, 3", "SO_LINGER, off", "SO_KEEPALIVE, 1", "TCP_KEEPIDLE, 1s",
            "TCP_KEEPINTVL, 1s", "TCP_KEEPCNT, 2", "TCP_USER_TIMEOUT, 2s", "TCP_LINGER2, -1", "TCP_LINGER2, 2",
            "SO_RCVBUF, 3000", "SO_RCVBUF, 1", "SO_SNDBUF, 5000",
        ]).prop_map(|option| format!("setsockopt({option})")),
    ];
    (socket(), verb, background()).prop_map(|(socket, verb, background)| format!("{socket} {verb}{background}"))
}

/// What makes sockets, and what happens to hosts.
fn opening() -> impl Strategy<Value = String> {
    let line = select(vec![
        "server listen()",
        "server listen(backlog=0)",
        "server listen(port=81, reuseaddr) as l2",
        "client connect()",
        "client connect() as c2",
        "client connect(from=5000)",
        "client connect(from=5000) as c2",
        "client connect(nonblock) as c2",
        "client connect(port=81) as c2",
        "server accept()",
        "server accept() as s2",
        "l2 accept() as s2",
        "client listen(port=5000) as l2",
        "server connect(port=5000, from=80) as s2",
    ]);
    (line, background()).prop_map(|(line, background)| format!("{line}{background}"))
}

fn event() -> impl Strategy<Value = String> {
    let host = || select(vec!["client", "server"]);
    prop_oneof![
        (host(), select(vec!["kill()", "crash()", "boot()"])).prop_map(|(host, what)| format!("{host} {what}")),
        (
            host(),
            select(vec![
                "tcp_fin_timeout, 1",
                "tcp_fin_timeout, 90",
                "tcp_rfc1337, 1",
                "tcp_abort_on_overflow, 1",
                "tcp_orphan_retries, 2",
                "tcp_retries2, 3",
                "tcp_syn_retries, 1",
                "tcp_syn_linear_timeouts, 0",
                "tcp_synack_retries, 1",
                "tcp_max_tw_buckets, 0",
            ])
        )
            .prop_map(|(host, setting)| format!("{host} sysctl({setting})")),
        select(vec!["wait 1ms", "wait 50ms", "wait 500ms", "wait 3s", "wait 70s", "wait 1200s"])
            .prop_map(str::to_owned),
    ]
}

/// What the link does to segments by itself.
fn link() -> impl Strategy<Value = String> {
    let kind = select(vec!["SYN", "SYN-ACK", "FIN", "RST", "ACK", "data", "any"]);
    let count = select(vec!["", "3 ", "all "]);
    let what = select(vec!["drop", "drop", "twice", "hold"]);
    prop_oneof![
        4 => (what, count, kind, host()).prop_map(|(what, count, kind, host)| {
            let longer = if what == "hold" { " 70ms" } else { "" };
            format!("link {what} {count}{kind} from {host}{longer}")
        }),
        1 => select(vec!["link cut", "link restore", "link restore", "link delay 0ms", "link delay 90ms"])
            .prop_map(str::to_owned),
    ]
}

fn forgery() -> impl Strategy<Value = String> {
    let flags = select(vec!["R", "R.", "S", "S.", "F.", ".", "P.", "F", "FP."]);
    let seq = select(vec!["exact", "inside", "outside", "-1", "-100", "+1"]);
    let rest = select(vec!["", "", " ack 1", " ack 100000", " len 5", " len 2000"]);
    (flags, host(), seq, rest)
        .prop_map(|(flags, host, seq, rest)| format!("link inject {flags} to {host} seq {seq}{rest}"))
}

/// Lines without forged segments.
fn honest_lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![8 => call(), 3 => opening(), 2 => event(), 3 => link()];
    prop::collection::vec(line, 0..40).prop_map(|lines| [opened(), lines].concat())
}

fn any_lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![8 => call(), 3 => opening(), 2 => event(), 3 => link(), 4 => forgery()];
    let version = select(vec!["link delay 10ms", "link ipv6"]);
    (version, any::<bool>(), prop::collection::vec(line, 0..40)).prop_map(|(version, is_open, lines)| {
        let begin = if is_open { opened() } else { Vec::new() };
        [vec![version.to_owned()], begin, lines].concat()
    })
}

fn opened() -> Vec<String> {
    ["server listen()", "client connect()", "server accept()"].map(str::to_owned).into()
}

/// Segments that hosts sent, in the order in which they left: when, when they arrived, who, ports, header.
fn segments(trace: &Trace) -> impl Iterator<Item = (u64, Option<u64>, Host, [u16; 2], Segment)> {
    trace.events.iter().filter_map(|event| match event {
        Event::Segment { at_us, arrives_us, from, ports, segment, fate } if *fate != Fate::Injected => {
            Some((*at_us, *arrives_us, *from, *ports, *segment))
        }
        _ => None,
    })
}

/// The rules by which a timer sends a RST.
const TIMERS_THAT_RESET: [RuleId; 2] = [RuleId::KeepAliveGiveUp, RuleId::KeptOrphanResets];

/// A RST that leaves must have another cause than RSTs that arrived at that moment.
fn check_no_reset_answers_a_reset(trace: &Trace) {
    for (at_us, _, host, ports, segment) in segments(trace).filter(|(.., segment)| segment.flags.rst) {
        let back = [ports[1], ports[0]];
        let arrived: Vec<bool> = trace
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Segment { arrives_us: Some(arrives), from, ports, segment, .. } => {
                    (*arrives == at_us && *from != host && *ports == back).then_some(segment.flags.rst)
                }
                _ => None,
            })
            .collect();
        let acted = trace.events.iter().any(|event| match event {
            Event::Call { began_us, at_us: end_us, host: on, .. } => {
                *on == host && (*began_us == at_us || *end_us == at_us)
            }
            Event::Statement { at_us: on_us, .. } => *on_us == at_us,
            Event::Rule { at_us: on_us, rule, host: on, .. } => {
                *on_us == at_us && *on == host && TIMERS_THAT_RESET.contains(rule)
            }
            _ => false,
        });
        assert!(
            acted || arrived.contains(&false),
            "{host} sends `{segment}` at {at_us} us, and nothing else than resets had arrived: {arrived:?}\n{trace}"
        );
    }
}

/// Nobody reads more than the other side has written; on hosts with one connection between them.
fn check_reads_are_of_writes(trace: &Trace) {
    let mut sums: BTreeMap<(Host, bool), u64> = BTreeMap::new();
    for event in &trace.events {
        let Event::Call { host, call, outcome, .. } = event else { continue };
        match (call, outcome) {
            (Verb::Write(_), Outcome::Number(number)) => *sums.entry((*host, true)).or_default() += number,
            (Verb::Read { .. }, Outcome::Number(number)) => *sums.entry((*host, false)).or_default() += number,
            // What a write that never returned has handed over may be read as well.
            (Verb::Write(payload), Outcome::Blocks) => {
                *sums.entry((*host, true)).or_default() += payload.len() as u64;
            }
            _ => {}
        }
    }
    for host in Host::BOTH {
        let read = sums.get(&(host, false)).copied().unwrap_or(0);
        let written = sums.get(&(host.peer(), true)).copied().unwrap_or(0);
        assert!(read <= written, "{host} read {read} bytes, and only {written} were written\n{trace}");
    }
}

/// A side never takes back an acknowledgement, never leaves a gap in what it sends, and says the same when it says
/// something again (the frames show that).
fn check_sequence(trace: &Trace) {
    #[derive(Default)]
    struct Side {
        acked: Option<i64>,
        next: Option<i64>,
    }
    let mut sides: BTreeMap<(Host, [u16; 2]), Side> = BTreeMap::new();
    for (at_us, _, from, ports, segment) in segments(trace) {
        if segment.flags.syn {
            // A new incarnation, or the same SYN again.
            sides.remove(&(from, ports));
        }
        if segment.flags.rst {
            continue;
        }
        let side = sides.entry((from, ports)).or_default();
        if let Some(ack) = segment.ack {
            assert!(
                side.acked.is_none_or(|acked| ack >= acked),
                "{from} takes back an acknowledgement at {at_us} us: {segment} after {:?}\n{trace}",
                side.acked
            );
            side.acked = Some(ack);
        }
        let span = i64::from(segment.len) + i64::from(segment.flags.syn) + i64::from(segment.flags.fin);
        if let Some(next) = side.next {
            assert!(segment.seq <= next, "{from} leaves a gap at {at_us} us: {segment} after {next}\n{trace}");
        }
        side.next = side.next.max(Some(segment.seq + span));
    }
}

/// ECONNRESET, ECONNREFUSED and ETIMEDOUT are handed out once for each socket.
fn check_errors_come_once(trace: &Trace) {
    let mut reported: BTreeMap<SocketId, Errno> = BTreeMap::new();
    for event in &trace.events {
        let Event::Call { host, socket, outcome, .. } = event else { continue };
        if let Outcome::Errno(errno @ (Errno::ECONNRESET | Errno::ECONNREFUSED | Errno::ETIMEDOUT)) = outcome {
            let before = reported.insert(*socket, *errno);
            let name = trace.sockets.name(*socket);
            assert!(before.is_none(), "{host}'s {name} reports {before:?} and then {errno}\n{trace}");
        }
    }
}

/// The last state of every socket that ever had one.
fn last_states(trace: &Trace) -> BTreeMap<SocketId, State> {
    let mut states = BTreeMap::new();
    for event in &trace.events {
        if let Event::State { socket, to, .. } = event {
            states.insert(*socket, *to);
        }
    }
    states
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)) })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = Script::parse(&text);
    }

    #[test]
    fn any_letters_of_the_language_are_read_or_refused(
        words in prop::collection::vec(select(vec![
            "server", "client", " ", "\n", "(", ")", "listen", "connect", "=", "&", "#", "link", "drop", "hold", "inject",
            "all", "FIN", "from", "to", "seq", "+1", "-1", "99999999999", "ms", "1.5s", "blocks", ", then ", "ECONNRESET",
            "\"", "write", "read", ".", "R.", "as", "x", "wait", "expect", "sysctl", "tcp_rfc1337", "\t", "é", "|", "IN",
        ]), 0..60)
    ) {
        let text: String = words.concat();
        if let Ok(script) = Script::parse(&text) {
            run(&script, Rules::Linux);
        }
    }

    #[test]
    fn no_script_breaks_a_run(lines in any_lines()) {
        let (text, script) = script(&lines);
        let first = run(&script, Rules::Linux);
        prop_assert_eq!(&first, &run(&script, Rules::Linux), "the same script, another trace\n{}", text);
        if let Some(trace) = first {
            check_no_reset_answers_a_reset(&trace);
            check_errors_come_once(&trace);
        }
        run(&script, Rules::Bare);
    }

    #[test]
    fn what_is_sent_stays_in_order(lines in honest_lines()) {
        let (_, script) = script(&lines);
        if let Some(trace) = run(&script, Rules::Linux) {
            check_sequence(&trace);
            check_reads_are_of_writes(&trace);
        }
    }

    #[test]
    fn every_connection_ends_when_its_programs_have(lines in any_lines()) {
        let end = ["server boot()", "client boot()", "link restore", "server kill()", "client kill()", "wait 2400s"];
        let lines = [lines, end.map(str::to_owned).into()].concat();
        let (_, script) = script(&lines);
        if let Some(trace) = run(&script, Rules::Linux) {
            for (socket, state) in last_states(&trace) {
                let (host, name) = (trace.sockets.host(socket), trace.sockets.name(socket));
                prop_assert_eq!(state, State::Closed, "{}'s {} is left\n{}", host, name, trace);
            }
        }
    }
}
