//! The grammar: kinds of lines, how often each class of scripts has them, and the words in them.

use fastrand::Rng;
use scenario::Host;

use super::{Class, Clock, Forgery};

/// What is drawn at once: a line, or a few that belong together.
#[derive(Clone, Copy, Debug)]
enum Lines {
    Write,
    /// Three in a row: what finds the send buffer full.
    Writes,
    Read,
    /// One side writes, the other reads; perhaps something happens between the two.
    Exchange,
    Close,
    Shutdown,
    SetOption,
    /// What has no effect but an answer.
    Ask,
    /// A connection more, a listener more, accept().
    Open,
    /// dup(), and calls on what it names.
    Copy,
    /// A call beside one that waits.
    Beside,
    /// connect() and disconnect() on a socket that had a connection.
    Again,
    /// socket(), and what may be done to it before it connects.
    Unconnected,
    /// listen() on a socket that is there, and what follows.
    Listen,
    Wait,
    Kill,
    /// kill(), crash(), boot(), sysctl().
    Host,
    /// What is lost comes again after Linux's 200 ms, or after smoltcp's second.
    Lost,
    /// A rule for segments to come.
    Meet,
    /// cut, restore, delay.
    Link,
    /// forget, reject, icmp, mtu.
    Box,
    Forge,
}

/// How often each class has them: columns in the order of [`Class`].
const WEIGHTS: [(Lines, [u8; Class::COUNT]); 22] = [
    //                 Plain Any Sockets Boxes Proxied
    (Lines::Write, [8, 8, 4, 5, 8]),
    (Lines::Writes, [0, 0, 1, 0, 0]),
    (Lines::Read, [6, 7, 2, 5, 6]),
    (Lines::Exchange, [0, 9, 0, 0, 0]),
    (Lines::Close, [4, 3, 2, 3, 5]),
    (Lines::Shutdown, [3, 3, 2, 3, 3]),
    (Lines::SetOption, [1, 5, 4, 0, 1]),
    (Lines::Ask, [3, 4, 4, 4, 2]),
    (Lines::Open, [0, 9, 2, 0, 1]),
    (Lines::Copy, [0, 1, 4, 0, 0]),
    (Lines::Beside, [0, 0, 2, 0, 0]),
    (Lines::Again, [0, 1, 2, 0, 0]),
    (Lines::Unconnected, [0, 1, 4, 0, 0]),
    (Lines::Listen, [0, 1, 3, 0, 0]),
    (Lines::Wait, [0, 3, 2, 4, 0]),
    (Lines::Kill, [1, 0, 0, 1, 1]),
    (Lines::Host, [0, 1, 0, 0, 0]),
    (Lines::Lost, [2, 0, 0, 0, 2]),
    (Lines::Meet, [1, 4, 1, 0, 1]),
    (Lines::Link, [0, 1, 1, 0, 1]),
    (Lines::Box, [0, 1, 0, 7, 0]),
    (Lines::Forge, [3, 6, 2, 0, 2]),
];

/// The forged ones are no lines of a script that shall have none.
const fn weight(lines: Lines, weight: u8, forgery: Forgery) -> u8 {
    if matches!((lines, forgery), (Lines::Forge, Forgery::None)) { 0 } else { weight }
}

/// So long a call with a timeout is waited for: longer than every timeout that is drawn.
const LONGER: &str = "wait 1150ms";

const OPEN: [&str; 3] = ["server listen()", "client connect()", "server accept()"];
const OPEN_PROXIED: [&str; 6] =
    ["proxy listen()", "server listen()", "client connect()", "proxy accept()", "proxy connect()", "server accept()"];
/// Limits, so that what gives up does so within the script's waits.
const LIMITS: [&str; 3] =
    ["client sysctl(tcp_retries2, 1)", "server sysctl(tcp_retries2, 1)", "client sysctl(tcp_syn_retries, 1)"];

/// Draws lines, of which most are statements where they stand.
pub(super) struct Draw {
    pub(super) rng: Rng,
    pub(super) class: Class,
    pub(super) clock: Clock,
    pub(super) forgery: Forgery,
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

impl Draw {
    /// How a script begins.
    pub(super) fn opening(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.one_in(8) {
            lines.push("link ipv6".to_owned());
        }
        match self.class {
            Class::Plain => lines.extend(owned(&OPEN)),
            Class::Any => {
                if self.clock == Clock::Real {
                    // A statement with `&` has 10 ms, and may be late: no segment arrives just then.
                    lines.push("link delay 25ms".to_owned());
                }
                if self.one_in(4) {
                    lines.push(format!("{} sysctl({})", self.host(), self.setting()));
                }
                if !self.one_in(4) {
                    lines.extend(owned(&OPEN));
                }
            }
            Class::Sockets => {
                lines.push("link delay 25ms".to_owned());
                match self.rng.u8(..8) {
                    0 => lines.push("client sysctl(ip_local_port_range, 5000 5000)".to_owned()),
                    1 => lines.push("client sysctl(ip_local_port_range, 5000 5001)".to_owned()),
                    _ => {}
                }
                let open = if self.one_in(6) { 1 } else { OPEN.len() };
                lines.extend(owned(&OPEN[..open]));
            }
            Class::Boxes => {
                lines.extend(owned(&LIMITS));
                if self.one_in(4) {
                    lines.push(OPEN[0].to_owned());
                    lines.push(self.box_in_handshake());
                    lines.push(OPEN[1].to_owned());
                } else {
                    lines.extend(owned(&OPEN));
                    lines.push(self.in_the_way());
                }
            }
            Class::Proxied => {
                // Perhaps nobody listens on the server, or the proxy has not connected yet.
                let without = if self.one_in(4) { self.rng.usize(1..=2) } else { 0 };
                lines.extend(owned(&OPEN_PROXIED[..OPEN_PROXIED.len() - without]));
            }
        }
        lines
    }

    /// What comes next, perhaps.
    pub(super) fn lines(&mut self) -> Vec<String> {
        let weights =
            WEIGHTS.map(|(lines, weights)| (lines, weight(lines, weights[self.class as usize], self.forgery)));
        let sum: u32 = weights.iter().map(|(_, weight)| u32::from(*weight)).sum();
        let mut at = self.rng.u32(..sum);
        for (lines, weight) in weights {
            match at.checked_sub(u32::from(weight)) {
                Some(rest) => at = rest,
                None => return self.of_kind(lines),
            }
        }
        unreachable!("the number is below the sum")
    }

    fn of_kind(&mut self, kind: Lines) -> Vec<String> {
        let one = |line: String| vec![line];
        match kind {
            Lines::Write => one(format!("{} write({}){}", self.socket(), self.payload(), self.background())),
            Lines::Writes => {
                let host = self.host();
                vec![format!("{host} write(5) &"), format!("{host} write(7) &"), format!("{host} write(9)")]
            }
            Lines::Read => {
                let line = format!("{} read({}){}", self.socket(), self.at_most(), self.background());
                self.perhaps_timed(line)
            }
            Lines::Exchange => self.exchange(),
            Lines::Close => one(format!("{} close(){}", self.socket_to_close(), self.background())),
            Lines::Shutdown => {
                let how = self.of(&["RD", "WR", "WR", "RDWR"]);
                one(format!("{} shutdown({how}){}", self.socket(), self.background()))
            }
            Lines::SetOption => one(format!("{} setsockopt({})", self.socket(), self.socket_option())),
            Lines::Ask => {
                let line = format!("{} {}", self.socket(), self.question());
                if line.contains("peek") { self.perhaps_timed(line) } else { one(line) }
            }
            Lines::Open => {
                let line = format!("{}{}", self.open(), self.background());
                self.perhaps_timed(line)
            }
            Lines::Copy => one(self.copy().to_owned()),
            Lines::Beside => self.beside(),
            Lines::Again => {
                let call =
                    self.of(&["connect()", "connect()", "disconnect()", "connect(nonblock)", "connect(port=81)"]);
                vec![format!("client {call}"), LONGER.to_owned()]
            }
            Lines::Unconnected => self.unconnected(),
            Lines::Listen => {
                let line = self.listen();
                let mut lines = vec![line.to_owned()];
                if line == "server socket() as t" {
                    lines.extend(self.begun());
                }
                lines.into_iter().flat_map(|line| self.perhaps_timed(line)).collect()
            }
            Lines::Wait if self.class == Class::Any && self.one_in(3) => {
                one(format!("wait {} &", self.of(&["12ms", "30ms", "60ms"])))
            }
            Lines::Wait => one(format!("wait {}", self.time())),
            Lines::Kill => one(format!("{} kill()", self.host())),
            Lines::Host => {
                let host = self.host();
                let action = self.host_action();
                let comes_back = action == "crash()" && self.one_in(2);
                let mut lines = vec![format!("{host} {action}")];
                if comes_back {
                    lines.push(format!("{host} boot()"));
                }
                lines
            }
            Lines::Lost => self.lost(),
            Lines::Meet => one(self.meet()),
            Lines::Link => one(self.link()),
            Lines::Box => one(self.in_the_way()),
            Lines::Forge => one(self.forged()),
        }
    }

    /// Where sockets have timeouts, a call that may wait is waited for.
    fn perhaps_timed(&self, line: String) -> Vec<String> {
        if self.class == Class::Sockets { vec![line, LONGER.to_owned()] } else { vec![line] }
    }

    fn exchange(&mut self) -> Vec<String> {
        let (from, to) = if self.one_in(2) { ("client", "server") } else { ("server", "client") };
        let mut lines = vec![format!("{from} write({}){}", self.payload(), self.background())];
        if self.one_in(3) {
            lines.extend(self.lines());
        }
        lines.push(format!("{to} read({})", self.of(&["", "1", "700", "20000"])));
        lines
    }

    fn beside(&mut self) -> Vec<String> {
        let host = self.host();
        let waits = self.of(&["read()", "read()", "peek()"]);
        let beside = self.of(&["shutdown(RD)", "shutdown(RDWR)", "shutdown(WR)", "close()", "write(5)", "poll()"]);
        let mut lines = vec![format!("{host} {waits} &"), format!("{host} {beside}")];
        if self.one_in(2) {
            lines.push(format!("{} write(4)", if host == Host::Client { Host::Server } else { Host::Client }));
        }
        lines.push(LONGER.to_owned());
        lines
    }

    fn unconnected(&mut self) -> Vec<String> {
        if self.one_in(2) {
            let next = self.of(&[
                "bind(port=5000)",
                "bind()",
                "connect()",
                "setsockopt(SO_REUSEADDR, 1)",
                "setsockopt(IP_BIND_ADDRESS_NO_PORT, 1)",
                "write(6)",
            ]);
            return vec!["client socket() as c2".to_owned(), format!("c2 {next}"), LONGER.to_owned()];
        }
        let line = self.of(&[
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
            "client sysctl(tcp_timestamps, 0)",
            "server sysctl(tcp_timestamps, 0)",
        ]);
        vec![line.to_owned(), LONGER.to_owned()]
    }

    fn lost(&mut self) -> Vec<String> {
        let (link, from) = self.link_and_end();
        let kind = self.of(&["FIN", "ACK", "data", "RST"]);
        let call = self.of(&["write(5)", "close()", "shutdown(WR)"]);
        vec![format!("{link} drop {kind} from {from}"), format!("{} {call}", self.socket()), "wait 2500ms".to_owned()]
    }

    fn meet(&mut self) -> String {
        let (link, from) = self.link_and_end();
        match self.class {
            Class::Plain | Class::Proxied | Class::Boxes => {
                return format!("{link} twice {} from {from}", self.of(&["FIN", "data", "RST"]));
            }
            Class::Sockets => return format!("{link} drop {} from {from}", self.of(&["data", "ACK", "FIN"])),
            Class::Any => {}
        }
        let kind = self.of(&["SYN", "SYN-ACK", "FIN", "RST", "ACK", "data", "any"]);
        let count = self.of(&["", "", "2 ", "3 ", "all "]);
        match self.rng.u8(..9) {
            8 => format!("{link} reject {count}{kind} from {from}"),
            0..4 => format!("{link} drop {count}{kind} from {from}"),
            4..6 => format!("{link} twice {count}{kind} from {from}"),
            _ => format!("{link} hold {count}{kind} from {from} {}", self.of(&["45ms", "330ms"])),
        }
    }

    fn link(&mut self) -> String {
        let (link, _) = self.link_and_end();
        let what = match self.class {
            Class::Proxied => self.of(&["delay 0ms", "delay 5ms", "delay 30ms"]),
            Class::Sockets => self.of(&["cut", "restore"]),
            _ => self.of(&["cut", "restore", "restore", "delay 30ms", "delay 40ms"]),
        };
        format!("{link} {what}")
    }

    /// A box on the link.
    fn in_the_way(&mut self) -> String {
        if self.class == Class::Any {
            let line = self.of(&[
                "link forget after 1s drop",
                "link forget after 1s reset",
                "link forget after 2s reset half-closed",
                "link forget after 100ms drop half-closed",
                "link mtu 600",
                "link mtu 1480",
                "link mtu 1280 fragmentation-needed",
                "link mtu 1400 fragmentation-needed",
            ]);
            return line.to_owned();
        }
        let host = self.host();
        let icmp = self.icmp();
        let (count, kind) = (self.count(), self.of(&["data", "data", "FIN", "ACK", "RST", "any"]));
        match self.rng.u8(..12) {
            // Between two multiples of the tenth of a second that a statement takes.
            0..4 => {
                let after = self.of(&["160ms", "760ms", "1360ms"]);
                format!("link forget after {after} {}{}", self.of(&["drop", "reset"]), self.of(&["", " half-closed"]))
            }
            4..6 => format!("link reject {count}{kind} from {host}"),
            6..9 => format!("link reject {count}{kind} from {host} {icmp}"),
            9..11 => format!("link icmp {icmp} to {host}"),
            _ => self.of(&["link mtu 600", "link mtu 1280 fragmentation-needed"]).to_owned(),
        }
    }

    /// SYNs alone: of a handshake that ends at once the runner sees nothing, and calls the next one otherwise than the
    /// model does; and one that lasts is over when a SYN-ACK comes again, whose time the kernel does not keep exactly.
    fn box_in_handshake(&mut self) -> String {
        let (count, icmp) = (self.count(), self.icmp());
        if self.one_in(3) {
            format!("link reject {count}SYN from client")
        } else {
            format!("link reject {count}SYN from client {icmp}")
        }
    }

    fn forged(&mut self) -> String {
        let (link, to) = self.link_and_end();
        if matches!(self.class, Class::Plain | Class::Proxied) {
            let flags = self.of(&["R", "R.", "S", "F.", "."]);
            // Outside of every window, and the same number for model and kernel, whose windows differ.
            let seq = self.of(&["exact", "inside", "+200000", "-1"]);
            return format!("{link} inject {flags} to {to} seq {seq}");
        }
        let flags = self.of(&[
            "R", "R", "R.", "S", "S.", "F", "F.", "FP.", "P", "P.", ".", ".", "SF", "SF.", "SR", "FR", "FR.", "SP.",
        ]);
        // How large a window is model and kernel do not have alike, and an answer may tell it.
        let seqs = if self.clock == Clock::Real { 1..10 } else { 0..10 };
        let seq = match self.rng.u8(seqs) {
            0 => " seq outside",
            1..5 => "",
            5 => " seq inside",
            6 => " seq +200000",
            7 => " seq +1",
            8 => " seq -1",
            _ => " seq -5",
        };
        let ack = self.of(&["", "", "", "", " ack 0", " ack 1", " ack -5", " ack 100000"]);
        let len = self.of(&["", "", "", " len 1", " len 5", " len 1400"]);
        format!("{link} inject {flags} to {to}{}{seq}{ack}{len}", self.ports(flags))
    }

    /// For a port that nobody has, or for a listener's; a SYN to that would begin a handshake of which the runner may see
    /// nothing.
    fn ports(&mut self, flags: &str) -> &'static str {
        if self.class != Class::Sockets || self.one_in(3) {
            ""
        } else if flags.starts_with('S') {
            self.of(&[" port 99", " port 99 from 6000"])
        } else {
            self.of(&[" port 99", " port 99 from 6000", " port 80", " port 80 from 6000"])
        }
    }
}
