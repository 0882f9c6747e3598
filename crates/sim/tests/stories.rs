//! What the simulator must not forget, told as short runs.

use catalogue::CATALOGUE;
use scenario::{Event, Flags, Host, Outcome, Script, State, Trace};
use sim::Stack;

fn run_with(text: &str, stack: Stack) -> Trace {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    sim::run("story", &script, stack).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// A run on an open connection, which must go as written.
#[track_caller]
fn story(lines: &str) -> Trace {
    let trace =
        run_with(&format!("server listen() = 0\nclient connect() = 0\nserver accept() = 0\n{lines}"), Stack::Linux);
    assert!(trace.as_written(), "{trace}");
    trace
}

fn outcomes(trace: &Trace) -> Vec<(u32, Outcome)> {
    let calls = trace.events.iter().filter_map(|event| match event {
        Event::Call { line, outcome, .. } => Some((*line, *outcome)),
        _ => None,
    });
    calls.collect()
}

/// The flags of what a host sent, in order.
fn sent(trace: &Trace, by: Host) -> Vec<Flags> {
    let segments = trace.events.iter().filter_map(|event| match event {
        Event::Segment { from, segment, .. } if *from == by => Some(segment.flags),
        _ => None,
    });
    segments.collect()
}

#[test]
fn a_reset_does_not_take_back_delivered_bytes() {
    story(
        "server write(\"reply\") = 5\nserver setsockopt(SO_LINGER, 0) = 0\nserver close() = 0\n\
         client read(2) = 2\nclient read() = 3\nclient read() = ECONNRESET\nclient read() = 0\nclient write(1) = EPIPE\n",
    );
}

#[test]
fn a_write_that_takes_the_error_leaves_the_bytes_for_read() {
    story(
        "server write(\"reply\") = 5\nserver setsockopt(SO_LINGER, 0) = 0\nserver close() = 0\n\
         client write(1) = ECONNRESET\nclient read() = 5\nclient read() = 0\nclient getsockopt(SO_ERROR) = 0\n",
    );
}

#[test]
fn a_bare_reset_is_an_answer_and_one_with_an_ack_is_a_decision() {
    let answered = story("server close() = 0\nclient write(1) = 1\n");
    assert_eq!(sent(&answered, Host::Server).last(), Some(&Flags::RST));
    let decided = story("client write(1) = 1\nserver close() = 0\n");
    assert_eq!(sent(&decided, Host::Server).last(), Some(&Flags::RST_ACK));
}

#[test]
fn a_retransmission_limit_ends_without_a_reset_and_a_keep_alive_with_one() {
    let limit = story(
        "client sysctl(tcp_retries2, 3)\nlink cut\nclient write(5) = 5\nclient read() = blocks, then ETIMEDOUT\nwait 20s\n",
    );
    assert!(sent(&limit, Host::Client).iter().all(|flags| !flags.rst), "{limit}");
    let keep_alive = story(
        "client setsockopt(TCP_KEEPIDLE, 1s) = 0\nclient setsockopt(TCP_KEEPINTVL, 1s) = 0\n\
         client setsockopt(TCP_KEEPCNT, 2) = 0\nclient setsockopt(SO_KEEPALIVE, 1) = 0\nlink cut\n\
         client read() = blocks, then ETIMEDOUT\nwait 20s\n",
    );
    assert_eq!(sent(&keep_alive, Host::Client).last(), Some(&Flags::RST_ACK));
}

#[test]
fn a_lost_fin_leaves_again_after_linux_rto_and_not_after_smoltcps_second() {
    let trace = story("link drop FIN from server\nserver close() = 0\nwait 300ms\nexpect client CLOSE-WAIT\n");
    let fins: Vec<u64> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Segment { at_us, from: Host::Server, segment, .. } if segment.flags.fin => Some(*at_us),
            _ => None,
        })
        .collect();
    assert_eq!(fins[1] - fins[0], 220_000, "200 ms over the round trip of 20 ms");
}

#[test]
fn an_old_ack_in_last_ack_draws_no_answer() {
    let trace = story(
        "server close() = 0\nlink drop ACK from server\nclient close() = 0 &\nlink inject . to client ack 1\n\
         expect client LAST-ACK\n",
    );
    assert_eq!(sent(&trace, Host::Client).last(), Some(&Flags::FIN), "smoltcp would challenge it: {trace}");
}

#[test]
fn only_what_was_lost_leaves_again() {
    let trace = story("link drop data from client\nclient write(4344) = 4344\nserver read() = 4344\n");
    let data = trace.events.iter().filter(|event| match event {
        Event::Segment { segment, .. } => segment.len > 0,
        _ => false,
    });
    assert_eq!(data.count(), 4, "three segments, and one of them again: {trace}");
}

#[test]
fn the_small_end_of_a_large_write_does_not_wait() {
    let trace = story("client write(3000) = 3000\nserver read() = 3000\n");
    let ends: Vec<i64> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Segment { at_us: 320_000, segment, .. } => Some(segment.seq + i64::from(segment.len)),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [1449, 2897, 3001], "all at once, though Nagle's rule holds the last one back: {trace}");
}

#[test]
fn a_small_segment_waits_for_no_full_one() {
    let trace = story("client write(1448) = 1448 &\nclient write(5) = 5\nserver read() = 1453\n");
    let small = trace.events.iter().find_map(|event| match event {
        Event::Segment { at_us, segment, .. } if segment.len == 5 => Some(*at_us),
        _ => None,
    });
    assert_eq!(small, Some(320_000), "Nagle's rule would hold it back for the full one's ACK: {trace}");
}

#[test]
fn syns_that_cross_open_one_connection() {
    let trace = run_with(
        "link delay 50ms\nclient connect(port=7000, from=7001) = 0 &\nserver connect(port=7001, from=7000) as s2 = 0\n\
         expect client ESTABLISHED\nexpect server ESTABLISHED\nclient write(5) = 5\ns2 read() = 5\n",
        Stack::Linux,
    );
    assert!(trace.as_written(), "{trace}");
}

#[test]
fn one_name_runs_through_the_life_of_an_accepted_connection() {
    let trace = run_with(
        "server listen() = 0\nclient connect() = 0\nclient connect() as c2 = 0\nserver accept() = 0\n",
        Stack::Linux,
    );
    let states: Vec<(&str, State)> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::State { host: Host::Server, socket, to, .. } => Some((trace.sockets.name(*socket), *to)),
            _ => None,
        })
        .collect();
    let expected = [
        ("listener", State::Listen),
        ("server", State::SynReceived),
        ("server", State::Established),
        ("listener.2", State::SynReceived),
        ("listener.2", State::Established),
    ];
    assert_eq!(states, expected);
}

/// Found by random scripts: the forged FIN is old, its ACK is not. smoltcp passed it over, and the orphan stayed.
#[test]
fn an_orphan_ends_whatever_a_forger_acknowledges() {
    let trace = story(
        "client crash()\nserver kill()\nlink inject F. to server seq -1\nexpect server FIN-WAIT-2\nwait 61s\n\
         expect server CLOSED\n",
    );
    assert!(trace.as_written());
}

#[test]
fn bare_smoltcp_acknowledges_what_nobody_will_read() {
    let text = "server listen()\nclient connect()\nserver accept()\nserver close()\nclient write(5)\nclient write(5)\n";
    let bare = run_with(text, Stack::Bare);
    assert!(sent(&bare, Host::Server).iter().all(|flags| !flags.rst), "{bare}");
    assert!(!bare.events.iter().any(|event| matches!(event, Event::Rule { .. })), "no rule acts there");
    let linux = run_with(text, Stack::Linux);
    assert_eq!(sent(&linux, Host::Server).last(), Some(&Flags::RST));
}

#[test]
fn bare_smoltcp_passes_bytes_and_ends_through_a_proxy() {
    let entry = CATALOGUE.iter().find(|entry| entry.id == "proxy-passes-half-close").expect("a scenario of the book");
    let bare = run_with(entry.text, Stack::Bare);
    assert!(bare.as_written(), "{:?}\n{bare}", bare.failed);
    let fins = |by| sent(&bare, by).iter().filter(|flags| flags.fin).count();
    assert_eq!([Host::Client, Host::Proxy, Host::Server].map(fins), [1, 2, 1], "{bare}");
}

#[test]
fn every_scenario_ends_alike_in_ipv6() {
    for entry in CATALOGUE {
        let four = run_with(entry.text, Stack::Linux);
        // Behind the comments, in a line of its own: the others keep their numbers.
        let six = run_with(&entry.text.replacen("\n\n", "\nlink ipv6\n", 1), Stack::Linux);
        // Segments are 20 bytes shorter, and so are a small window and what a full send buffer has taken.
        if ["SO_RCVBUF", "SO_SNDBUF", "SO_SNDTIMEO", "tcp_rmem"].iter().any(|option| entry.text.contains(option)) {
            continue;
        }
        // With IPv6 "administratively prohibited" is EACCES (`icmpv6_err_convert`).
        if entry.text.contains("admin-prohibited") {
            continue;
        }
        assert_eq!(outcomes(&six), outcomes(&four), "{}", entry.id);
    }
}

#[test]
fn a_bound_that_is_reached_is_named() {
    let run = |text: &str| sim::run("story", &Script::parse(text).expect("a script"), Stack::Linux);
    let many: String = (0..300).map(|n| format!("client connect(from={}, nonblock) as c{n}\n", 1000 + n)).collect();
    let error = run(&many).expect_err("300 connections are too many");
    assert_eq!(error.to_string(), "the run reached a bound: more than 256 connections at a time on one host");
    assert_eq!(
        run("link inject R to client\n").expect_err("there is no connection").to_string(),
        "line 1: client has had no connection yet, so there are no numbers to forge a segment with"
    );
}

/// Found by a random script: an ACK that tells of no gap is no sign of a loss, however often it comes.
#[test]
fn three_acks_that_tell_of_no_gap_repeat_nothing() {
    let trace = story(
        "server close() = 0\nlink inject F. to server seq exact\nclient write(5) = 5\nclient write(3000) = 3000\n",
    );
    let again = trace.events.iter().filter(|event| {
        matches!(event, Event::Segment { from: Host::Client, segment, .. } if segment.len > 0 && segment.seq == 2)
    });
    assert_eq!(again.count(), 0, "smoltcp would repeat from the first byte that is not acknowledged: {trace}");
}

#[test]
fn a_name_that_is_given_again_is_another_socket_and_one_that_is_accepted_is_one_all_along() {
    let trace = run_with(
        "server listen() = 0\nclient connect() = 0\nserver accept() = 0\nserver close() = 0\nclient close() = 0\n\
         client connect() = 0\nserver accept() = 0\nserver read() = blocks\n",
        Stack::Linux,
    );
    let of = |line: u32| {
        let call = trace.events.iter().find_map(|event| match event {
            Event::Call { line: known, socket, .. } if *known == line => Some(*socket),
            _ => None,
        });
        call.unwrap_or_else(|| panic!("there is no call in line {line}"))
    };
    let [first, second] = [of(3), of(7)];
    assert_ne!(first, second);
    assert_eq!([trace.sockets.name(first), trace.sockets.name(second)], ["server", "server"]);
    assert_eq!([of(4), of(8)], [first, second]);
    assert_ne!(of(2), of(6), "the client's are two as well");
    let entered = |socket| {
        let state = |event: &Event| match event {
            Event::State { socket: known, to, .. } if *known == socket => Some(*to),
            _ => None,
        };
        trace.events.iter().filter_map(state).collect::<Vec<_>>()
    };
    assert_eq!(entered(second), [State::SynReceived, State::Established]);
    assert_eq!(entered(first)[..3], [State::SynReceived, State::Established, State::FinWait1]);
}

#[test]
fn a_call_with_a_written_outcome_waits_for_what_is_sent_again() {
    let trace = story("link drop FIN from client\nclient close() = 0\nserver read() = 0\nexpect server CLOSE-WAIT\n");
    assert_eq!(outcomes(&trace).last(), Some(&(6, Outcome::ZERO)));
    let blocks = story("link drop FIN from client\nclient close() = 0\nserver read()\nserver kill()\n");
    assert_eq!(outcomes(&blocks).last(), Some(&(6, Outcome::Blocks)), "one without is not waited for");
}

#[test]
fn nobody_waits_where_nothing_can_happen() {
    let end_us = |lines: &str| {
        let text = format!("server listen() = 0\nclient connect() = 0\nserver accept() = 0\n{lines}");
        let trace = run_with(&text, Stack::Linux);
        assert_eq!(trace.failed.len(), 1, "{trace}");
        assert_eq!(trace.failed[0].got, "blocks", "{trace}");
        trace.events.last().map_or(0, Event::at_us)
    };
    let quiet_us = 1_000_000;
    assert!(end_us("server read() = 5\n") < quiet_us);
    let alive = "server setsockopt(SO_KEEPALIVE, 1) = 0\nserver read() = 5\n";
    assert!(end_us(alive) < quiet_us, "two hours are more than a minute");
    let time_wait = "client close() = 0\nserver close() = 0\nserver accept() as other = 0\nexpect client TIME-WAIT\n";
    assert!(end_us(time_wait) < quiet_us, "the end of TIME-WAIT wakes no call");
    let cut = "link cut\nclient write(5) = 5\nserver read() = 5\n";
    assert!((30_000_000..70_000_000).contains(&end_us(cut)), "retransmissions may get through, for a minute");
}

/// As a kernel does it that is not busy: on several processors the other call may be the first to have the lock.
#[test]
fn of_several_calls_that_wait_the_latest_takes_the_error() {
    let script = "link drop 2 RST from server\nclient connect(from=5000)\nclient read(3000)\nwait 2500ms\n";
    let trace = run_with(script, Stack::Linux).to_string();
    assert!(trace.contains("read(3000) = ECONNREFUSED"), "{trace}");
    assert!(trace.contains("connect(from=5000) = ECONNABORTED"), "{trace}");
}
