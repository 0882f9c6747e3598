//! One side of a run as a packetdrill script: its calls, what it sends (`>`), what reaches it (`<`).
//!
//! packetdrill has one real stack; the other side is written down. So what the link does is already in it: a lost
//! segment does not arrive, a forged one does.

mod calls;
mod refusal;
mod wire;

use std::fmt::Write as _;

use scenario::{Action, Event, Fate, Host, HostAction, Outcome, Script, Trace};

use calls::{Descriptors, FIRST};
use wire::Wire;

/// The script for that host.
///
/// # Errors
/// packetdrill has no words for this run, or cannot know what a kernel makes of it: what it is, in a sentence.
pub fn pkt(script: &Script, trace: &Trace, host: Host) -> Result<String, String> {
    refusal::check(script, trace, host)?;
    let mut lines = Lines::default();
    // packetdrill begins at its script's first event, which is to stand at 0.
    let begin_us = begin_us(script, trace, host);
    let seconds = |at_us: u64| seconds(at_us.saturating_sub(begin_us));
    let mut descriptors = Descriptors::default();
    let wire = Wire::new(script, trace, host);
    if wire.is_bulk() {
        lines.put(begin_us, 0, timed(&seconds(begin_us), ONE_PACKET_A_SEGMENT));
    }
    let mut end_us = 0;
    for (index, event) in trace.events.iter().enumerate() {
        match event {
            Event::Call { at_us, began_us, host: caller, line, outcome, .. } if *caller == host => {
                let Some(Action::Call(call)) = script.statement(*line).map(|statement| &statement.action) else {
                    continue;
                };
                let never = *outcome == Outcome::Blocks;
                if !never {
                    // packetdrill takes a script for over while a call lasts, unless something comes behind.
                    end_us = end_us.max(*at_us);
                }
                let place = if began_us < at_us || never { place(trace, *began_us, *line) } else { 2 * index + 1 };
                let when = if began_us < at_us && !never {
                    format!("{}...{}", seconds(*began_us), seconds(*at_us))
                } else {
                    seconds(*began_us)
                };
                for written in descriptors.call(call, *outcome) {
                    let written = match written.strip_prefix(FIRST) {
                        Some(setup) => timed(&seconds(*began_us), setup),
                        None if never => format!("// at {when}, and it never returns: {written}"),
                        None => format!("{when} {written}"),
                    };
                    lines.put(*began_us, place, written);
                }
            }
            Event::Segment { .. } => {
                if let Some((at_us, text)) = wire.line(index) {
                    lines.put(at_us, 2 * index + 1, format!("{} {text}", seconds(at_us)));
                }
            }
            Event::Statement { at_us, line, .. } => {
                let Some(Action::Host(whose, action)) = script.statement(*line).map(|statement| &statement.action)
                else {
                    continue;
                };
                if *whose == host {
                    for written in descriptors.host(*action) {
                        lines.put(*at_us, 2 * index + 1, timed(&seconds(*at_us), &written));
                    }
                }
            }
            _ => {}
        }
    }
    let mut text = String::new();
    let _ = writeln!(text, "// {}", script.title);
    let _ =
        writeln!(text, "// The {host}'s side of a run, with its numbers and times. The other side is written down.");
    let _ = writeln!(
        text,
        "// packetdrill --tolerance_usecs=300000{} FILE.pkt",
        if script.ipv6() { " --ip_version=ipv6" } else { "" }
    );
    text.push('\n');
    if lines.0.last().is_some_and(|(last_us, ..)| *last_us < end_us) {
        lines.put(end_us, usize::MAX, format!("{} `true`", seconds(end_us)));
    }
    for (.., line) in lines.0 {
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// A kernel hands several segments to the device as one packet, unless it is told not to; and that is before connect(2).
const ONE_PACKET_A_SEGMENT: &str = "`ip link set dev tun0 gso_max_segs 1`";

/// Lines by time and place. Each is put where it belongs: sorting would be more code than the rest.
#[derive(Default)]
struct Lines(Vec<(u64, usize, String)>);

impl Lines {
    fn put(&mut self, at_us: u64, place: usize, line: String) {
        let behind = self.0.partition_point(|(earlier, before, _)| (*earlier, *before) <= (at_us, place));
        self.0.insert(behind, (at_us, place, line));
    }
}

/// A line with its time. What packetdrill cannot do is a comment, and a comment has no time of its own.
fn timed(when: &str, line: &str) -> String {
    match line.strip_prefix("// ") {
        Some(comment) => format!("// at {when} {comment}"),
        None => format!("{when} {line}"),
    }
}

/// When the first thing happens that the host's script has a line for. What is only a comment does not count.
fn begin_us(script: &Script, trace: &Trace, host: Host) -> u64 {
    let first = trace.events.iter().find_map(|event| match event {
        Event::Call { began_us, host: caller, .. } if *caller == host => Some(*began_us),
        Event::Segment { at_us, from, fate, .. } if *from == host && *fate != Fate::Injected => Some(*at_us),
        Event::Segment { arrives_us, from, .. } if *from != host => *arrives_us,
        Event::Statement { at_us, line, .. } => {
            let action = script.statement(*line).map(|statement| &statement.action);
            let is_set =
                |action: &HostAction| !matches!(action, HostAction::Kill | HostAction::Crash | HostAction::Boot);
            let is_own = |whose: &Host, action: &HostAction| *whose == host && is_set(action);
            matches!(action, Some(Action::Host(whose, action)) if is_own(whose, action)).then_some(*at_us)
        }
        _ => None,
    });
    first.unwrap_or(0)
}

/// Where a call stands that lasts: behind earlier statements, before what it brings about.
fn place(trace: &Trace, began_us: u64, of_line: u32) -> usize {
    let is_before = |event: &Event| match event {
        Event::Call { at_us, began_us: began, line, .. } => *at_us <= began_us && *began <= began_us && *line < of_line,
        _ => false,
    };
    let behind = trace.events.iter().rposition(is_before).map_or(0, |index| index + 1);
    let from = trace.events.iter().position(|event| event.at_us() >= began_us).unwrap_or(trace.events.len());
    2 * behind.max(from)
}

/// `0.110`; finer only where it must be.
fn seconds(at_us: u64) -> String {
    if at_us.is_multiple_of(1000) {
        format!("{}.{:03}", at_us / 1_000_000, at_us / 1000 % 1000)
    } else {
        format!("{}.{:06}", at_us / 1_000_000, at_us % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Script, Trace};

    use super::*;

    fn run(text: &str) -> (Script, Trace) {
        let script = Script::parse(text).expect("it is a script");
        let trace = sim::run("test", &script, sim::Stack::Linux).expect("it runs");
        (script, trace)
    }

    fn side(id: &str, host: Host) -> Result<Vec<String>, String> {
        let entry = catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
        let (script, trace) = run(entry.text);
        let text = pkt(&script, &trace, host)?;
        Ok(text.lines().filter(|line| !line.starts_with("//") && !line.is_empty()).map(str::to_owned).collect())
    }

    #[test]
    fn the_client_s_side_of_a_write_after_the_peer_s_close() {
        let lines = side("write-after-peer-close", Host::Client).expect("it has one connection");
        // How large the server's window is, is its kernel's affair.
        let without_window = |line: &String| match line.split_once(" win 6") {
            Some((before, window)) => before.to_owned() + window.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => line.clone(),
        };
        assert_eq!(
            lines.iter().map(without_window).collect::<Vec<_>>(),
            [
                "0.000 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3",
                "0.000...0.020 connect(3, ..., ...) = 0",
                "0.000 > S 0:0(0) <...>",
                "0.020 < S. 0:0(0) ack 1 <mss 1448,nop,nop,sackOK>",
                "0.020 > . 1:1(0) ack 1 <...>",
                "0.220 write(3, ..., 5) = 5",
                "0.220 > P. 1:6(5) ack 1 <...>",
                "0.240 < . 1:1(0) ack 6",
                "0.440 < F. 1:1(0) ack 6",
                "0.444 > . 6:6(0) ack 2 <...>",
                "0.544 write(3, ..., 8) = 8",
                "0.544 > P. 6:14(8) ack 2 <...>",
                "0.564 < R 2:2(0) win 0",
                "0.654 write(3, ..., 5) = -1 EPIPE (Broken pipe)",
                "0.754 read(3, ..., 65536) = 0",
            ]
        );
    }

    #[test]
    fn what_the_link_loses_does_not_arrive_and_what_it_forges_does() {
        let server = side("final-ack-lost", Host::Server).expect("it has one connection");
        let client = side("final-ack-lost", Host::Client).expect("it has one connection");
        let count = |lines: &[String], what: &str| lines.iter().filter(|line| line.contains(what)).count();
        assert_eq!(
            count(&server, " > . 2:2(0) ack 2"),
            count(&client, " < . 2:2(0) ack 2") + 1,
            "{client:#?}\n{server:#?}"
        );
        let [client, server] = Host::BOTH.map(|host| side("forged-reset-exact", host).expect("it has one connection"));
        assert_eq!((count(&client, "// forged"), count(&server, " > R")), (1, 0), "{client:#?}\n{server:#?}");
    }

    #[test]
    fn lines_stand_in_the_order_of_time_and_name_no_socket_that_is_not_open() {
        for entry in catalogue::CATALOGUE {
            for host in Host::BOTH {
                let Ok(lines) = side(entry.id, host) else { continue };
                let times: Vec<f64> = lines
                    .iter()
                    .map(|line| {
                        line.split([' '])
                            .next()
                            .and_then(|time| time.split("...").next()?.parse().ok())
                            .expect("a time")
                    })
                    .collect();
                assert!(times.is_sorted(), "{} {host}: {lines:#?}", entry.id);
                assert_eq!(times.first(), Some(&0.0), "{} {host}: packetdrill begins at 0", entry.id);
                assert!(!lines.iter().any(|line| line.contains("(0, ")), "{} {host}: {lines:#?}", entry.id);
            }
        }
    }

    #[test]
    fn segments_are_those_that_one_kernel_sends_and_gets() {
        let lines = |id: &str, host: Host| side(id, host).unwrap_or_else(|why| panic!("{id}, {host}: {why}"));
        let count = |lines: &[String], what: &str| lines.iter().filter(|line| line.contains(what)).count();
        let doubled = [Host::Client, Host::Server].map(|host| lines("syn-twice", host));
        assert_eq!(
            (count(&doubled[0], " > S "), count(&doubled[1], " < S ")),
            (1, 2),
            "the link doubles what was sent once: {doubled:#?}"
        );
        let pushed = lines("zero-window-stall", Host::Client);
        assert_eq!(count(&pushed, "> P. 1449:2897(1448)"), 1, "more than half of the window is written: {pushed:#?}");
        assert_eq!(count(&pushed, "gso_max_segs"), 1, "a full segment is a packet of its own: {pushed:#?}");
        let gap = lines("fin-overtakes-data", Host::Server);
        assert_eq!(count(&gap, "< . 1:1(0) ack 1 win 64512 <nop,nop,sack 7:8>"), 1, "{gap:#?}");
        assert_eq!(count(&gap, "gso_max_segs"), 0, "{gap:#?}");
        let together = lines("lingering-close", Host::Client);
        assert_eq!(count(&together, "sack "), 0, "what arrives at one moment leaves no gap: {together:#?}");
        assert_eq!(
            side("write-nonblocking", Host::Server),
            Err(
                "more than 16 segments with data reach the server, and which of them its kernel acknowledges together \
                 is not in this run"
                    .to_owned()
            )
        );
        assert!(side("write-nonblocking", Host::Client).is_err_and(|why| why.contains("takes a part")));
        assert!(side("wrong-moment", Host::Client).is_err_and(|why| why.contains("it has closed")));
        let small = lines("small-buffers", Host::Client);
        assert_eq!(count(&small, "write(3, ..., 60000) = 4344"), 1, "each piece is a segment there: {small:#?}");
    }

    #[test]
    fn several_connections_are_refused_with_their_number() {
        let several = "server listen() = 0\nclient connect() as a = 0\nclient connect() as b = 0\n";
        let (script, trace) = run(several);
        assert_eq!(
            pkt(&script, &trace, Host::Client),
            Err("this run has 2 connections, and packetdrill plays one".to_owned())
        );
    }
    #[test]
    fn what_packetdrill_cannot_do_is_a_comment_without_a_time_or_is_refused() {
        let (script, trace) = run("server listen() = 0\nclient connect() = 0\nserver accept() = 0\nserver kill()\n");
        let text = pkt(&script, &trace, Host::Server).expect("it has one connection");
        assert!(
            text.contains("\n// at 0.320 the process is killed: its kernel closes what is open\n0.320 close("),
            "{text}"
        );
        assert_eq!(
            side("peer-reboot-half-open", Host::Server),
            Err("the server loses power in this run, and packetdrill's kernel goes on".to_owned())
        );
        let told = side("icmp-soft-error", Host::Client);
        assert_eq!(
            told,
            Err("an ICMP message reaches the client in this run, and only segments are written here".to_owned())
        );
        assert!(side("icmp-soft-error", Host::Server).is_ok(), "the message is not the server's");
        let late = side("syn-blackhole", Host::Client).expect("it has one connection");
        assert!(late.last().is_some_and(|line| line.ends_with("`true`")), "connect() is given its time: {late:#?}");
        let copied = side("close-not-the-last", Host::Server);
        assert_eq!(copied, Err("packetdrill does not know dup()".to_owned()));
        assert!(side("close-not-the-last", Host::Client).is_ok(), "the copy is not the client's");
        for beside in ["close-while-reading", "shutdown-wakes-read"] {
            let why = "the client makes a call while another waits, and packetdrill makes one at a time";
            assert_eq!(side(beside, Host::Client), Err(why.to_owned()), "{beside}");
        }
        let counted = side("queues-looked-at", Host::Client).expect("it has one connection");
        assert!(counted.contains(&"0.300 ioctl(3, 0x5411, [5]) = 0".to_owned()), "{counted:#?}");
        let again = side("time-wait-reopen", Host::Client);
        assert_eq!(again, Err("this run has 2 connections, and packetdrill plays one".to_owned()));
    }
}
