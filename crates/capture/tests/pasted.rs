//! Lines as people have pasted them into public threads, and what the finder makes of each.
//!
//! None of them was in the table when it was tried. Each has its thread, and what a person would answer.

use capture::text::{Answer, By, Message, answer};
use capture::{Capture, Ending};

/// A line, or some lines, that somebody has pasted.
struct Pasted {
    /// The thread.
    thread: &'static str,
    /// The id of the ending that it tells of.
    ending: &'static str,
    /// The id of the cause that a person would ask for first.
    cause: &'static str,
    text: &'static str,
}

/// `pasted.txt`: behind `%% thread | ending | cause` the text, up to the next one.
fn pasted() -> Vec<Pasted> {
    let blocks = include_str!("pasted.txt").split("\n%% ").skip(1);
    let of_block = |block: &'static str| {
        let (head, text) = block.split_once('\n').expect("a text is behind its heading");
        let [thread, ending, cause] = head.split(" | ").collect::<Vec<_>>()[..] else { panic!("{head:?}") };
        Pasted { thread, ending, cause, text }
    };
    blocks.map(of_block).collect()
}

#[test]
fn what_people_paste_finds_its_ending_and_the_cause_to_ask_for_first() {
    let mut wrong = Vec::new();
    let all = pasted();
    for Pasted { thread, ending, cause, text } in &all {
        let found = match answer(text) {
            Answer::Message(message) => {
                let first = message.causes().first().map_or("", |cause| cause.id.as_str());
                (message.found.ending.id.as_str(), first)
            }
            _ => ("", ""),
        };
        if found != (*ending, *cause) {
            wrong.push(format!("{thread}: {text:?}: {found:?}, rather {:?}", (ending, cause)));
        }
    }
    assert!(all.len() >= 120, "{} of pasted.txt were read", all.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn lists_are_read_as_people_paste_them() {
    let said = |text: &str| match answer(text) {
        Answer::Sockets(sockets) => {
            sockets.counts.iter().map(|count| format!("{} {}", count.state, count.sockets)).collect()
        }
        Answer::Counters(counters) => {
            let value = |value: Option<u64>| value.map_or_else(String::new, |value| format!(" {value}"));
            counters.iter().map(|counter| format!("{}{}", counter.meaning.name, value(counter.value))).collect()
        }
        Answer::Message(Message { by: By::State(state), .. }) => vec![format!("the state {state}")],
        Answer::Packets => {
            let (connections, _) = Capture::of_text(text);
            connections.iter().map(|connection| format!("{:?}", Ending::of(connection).kind)).collect()
        }
        other => vec![format!("{other:?}")],
    };
    let lists = include_str!("lists.txt").split("\n%% ").skip(1);
    let mut count = 0;
    for list in lists {
        let (head, text) = list.split_once('\n').expect("a list is behind its heading");
        let (what, expected) = head.split_once(" | ").expect("it has an answer");
        assert_eq!(said(&text.replace("\\e", "\u{1b}")).join(", "), expected, "{what}");
        count += 1;
    }
    assert!(count >= 20, "{count} lists");
}

#[test]
fn lines_of_the_kernel_s_log_are_known() {
    for (text, cause) in [
        (
            "[62395.8] TCP: request_sock_TCP: Possible SYN flooding on port 192.0.2.2:80. Sending cookies.",
            "not-accepted",
        ),
        (
            "TCP: request_sock_TCPv6: Possible SYN flooding on port 34391. Dropping request.  Check SNMP counters.",
            "not-accepted",
        ),
        ("[104235.156774] nf_conntrack: nf_conntrack: table full, dropping packet", "firewall-drop"),
        ("[63837.75] nf_conntrack: nf_conntrack: table full in netns 4026532522, dropping packet", "firewall-drop"),
        ("Sep 30 01:50:12 web1 kernel: TCP: too many orphaned sockets", "lost-peer"),
        ("TCP: out of memory -- consider tuning tcp_mem", "slow-reader"),
        ("Out of socket memory", "lost-peer"),
        ("kernel: TCP: time wait bucket table overflow", "ports-exhausted"),
        ("TCP: Peer 93.97.112.201:50524/6960 unexpectedly shrunk window 930362701:930364976 (repaired)", "slow-reader"),
        ("kernel: neighbour: arp_cache: neighbor table overflow!", "no-route"),
        ("Memory cgroup out of memory: Killed process 4242 (java) total-vm:8388608kB", "killed"),
    ] {
        let Answer::Message(message) = answer(text) else { panic!("{text}") };
        let found = (message.found.ending.id.as_str(), message.causes()[0].id.as_str());
        assert_eq!(found, ("kernel-log", cause), "{text}");
    }
}

#[test]
fn what_is_no_ending_finds_nothing() {
    for text in [
        "hello world",
        "TypeError: Cannot read properties of undefined (reading 'map')",
        "error[E0308]: mismatched types",
        "NullPointerException",
        "disk full: no space left on device",
        "segmentation fault (core dumped)",
        "took 502 ms for 104 rows",
        "Socket connection established to 10.0.0.1:2181, closing the old file",
        "connected to broker, session opened",
        "proxy_read_timeout 60s;",
        "cannot find module 'net'",
        "client 1006 bought 7 of 56",
        "user 32 logged in",
        "u:0000000040267D38, ft:0 eof:0",
        "🦀🦀🦀",
    ] {
        assert!(answer(text) == Answer::Nothing, "{text}");
    }
    assert_eq!(answer(""), Answer::Empty);
    assert_eq!(answer("  \n "), Answer::Empty);
}

#[test]
fn every_line_of_the_table_finds_itself() {
    for ending in &capture::text::table().endings {
        for line in &ending.messages {
            let text = line.text.replace('…', " 10 ");
            let found = match answer(&text) {
                Answer::Message(message) => message.found,
                _ => panic!("{text:?} finds nothing"),
            };
            let same = found.line.is_some_and(|found| found.text == line.text);
            assert!(
                same || found.ending.id == ending.id,
                "{text:?} finds {:?} of {}",
                found.line.map(|line| &line.text),
                found.ending.id
            );
        }
    }
}

#[test]
fn surroundings_change_what_is_likely() {
    let first = |text: &str| match answer(text) {
        Answer::Message(message) => (message.causes()[0].id.clone(), message.context.is_some()),
        _ => panic!("{text:?} finds nothing"),
    };
    let reset = "read tcp 10.0.0.1:5->10.0.0.2:80: read: connection reset by peer";
    assert_eq!(first(reset), ("keep-alive-race".to_owned(), false));
    assert_eq!(first(&format!("Readiness probe failed: {reset}")), ("unread-data".to_owned(), true));
    assert_eq!(first(&format!("TLS handshake error: {reset}")), ("not-tls".to_owned(), true));
}

#[test]
fn an_errno_is_named_with_its_system() {
    let Answer::Message(message) = answer("OSError: [Errno 53] something") else { panic!("it is an errno") };
    assert!(
        matches!(&message.by, By::Errno { errno, system: Some(system) } if errno.name == "ECONNABORTED" && system.name() == "macOS"),
        "{:?}",
        message.by
    );
    assert_eq!(message.marks.len(), 1);
}

/// Whatever is pasted, an answer comes, and its marks are places of the text.
#[test]
fn any_text_has_an_answer() {
    let mut random = fastrand::Rng::with_seed(7);
    let texts = pasted();
    let pieces: Vec<&str> =
        texts.iter().map(|one| one.text).chain(["…", "\u{1b}[31m", "é", "\0", "(104:", "İ", "\r\n"]).collect();
    for _ in 0..400 {
        let mut text = String::new();
        for _ in 0..random.usize(1..4) {
            let piece = random.choice(&pieces).expect("there are some");
            let from = random.usize(0..=piece.len());
            let to = random.usize(from..=piece.len());
            text += &String::from_utf8_lossy(&piece.as_bytes()[from..to]);
        }
        if let Answer::Message(message) = answer(&text) {
            for mark in message.marks {
                assert!(text.get(mark.clone()).is_some(), "{mark:?} of {text:?}");
            }
        }
    }
}
