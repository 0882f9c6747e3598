//! Random scripts of one connection with boxes on the link: what they forget, refuse, say by ICMP, or are too narrow for.

use fastrand::Rng;
use scenario::{Host, Script};

use crate::random;

const OPEN: [&str; 3] = ["server listen()", "client connect()", "server accept()"];
/// Limits, so that what gives up does so within the script's waits.
const LIMITS: [&str; 3] =
    ["client sysctl(tcp_retries2, 1)", "server sysctl(tcp_retries2, 1)", "client sysctl(tcp_syn_retries, 1)"];
const TRIES: usize = 60;

/// The script of that seed. It parses, and in real time no timer fires just when one of its statements begins.
pub fn script(seed: u64) -> String {
    let mut draw = Draw(Rng::with_seed(seed));
    let mut lines: Vec<String> = Vec::new();
    if draw.one_in(6) {
        lines.push("link ipv6".to_owned());
    }
    lines.extend(LIMITS.map(str::to_owned));
    let is_handshake = draw.one_in(4);
    if is_handshake {
        lines.push(OPEN[0].to_owned());
        lines.push(draw.of_handshake());
        lines.push(OPEN[1].to_owned());
    } else {
        lines.extend(OPEN.map(str::to_owned));
        lines.push(draw.box_line());
    }
    let length = lines.len() + draw.0.usize(3..=9);
    for _ in 0..TRIES {
        if lines.len() >= length {
            break;
        }
        let mut longer = lines.clone();
        let line = draw.line();
        // What is left of a handshake whose listener is gone the runner cannot name as the model does.
        if is_handshake && line.contains("kill()") {
            continue;
        }
        longer.push(line);
        let text = text(&longer);
        if Script::parse(&text).is_ok() && random::is_fair(&text) {
            lines = longer;
        }
    }
    text(&lines)
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

struct Draw(Rng);

impl Draw {
    fn line(&mut self) -> String {
        let host = self.host();
        match self.0.u8(..32) {
            0..7 => self.box_line(),
            7..12 => format!("{host} write({})", self.of(&["1", "5", "700", "3000"])),
            12..17 => format!("{host} read({})", self.of(&["", "5"])),
            17..20 => format!("{host} close()"),
            20..23 => format!("{host} shutdown({})", self.of(&["WR", "WR", "RDWR", "RD"])),
            23..26 => format!("{host} getsockopt(SO_ERROR)"),
            26 => format!("{host} poll()"),
            27 => format!("{host} kill()"),
            _ => format!("wait {}", self.of(&["350ms", "1150ms", "2500ms", "4500ms"])),
        }
    }

    fn box_line(&mut self) -> String {
        let host = self.host();
        let icmp = self.icmp();
        match self.0.u8(..12) {
            // Between two multiples of the tenth of a second that a statement takes.
            0..4 => {
                let after = self.of(&["160ms", "760ms", "1360ms"]);
                format!("link forget after {after} {}{}", self.of(&["drop", "reset"]), self.of(&["", " half-closed"]))
            }
            4..6 => format!("link reject {}{} from {host}", self.count(), self.kind()),
            6..9 => format!("link reject {}{} from {host} {icmp}", self.count(), self.kind()),
            9..11 => format!("link icmp {icmp} to {host}"),
            _ => "link mtu 600".to_owned(),
        }
    }

    fn of_handshake(&mut self) -> String {
        let icmp = self.icmp();
        // SYNs alone: of a handshake that ends at once the runner sees nothing, and calls the next one otherwise than the
        // model does; and one that lasts is over when a SYN-ACK comes again, whose time the kernel does not keep exactly.
        let whose = "SYN from client";
        let count = self.count();
        if self.one_in(3) {
            format!("link reject {count}{whose}")
        } else {
            format!("link reject {count}{whose} {icmp}")
        }
    }

    fn count(&mut self) -> &'static str {
        self.of(&["", "2 ", "all ", "all "])
    }

    fn kind(&mut self) -> &'static str {
        self.of(&["data", "data", "FIN", "ACK", "RST", "any"])
    }

    fn icmp(&mut self) -> &'static str {
        self.of(&["unreachable", "port-unreachable", "admin-prohibited"])
    }

    fn host(&mut self) -> Host {
        Host::BOTH[self.0.usize(..2)]
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.0.usize(..of) == 0
    }

    fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.0.usize(..words.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_draws_every_box() {
        let scripts: Vec<String> = (0..200).map(script).collect();
        for text in &scripts {
            Script::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
        let drawn = scripts.concat();
        for word in ["forget after", "half-closed", "reject", "icmp unreachable to", "admin-prohibited", "mtu", "ipv6"]
        {
            assert!(drawn.contains(word), "200 scripts without `{word}`");
        }
    }
}
