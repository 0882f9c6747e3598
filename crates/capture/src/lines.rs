//! Segments from the text that people paste: lines of `tcpdump -n` and tshark's one-line output.
//!
//! tcpdump: any of `-t`, `-tt`, `-ttt`, `-tttt`, with and without `-v` and `-S`, `-i any` too. tshark: its default columns.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::read::{Options, Packet, Skip, Skipped, bit};
use crate::search::around;
use crate::text::without_colours;
use crate::track::{Key, Seeded};

const DAY_US: u64 = 86_400_000_000;
/// Names that tcpdump gives to ports when it is not told `-n`.
const PORTS: [(&str, u16); 8] = [
    ("http", 80),
    ("https", 443),
    ("ssh", 22),
    ("smtp", 25),
    ("mysql", 3306),
    ("postgresql", 5432),
    ("redis", 6379),
    ("http-alt", 8080),
];
/// Options in the order in which Linux writes them on a SYN.
const LINUX_ORDER: [&str; 5] = ["mss", "sackOK", "TS", "nop", "wscale"];

/// The segments in a text, in its order, numbered by its lines from 1; and how many lines that were not empty are none.
pub fn packets(text: &str) -> (Vec<Packet>, Skipped) {
    let mut reader = Lines::default();
    let mut packets = Vec::new();
    let mut skipped = Skipped::default();
    let text = without_colours(text);
    for (place, line) in text.lines().enumerate() {
        // Mail and threads quote with `> `.
        let line = line.trim_start_matches(['>', ' ']).trim_end();
        let names = reader.names.lines;
        match reader.line(line) {
            Line::Segment(mut packet) => {
                packet.number = place as u64 + 1;
                packets.push(packet);
                if reader.names.lines > names {
                    skipped.count(Skip::Name);
                }
            }
            Line::Header => {}
            Line::Other if line.is_empty() => {}
            Line::Other => skipped.count(Skip::Line),
        }
    }
    (packets, skipped)
}

enum Line {
    Segment(Packet),
    /// `-v` gives the IP header a line of its own.
    Header,
    Other,
}

#[derive(Default)]
struct Lines {
    /// The IP header on the line before.
    header: Option<Header>,
    last_us: u64,
    days: u64,
    directions: Vec<Direction>,
    /// The place of each direction.
    places: HashMap<Key, u32, Seeded>,
    names: Names,
}

/// Hosts that the text names in place of their addresses.
#[derive(Default)]
struct Names {
    known: HashMap<String, IpAddr>,
    /// How many lines have one.
    lines: u64,
}

impl Names {
    /// `192.0.2.1.40000`, `2001:db8::1.40000`, `web1.example.com.http`
    fn address_and_port(&mut self, text: &str) -> Option<SocketAddr> {
        let (address, port) = text.rsplit_once('.')?;
        let named = || PORTS.iter().find(|(name, _)| *name == port).map(|(_, port)| *port);
        let port = port.parse().ok().or_else(named)?;
        Some(SocketAddr::new(address.parse().ok().or_else(|| self.stand_in(address))?, port))
    }

    /// 198.18.0.N (RFC 2544) for the N-th name.
    fn stand_in(&mut self, name: &str) -> Option<IpAddr> {
        let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'));
        if !is_name || !name.chars().any(|letter| letter.is_ascii_alphabetic()) {
            return None;
        }
        self.lines += 1;
        let next = self.known.len() as u32 + 1;
        let address = self.known.entry(name.to_owned());
        Some(*address.or_insert_with(|| Ipv4Addr::from(0xc612_0000 | next & 0x0001_ffff).into()))
    }
}

/// The sequence numbers of a direction.
#[derive(Clone, Copy, Default)]
struct Direction {
    /// The first: later ones may be relative to it.
    first: Option<u32>,
    next: Option<u32>,
}

#[derive(Clone, Copy)]
struct Header {
    at_us: u64,
    ttl: Option<u8>,
    ip_id: Option<u16>,
}

impl Lines {
    fn line(&mut self, line: &str) -> Line {
        let segment = self.tshark(line).or_else(|| self.tcpdump(line));
        if let Some(packet) = segment {
            self.header = None;
            return Line::Segment(packet);
        }
        match self.ip_header(line) {
            Some(header) => {
                self.header = Some(header);
                Line::Header
            }
            None => Line::Other,
        }
    }

    /// `16:04:05.000001 IP (tos 0x0, ttl 64, id 7, offset 0, flags [DF], proto TCP (6), length 60)`
    fn ip_header(&mut self, line: &str) -> Option<Header> {
        let (before, behind) =
            around(line, " (").filter(|(before, _)| before.ends_with("IP") || before.ends_with("IP6"))?;
        around(behind, "TCP (6)")?;
        let ttl = number_behind(behind, "ttl ").or_else(|| number_behind(behind, "hlim "));
        Some(Header { at_us: self.time(before), ttl, ip_id: number_behind(behind, "id ") })
    }

    /// `16:04:05.000001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [S], seq 7, win 64240, length 0`
    fn tcpdump(&mut self, line: &str) -> Option<Packet> {
        let (addresses, rest) = around(line, ": Flags [")?;
        let (before, destination) = addresses.rsplit_once('>')?;
        let (before, destination) = (before.strip_suffix(' ')?, destination.strip_prefix(' ')?);
        let (time, source) = before.rsplit_once(' ').unwrap_or(("", before));
        let source = self.names.address_and_port(source)?;
        let destination = self.names.address_and_port(destination)?;
        let (flags, rest) = rest.split_once(']')?;
        let bits = flags.chars().fold(0, |bits, letter| {
            bits | match letter {
                'F' => bit::FIN,
                'S' => bit::SYN,
                'R' => bit::RST,
                'P' => bit::PSH,
                '.' => bit::ACK,
                _ => 0,
            }
        });
        let header = self.header.take();
        let mut packet = Packet::of_text(source, destination, bits);
        packet.at_us = match header {
            Some(header) => header.at_us,
            None => self.time(time),
        };
        packet.ttl = header.and_then(|header| header.ttl);
        packet.ip_id = header.and_then(|header| header.ip_id);
        packet.len = number_behind(rest, "length ").unwrap_or(0);
        packet.window = number_behind::<u32>(rest, "win ").map_or(0, |window| window.min(65_535) as u16);
        packet.options = options(rest);
        let seq = number_behind(rest, "seq ");
        let ack = number_behind(rest, " ack ").filter(|_| packet.has(bit::ACK));
        self.number(&mut packet, seq, ack);
        Some(packet)
    }

    /// `1 0.000000 192.0.2.1 → 192.0.2.2 TCP 74 40000 → 80 [SYN] Seq=0 Win=64240 Len=0`; Wireshark's list has no arrow
    /// between the addresses.
    fn tshark(&mut self, line: &str) -> Option<Packet> {
        let line = line.replace('\t', " ");
        let (front, behind) = around(&line, " TCP ")?;
        let mut columns = front.split_whitespace().rev().filter(|column| !matches!(*column, "→" | "->"));
        let destination: IpAddr = columns.next()?.parse().ok()?;
        let source: IpAddr = columns.next()?.parse().ok()?;
        let time = columns.next().unwrap_or("0");
        // Remarks such as [TCP Retransmission] stand before the ports.
        let (ports, rest) = around(behind, "→").or_else(|| around(behind, "->"))?;
        let source_port = numbered_port(ports.split_whitespace().next_back()?)?;
        let (port, rest) = rest.trim_start().split_once(' ')?;
        let (flags, rest) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
        let bits = flags.split(',').fold(0, |bits, flag| {
            bits | match flag.trim_start() {
                "FIN" => bit::FIN,
                "SYN" => bit::SYN,
                "RST" => bit::RST,
                "PSH" => bit::PSH,
                "ACK" => bit::ACK,
                _ => 0,
            }
        });
        let (source, destination) =
            (SocketAddr::new(source, source_port), SocketAddr::new(destination, numbered_port(port)?));
        let mut packet = Packet::of_text(source, destination, bits);
        packet.at_us = seconds(time).unwrap_or(self.last_us);
        self.last_us = packet.at_us;
        packet.len = number_behind(rest, "Len=").unwrap_or(0);
        packet.window = number_behind::<u32>(rest, "Win=").map_or(0, |window| window.min(65_535) as u16);
        packet.options.timestamp = number_behind(rest, "TSval=");
        let ack = number_behind(rest, "Ack=").filter(|_| packet.has(bit::ACK));
        self.number(&mut packet, number_behind(rest, "Seq="), ack);
        Some(packet)
    }

    /// Relative numbers become those of a wire whose first number is the one that was seen first.
    fn number(&mut self, packet: &mut Packet, seq: Option<u32>, ack: Option<u32>) {
        let back = self.direction(packet.destination, packet.source);
        let acked = self.directions[back].first;
        let there = self.direction(packet.source, packet.destination);
        let direction = &mut self.directions[there];
        if packet.has(bit::SYN) {
            direction.first = seq.or(direction.first);
        } else if let Some(seq) = seq.filter(|_| !packet.has(bit::RST)) {
            direction.first.get_or_insert_with(|| if seq <= 1 { 0 } else { seq.wrapping_sub(1) });
        }
        let absolute = |number: u32, first: Option<u32>| match first {
            Some(first) if number.wrapping_sub(first).cast_signed().unsigned_abs() > number => {
                first.wrapping_add(number)
            }
            _ => number,
        };
        packet.seq = match (seq, packet.has(bit::SYN)) {
            (Some(seq), true) => seq,
            (Some(seq), false) => absolute(seq, direction.first),
            // A mere acknowledgement is shown without a number: it has the next one.
            (None, _) => direction.next.unwrap_or_else(|| direction.first.map_or(0, |first| first.wrapping_add(1))),
        };
        packet.ack = ack.map_or(0, |ack| match packet.has(bit::SYN) {
            true => ack,
            false => absolute(ack, acked),
        });
        let flags = u32::from(packet.has(bit::SYN)) + u32::from(packet.has(bit::FIN));
        if !packet.has(bit::RST) {
            direction.next = Some(packet.seq.wrapping_add(packet.len).wrapping_add(flags));
        }
    }

    /// The place of a direction; a new one has one from now on.
    fn direction(&mut self, from: SocketAddr, to: SocketAddr) -> usize {
        let key = Key::of_ends(from, to);
        if let Some(place) = self.places.get(&key) {
            return *place as usize;
        }
        self.places.insert(key, self.directions.len() as u32);
        self.directions.push(Direction::default());
        self.directions.len() - 1
    }

    /// The time at a line's beginning; without one, that of the line before.
    fn time(&mut self, text: &str) -> u64 {
        let words: Vec<&str> = text.split_whitespace().collect();
        let clock = words.iter().find_map(|word| clock(word).map(|us| (us, *word)));
        let at_us = match clock {
            Some((us, word)) => {
                // Dates count as whole days, in their order.
                let date = words.iter().take_while(|other| **other != word).find_map(|word| date(word));
                let mut at_us = us + date.unwrap_or(self.days) * DAY_US;
                if date.is_none() && at_us + DAY_US / 2 < self.last_us {
                    self.days += 1;
                    at_us += DAY_US;
                }
                at_us
            }
            None => words
                .iter()
                .find_map(|word| word.as_bytes().contains(&b'.').then(|| seconds(word)).flatten())
                .unwrap_or(self.last_us),
        };
        self.last_us = at_us;
        at_us
    }
}

/// `40000`, or `https(443)`
fn numbered_port(text: &str) -> Option<u16> {
    let number = text.split_once('(').map_or(text, |(_, number)| number.trim_end_matches(')'));
    number.parse().ok()
}

/// The number right behind a word, if it has room in the type; of `seq 1:6` the first.
fn number_behind<N: TryFrom<u64>>(text: &str, word: &str) -> Option<N> {
    N::try_from(digits_behind(text, word)?).ok()
}

fn digits_behind(text: &str, word: &str) -> Option<u64> {
    let (_, behind) = around(text, word)?;
    let end = behind.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(behind.len());
    behind.get(..end)?.parse().ok()
}

/// `[mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7]`
fn options(text: &str) -> Options {
    let mut options = Options { whole: around(text, "length").is_some(), ..Options::default() };
    let Some((list, _)) = around(text, "options [").and_then(|(_, behind)| behind.split_once(']')) else {
        return options;
    };
    let names: Vec<&str> = list.split(',').filter_map(|option| option.split_whitespace().next()).collect();
    options.linux_order = names == LINUX_ORDER;
    options.scale_first = names.starts_with(&["mss", "nop", "wscale"]);
    options.window_scale = number_behind::<u8>(list, "wscale ").map(|shift| shift.min(14));
    options.timestamp = number_behind(list, "TS val ");
    options.mptcp_fast_close = ["fastclose", "mptcp fast-close"].iter().any(|name| around(list, name).is_some());
    options
}

/// `16:04:05.000001` in microseconds.
fn clock(text: &str) -> Option<u64> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (parts.next()?.parse::<u64>().ok()?, parts.next()?.parse::<u64>().ok()?);
    (hours < 24 && minutes < 60).then_some(())?;
    Some((hours * 60 + minutes) * 60_000_000 + seconds(parts.next()?)?)
}

/// `2025-06-15` in days, all months being 31 long: for the order of lines this will do.
fn date(text: &str) -> Option<u64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    (year < 10_000 && month <= 12 && day <= 31).then_some(year * 372 + month * 31 + day)
}

/// `5.000001` in microseconds.
fn seconds(text: &str) -> Option<u64> {
    let (whole, below) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok()?;
    let digits: String = below.chars().chain("000000".chars()).take(6).collect();
    whole.checked_mul(1_000_000)?.checked_add(digits.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capture, Ending, EndingKind};

    const DEFAULT: &str = "\
16:04:05.000001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [S], seq 3000000000, win 64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0
16:04:05.010001 IP 192.0.2.2.80 > 192.0.2.1.40000: Flags [S.], seq 100, ack 3000000001, win 65160, options [mss 1460,sackOK,TS val 9 ecr 1,nop,wscale 7], length 0
16:04:05.020001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [.], ack 1, win 502, options [nop,nop,TS val 2 ecr 9], length 0
16:04:05.030001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [P.], seq 1:12, ack 1, win 502, options [nop,nop,TS val 3 ecr 9], length 11: HTTP
16:04:05.040001 IP 192.0.2.2.80 > 192.0.2.1.40000: Flags [R.], seq 1, ack 12, win 509, options [nop,nop,TS val 10 ecr 3], length 0
";

    fn judged(text: &str) -> (EndingKind, Option<u64>, [u64; 2], String) {
        let (connections, skipped) = Capture::of_text(text);
        assert_eq!(skipped.iter().count(), 0, "{skipped:?} in\n{text}");
        assert_eq!(connections.len(), 1, "{connections:?}");
        let ending = Ending::of(&connections[0]);
        let bytes = [connections[0].sides[0].bytes, connections[0].sides[1].bytes];
        (ending.kind, ending.segment, bytes, connections[0].history())
    }

    #[test]
    fn every_form_of_tcpdump_s_output_says_the_same() {
        let right = (EndingKind::Reset, Some(5), [11, 0], "ShADr".to_owned());
        assert_eq!(judged(DEFAULT), right);
        assert_eq!(judged(&DEFAULT.replace("16:04", "2025-06-15 16:04")), right, "-tttt");
        assert_eq!(judged(&DEFAULT.replace("16:04:05", "1750000005")), right, "-tt");
        assert_eq!(judged(&DEFAULT.replace(" IP", " eth0  In  IP")), right, "-i any");
        assert_eq!(judged(&DEFAULT.replace(".80:", ".http:").replace(".80 ", ".http ")), right, "without -n");
        let absolute = DEFAULT
            .replace("ack 1,", "ack 101,")
            .replace("seq 1:12", "seq 3000000001:3000000012")
            .replace("seq 1, ack 12", "seq 101, ack 3000000012");
        assert_eq!(judged(&absolute), right, "-S");
        let untimed: String = DEFAULT.lines().map(|line| format!("{}\n", &line[16..])).collect();
        assert_eq!(judged(&untimed), right, "-t");
        let ipv6 = DEFAULT.replace("192.0.2.", "2001:db8::").replace("IP ", "IP6 ");
        assert_eq!(judged(&ipv6), right, "IPv6");
        let verbose: String = DEFAULT
            .lines()
            .map(|line| {
                let (time, rest) = line.split_once(" IP ").expect("a line");
                format!(
                    "{time} IP (tos 0x0, ttl 64, id 7, offset 0, flags [DF], proto TCP (6), length 60)\n    {rest}\n"
                )
            })
            .collect();
        let (kind, segment, bytes, history) = judged(&verbose);
        assert_eq!((kind, segment, bytes, history), (right.0, Some(10), right.2, right.3), "-v");
        assert_eq!(packets(&verbose).0[0].ttl, Some(64));
    }

    #[test]
    fn tshark_s_lines_say_the_same() {
        let text = "\
    1   0.000000    192.0.2.1 → 192.0.2.2    TCP 74 40000 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460
    2   0.010000    192.0.2.2 → 192.0.2.1    TCP 74 80 → 40000 [SYN, ACK] Seq=0 Ack=1 Win=65160 Len=0
    3   0.020000    192.0.2.1 → 192.0.2.2    TCP 66 40000 → 80 [ACK] Seq=1 Ack=1 Win=64256 Len=0
    4   0.030000    192.0.2.1 -> 192.0.2.2    TCP 77 [TCP Retransmission] 40000 -> 80 [PSH, ACK] Seq=1 Ack=1 Win=64256 Len=11
    5   0.040000    192.0.2.2 → 192.0.2.1    TCP 66 80 → 40000 [RST, ACK] Seq=1 Ack=12 Win=65152 Len=0
";
        assert_eq!(judged(text), (EndingKind::Reset, Some(5), [11, 0], "ShADr".to_owned()));
    }

    #[test]
    fn wireshark_s_list_has_no_arrow_between_the_addresses() {
        let text = "No.\tTime\tSource\tDestination\tProtocol\tLength\tInfo\n\
                    1\t0.000000\t192.0.2.1\t192.0.2.2\tTCP\t74\t40000 → https(443) [SYN] Seq=0 Win=64240 Len=0\n\
                    2  0.010000  192.0.2.2  192.0.2.1  TCP  54  443 → 40000 [RST, ACK] Seq=1 Ack=1 Win=0 Len=0\n";
        let (connections, skipped) = Capture::of_text(text);
        assert_eq!(skipped.of(&Skip::Line), 1, "the heading");
        assert_eq!(connections.len(), 1, "{connections:?}");
        assert_eq!(Ending::of(&connections[0]).kind, EndingKind::Refused);
    }

    #[test]
    fn names_are_numbered_and_counted() {
        let text = "> 16:04:05.1 IP web1.example.com.40000 > db1.example.com.postgresql: Flags [S], seq 1, win 64240, length 0\n\
                    > 16:04:05.2 IP db1.example.com.postgresql > web1.example.com.40000: Flags [R.], seq 0, ack 2, win 0, length 0\n";
        let (connections, skipped) = Capture::of_text(text);
        assert_eq!(skipped.of(&Skip::Name), 2);
        assert_eq!(connections.len(), 1, "{connections:?}");
        assert_eq!(connections[0].addresses[1].to_string(), "198.18.0.2:5432");
    }

    #[test]
    fn colours_are_no_part_of_a_line() {
        let text = DEFAULT.replace("192.0.2.2.80", "\u{1b}[1m192.0.2.2.80\u{1b}[0m");
        assert_eq!(judged(&text), judged(DEFAULT));
    }

    #[test]
    fn other_text_is_counted() {
        let (packets, skipped) =
            packets("tcpdump: listening on eth0\n\n16:04:05.1 ARP, Request who-has 192.0.2.1\n: Flags [\n → TCP → [\n");
        assert!(packets.is_empty());
        assert_eq!(skipped.of(&Skip::Line), 4);
    }
}
