//! Who, and why: held against runs in which both are known.

use catalogue::CATALOGUE;
use fastrand::Rng;
use scenario::Host;
use tests::captured::{Captured, Place, Run, run, seen_at};
use tests::random::{self, Class, Clock, Forgery};
use tests::verdicts::Table;
use tests::{golden, root};

/// So many random scripts are drawn; `CAPTURES_RANDOM=100000` draws more, `CAPTURES_SEED=7` others.
const RANDOM: u64 = 2_000;
const FULL: u64 = 1_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

fn end(table: &Table) {
    println!("{}", table.text());
    let wrong = table.wrong();
    assert!(wrong.is_empty(), "{} wrong, such as {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
}

#[test]
fn every_scenario_at_every_place() {
    let mut table = Table::default();
    for entry in CATALOGUE {
        let run = run(entry.text).unwrap_or_else(|| panic!("{}: it does not run", entry.id));
        table.judge_everywhere(entry.id, &run);
    }
    end(&table);
}

/// So often, in thousandths, the cause that is named first must be right.
const FIRST_RIGHT: u64 = 950;

/// What the book says of how sure verdicts are is the table of this test.
#[test]
fn random_scripts_at_every_place() {
    let first = number("CAPTURES_SEED", 1) * 1_000_000;
    let count = number("CAPTURES_RANDOM", RANDOM);
    let mut table = Table::default();
    for seed in first..first + count {
        // Otherwise a bound was reached, and there is nothing to judge.
        if let Some(run) = run(&random::script(seed, Class::Plain, Clock::Virtual, Forgery::Any)) {
            table.judge_everywhere(&format!("seed {seed}"), &run);
        }
    }
    end(&table);
    assert!(table.first_right() >= FIRST_RIGHT, "the first named is right in {} of 1000", table.first_right());
    if (first, count) == (1_000_000, RANDOM) {
        golden::check(&root().join("book/data/verdicts.txt"), &table.text()).unwrap_or_else(|why| panic!("{why}"));
    }
}

/// Every kind of script there is: several connections, listeners, cuts and delays of the link, hosts that go down,
/// segments forged with any flags and numbers. `CAPTURES_FULL=2000` draws so many.
#[test]
fn random_scripts_of_every_kind_at_every_place() {
    let first = number("CAPTURES_SEED", 1) * 1_000_000;
    let mut table = Table::default();
    for seed in first..first + number("CAPTURES_FULL", FULL) {
        if let Some(run) = run(&random::script(seed, Class::Any, Clock::Virtual, Forgery::Any)) {
            table.judge_everywhere(&format!("seed {seed}"), &run);
        }
    }
    end(&table);
    let right = table.first_right();
    assert!(right >= FIRST_RIGHT, "the first named is right in {right} of 1000");
}

/// What random scripts found to be said wrongly, as short as it could be made.
const FOUND: [(&str, &str); 11] = [
    (
        "a forged SYN-ACK begins no other life of a living connection",
        "server listen()\nclient connect()\nserver accept()\nlink inject S. to client len 1\nlink inject R to server\n",
    ),
    (
        "nor one with FIN and an older number",
        "server listen()\nclient connect()\nserver accept()\nlink inject SF. to client seq -5\n\
         link inject FR. to server ack -5 len 1400\n",
    ),
    (
        "a refusal, and behind it a forged SYN-ACK that the client takes",
        "link drop all RST from server\nclient connect(nonblock) as c2\nlink inject S. to client\nc2 read(3000)\n\
         link inject R to client\n",
    ),
    (
        "a forged refusal of a pair of ports whose earlier life shows the server's way",
        "link reject 2 any from client\nserver connect(port=5000, from=80) as s3\nclient connect(from=5000)\n\
         link inject F. to client seq inside ack 1 len 1\nwait 3s\n",
    ),
    (
        "a forged SYN shows no way of the server's",
        "client connect(nonblock) as c2 &\nlink inject S to client seq -1 len 1\nlink inject F. to client seq -5 ack 0\n",
    ),
    (
        "nor one with FIN",
        "client connect(nonblock) as c3 &\nlink inject SF to client seq outside\n\
         link inject F to client seq -5 ack 0 len 1400\n",
    ),
    (
        "a refusal of a SYN that is not in the capture",
        "link reject SYN from client\nclient connect()\nlink inject SF to client len 5\n\
         link inject . to client seq -5 len 5\n",
    ),
    (
        "data behind a FIN forged in its sender's name",
        "server listen()\nclient connect()\nserver accept()\nlink inject FP. to client ack 0\nserver write(42)\n",
    ),
    (
        "a questioned SYN moves no numbers",
        "server listen()\nclient connect()\nserver accept()\nclient write(875)\n\
         link inject S. to client seq outside len 1400\nlink inject SP. to server\nserver close()\n",
    ),
    (
        "TCP_LINGER2 below zero, and close() long after the shutdown",
        "server listen()\nclient connect()\nserver accept()\nserver setsockopt(TCP_LINGER2, -1)\n\
         server shutdown(WR)\nwait 70s\nserver close()\n",
    ),
    (
        "a forged refusal before the host's own",
        "link hold RST from server 300ms\nclient connect(nonblock) &\nlink inject R. to client len 1\n",
    ),
];

#[test]
fn what_random_scripts_found() {
    for (what, script) in FOUND {
        let mut table = Table::default();
        table.judge_everywhere(what, &run(script).unwrap_or_else(|| panic!("{what}: it does not run")));
        end(&table);
    }
}

/// Takes a capture and changes it as captures in the wild are.
type Change = fn(&mut Rng, Vec<Captured>) -> Vec<Captured>;

fn cut_beginning(rng: &mut Rng, packets: Vec<Captured>) -> Vec<Captured> {
    let first = rng.usize(..packets.len().min(5));
    packets.into_iter().skip(first).collect()
}

fn cut_end(rng: &mut Rng, packets: Vec<Captured>) -> Vec<Captured> {
    let length = rng.usize(1..=packets.len());
    packets.into_iter().take(length).collect()
}

/// Each packet again at once, as on a machine that captures on two of its interfaces.
fn double(_: &mut Rng, packets: Vec<Captured>) -> Vec<Captured> {
    packets.into_iter().flat_map(|packet| [packet.clone(), packet]).collect()
}

/// The file's order is not that of time.
fn shuffle(rng: &mut Rng, mut packets: Vec<Captured>) -> Vec<Captured> {
    rng.shuffle(&mut packets);
    packets
}

/// Whether several segments of one host are forged, or as many as it sent: where the beginning is missing, nobody can
/// then say which are which.
fn outnumbered(run: &Run, packets: &[Captured]) -> bool {
    Host::BOTH.into_iter().any(|host| {
        let frames = packets.iter().map(|packet| &run.frames[packet.frame]).filter(|frame| frame.from == host);
        let (forged, sent): (Vec<_>, Vec<_>) = frames.partition(|frame| frame.forged);
        forged.len() > 1 || (!forged.is_empty() && forged.len() >= sent.len())
    })
}

#[test]
fn changed_captures_say_nothing_wrong_of_who() {
    let changes: [(&str, Change); 4] =
        [("begins later", cut_beginning), ("ends earlier", cut_end), ("doubled", double), ("shuffled", shuffle)];
    for (name, change) in changes {
        let mut rng = Rng::with_seed(1);
        let mut table = Table::default();
        for seed in 5_000_000..5_000_000 + number("CAPTURES_RANDOM", RANDOM) / 4 {
            let Some(run) = run(&random::script(seed, Class::Plain, Clock::Virtual, Forgery::Any)) else { continue };
            for place in Place::ALL {
                let packets = change(&mut rng, seen_at(&run, place));
                if outnumbered(&run, &packets) {
                    continue;
                }
                table.judge(&format!("seed {seed} at {place:?}, {name}"), &run, &packets);
            }
        }
        println!("{name}");
        end(&table);
    }
}
