//! Who, and why: held against runs in which both are known.

use catalogue::CATALOGUE;
use fastrand::Rng;
use tests::captured::run;
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

/// Every kind of script there is: several connections, listeners, cuts and delays of the link, hosts that go down, a proxy
/// between two links, segments forged with any flags and numbers. `CAPTURES_FULL=2000` draws so many.
#[test]
fn random_scripts_of_every_kind_at_every_place() {
    let first = number("CAPTURES_SEED", 1) * 1_000_000;
    let count = number("CAPTURES_FULL", FULL);
    for (class, count) in
        [(Class::Any, count), (Class::Sockets, count / 2), (Class::Boxes, count / 2), (Class::Proxied, count / 2)]
    {
        let mut table = Table::default();
        for seed in first..first + count {
            if let Some(run) = run(&random::script(seed, class, Clock::Virtual, Forgery::Any)) {
                table.judge_everywhere(&format!("{class:?}, seed {seed}"), &run);
            }
        }
        println!("{class:?}");
        end(&table);
        let right = table.first_right();
        assert!(right >= FIRST_RIGHT, "{class:?}: the first named is right in {right} of 1000");
    }
}

/// What random scripts found to be said wrongly, as short as it could be made.
const FOUND: [(&str, &str); 53] = [
    (
        "only a forger speaks, and all that he sends fits",
        "server crash()\nclient connect(nonblock) as c2\nlink inject SP. to client len 5\n\
         link inject P. to client len 5\nlink inject R. to client\n",
    ),
    (
        "he ends a stream that he alone has begun",
        "server crash()\nclient connect(nonblock) as c2\nlink inject S. to client\nlink inject P. to client len 5\n\
         link inject F. to client\n",
    ),
    (
        "he speaks before his own SYN-ACK, with a number that is far ahead",
        "server crash()\nclient connect(nonblock) as c2\nlink inject FP. to client seq +200000 len 1\n\
         link inject SP. to client len 5\nlink inject R. to client seq inside\n",
    ),
    (
        "a listener's reset for an acknowledgement of nothing ends no handshake",
        "server listen()\nlink drop 2 any from server\nclient connect(nonblock) as c2\n\
         link inject S. to server seq -1 ack 0\nlink inject . to server len 5\n",
    ),
    (
        "nor does a client's, in SYN-SENT",
        "server crash()\nclient connect(from=5000) as c2\nlink inject . to client seq -5 ack 0 len 1\n\
         link inject S to client ack 100000 len 1400\nlink inject SP. to client\n",
    ),
    (
        "a reset that was questioned lets no SYN begin another life",
        "server listen()\nclient connect()\nserver accept()\nlink inject SR to server seq +1 len 5\n\
         link inject SF to server seq +200000 len 1400\nclient write(142)\n\
         link inject SF. to client seq +200000 ack 100000\nserver close()\n",
    ),
    (
        "what came as disconnect() was called is answered without ACK",
        "server listen()\nclient connect()\nserver accept()\nlink drop 3 RST from client\n\
         server write(92430) &\nclient disconnect()\n",
    ),
    (
        "two connections of a proxy's with the same ports",
        "proxy listen()\nserver listen()\nclient connect()\nproxy accept()\n\
         link client-proxy drop ACK from proxy\ndownstream close()\nlistener close()\nclient kill()\n\
         link client-proxy inject R to client seq inside\nproxy connect() as second\n",
    ),
    (
        "a single acknowledgement of an old number is no proof that keep-alive gave up",
        "link delay 25ms\nserver listen()\nclient connect()\nserver accept()\nclient connect(nonblock) as c2\n\
         wait 1150ms\nlink inject P to client seq -1 ack 0\nclient connect(port=81)\nwait 1150ms\nlistener close()\n",
    ),
    (
        "a FIN that was held up, and acknowledges nothing of what the reset answers, is older than the reset",
        "link ipv6\nserver listen()\nclient connect()\nserver accept()\nlink hold 2 FIN from client 330ms\n\
         client close() &\nserver write(5)\nclient read(1)\nlink inject . to server seq inside\n",
    ),
    (
        "an acknowledgement of something new is no keep-alive probe, though a forged one stands before it",
        "link delay 25ms\nserver listen()\nclient connect()\nserver accept()\nlink inject . to server seq +1\n\
         wait 1150ms\nserver write(1)\nwait 1150ms\nclient close()\n",
    ),
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
    (
        "the answer to a forged SYN-ACK with data, behind one's own FIN",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         client setsockopt(SO_KEEPALIVE, 1)\n\
         client close()\n\
         link inject S. to client seq -1 len 1\n\
         client connect()\n\
         wait 1150ms\n\
         client connect()\n\
         link inject S to client ack 100000\n\
         server write(89)\n\
         server accept() as s3\n\
         s3 getpeername()\n\
         server write(52882)\n\
         client read(1)\n\
         client write(40445) &\n\
         server read(20000)\n",
    ),
    (
        "a forged SYN opens both at once, and the host knows nothing of it",
        "wait 1ms\n\
         link drop any from client\n\
         link twice ACK from server\n\
         client connect(from=5000)\n\
         link inject S to client seq inside ack -5\n\
         link drop 2 RST from client\n\
         link inject P to client seq +200000\n",
    ),
    (
        "and data in its name behind that",
        "link twice data from client\n\
         link drop 2 any from client\n\
         client connect(nonblock) as c2 &\n\
         link drop 2 FIN from server\n\
         client listen(port=5001) as l2\n\
         link inject S to client\n\
         link inject . to client len 1400\n\
         server listen(backlog=0)\n\
         client kill()\n\
         link mtu 1480\n\
         client connect(nonblock) as c3 &\n",
    ),
    (
        "only a forger speaks, with FIN beside SYN and beside RST",
        "link ipv6\n\
         link drop 3 SYN-ACK from server\n\
         link drop 2 RST from server\n\
         client connect() as c3\n\
         c3 poll()\n\
         link drop all any from server\n\
         server connect(port=5000, from=80) as s3\n\
         s3 poll()\n\
         link inject SR to client seq outside ack -5 len 5\n\
         s3 read(20000)\n\
         link inject SF. to server len 1\n\
         server listen(backlog=0)\n\
         listener read(20000)\n\
         link inject FR. to server\n",
    ),
    (
        "a forged segment before the SYN-ACK shows no numbers",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         client connect()\n\
         link mtu 600\n\
         client connect(from=5000) as c2 &\n\
         link inject FP. to client\n\
         listener close()\n\
         client write(8)\n\
         wait 3s\n\
         server read(1)\n\
         client write(75690)\n\
         server read(1)\n\
         server write(19)\n\
         client read()\n",
    ),
    (
        "a repeated FIN that the reset overtakes",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         wait 3s\n\
         link drop any from client\n\
         client setsockopt(SO_RCVBUF, 4000)\n\
         server write(42540)\n\
         client connect(nonblock) as c2\n\
         link hold all FIN from client 330ms\n\
         c2 getpeername()\n\
         link twice 3 data from server\n\
         server write(9984)\n\
         client read()\n\
         link drop FIN from client\n\
         client close()\n\
         server connect(port=5001) as s3\n",
    ),
    (
        "one box refuses, and later the host itself does",
        "link ipv6\n\
         link drop 2 data from server\n\
         link drop 3 RST from server\n\
         client connect()\n\
         wait 1150ms\n\
         link inject F. to client seq outside ack -5\n\
         link reject 2 any from client\n\
         wait 70s\n\
         link twice any from client\n\
         wait 50ms\n\
         client setsockopt(SO_RCVBUF, 20000)\n\
         link drop 2 data from client\n\
         client connect()\n\
         wait 1150ms\n",
    ),
    (
        "data in a side's name that nobody takes shows no way of the side's",
        "server listen()\n\
         client connect()\n\
         link inject R. to server len 1400\n\
         link inject F. to client seq outside ack -5 len 1\n\
         link inject SP. to client ack 0\n\
         link inject F to client seq outside ack 0\n\
         link inject F to client seq inside len 5\n",
    ),
    (
        "nor does what comes behind the reset",
        "server listen()\n\
         client connect()\n\
         link inject R. to server len 1400\n\
         link inject . to client seq -1 len 5\n\
         link inject F. to client ack 0\n\
         link inject P. to client ack -5 len 1\n\
         link inject F. to client ack 1\n",
    ),
    (
        "nor SYNs that open nothing",
        "client listen(port=5001) as l2\n\
         server connect(port=5001) as s3\n\
         link inject S to server\n\
         link inject SF to server seq outside\n\
         link inject FP. to server len 5\n\
         link reject any from client\n\
         link inject P. to client\n\
         link inject SP. to server seq inside len 1400\n\
         link inject R to server ack 100000 len 5\n",
    ),
    (
        "a forger speaks more often than the host",
        "server listen()\n\
         client connect()\n\
         link inject . to client seq outside\n\
         link inject SF to client seq -5 ack -5 len 1400\n\
         link inject R. to client len 5\n\
         link inject P. to client seq -1 len 1400\n\
         link inject SP. to client seq inside ack 1\n",
    ),
    (
        "a SYN that is held up, and its refusal",
        "link hold 3 SYN from server 45ms\n\
         server connect(port=5001) as s3 &\n\
         link inject S. to server seq +200000 ack 100000\n",
    ),
    (
        "only a forger speaks: a SYN-ACK and an abort",
        "link cut\n\
         client connect(port=81) as c3\n\
         link inject S. to client seq +200000 ack 1\n\
         link inject R. to client ack 0\n",
    ),
    (
        "or a SYN and an abort",
        "server crash()\n\
         client connect(nonblock) as c3 &\n\
         link inject S to client len 5\n\
         link inject R. to client\n",
    ),
    (
        "a reset that answers an acknowledgement of nothing ends nothing",
        "server listen()\n\
         client connect() as c2 &\n\
         link inject S to client\n\
         link inject . to server seq -1 len 1400\n",
    ),
    (
        "nor does a client's",
        "link cut\n\
         client connect(port=81) as c3\n\
         link inject P. to client ack 100000\n\
         link inject S. to client len 5\n",
    ),
    (
        "data that was acknowledged, and is not in the capture",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         link inject . to client len 1\n\
         server shutdown(WR) &\n\
         client close()\n",
    ),
    (
        "a forged SYN-ACK of the client's begins no other life of a young connection",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         link inject SP. to server seq outside ack -5\n\
         client write(\"no\\n\")\n\
         link inject S. to server seq outside len 1400\n\
         server close()\n",
    ),
    (
        "a capture of both ends, of which not all segments are kept",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         server write(37147)\n\
         server listen(port=81, reuseaddr) as l2\n\
         client read(700)\n\
         server write(91749) &\n\
         client shutdown(RDWR)\n",
    ),
    (
        "the refusal of a SYN with data",
        "server listen()\n\
         client connect()\n\
         server crash()\n\
         server boot()\n\
         client write(11)\n\
         link inject S to client seq inside len 5\n\
         link inject P to server ack 0 len 5\n\
         link inject SF. to client seq +1 len 1400\n\
         link inject S. to server seq -1 ack -5\n",
    ),
    (
        "TCP_LINGER2 below zero, and data that acknowledges the FIN",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         client setsockopt(TCP_LINGER2, -1)\n\
         link drop ACK from server\n\
         client close()\n\
         server write(74)\n",
    ),
    (
        "two refusals, and more in the server's name",
        "client connect(nonblock) as c3 &\n\
         link inject R. to client\n\
         link inject FP. to client seq -5\n\
         link inject . to client ack -5\n",
    ),
    (
        "a FIN that the reset behind it overtakes",
        "server listen()\n\
         client connect()\n\
         server accept()\n\
         link hold any from server 330ms\n\
         client write(86) &\n\
         server kill()\n",
    ),
    (
        "a life before of which one side never spoke",
        "client connect(from=5000)\n\
         server connect(port=5000, from=80) as s3 &\n\
         client connect()\n\
         client write(59378)\n",
    ),
    (
        "a host's reset for what was forged in its name",
        "link reject 2 any from server\n\
         client connect(from=5000) as c2\n\
         link inject SP. to client seq outside\n\
         link inject . to client seq inside len 1400\n",
    ),
    (
        "and with data that the other side took",
        "link reject 3 RST from client\n\
         link twice all ACK from server\n\
         server connect(port=5001) as s3\n\
         link inject S. to server seq -1 len 1400\n\
         link inject P. to server len 1\n",
    ),
    (
        "a host's refusal behind a forged SYN-ACK with FIN",
        "client connect(nonblock) as c3 &\n\
         link inject SF. to client len 1\n\
         link inject P. to client ack -5\n",
    ),
    (
        "a forged SYN-ACK of the life before shows no way",
        "client connect(from=5000)\n\
         server listen(backlog=1) &\n\
         link inject R to client seq +1\n\
         link inject S. to client len 1400\n\
         client connect()\n\
         client write(7467)\n\
         link inject F. to client len 1400\n",
    ),
    (
        "a forged handshake, and two resets",
        "link reject FIN from client\n\
         link drop RST from server\n\
         client connect() &\n\
         client close()\n\
         link inject S. to client seq inside len 5\n",
    ),
    (
        "a forged FIN that nobody has acknowledged",
        "link cut\n\
         server connect(port=5001) as s3\n\
         link inject S. to server seq +1\n\
         link inject FP. to server seq +1 len 5\n\
         link restore\n\
         s3 shutdown(WR)\n",
    ),
    (
        "a SYN-ACK behind a refusal",
        "server listen()\n\
         client connect()\n\
         client disconnect()\n\
         link inject SF to server seq +200000 len 1\n\
         link inject F to client seq +1 ack -5 len 1\n\
         link inject S. to client\n",
    ),
];

#[test]
fn what_random_scripts_found() {
    let mut table = Table::default();
    for (what, script) in FOUND {
        table.judge_everywhere(what, &run(script).unwrap_or_else(|| panic!("{what}: it does not run")));
    }
    end(&table);
}

/// Whole, cut, doubled and shuffled; of every format; with whole frames and with headers alone.
#[test]
fn changed_captures_say_nothing_wrong_of_who() {
    let first = number("CAPTURES_SEED", 5) * 1_000_000;
    let count = number("CAPTURES_RANDOM", RANDOM) / 4;
    for class in [Class::Plain, Class::Any, Class::Sockets, Class::Boxes, Class::Proxied] {
        let mut table = Table::default();
        for seed in first..first + if class == Class::Plain { count } else { count / 4 } {
            let mut rng = Rng::with_seed(seed);
            if let Some(run) = run(&random::script(seed, class, Clock::Virtual, Forgery::Any)) {
                table.judge_changed(&format!("{class:?}, seed {seed}"), &mut rng, &run);
            }
        }
        println!("{class:?}");
        end(&table);
    }
}
