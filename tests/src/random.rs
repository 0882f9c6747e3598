//! Random scripts from a seed, and the shortest script that still shows what a long one showed.

use fastrand::Rng;
use scenario::{Host, Script};

/// How every script begins.
const OPEN: [&str; 3] = ["server listen()", "client connect()", "server accept()"];
const STATEMENTS: std::ops::RangeInclusive<usize> = 2..=8;
/// How often a drawn line may be no statement here (its socket is gone, say) before a shorter script will do.
const TRIES: usize = 100;

/// The script of that seed: an opening, then calls, losses and forged segments. It always parses.
pub fn script(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut lines: Vec<String> = OPEN.map(str::to_owned).into();
    if rng.u8(..8) == 0 {
        lines.insert(0, "link ipv6".to_owned());
    }
    let length = lines.len() + rng.usize(STATEMENTS);
    for _ in 0..TRIES {
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

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
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
        for seed in 0..2_000 {
            let text = script(seed);
            let parsed = Script::parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert!(parsed.statements.len() > OPEN.len(), "seed {seed}: nothing behind the opening");
            assert_eq!(text, script(seed));
        }
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
