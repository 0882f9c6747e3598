//! Random scripts about sockets: calls that do not wait, or not for ever, and what is asked of a socket's queues; several
//! descriptors for one socket, and several calls on it; sockets before they connect, and again; ports that run out.

use fastrand::Rng;
use scenario::Host;

use crate::random;

const OPEN: [&str; 3] = ["server listen()", "client connect()", "server accept()"];
const STATEMENTS: std::ops::RangeInclusive<usize> = 3..=10;
/// How often a drawn line may be no statement here before a shorter script will do.
const TRIES: usize = 200;

/// The script of that seed. It parses, and in real time it is fair: no timer fires just when a statement begins.
pub fn script(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut lines: Vec<String> = vec!["link delay 25ms".to_owned()];
    if rng.u8(..8) == 0 {
        lines.insert(0, "link ipv6".to_owned());
    }
    match rng.u8(..8) {
        0 => lines.push("client sysctl(ip_local_port_range, 5000 5000)".to_owned()),
        1 => lines.push("client sysctl(ip_local_port_range, 5000 5001)".to_owned()),
        _ => {}
    }
    if rng.u8(..6) > 0 {
        lines.extend(OPEN.map(str::to_owned));
    } else {
        lines.push(OPEN[0].to_owned());
    }
    let length = lines.len() + rng.usize(STATEMENTS);
    for _ in 0..TRIES {
        if lines.len() >= length {
            break;
        }
        let mut longer = lines.clone();
        longer.extend(statements(&mut rng));
        let text: String = longer.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        if random::is_fair(&text) {
            lines = longer;
        }
    }
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// So long a call with a timeout is waited for: longer than every timeout that is drawn.
const LONGER: &str = "wait 1150ms";

fn statements(rng: &mut Rng) -> Vec<String> {
    let host = Host::BOTH[rng.usize(..2)];
    let mut of = |words: &[&str]| words[rng.usize(..words.len())].to_owned();
    let one = |line: String| vec![line];
    let kinds = [
        "ask", "ask", "option", "option", "write", "write", "read", "end", "link", "wait", "open", "copy", "copy",
        "beside", "again", "socket", "socket",
    ];
    match of(&kinds).as_str() {
        "ask" => {
            let call = of(&[
                "ioctl(FIONREAD)",
                "ioctl(SIOCOUTQ)",
                "peek()",
                "peek(3)",
                "poll()",
                "getsockopt(SO_ERROR)",
                "getpeername()",
            ]);
            if call.starts_with("peek") {
                return vec![format!("{host} {call}"), LONGER.to_owned()];
            }
            one(format!("{host} {call}"))
        }
        "option" => {
            let option = of(&[
                "O_NONBLOCK, 1",
                "O_NONBLOCK, 1",
                "O_NONBLOCK, 0",
                "SO_RCVTIMEO, 330ms",
                "SO_RCVTIMEO, 0s",
                "SO_SNDTIMEO, 330ms",
                "TCP_NODELAY, 1",
                "TCP_NODELAY, 0",
                "SO_LINGER, 0",
                "SO_LINGER, 1",
                "SO_SNDBUF, 5000",
            ]);
            let socket = of(&["client", "server", "client", "server", "listener"]);
            one(format!("{socket} setsockopt({option})"))
        }
        "write" => {
            let length = of(&["1", "5", "700", "3000", "20000"]);
            let mut lines = one(format!("{host} write({length})"));
            if of(&["", "", "again"]) == "again" {
                lines = vec![format!("{host} write(5) &"), format!("{host} write(7) &"), format!("{host} write(9)")];
            }
            lines
        }
        "read" => vec![format!("{host} read({})", of(&["", "1", "700"])), LONGER.to_owned()],
        "end" => one(format!("{host} {}", of(&["close()", "shutdown(WR)", "shutdown(RD)", "shutdown(RDWR)"]))),
        "link" => {
            let line =
                of(&["link cut", "link restore", "link drop data from ", "link drop ACK from ", "link drop FIN from "]);
            let line = if line.ends_with(' ') { format!("{line}{host}") } else { line };
            one(line)
        }
        "copy" => one(of(&[
            "server dup() as copy",
            "client dup() as other",
            "listener dup() as l2",
            "copy close()",
            "copy write(3)",
            "copy shutdown(WR)",
            "copy ioctl(FIONREAD)",
            "other close()",
            "other write(3)",
            "other poll()",
            "listener close()",
            "l2 accept() as s2",
            "l2 close()",
        ])),
        "beside" => {
            let waits = of(&["read()", "read()", "peek()"]);
            let beside = of(&["shutdown(RD)", "shutdown(RDWR)", "shutdown(WR)", "close()", "write(5)", "poll()"]);
            let mut lines = vec![format!("{host} {waits} &"), format!("{host} {beside}")];
            if of(&["", "write"]) == "write" {
                lines.push(format!("{} write(4)", if host == Host::Client { Host::Server } else { Host::Client }));
            }
            lines.push(LONGER.to_owned());
            lines
        }
        "again" => {
            let call = of(&["connect()", "connect()", "disconnect()", "connect(nonblock)", "connect(port=81)"]);
            vec![format!("client {call}"), LONGER.to_owned()]
        }
        "socket" => {
            if of(&["old", "new"]) == "new" {
                let next = of(&["bind(port=5000)", "bind()", "connect()", "setsockopt(SO_REUSEADDR, 1)", "write(6)"]);
                return vec!["client socket() as c2".to_owned(), format!("c2 {next}"), LONGER.to_owned()];
            }
            let line = of(&[
                "client socket() as c4",
                "c2 bind(port=5000)",
                "c2 bind()",
                "c2 setsockopt(SO_REUSEADDR, 1)",
                "c2 setsockopt(IP_BIND_ADDRESS_NO_PORT, 1)",
                "c2 setsockopt(SO_RCVBUF, 4000)",
                "c2 connect()",
                "c2 connect()",
                "c2 connect(port=81)",
                "c2 disconnect()",
                "c2 shutdown(WR)",
                "c2 write(6)",
                "c2 close()",
                "c4 connect()",
                "client connect(from=5000) as c5",
                "server accept() as s2",
                "s2 close()",
                "client sysctl(tcp_tw_reuse, 1)",
            ]);
            vec![line, LONGER.to_owned()]
        }
        "open" => {
            let line =
                of(&["client connect(nonblock) as c2", "server accept() as s2", "client connect(port=81) as c3"]);
            vec![line, LONGER.to_owned()]
        }
        _ => one(format!("wait {}", of(&["50ms", "350ms", "1150ms", "2500ms"]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_gives_a_fair_script_and_always_the_same() {
        let mut drawn = String::new();
        for seed in 0..150 {
            let text = script(seed);
            assert!(random::is_fair(&text), "seed {seed}:\n{text}");
            assert_eq!(text, script(seed));
            drawn += &text;
        }
        for word in [
            "dup()",
            "disconnect()",
            "socket()",
            "bind(port=5000)",
            "bind()",
            "read() &",
            "ip_local_port_range",
            "client connect()\nwait",
        ] {
            assert!(drawn.contains(word), "150 scripts without `{word}`");
        }
        for word in ["O_NONBLOCK", "SO_RCVTIMEO", "SO_SNDTIMEO", "TCP_NODELAY", "peek(", "FIONREAD", "SIOCOUTQ"] {
            assert!(drawn.contains(word), "150 scripts without `{word}`");
        }
    }
}
