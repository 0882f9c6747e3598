//! Random scripts with a proxy: two connections, of which either can end while the other goes on.

use fastrand::Rng;
use scenario::Script;
use sim::Rules;

const OPEN: [&str; 6] =
    ["proxy listen()", "server listen()", "client connect()", "proxy accept()", "proxy connect()", "server accept()"];
/// Each socket with its host.
const SOCKETS: [(&str, &str); 4] =
    [("client", "client"), ("downstream", "proxy"), ("upstream", "proxy"), ("server", "server")];
/// Each link with its ends.
const LINKS: [(&str, [&str; 2]); 2] = [("client-proxy", ["client", "proxy"]), ("proxy-server", ["proxy", "server"])];

/// The script of that seed: calls on four sockets, losses followed by a wait, forged segments, and hosts that end.
pub fn script(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut lines: Vec<String> = OPEN.map(str::to_owned).into();
    if rng.u8(..8) == 0 {
        lines.insert(0, "link ipv6".to_owned());
    }
    if rng.u8(..4) == 0 {
        // Nobody listens on the server, or the proxy has not connected yet.
        lines.truncate(lines.len() - rng.usize(1..=2));
    }
    let length = lines.len() + rng.usize(3..=10);
    for _ in 0..100 {
        if lines.len() >= length {
            break;
        }
        let mut longer = lines.clone();
        longer.extend(statement(&mut rng));
        if is_performed(&text(&longer)) {
            lines = longer;
        }
    }
    text(&lines)
}

/// Whether it is a script, and forges nothing for a host that has had no connection.
fn is_performed(text: &str) -> bool {
    Script::parse(text).is_ok_and(|script| sim::run("random", &script, Rules::Linux).is_ok())
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn statement(rng: &mut Rng) -> Vec<String> {
    let (socket, host) = SOCKETS[rng.usize(..SOCKETS.len())];
    let (link, ends) = LINKS[rng.usize(..LINKS.len())];
    let end = ends[rng.usize(..2)];
    let one = |line: String| vec![line];
    match rng.u8(..33) {
        0..8 => one(format!("{socket} write({})", [1, 5, 700, 3_000][rng.usize(..4)])),
        8..14 => one(format!("{socket} read({})", [1, 5, 65_536][rng.usize(..3)])),
        14..18 => one(format!("{socket} close()")),
        18..21 => one(format!("{socket} shutdown({})", ["RD", "WR", "RDWR"][rng.usize(..3)])),
        21 => one(format!("{socket} setsockopt(SO_LINGER, {})", ["0", "off"][rng.usize(..2)])),
        22 => one(format!("{host} kill()")),
        23 => one(format!("{socket} poll()")),
        24 => one(format!("{socket} getsockopt(SO_ERROR)")),
        25 => one(format!("{} close()", ["frontend", "listener"][rng.usize(..2)])),
        26..28 => {
            // What is lost comes again after Linux's 200 ms.
            let kind = ["FIN", "ACK", "data", "RST"][rng.usize(..4)];
            let call = ["write(5)", "close()", "shutdown(WR)"][rng.usize(..3)];
            vec![format!("link {link} drop {kind} from {end}"), format!("{socket} {call}"), "wait 2500ms".to_owned()]
        }
        28 => one(format!("link {link} twice {} from {end}", ["FIN", "data", "RST"][rng.usize(..3)])),
        29 => one(["proxy connect() as second", "client connect() as another"][rng.usize(..2)].to_owned()),
        30 => one(format!("link {link} delay {}ms", [0, 5, 30][rng.usize(..3)])),
        _ => {
            let flags = ["R", "R.", "S", "F.", "."][rng.usize(..5)];
            let seq = ["exact", "inside", "+200000", "-1"][rng.usize(..4)];
            one(format!("link {link} inject {flags} to {end} seq {seq}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use scenario::Network;

    use super::*;

    #[test]
    fn every_seed_gives_a_script_with_a_proxy_and_draws_all_that_it_can() {
        let mut drawn = String::new();
        for seed in 0..300 {
            let text = script(seed);
            let parsed = Script::parse(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert_eq!((parsed.network(), &text), (Network::Proxied, &script(seed)));
            drawn += &text;
        }
        for word in ["ipv6", "kill()", "frontend close()", "as second", "link client-proxy", "link proxy-server"] {
            assert!(drawn.contains(word), "300 scripts without `{word}`");
        }
    }
}
