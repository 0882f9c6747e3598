//! One side of a run as a packetdrill script: its calls, what it sends (`>`), what reaches it (`<`).
//!
//! packetdrill has one real stack; the other side is written down. So what the link does is already in it: a lost
//! segment does not arrive, a forged one does.

use std::fmt::Write as _;
use std::time::Duration;

use scenario::{
    Action, Call, Connecting, Errno, Event, Fate, Host, HostAction, How, Link, Network, Opening, Outcome, Place, Queue,
    Ready, Script, SocketOption, Trace, Verb,
};

/// The script for that host.
///
/// # Errors
/// The run has no connection, or several, as each with a proxy: packetdrill plays one. Or the host loses power.
/// Or it gets an ICMP message, copies a descriptor, or makes a call while another one waits.
pub fn pkt(script: &Script, trace: &Trace, host: Host) -> Result<String, String> {
    if script.network() == Network::Proxied {
        return Err("this run has a proxy and two connections, and packetdrill plays one".to_owned());
    }
    one_connection(trace)?;
    let loses_power = |action: &Action| matches!(action, Action::Host(whose, HostAction::Crash) if *whose == host);
    if script.statements.iter().any(|statement| loses_power(&statement.action)) {
        return Err(format!("the {host} loses power in this run, and packetdrill's kernel goes on"));
    }
    if script.statements.iter().any(|statement| sets_patience(&statement.action, host)) {
        return Err("SO_RCVTIMEO and SO_SNDTIMEO take a structure that packetdrill cannot write".to_owned());
    }
    if script.statements.iter().any(|statement| copies(&statement.action, host)) {
        return Err("packetdrill does not know dup()".to_owned());
    }
    if calls_while_another_waits(trace, host) {
        return Err(format!("the {host} makes a call while another waits, and packetdrill makes one at a time"));
    }
    if trace.events.iter().any(|event| matches!(event, Event::Icmp { to, .. } if *to == host)) {
        return Err(format!("an ICMP message reaches the {host} in this run, and only segments are written here"));
    }
    let mut lines = Lines::default();
    // packetdrill begins at its script's first event, which is to stand at 0.
    let begin_us = begin_us(script, trace, host);
    let seconds = |at_us: u64| seconds(at_us.saturating_sub(begin_us));
    let mut descriptors = Descriptors::default();
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
            Event::Segment { at_us, arrives_us, from, segment, fate, .. } => {
                // A forged one comes from nobody: its named sender has not sent it.
                let (at, mark, note) = match (*from == host, arrives_us) {
                    (true, _) if *fate == Fate::Injected => continue,
                    (true, _) => (*at_us, '>', ""),
                    (false, Some(arrives)) => {
                        (*arrives, '<', if *fate == Fate::Injected { " // forged on the way" } else { "" })
                    }
                    (false, None) => continue,
                };
                // What options the kernel adds is its own; our handshake offers a segment's size, and SACK, without
                // which Linux does not probe for losses.
                let options = match (segment.flags.syn, mark) {
                    (_, '>') => " <...>",
                    (true, _) => " <mss 1448,nop,nop,sackOK>",
                    (false, _) => "",
                };
                let window = if mark == '<' { format!(" win {}", segment.win) } else { String::new() };
                let segment = segment.to_string();
                let (flags, numbers) = segment.split_once(' ').unwrap_or((&segment, ""));
                let numbers = numbers.trim_start();
                lines.put(
                    at,
                    2 * index + 1,
                    format!("{} {mark} {flags} {numbers}{window}{options}{note}", seconds(at)),
                );
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
    let _ = writeln!(text, "// What it writes in bulk a kernel may cut otherwise.");
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

/// Lines by time and place. Each is put where it belongs: sorting would be more code than the rest.
#[derive(Default)]
struct Lines(Vec<(u64, usize, String)>);

impl Lines {
    fn put(&mut self, at_us: u64, place: usize, line: String) {
        let behind = self.0.partition_point(|(earlier, before, _)| (*earlier, *before) <= (at_us, place));
        self.0.insert(behind, (at_us, place, line));
    }
}

/// Marks a line that prepares a call and returns at once.
const FIRST: &str = "\u{1}";

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
            let is_own = |whose: &Host, action: &HostAction| *whose == host && matches!(action, HostAction::Sysctl(..));
            matches!(action, Some(Action::Host(whose, action)) if is_own(whose, action)).then_some(*at_us)
        }
        _ => None,
    });
    first.unwrap_or(0)
}

fn one_connection(trace: &Trace) -> Result<(), String> {
    // Each with whether its handshake's first segments are over: a SYN behind them begins another.
    let mut connections: Vec<([u16; 2], bool)> = Vec::new();
    for event in &trace.events {
        let Event::Segment { from, ports, segment, fate, .. } = event else { continue };
        if *fate == Fate::Injected {
            continue;
        }
        let ports = Link::ClientServer.pair(*from, *ports);
        let begins = segment.flags.syn && !segment.flags.ack;
        match connections.iter_mut().rfind(|(known, _)| *known == ports) {
            Some((_, is_over)) if !(begins && *is_over) => *is_over |= !segment.flags.syn,
            _ => connections.push((ports, false)),
        }
    }
    match connections.len() {
        1 => Ok(()),
        0 => Err("nothing was sent: packetdrill has nothing to play".to_owned()),
        several => Err(format!("this run has {several} connections, and packetdrill plays one")),
    }
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

fn sets_patience(action: &Action, host: Host) -> bool {
    let timeout =
        |option: &SocketOption| matches!(option, SocketOption::ReceiveTimeout(_) | SocketOption::SendTimeout(_));
    matches!(action, Action::Call(call) if call.host == host
        && matches!(&call.verb, Verb::SetOption(option) if timeout(option)))
}

fn copies(action: &Action, host: Host) -> bool {
    matches!(action, Action::Call(call) if call.host == host && matches!(call.verb, Verb::Dup { .. }))
}

/// Whether one of the host's calls begins before an earlier one has returned. One that never returns is a comment.
fn calls_while_another_waits(trace: &Trace, host: Host) -> bool {
    let mut calls: Vec<[u64; 2]> = Vec::new();
    for event in &trace.events {
        if let Event::Call { host: caller, began_us, at_us, outcome, .. } = event
            && *caller == host
            && *outcome != Outcome::Blocks
        {
            calls.push([*began_us, *at_us]);
        }
    }
    calls.iter().any(|[began, at]| calls.iter().any(|[other, _]| began < other && other <= at))
}

/// `0.110`; finer only where it must be.
fn seconds(at_us: u64) -> String {
    if at_us.is_multiple_of(1000) {
        format!("{}.{:03}", at_us / 1_000_000, at_us / 1000 % 1000)
    } else {
        format!("{}.{:06}", at_us / 1_000_000, at_us % 1_000_000)
    }
}

/// The sockets' names with the numbers that stand for them.
#[derive(Default)]
struct Descriptors {
    open: Vec<(String, u32)>,
    closed: Vec<(String, u32)>,
    last: u32,
}

impl Descriptors {
    fn of(&self, name: &str) -> u32 {
        // A call that returns after its descriptor was closed was made on it all the same.
        let named = |(known, _): &&(String, u32)| known == name;
        let number = self.open.iter().rfind(named).or_else(|| self.closed.iter().rfind(named));
        number.map_or(0, |(_, number)| *number)
    }

    fn open(&mut self, name: &str) -> u32 {
        self.last += 1;
        let number = self.last + 2;
        self.open.push((name.to_owned(), number));
        number
    }

    /// A call in packetdrill's words, with what has to stand before it.
    fn call(&mut self, call: &Call, outcome: Outcome) -> Vec<String> {
        const SOCKET: &str = "socket(..., SOCK_STREAM, IPPROTO_TCP)";
        let result = result(outcome);
        let number = self.of(&call.socket);
        let written = match &call.verb {
            Verb::Listen { backlog, place: Place::Existing } => format!("listen({number}, {backlog}) = {result}"),
            Verb::Listen { backlog, place: Place::New { reuse_address, .. } } => {
                let number = self.open(&call.socket);
                let mut lines = vec![format!("{FIRST}{SOCKET} = {number}")];
                if *reuse_address {
                    lines.push(format!("{FIRST}setsockopt({number}, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0"));
                }
                if outcome == Outcome::ZERO {
                    lines.push(format!("{FIRST}bind({number}, ..., ...) = 0"));
                    lines.push(format!("listen({number}, {backlog}) = 0"));
                } else {
                    lines.push(format!("bind({number}, ..., ...) = {result}"));
                }
                return lines;
            }
            Verb::Socket => {
                let number = self.open(&call.socket);
                format!("{SOCKET} = {number}")
            }
            Verb::Bind { .. } => format!("bind({number}, ..., ...) = {result}"),
            Verb::Dup { .. } => unreachable!("see `pkt`"),
            Verb::Disconnect => {
                format!("connect({number}, {{sa_family = AF_UNSPEC}}, ...) = {result}")
            }
            Verb::Connect { connecting, opening, .. } => {
                let mut lines = Vec::new();
                let number = match opening {
                    Opening::Existing => number,
                    Opening::New { .. } => {
                        let number = self.open(&call.socket);
                        lines.push(format!("{FIRST}{SOCKET} = {number}"));
                        number
                    }
                };
                if *connecting == Connecting::Nonblocking {
                    lines.push(format!("{FIRST}fcntl({number}, F_SETFL, O_RDWR|O_NONBLOCK) = 0"));
                }
                lines.push(format!("connect({number}, ..., ...) = {result}"));
                if *connecting == Connecting::Nonblocking {
                    lines.push(format!("{FIRST}fcntl({number}, F_SETFL, O_RDWR) = 0"));
                }
                return lines;
            }
            Verb::Accept { listener } => {
                let listener = self.of(listener);
                let made = if outcome == Outcome::ZERO { self.open(&call.socket).to_string() } else { result };
                format!("accept({listener}, ..., ...) = {made}")
            }
            Verb::Write(payload) => format!("write({number}, ..., {}) = {result}", payload.len()),
            Verb::Read { at_most } => format!("read({number}, ..., {at_most}) = {result}"),
            Verb::Peek { at_most } => format!("recv({number}, ..., {at_most}, MSG_PEEK) = {result}"),
            Verb::Queued(queue) => {
                let request = match queue {
                    Queue::Unread => "SIOCINQ",
                    // SIOCOUTQ, whose name packetdrill does not know.
                    Queue::Unacknowledged => "0x5411",
                };
                match outcome {
                    Outcome::Errno(_) => format!("ioctl({number}, {request}, [0]) = {result}"),
                    _ => format!("ioctl({number}, {request}, [{result}]) = 0"),
                }
            }
            Verb::Shutdown(how) => {
                let how = match how {
                    How::Rd => "SHUT_RD",
                    How::Wr => "SHUT_WR",
                    How::RdWr => "SHUT_RDWR",
                };
                format!("shutdown({number}, {how}) = {result}")
            }
            Verb::Close => {
                self.closed.extend(self.open.extract_if(.., |(_, open)| *open == number));
                format!("close({number}) = {result}")
            }
            Verb::SetOption(SocketOption::NonBlocking(on)) => {
                let flags = if *on { "O_RDWR|O_NONBLOCK" } else { "O_RDWR" };
                format!("fcntl({number}, F_SETFL, {flags}) = {result}")
            }
            Verb::SetOption(option) => format!("setsockopt({number}, {}) = {result}", self::option(*option)),
            Verb::GetError => {
                let error = match outcome {
                    Outcome::Errno(errno) => errno.to_string(),
                    _ => "0".to_owned(),
                };
                format!("getsockopt({number}, SOL_SOCKET, SO_ERROR, [{error}], [4]) = 0")
            }
            Verb::Poll => {
                let found = match outcome {
                    Outcome::Ready(ready) => flags(ready),
                    _ => "0".to_owned(),
                };
                let count = u8::from(found != "0");
                format!("poll([{{fd={number}, events=POLLIN|POLLOUT|POLLRDHUP, revents={found}}}], 1, 0) = {count}")
            }
            Verb::GetPeerName => {
                return vec![format!("{FIRST}// getpeername({number}) = {result}, which packetdrill cannot call")];
            }
        };
        vec![written]
    }

    /// What happens to the whole host.
    fn host(&mut self, action: HostAction) -> Vec<String> {
        match action {
            HostAction::Kill => {
                let mut lines = vec!["// the process is killed: its kernel closes what is open".to_owned()];
                lines.extend(self.open.drain(..).map(|(_, number)| format!("close({number}) = 0")));
                lines
            }
            HostAction::Crash => {
                self.open.clear();
                vec!["// power is cut here: packetdrill's kernel would go on".to_owned()]
            }
            HostAction::Boot => vec!["// the host boots here, and remembers nothing".to_owned()],
            HostAction::PortRange { first, last } => {
                vec![format!("`sysctl -q net.ipv4.ip_local_port_range='{first} {last}'`")]
            }
            HostAction::BufferMemory { buffer, least, bytes } => {
                vec![format!("`sysctl -q net.ipv4.{}='{least} {bytes} {bytes}'`", buffer.name())]
            }
            HostAction::Sysctl(sysctl, value) => vec![format!("`sysctl -q net.ipv4.{}={value}`", sysctl.name())],
        }
    }
}

/// `5`, `-1 EPIPE (Broken pipe)`
fn result(outcome: Outcome) -> String {
    match outcome {
        Outcome::Number(number) => number.to_string(),
        Outcome::Errno(Errno(number)) => match (Errno(number).name(), Errno(number).text()) {
            (Some(name), Some(text)) => format!("-1 {name} ({text})"),
            _ => format!("-1 {number}"),
        },
        Outcome::Ready(ready) => flags(ready),
        Outcome::Blocks => "…".to_owned(),
    }
}

fn flags(ready: Ready) -> String {
    let words = ready.to_string();
    if words == "0" { words } else { words.split('|').map(|word| format!("POLL{word}")).collect::<Vec<_>>().join("|") }
}

/// Level, name, value and its length.
fn option(option: SocketOption) -> String {
    let linger = |on: u8, seconds: u16| format!("SOL_SOCKET, SO_LINGER, {{onoff={on}, linger={seconds}}}, 8");
    let of_socket = |name: &str, value: u64| format!("SOL_SOCKET, {name}, [{value}], 4");
    let of_tcp = |name: &str, value: String| format!("SOL_TCP, {name}, [{value}], 4");
    let whole_seconds = |time: Duration| time.as_secs().to_string();
    match option {
        SocketOption::Linger(None) => linger(0, 0),
        SocketOption::Linger(Some(seconds)) => linger(1, seconds),
        SocketOption::KeepAlive(on) => of_socket("SO_KEEPALIVE", u64::from(on)),
        SocketOption::ReceiveBuffer(bytes) => of_socket("SO_RCVBUF", u64::from(bytes)),
        SocketOption::SendBuffer(bytes) => of_socket("SO_SNDBUF", u64::from(bytes)),
        SocketOption::DeferAccept(time) => of_tcp("TCP_DEFER_ACCEPT", whole_seconds(time)),
        SocketOption::KeepIdle(idle) => of_tcp("TCP_KEEPIDLE", whole_seconds(idle)),
        SocketOption::KeepInterval(interval) => of_tcp("TCP_KEEPINTVL", whole_seconds(interval)),
        SocketOption::KeepCount(count) => of_tcp("TCP_KEEPCNT", count.to_string()),
        SocketOption::UserTimeout(timeout) => {
            of_tcp("TCP_USER_TIMEOUT", (timeout.as_secs() * 1000 + u64::from(timeout.subsec_millis())).to_string())
        }
        SocketOption::Linger2(None) => of_tcp("TCP_LINGER2", "-1".to_owned()),
        SocketOption::Linger2(Some(seconds)) => of_tcp("TCP_LINGER2", seconds.to_string()),
        SocketOption::NoDelay(on) => of_tcp("TCP_NODELAY", u8::from(on).to_string()),
        SocketOption::ReuseAddress(on) => of_socket("SO_REUSEADDR", u64::from(on)),
        SocketOption::BindNoPort(on) => format!("SOL_IP, IP_BIND_ADDRESS_NO_PORT, [{}], 4", u8::from(on)),
        SocketOption::NonBlocking(_) => unreachable!("fcntl sets it"),
        SocketOption::ReceiveTimeout(_) | SocketOption::SendTimeout(_) => unreachable!("see `pkt`"),
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
