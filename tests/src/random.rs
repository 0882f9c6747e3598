//! Random scripts from a seed, and the shortest script that still shows what a long one showed.

use std::time::Duration;

use fastrand::Rng;
use scenario::{Event, Fate, Host, Outcome, RuleId, Script, Trace, Verb};
use sim::Timers::{Exact, Late};
use sim::{Lateness, Rules};

use view::normal::Normal;

/// Which clock a script will run by: in virtual time an hour takes no longer than a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The simulator's alone.
    Virtual,
    /// The kernel's too: waits are short, and no race decides what the script shows.
    Real,
}

/// What a script may do to the link beside losing, repeating and holding what the hosts send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Forged segments too.
    Any,
    /// None.
    None,
}

/// How every second script begins.
const OPEN: [&str; 3] = ["server listen()", "client connect()", "server accept()"];
const STATEMENTS: std::ops::RangeInclusive<usize> = 2..=14;
/// How often a drawn line may be no statement here (its socket is gone, say) before a shorter script will do.
const TRIES: usize = 300;

/// The script of that seed. It always parses, and the simulator performs it: nothing is forged for a host that has had
/// no connection.
pub fn script(seed: u64, clock: Clock, forgery: Forgery) -> String {
    let mut draw = Draw { rng: Rng::with_seed(seed), clock, forgery };
    let mut lines: Vec<String> = Vec::new();
    if draw.one_in(10) {
        lines.push("link ipv6".to_owned());
    }
    if clock == Clock::Real {
        // A statement with `&` has 10 ms, and may be late: no segment arrives just then.
        lines.push("link delay 25ms".to_owned());
    }
    if !draw.one_in(4) {
        lines.extend(OPEN.map(str::to_owned));
    }
    let length = lines.len() + draw.rng.usize(STATEMENTS);
    for _ in 0..TRIES {
        if lines.len() >= length {
            break;
        }
        let mut longer = lines.clone();
        longer.extend(draw.lines());
        let is_good = match clock {
            Clock::Virtual => performed(&text(&longer)).is_some(),
            Clock::Real => bytes(&longer) <= BYTES_MAX && is_fair(&text(&longer)),
        };
        if is_good {
            lines = longer;
        }
    }
    text(&lines)
}

/// In real time all writes of a script together. From half of a receive buffer on it hangs on how the kernel's memory is
/// cut whether a program that has read makes the window worth telling, and model and kernel differ in that by a tenth.
const BYTES_MAX: u32 = 45_000;

fn bytes(lines: &[String]) -> u32 {
    let length = |line: &String| line.split_once("write(")?.1.split_once(')')?.0.parse::<u32>().ok();
    lines.iter().filter_map(length).sum()
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn performed(text: &str) -> Option<(Script, Trace)> {
    let script = Script::parse(text).ok()?;
    let trace = sim::run("random", &script, Rules::Linux).ok()?;
    Some((script, trace))
}

/// A machine under load begins a statement so much later, and one behind `&` so much: a run that is later is made again.
pub const LATE: Duration = Duration::from_millis(35);
/// See [`LATE`].
pub const LATE_BACKGROUND: Duration = Duration::from_millis(12);
/// The ways in which a run may be late, all of which must show the same: a segment and a statement, a timer of one host
/// and one of the other, a timer and a statement may change places.
const LATENESSES: [Lateness; 5] = [
    Lateness { statements: LATE, background: LATE_BACKGROUND, link: Duration::ZERO, timers: [Exact, Exact, Exact] },
    Lateness { statements: LATE, background: Duration::ZERO, link: Duration::ZERO, timers: [Late, Late, Exact] },
    Lateness {
        statements: Duration::ZERO,
        background: LATE_BACKGROUND,
        link: Duration::ZERO,
        timers: [Late, Late, Exact],
    },
    Lateness {
        statements: Duration::ZERO,
        background: Duration::ZERO,
        link: Duration::from_millis(3),
        timers: [Late, Exact, Exact],
    },
    Lateness {
        statements: Duration::from_millis(10),
        background: Duration::ZERO,
        link: Duration::from_millis(3),
        timers: [Exact, Late, Exact],
    },
];

/// Whether a script may be performed in real time: no race decides what it shows, and no estimate.
pub fn is_fair(text: &str) -> bool {
    performed(text).is_some_and(|(script, trace)| {
        let is_estimated = fills_a_send_buffer(&trace) || is_out_of_memory(&trace) || repeats_what_is_late(&trace);
        !is_estimated && !wakes_two_calls(&trace) && !is_race(&script, &trace)
    })
}

/// Whether two calls of a host that waited return at one time, before the run's end: which of them is told what has
/// happened is chance on several processors.
fn wakes_two_calls(trace: &Trace) -> bool {
    let returns: Vec<(Host, u64)> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Call { at_us, began_us, host, .. } if began_us < at_us => Some((*host, *at_us)),
            _ => None,
        })
        .collect();
    let end_us = trace.events.iter().map(Event::at_us).max().unwrap_or(0);
    let is_alone = |one: &(Host, u64)| one.1 == end_us || returns.iter().filter(|other| *other == one).count() == 1;
    !returns.iter().all(is_alone)
}

/// Whether the run shows something else when it is late.
fn is_race(script: &Script, trace: &Trace) -> bool {
    let exact = Normal::of(script, trace);
    LATENESSES.into_iter().any(|lateness| {
        let late = sim::run_late("random", script, Rules::Linux, lateness);
        late.map_or(true, |late| Normal::of(script, &late) != exact)
    })
}

/// Whether something leaves again while it is still on its way: Linux measures by the timestamp that comes back which of
/// the two was answered, and the model takes the later one.
fn repeats_what_is_late(trace: &Trace) -> bool {
    let leaves_again = |again: &Event| match again {
        Event::Segment { at_us, from, ports, segment, fate: Fate::Delivered | Fate::Dropped, .. } => {
            trace.events.iter().any(|event| match event {
                Event::Segment {
                    at_us: left_us,
                    arrives_us: Some(arrives_us),
                    from: by,
                    ports: pair,
                    segment: known,
                    ..
                } => {
                    (by, pair, known.seq, known.flags) == (from, ports, segment.seq, segment.flags)
                        && (segment.len > 0 || segment.flags.fin || segment.flags.syn)
                        && left_us < at_us
                        && at_us < arrives_us
                }
                _ => false,
            })
        }
        _ => false,
    };
    trace.events.iter().any(leaves_again)
}

/// Whether a segment finds no memory in the receive buffer: when that is so is an estimate in the model.
fn is_out_of_memory(trace: &Trace) -> bool {
    trace.events.iter().any(|event| matches!(event, Event::Rule { rule: RuleId::NoMemory, .. }))
}

/// No send buffer is full before so many bytes are written to it (Linux: `tcp_bound_to_half_wnd`, see the simulator's
/// `rules/send_buffer.rs`).
const SEND_BUFFER_LEAST: usize = 31_856;

/// Whether write(2) finds its send buffer full: how many bytes it takes then is an estimate in the model.
fn fills_a_send_buffer(trace: &Trace) -> bool {
    let mut written = [0; 2];
    trace.events.iter().any(|event| {
        let Event::Call { host, call: Verb::Write(payload), outcome, began_us, at_us, .. } = event else {
            return false;
        };
        written[host.index()] += payload.len();
        let is_short = match outcome {
            Outcome::Number(taken) => usize::try_from(*taken).is_ok_and(|taken| taken < payload.len()),
            Outcome::Blocks => true,
            _ => false,
        };
        (is_short || at_us > began_us) && written[host.index()] > SEND_BUFFER_LEAST
    })
}

/// Draws lines, of which most are statements where they stand.
struct Draw {
    rng: Rng,
    clock: Clock,
    forgery: Forgery,
}

impl Draw {
    fn lines(&mut self) -> Vec<String> {
        if self.one_in(6) { self.exchange() } else { vec![self.line()] }
    }

    /// One side writes, the other reads; perhaps something happens between the two.
    fn exchange(&mut self) -> Vec<String> {
        let (from, to) = if self.one_in(2) { ("client", "server") } else { ("server", "client") };
        let mut lines = vec![format!("{from} write({}){}", self.length(), self.background())];
        if self.one_in(3) {
            lines.push(self.line());
        }
        lines.push(format!("{to} read({})", self.of(&["", "1", "700", "20000"])));
        lines
    }

    fn line(&mut self) -> String {
        match self.rng.u8(..44) {
            0..24 => self.call(),
            24..31 => self.opening(),
            31..33 => self.wait(),
            33..34 => self.host_action(),
            34..39 => self.link(),
            _ if self.forgery == Forgery::None => self.call(),
            _ => self.forged(),
        }
    }

    fn call(&mut self) -> String {
        let socket = self.of(&[
            "client", "client", "client", "server", "server", "server", "c2", "s2", "c3", "s3", "listener", "l2",
        ]);
        let call = match self.rng.u8(..24) {
            0..7 => format!("write({})", self.length()),
            7..13 => format!("read({})", self.of(&["", "1", "5", "700", "1448", "3000", "20000"])),
            13..15 => "close()".to_owned(),
            15..18 => format!("shutdown({})", self.of(&["RD", "WR", "WR", "RDWR"])),
            18 => "poll()".to_owned(),
            19 => "getsockopt(SO_ERROR)".to_owned(),
            20 => "getpeername()".to_owned(),
            _ => format!("setsockopt({})", self.socket_option()),
        };
        let background = self.background();
        format!("{socket} {call}{background}")
    }

    fn socket_option(&mut self) -> &'static str {
        self.of(&[
            "SO_LINGER, 0",
            "SO_LINGER, 0",
            "SO_LINGER, 1",
            "SO_LINGER, off",
            "SO_KEEPALIVE, 1",
            "TCP_KEEPIDLE, 1s",
            "TCP_KEEPINTVL, 1s",
            "TCP_KEEPCNT, 2",
            "TCP_USER_TIMEOUT, 2s",
            "TCP_LINGER2, -1",
            "TCP_LINGER2, 0",
            "TCP_LINGER2, 2",
            "SO_RCVBUF, 4000",
            "SO_RCVBUF, 20000",
            "SO_SNDBUF, 5000",
        ])
    }

    /// From 1 to 100,000 bytes, of each size as often.
    fn length(&mut self) -> u32 {
        let most = 10_u32.pow(self.rng.u32(1..=5));
        self.rng.u32(1..=most)
    }

    fn opening(&mut self) -> String {
        let line = self.of(&[
            "server listen()",
            "server listen(backlog=0)",
            "server listen(backlog=1)",
            "server listen(port=81) as l2",
            "server listen(port=81, reuseaddr) as l2",
            "client listen(port=5001) as l2",
            "client connect()",
            "client connect(from=5000)",
            "client connect() as c2",
            "client connect() as c3",
            "client connect(from=5000) as c2",
            "client connect(nonblock) as c2",
            "client connect(nonblock) as c3",
            "client connect(port=81) as c3",
            "server connect(port=5001) as s3",
            "server connect(port=5000, from=80) as s3",
            "server accept()",
            "server accept()",
            "server accept() as s2",
            "server accept() as s3",
            "l2 accept() as s2",
            "l2 accept() as c2",
        ]);
        let background = self.background();
        format!("{line}{background}")
    }

    fn host_action(&mut self) -> String {
        let host = self.host();
        match self.rng.u8(..8) {
            0..2 => format!("{host} kill()"),
            2..4 => format!("{host} crash()"),
            4..6 => format!("{host} boot()"),
            _ => format!("{host} sysctl({})", self.sysctl()),
        }
    }

    fn sysctl(&mut self) -> &'static str {
        self.of(&[
            "tcp_fin_timeout, 1",
            "tcp_rfc1337, 1",
            "tcp_abort_on_overflow, 1",
            "tcp_orphan_retries, 2",
            "tcp_retries2, 3",
            "tcp_syn_retries, 1",
            "tcp_syn_linear_timeouts, 0",
            "tcp_synack_retries, 1",
            "tcp_max_tw_buckets, 0",
        ])
    }

    fn wait(&mut self) -> String {
        let time = match self.clock {
            Clock::Virtual => self.of(&["1ms", "50ms", "500ms", "3s", "70s", "1200s"]),
            Clock::Real => self.of(&["50ms", "350ms", "1150ms", "2500ms"]),
        };
        format!("wait {time}")
    }

    fn link(&mut self) -> String {
        if self.one_in(5) {
            let line = self.of(&["link cut", "link restore", "link restore", "link delay 30ms", "link delay 40ms"]);
            return line.to_owned();
        }
        if self.one_in(5) {
            let line = self.of(&[
                "link forget after 1s drop",
                "link forget after 1s reset",
                "link forget after 2s reset half-closed",
                "link forget after 100ms drop half-closed",
                "link mtu 600",
                "link mtu 1480",
            ]);
            return line.to_owned();
        }
        let (kind, host) = (self.of(&["SYN", "SYN-ACK", "FIN", "RST", "ACK", "data", "any"]), self.host());
        let count = self.of(&["", "", "2 ", "3 ", "all "]);
        match self.rng.u8(..9) {
            8 => format!("link reject {count}{kind} from {host}"),
            0..4 => format!("link drop {count}{kind} from {host}"),
            4..6 => format!("link twice {count}{kind} from {host}"),
            _ => format!("link hold {count}{kind} from {host} {}", self.of(&["45ms", "330ms"])),
        }
    }

    fn forged(&mut self) -> String {
        let host = self.host();
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
        format!("link inject {flags} to {host}{seq}{ack}{len}")
    }

    fn background(&mut self) -> &'static str {
        if self.one_in(8) { " &" } else { "" }
    }

    fn host(&mut self) -> Host {
        Host::BOTH[self.rng.usize(..2)]
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.rng.usize(..of) == 0
    }

    fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.rng.usize(..words.len())]
    }
}

/// A script of one connection: calls, losses followed by a wait, and forged segments. What a capture of it shows can be
/// explained; of the other grammar's scripts not yet.
pub fn plain(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut lines: Vec<String> = OPEN.map(str::to_owned).into();
    if rng.u8(..8) == 0 {
        lines.insert(0, "link ipv6".to_owned());
    }
    let length = lines.len() + rng.usize(2..=8);
    for _ in 0..100 {
        if lines.len() >= length {
            break;
        }
        let mut longer = lines.clone();
        longer.extend(statement(&mut rng));
        if Script::parse(&text(&longer)).is_ok() {
            lines = longer;
        }
    }
    text(&lines)
}

fn statement(rng: &mut Rng) -> Vec<String> {
    let host = Host::BOTH[rng.usize(..2)];
    let one = |line: String| vec![line];
    match rng.u8(..32) {
        0..8 => one(format!("{host} write({})", [1, 5, 700, 3_000][rng.usize(..4)])),
        8..14 => one(format!("{host} read({})", [1, 5, 65_536][rng.usize(..3)])),
        14..18 => one(format!("{host} close()")),
        18..21 => one(format!("{host} shutdown({})", ["RD", "WR", "RDWR"][rng.usize(..3)])),
        21 => one(format!("{host} setsockopt(SO_LINGER, {})", ["0", "off"][rng.usize(..2)])),
        22 => one(format!("{host} kill()")),
        23 => one(format!("{host} poll()")),
        24 => one(format!("{host} getsockopt(SO_ERROR)")),
        25 => one(format!("{host} getpeername()")),
        26..28 => {
            // What is lost comes again after Linux's 200 ms, or after smoltcp's second.
            let kind = ["FIN", "ACK", "data", "RST"][rng.usize(..4)];
            let mut lines = one(format!("link drop {kind} from {host}"));
            lines.extend(statement_of_call(rng));
            lines.push("wait 2500ms".to_owned());
            lines
        }
        28 => one(format!("link twice {} from {host}", ["FIN", "data", "RST"][rng.usize(..3)])),
        _ => {
            let flags = ["R", "R.", "S", "F.", "."][rng.usize(..5)];
            // Outside of every window, and the same number for model and kernel, whose windows differ.
            let seq = ["exact", "inside", "+200000", "-1"][rng.usize(..4)];
            one(format!("link inject {flags} to {host} seq {seq}"))
        }
    }
}

fn statement_of_call(rng: &mut Rng) -> Vec<String> {
    let host = Host::BOTH[rng.usize(..2)];
    vec![format!("{host} {}", ["write(5)", "close()", "shutdown(WR)"][rng.usize(..3)])]
}

/// Leaves out lines as long as the rest still parses and still differs, until no line can be left out.
///
/// `differs` sets the bound: from when it says no to everything, the shortest script so far is the result.
pub fn shrink(text: &str, mut differs: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    loop {
        let before = lines.len();
        for at in (0..before).rev() {
            let mut shorter = lines.clone();
            shorter.remove(at);
            let shorter_text = self::text(&shorter);
            if Script::parse(&shorter_text).is_ok() && differs(&shorter_text) {
                lines = shorter;
            }
        }
        if lines.len() == before {
            return self::text(&lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_gives_a_script_and_always_the_same() {
        for seed in 0..300 {
            let clock = if seed % 2 == 0 { Clock::Virtual } else { Clock::Real };
            let text = script(seed, clock, Forgery::Any);
            let parsed = Script::parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert!(parsed.statements.len() > 1, "seed {seed}: hardly anything\n{text}");
            assert_eq!(text, script(seed, clock, Forgery::Any));
            assert!(!script(seed, clock, Forgery::None).contains("inject"));
        }
    }

    #[test]
    fn the_grammar_draws_all_that_it_can() {
        let drawn: String = (0..600).map(|seed| script(seed, Clock::Virtual, Forgery::Any)).collect();
        for word in [
            "link ipv6",
            "listen(backlog=0)",
            "as l2",
            "as c2",
            "as c3",
            "as s2",
            "as s3",
            "from=5000",
            "nonblock",
            " &\n",
            "listener poll()",
            "listener shutdown",
            "listener close()",
            "kill()",
            "crash()",
            "boot()",
            "sysctl(",
            "wait ",
            "link hold",
            "link twice",
            "link drop all",
            "link cut",
            "link restore",
            "link reject",
            "link forget",
            "link mtu",
            "link delay",
            "SO_RCVBUF",
            "SO_SNDBUF",
            "TCP_LINGER2, 0",
            "seq outside",
            " ack ",
            " len ",
            "inject P to",
            "inject SF to",
            "inject FR. to",
            "server connect(",
        ] {
            assert!(drawn.contains(word), "600 scripts without `{word}`");
        }
        let lengths =
            drawn.lines().filter_map(|line| line.split_once("write(")?.1.split_once(')')?.0.parse::<u32>().ok());
        assert!(lengths.clone().any(|length| length < 10) && lengths.clone().any(|length| length > 50_000));
    }

    #[test]
    fn shrinking_leaves_only_what_matters() {
        let long =
            "server listen()\nclient connect()\nserver accept()\nwait 1ms\nclient write(5)\nwait 2ms\nclient close()\n";
        let short = shrink(long, |text| text.contains("client close()"));
        assert_eq!(short, "client connect()\nclient close()\n");
    }

    #[test]
    fn shrinking_comes_back_to_a_line_that_another_one_needed() {
        let long = "server listen()\nclient connect()\nwait 1ms\nwait 2ms\n";
        let short = shrink(long, |text| text.contains("wait 2ms") || !text.contains("wait 1ms"));
        assert_eq!(short, "", "`wait 2ms` can go only when `wait 1ms` has gone");
    }

    #[test]
    fn shrinking_stops_where_it_is_told_to() {
        let mut runs = 0;
        let long = "server listen()\nwait 1ms\nwait 2ms\nwait 3ms\n";
        let short = shrink(long, |_| {
            runs += 1;
            runs <= 2
        });
        assert_eq!(short, "server listen()\nwait 1ms\n");
    }
}
