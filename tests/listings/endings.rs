//! What clients print of an ending, against the tables of the chapters on TLS, on HTTP/2 and on languages: each cell's
//! words are in a line that the client has printed for that ending.

use crate::{installed, outcome, serve};
use std::process::{Command, Stdio};
use tests::root;

/// A table of a chapter: a line for each client, and behind its name a cell for each ending.
struct Table {
    chapter: &'static str,
    /// The other side, a listing in Python, and where it listens first.
    peer: (&'static str, u16),
    /// With what the lines for each column begin.
    endings: &'static [&'static str],
    clients: &'static [Client],
}

/// A line of a table.
struct Client {
    /// The first cell.
    name: &'static str,
    /// A command that succeeds where the client is installed.
    needs: &'static str,
    /// What runs it, in `book/listings`.
    command: &'static str,
    /// With what its lines begin, before the ending.
    prefix: &'static str,
    /// Lines that stand in the chapter's text, and begin so.
    also: &'static [&'static str],
}

const fn client(name: &'static str, needs: &'static str, command: &'static str) -> Client {
    Client { name, needs, command, prefix: "", also: &[] }
}

const NODE: &str = "node --version";
const GO: &str = "go version";
const JAVA: &str = "java --version";
const CURL: &str = "curl --version";
const GIT: &str = "git --version";

const TABLES: [Table; 3] = [
    Table {
        chapter: "practice/tls.md",
        peer: ("tls/peer.py", 7443),
        endings: &["goodbye", "truncation", "reset"],
        clients: &[
            client("`openssl s_client` 3.0", "openssl version", "bash tls/openssl.sh"),
            client("rustls 0.23", "cargo --version", "cargo run --quiet --package tests --example tls-texts"),
            Client {
                prefix: "as it is, ",
                ..client("Python 3.11, as it is", "python3 --version", "python3 tls/texts.py")
            },
            Client {
                prefix: "not suppressed, ",
                ..client("Python 3.11, `suppress_ragged_eofs=False`", "python3 --version", "python3 tls/texts.py")
            },
            Client {
                also: &["truncation: http.Get body 5, <nil>"],
                ..client("Go 1.19, `crypto/tls`", GO, "go run tls/texts.go")
            },
            Client {
                also: &["truncation: HttpClient body 5"],
                ..client("Java 17, `SSLSocket`", JAVA, "java tls/Texts.java")
            },
            Client { also: &["truncation: https.get body 5"], ..client("Node 20, `tls`", NODE, "node tls/texts.js") },
            Client { also: &["truncation: body 5"], ..client("curl 7.88 (OpenSSL)", CURL, "bash tls/curl.sh") },
        ],
    },
    Table {
        chapter: "practice/http2.md",
        peer: ("http2/peer.py", 7450),
        endings: &["GOAWAY, last stream 0", "FIN", "reset", "GOAWAY, then reset"],
        clients: &[
            client("Node 20, `http2`", NODE, "node http2/texts.js"),
            client("Go 1.19, `net/http`", GO, "go run http2/texts.go"),
            client("Java 17, `HttpClient`", JAVA, "java http2/Texts.java"),
            client("grpcio 1.85 (Python)", "python3 -c 'import grpc'", "python3 http2/texts.py"),
            client("curl 7.88", CURL, "bash http2/curl.sh"),
        ],
    },
    Table {
        chapter: "practice/languages.md",
        peer: ("tools/peer.py", 7460),
        endings: &["FIN", "reset", "short"],
        clients: &[
            Client {
                also: &["nobody: ERR_CONNECTION_REFUSED"],
                ..client("Chromium 156", "${CHROME:-chromium} --version", "bash tools/texts.sh chromium")
            },
            client("git 2.47, http", GIT, "bash tools/texts.sh git-http"),
            Client {
                also: &["short: fetch-pack: unexpected disconnect while reading sideband packet"],
                ..client("git 2.47, its own protocol: a clone", GIT, "bash tools/texts.sh git")
            },
            client("npm 11.19", "npm --version", "bash tools/texts.sh npm"),
            client("wget 1.21", "wget --version", "bash tools/texts.sh wget"),
            client("OpenSSH 9.2, before the handshake", "ssh -V", "bash tools/texts.sh ssh"),
        ],
    },
];

/// Holds the tables; tells of each client, and gives what is wrong and what could not be run.
pub(crate) fn check() -> (Vec<String>, Vec<&'static str>) {
    let mut failed = Vec::new();
    let mut unchecked = Vec::new();
    let has_peers = installed("python3") && succeeds("openssl version");
    for table in TABLES {
        if !has_peers {
            unchecked.push("a table of endings: the other side needs Python and openssl");
            continue;
        }
        let chapter = std::fs::read_to_string(root().join("book").join(table.chapter)).expect("the chapter is there");
        let (file, port) = table.peer;
        let mut peer = serve(file, port);
        for client in table.clients {
            if !succeeds(client.needs) {
                unchecked.push(client.name);
                continue;
            }
            match client.prints_its_row(&chapter, table.endings) {
                Ok(()) => println!("{}, {}: as the book says", client.name, table.chapter),
                Err(wrong) => failed.push(format!("{}, {}: {wrong}", client.name, table.chapter)),
            }
        }
        peer.kill().and_then(|()| peer.wait()).expect("the peer is ours");
    }
    (failed, unchecked)
}

impl Client {
    fn prints_its_row(&self, chapter: &str, endings: &[&str]) -> Result<(), String> {
        let row = chapter.lines().find_map(|line| line.strip_prefix(&format!("| {} | ", self.name)));
        let row = row.ok_or("it has no line in the table")?;
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        if cells.len() != endings.len() {
            return Err(format!("{} cells for {} endings", cells.len(), endings.len()));
        }
        let said = self.says()?;
        // An empty cell says nothing.
        for (ending, cell) in endings.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let begin = format!("{}{ending}", self.prefix);
            // `reset: …`, or `reset, GET: …`.
            let lines = said.lines().filter_map(|line| line.strip_prefix(&begin));
            let lines: Vec<&str> = lines.filter(|rest| rest.starts_with(": ") || is_method(rest)).collect();
            let quoted: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
            let is_said = |text: &&str| lines.iter().any(|line| has_in_order(line, text));
            if quoted.is_empty() || !quoted.iter().all(is_said) {
                return Err(format!("{ending:?} is {cell:?} in the table, it prints {lines:?}"));
            }
        }
        let missing = self.also.iter().find(|begin| !said.lines().any(|line| line.starts_with(**begin)));
        missing.map_or(Ok(()), |line| Err(format!("it does not print {line:?}, but:\n{said}")))
    }

    fn says(&self) -> Result<String, String> {
        let listing = Command::new("sh")
            .args(["-c", self.command])
            .current_dir(root().join("book/listings"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        listing.map_err(|error| error.to_string()).and_then(outcome)
    }
}

fn is_method(rest: &str) -> bool {
    rest.starts_with(", GET: ") || rest.starts_with(", POST: ")
}

/// Whether the line has the text; `…` in it stands for anything.
fn has_in_order(line: &str, text: &str) -> bool {
    let mut rest = line;
    text.split('…').map(str::trim).all(|piece| match rest.split_once(piece) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

fn succeeds(command: &str) -> bool {
    let status = Command::new("sh").args(["-c", command]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
