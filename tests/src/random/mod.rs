//! Random scripts from a seed: one grammar (`grammar.rs`, its words in `words.rs`) and one loop. A class says how often
//! the grammar's lines are drawn.

mod fair;
mod grammar;
mod shrink;
mod words;

use fastrand::Rng;

pub use fair::{LATE, LATE_BACKGROUND, is_fair};
pub use shrink::shrink;

use grammar::Draw;

/// What a script is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One connection: calls, losses followed by a wait, forged segments. What a capture of it shows can be explained; of
    /// the whole grammar's scripts not yet.
    Plain,
    /// Nearly all that the language has, and several connections.
    Any,
    /// Calls that do not wait, or not for ever, and what is asked of a socket's queues; several descriptors for one socket,
    /// and several calls on it; sockets before they connect, and again; listen() on what is there; ports that run out.
    Sockets,
    /// One connection, and boxes on the link: what they forget, refuse, say by ICMP, or are too narrow for.
    Boxes,
    /// With a proxy: two connections, of which either can end while the other goes on.
    Proxied,
}

impl Class {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// All of them, each with its word in the names of checks.
    pub const ALL: [(&'static str, Self); Self::COUNT] = [
        ("random", Self::Plain),
        ("full", Self::Any),
        ("sockets", Self::Sockets),
        ("boxes", Self::Boxes),
        ("proxied", Self::Proxied),
    ];

    /// How many lines behind its beginning.
    const fn statements(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Plain => 2..=8,
            Self::Any => 2..=14,
            Self::Sockets | Self::Proxied => 3..=10,
            Self::Boxes => 3..=9,
        }
    }
}

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

/// How often a drawn line may be no statement here (its socket is gone, say) before a shorter script will do.
const TRIES: usize = 300;

/// The script of that seed. It always parses, and the simulator performs it: nothing is forged for a host that has had
/// no connection. In real time it is fair.
pub fn script(seed: u64, class: Class, clock: Clock, forgery: Forgery) -> String {
    let mut draw = Draw { rng: Rng::with_seed(seed), class, clock, forgery };
    let mut lines = draw.opening();
    let length = lines.len() + draw.rng.usize(class.statements());
    for _ in 0..TRIES {
        if lines.len() >= length {
            break;
        }
        let mut longer = lines.clone();
        longer.extend(draw.lines());
        let is_good = match clock {
            Clock::Virtual => fair::performed(&text(&longer)).is_some(),
            Clock::Real => bytes(&longer) <= bytes_max(&longer) && is_fair(&text(&longer)),
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
/// The same where `tcp_rmem` of the script has made the buffer half as large.
const BYTES_MAX_OF_HALF: u32 = 20_000;

fn bytes_max(lines: &[String]) -> u32 {
    if lines.iter().any(|line| line.contains("tcp_rmem")) { BYTES_MAX_OF_HALF } else { BYTES_MAX }
}

fn bytes(lines: &[String]) -> u32 {
    let length = |line: &String| line.split_once("write(")?.1.split_once(')')?.0.parse::<u32>().ok();
    lines.iter().filter_map(length).sum()
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use scenario::{Network, Script};

    use super::*;

    #[test]
    fn every_seed_gives_a_script_and_always_the_same() {
        for (_, class) in Class::ALL {
            for seed in 0..60 {
                let clock = if seed % 2 == 0 { Clock::Virtual } else { Clock::Real };
                let text = script(seed, class, clock, Forgery::Any);
                let parsed = Script::parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
                assert!(parsed.statements.len() > 1, "{class:?}, seed {seed}: hardly anything\n{text}");
                assert_eq!(text, script(seed, class, clock, Forgery::Any));
                assert!(!script(seed, class, clock, Forgery::None).contains("inject"));
                assert_eq!(parsed.network() == Network::Proxied, class == Class::Proxied);
                assert!(clock == Clock::Virtual || is_fair(&text), "{class:?}, seed {seed}:\n{text}");
            }
        }
    }

    /// What so many scripts of a class must have among them.
    #[track_caller]
    fn draws(class: Class, words: &[&str]) -> String {
        let drawn: String = (0..600).map(|seed| script(seed, class, Clock::Virtual, Forgery::Any)).collect();
        for word in words {
            assert!(drawn.contains(word), "600 scripts of {class:?} without `{word}`");
        }
        drawn
    }

    #[test]
    fn the_whole_grammar_draws_all_that_it_can() {
        let drawn = draws(
            Class::Any,
            &[
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
                "listener listen()",
            ],
        );
        let lengths =
            drawn.lines().filter_map(|line| line.split_once("write(")?.1.split_once(')')?.0.parse::<u32>().ok());
        assert!(lengths.clone().any(|length| length < 10) && lengths.clone().any(|length| length > 50_000));
    }

    #[test]
    fn the_other_classes_draw_what_they_are_for() {
        draws(Class::Plain, &["drop data", "twice", "inject R to", "kill()", "wait 2500ms"]);
        draws(
            Class::Sockets,
            &[
                "dup()",
                "disconnect()",
                "socket()",
                "bind(port=5000)",
                "bind()",
                "read() &",
                "ip_local_port_range",
                "client connect()\nwait",
                "O_NONBLOCK",
                "SO_RCVTIMEO",
                "SO_SNDTIMEO",
                "TCP_NODELAY",
                "peek(",
                "FIONREAD",
                "SIOCOUTQ",
                "t listen()",
                "c2 listen()",
                "listener listen(backlog=0)",
                "TCP_DEFER_ACCEPT",
                " port 99",
                " port 80 from 6000",
            ],
        );
        draws(
            Class::Boxes,
            &["forget after", "half-closed", "reject", "icmp unreachable to", "admin-prohibited", "mtu", "ipv6"],
        );
        draws(
            Class::Proxied,
            &["ipv6", "kill()", "frontend close()", "as second", "link client-proxy", "link proxy-server"],
        );
    }
}
