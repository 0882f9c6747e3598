//! The book's listings in other languages, run against peers that end in every way. A runtime that is not installed
//! is named: this target prints by itself, and its output is not swallowed.

mod endings;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use catalogue::messages::{Cause, MESSAGES, Runtime, Source};
use tests::root;

/// A listing of a lingering close: the language, the program that is run and its arguments before the file, the file.
const LINGERING: [(&str, &[&str], &str); 4] = [
    ("Python", &["python3"], "python/lingering_close.py"),
    ("Java", &["java"], "java/LingeringClose.java"),
    ("Node", &["node"], "node/lingering-close.js"),
    ("Go", &["go", "run"], "go/lingering_close.go"),
];
/// The limit that each listing is given, in seconds, and what a loaded machine may add to it.
const PATIENCE: Duration = Duration::from_secs(2);
const START: Duration = Duration::from_secs(120);
/// More than the two kernels' buffers hold.
const ANSWER_MAX: usize = 50_000_000;

/// The chapter's first column, and what the listing's lines begin with.
type Client = (&'static str, &'static str);
/// What a client does by itself when an answer does not come: a command in `book/listings/retry`, and its clients.
const RETRIES: [(&[&str], &[Client]); 5] = [
    (&["go", "run", "retry.go"], &[("Go 1.19, `net/http`", "net/http ")]),
    (
        &["java", "Retry.java"],
        &[("Java 17, `HttpClient`", "HttpClient "), ("Java 17, `HttpURLConnection`", "HttpURLConnection, reused ")],
    ),
    (&["bash", "retry.sh"], &[("curl 7.88", "curl ")]),
    (&["node", "retry.js"], &[("Node 20, `http` with a keep-alive agent", "http "), ("Node 20, `fetch`", "fetch ")]),
    (&["python3", "retry.py"], &[("Python 3.11, `requests`", "requests ")]),
];
/// Where the server of these listens.
const RETRY_PORT: u16 = 7080;
/// The same with Java's switch: what its lines begin with, and what they say then.
const NOT_RETRIED: [&str; 2] = ["HttpURLConnection, fresh POST: java.net", "HttpURLConnection, reused POST: java.net"];

/// A listing that prints what its language says of each ending.
#[derive(Clone, Copy)]
struct Texts {
    /// The program without which it cannot be run.
    needs: &'static str,
    /// For a shell in `book/listings`; `$BUILD` is a folder for what a compiler makes.
    command: &'static str,
    /// Whose texts it prints, and with what their lines begin.
    runtimes: &'static [(Runtime, &'static str)],
    labels: &'static [(&'static str, Cause)],
}

const TEXTS: [Texts; 8] = [
    texts("cc", "cc -Wall -o $BUILD/texts-c c/texts.c && $BUILD/texts-c", &[(Runtime::C, "")]),
    texts("go", "go run go/texts.go", &[(Runtime::Go, "")]),
    texts(
        "java",
        "java java/Texts.java",
        &[(Runtime::JavaSocket17, "Socket: "), (Runtime::JavaChannel17, "Channel: ")],
    ),
    Texts { labels: &NODE_LABELS, ..texts("node", "node node/texts.js", &[(Runtime::Node, "")]) },
    texts("php", "php php/texts.php", &[(Runtime::Php, "")]),
    texts("python3", "python3 python/texts.py", &[(Runtime::Python, "")]),
    texts("ruby", "ruby ruby/texts.rb", &[(Runtime::Ruby, "")]),
    texts(
        "rustc",
        "rustc --edition 2024 -o $BUILD/texts-rust rust/texts.rs && $BUILD/texts-rust",
        &[(Runtime::Rust, "")],
    ),
];
const LABELS: [(&str, Cause); 9] = [
    ("reset, read", Cause::ReadReset),
    ("reset, read again", Cause::ReadAfterReset),
    ("reset, write", Cause::WriteReset),
    ("reset, write again", Cause::BrokenPipe),
    ("left, write again", Cause::BrokenPipe),
    ("left, then read", Cause::EndOfStream),
    ("silent, read", Cause::OwnTimer),
    ("closed by itself, read", Cause::OwnClose),
    ("nobody, connect", Cause::Refused),
];
/// Node reads by itself, so its events come without a call.
const NODE_LABELS: [(&str, Cause); 6] = [
    ("reset, read", Cause::ReadReset),
    ("left, write, allowHalfOpen", Cause::BrokenPipe),
    ("left, write", Cause::EndOfStream),
    ("silent, read", Cause::OwnTimer),
    ("closed by itself, write", Cause::OwnClose),
    ("nobody, connect", Cause::Refused),
];
/// What no listing here shows: Node's read meets a reset before a write does.
const NOT_SHOWN: [(Runtime, Cause); 1] = [(Runtime::Node, Cause::WriteReset)];
/// What the kernel's own timers give, after minutes: the dictionary's words for these were run by hand, and say with what.
const NOT_WAITED_FOR: [Cause; 2] = [Cause::ConnectTimedOut, Cause::TimedOut];
/// Where the dictionary describes what a listing prints.
const DESCRIBED: [(&str, &str); 1] = [("fread() returns false, and says nothing", "false")];
/// Where the other side of these listings listens last.
const TEXTS_PORT: u16 = 7002;
/// The listings pause for a tenth of a second, which a busy machine may need for itself.
const TRIES: usize = 3;

const fn texts(needs: &'static str, command: &'static str, runtimes: &'static [(Runtime, &'static str)]) -> Texts {
    Texts { needs, command, runtimes, labels: &LABELS }
}

fn main() -> ExitCode {
    let mut failed = Vec::new();
    let mut unchecked = Vec::new();
    for (language, command, file) in LINGERING {
        if !installed(command[0]) {
            unchecked.push(language);
            continue;
        }
        for (what, answer, peer) in PEERS {
            let begun = Instant::now();
            match meet(command, file, answer, peer) {
                Ok(()) => println!("{language}, {what}: as the book says ({:.1} s)", begun.elapsed().as_secs_f32()),
                Err(wrong) => failed.push(format!("{language}, {what}: {wrong}")),
            }
        }
    }
    for cause in NOT_WAITED_FOR {
        println!("not checked: what runtimes print of {cause:?}; the kernel gives it after minutes");
    }
    if installed("python3") {
        let mut peer = serve("peer.py", TEXTS_PORT);
        for texts in TEXTS {
            if !installed(texts.needs) {
                unchecked.push(texts.needs);
                continue;
            }
            match said_in_the_end(&texts) {
                Ok(()) => println!("{}, what it prints: as the book says", texts.runtimes[0].0.name()),
                Err(wrong) => failed.push(format!("{}: {wrong}", texts.runtimes[0].0.name())),
            }
        }
        peer.kill().and_then(|()| peer.wait()).expect("the peer is ours");
    } else {
        unchecked.push("what each language prints: the other side needs Python");
    }
    match reading_loop() {
        None => unchecked.push("Java's loop that reads messages"),
        Some(Ok(())) => println!("Java, reading messages: as the book says"),
        Some(Err(wrong)) => failed.push(format!("Java, reading messages: {wrong}")),
    }
    let (wrong, not_run) = endings::check();
    failed.extend(wrong);
    unchecked.extend(not_run);
    if installed("python3") {
        let mut server = serve("retry/peer.py", RETRY_PORT);
        for (command, clients) in RETRIES {
            let (client, _) = clients[0];
            let needs_requests = command[0] == "python3";
            if !installed(command[0]) || command[0] == "bash" && !installed("curl") || needs_requests && !has_requests()
            {
                unchecked.push(client);
                continue;
            }
            match repeats(command, clients) {
                Ok(()) => println!("{client}, asked again: as the book says"),
                Err(wrong) => failed.push(format!("{client}, asked again: {wrong}")),
            }
        }
        if installed("java") {
            match said_of_retries(&["java", "-Dsun.net.http.retryPost=false", "Retry.java"]) {
                Ok(said) if NOT_RETRIED.iter().all(|begin| said.lines().any(|line| line.starts_with(begin))) => {
                    println!("Java without retryPost: as the book says");
                }
                said => failed.push(format!("Java without retryPost: {said:?}")),
            }
        }
        server.kill().and_then(|()| server.wait()).expect("the server is ours");
    } else {
        unchecked.push("which clients ask again: their server needs Python");
    }
    for language in &unchecked {
        println!("NOT CHECKED, not installed here: {language}");
    }
    for wrong in &failed {
        eprintln!("{wrong}");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a peer does, and what must become of it and of the listing.
type Peer = fn(TcpStream, Child) -> Result<(), String>;
/// Each with the length of the listing's answer.
const PEERS: [(&str, usize, Peer); 3] = [
    ("a peer that sends on and then reads", 3, sends_on),
    ("a peer that never stops sending", 3, never_stops),
    ("a peer that never reads", ANSWER_MAX, never_reads),
];

/// Three million bytes after the question: the answer must arrive, and no reset.
fn sends_on(mut stream: TcpStream, listing: Child) -> Result<(), String> {
    stream.write_all(&vec![b'x'; 3_000_000]).map_err(|error| format!("the upload broke off: {error}"))?;
    stream.shutdown(Shutdown::Write).map_err(|error| format!("shutdown: {error}"))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| format!("reading the answer: {error}"))?;
    let said = outcome(listing)?;
    expect(&answer, "444").and_then(|()| expect(said.trim(), "gently"))
}

/// The listing must have had enough, and reset; what it answered is still there to be read.
fn never_stops(mut stream: TcpStream, listing: Child) -> Result<(), String> {
    let begun = Instant::now();
    let error = loop {
        match stream.write(&[b'x'; 65_536]) {
            Ok(_) if begun.elapsed() > START => return Err("it takes bytes for ever".to_owned()),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    if ![ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()) {
        return Err(format!("the upload ended with {error}"));
    }
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).map_err(|error| format!("the answer is lost: {error}"))?;
    let said = outcome(listing)?;
    expect(&String::from_utf8_lossy(&answer), "444")?;
    expect(said.get(..10).unwrap_or(&said), "not gently")
}

/// The write is bounded as well: the listing gives up in time.
fn never_reads(stream: TcpStream, listing: Child) -> Result<(), String> {
    let begun = Instant::now();
    let said = outcome(listing)?;
    let took = begun.elapsed();
    drop(stream);
    if took < PATIENCE / 2 || took > PATIENCE * 10 {
        return Err(format!("it gave up after {took:?}, its limit is {PATIENCE:?}"));
    }
    expect(said.get(..10).unwrap_or(&said), "not gently")
}

/// Runs a listing on a free port, connects, and asks.
fn meet(command: &[&str], file: &str, answer: usize, peer: Peer) -> Result<(), String> {
    let port = free_port();
    let (port_text, answer, seconds) = (port.to_string(), answer.to_string(), PATIENCE.as_secs().to_string());
    let mut listing = Command::new(command[0])
        .args(&command[1..])
        .arg(root().join("book/listings").join(file))
        .args([&port_text, &answer, &seconds])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(_) if begun.elapsed() < START => sleep(Duration::from_millis(50)),
            Err(error) => {
                let _ = listing.kill();
                return Err(format!("nobody listens after {START:?}: {error}"));
            }
        }
    };
    stream.set_read_timeout(Some(START)).and_then(|()| stream.write_all(b"?")).map_err(|error| error.to_string())?;
    peer(stream, listing)
}

/// What a listing has printed, once it has ended.
fn outcome(mut listing: Child) -> Result<String, String> {
    let begun = Instant::now();
    while listing.try_wait().map_err(|error| error.to_string())?.is_none() {
        if begun.elapsed() > START {
            let _ = listing.kill();
            return Err(format!("it still runs after {START:?}"));
        }
        sleep(Duration::from_millis(20));
    }
    let output = listing.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("it ended with {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The chapter about the post says what it prints.
fn reading_loop() -> Option<Result<(), String>> {
    if !installed("java") {
        return None;
    }
    let file = root().join("book/listings/java/ReadMessages.java");
    let listing = Command::new("java").arg("-Dfile.encoding=UTF-8").arg(file).stdout(Stdio::piped()).spawn();
    let said = listing.map_err(|error| error.to_string()).and_then(outcome);
    Some(said.and_then(|said| {
        let ends: Vec<&str> = said.lines().filter_map(|line| line.trim().strip_prefix("then: ")).collect();
        expect(&said.matches("message: ").count().to_string(), "4")?;
        expect(
            &ends.join("; "),
            "the end; java.io.EOFException: the stream ended in the middle of a message; \
             java.net.SocketException: Connection reset",
        )
    }))
}

/// Starts the other side of some listings, and waits until it listens.
fn serve(file: &str, port: u16) -> Child {
    let path = root().join("book/listings").join(file);
    let server = Command::new("python3").arg(path).stdout(Stdio::null()).spawn().expect("Python is installed");
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < START, "{file} does not listen after {START:?}");
        sleep(Duration::from_millis(50));
    }
    server
}

/// Runs the listing until it prints what the dictionary says, or has had its tries.
fn said_in_the_end(texts: &Texts) -> Result<(), String> {
    let mut outcome = says_what_the_dictionary_says(texts);
    for _ in 1..TRIES {
        if let Err(wrong) = &outcome {
            println!("once more: {wrong}");
            outcome = says_what_the_dictionary_says(texts);
        }
    }
    outcome
}

fn says_what_the_dictionary_says(texts: &Texts) -> Result<(), String> {
    let listing = Command::new("sh")
        .args(["-c", texts.command])
        .current_dir(root().join("book/listings"))
        .env("BUILD", env!("CARGO_TARGET_TMPDIR"))
        .stdout(Stdio::piped())
        .spawn();
    let said = listing.map_err(|error| error.to_string()).and_then(outcome)?;
    for (runtime, prefix) in texts.runtimes {
        let run = MESSAGES.iter().filter(|message| {
            message.runtime == *runtime
                && matches!(message.source, Source::Run(_))
                && !NOT_SHOWN.contains(&(*runtime, message.cause))
                && !NOT_WAITED_FOR.contains(&message.cause)
        });
        for message in run {
            let labels = texts.labels.iter().filter(|(_, cause)| *cause == message.cause);
            let shown: Vec<&str> = labels
                .flat_map(|(label, _)| {
                    let begin = format!("{prefix}{label}: ");
                    said.lines().filter_map(move |line| line.strip_prefix(&begin))
                })
                .collect();
            if !shown.iter().any(|line| says(line, message.text)) {
                let right = message.text;
                return Err(format!(
                    "{:?} is {right:?} in the dictionary, the listing prints {shown:?}",
                    message.cause
                ));
            }
        }
    }
    Ok(())
}

/// Whether a line says what the dictionary says, which leaves out addresses and numbers.
fn says(line: &str, text: &str) -> bool {
    let text = DESCRIBED.iter().find(|(described, _)| *described == text).map_or(text, |(_, printed)| *printed);
    let text = text.split(" (again").next().unwrap_or(text);
    if text.len() <= "Ok(0)".len() {
        return line == text;
    }
    let text = text.replace("ADDRESS:PORT", "…").replace(" N ", "…");
    let mut rest = line;
    text.split('…').map(str::trim).all(|piece| match rest.split_once(piece) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

/// What a client of `book/listings/retry` prints.
fn said_of_retries(command: &[&str]) -> Result<String, String> {
    let listing = Command::new(command[0])
        .args(&command[1..])
        .current_dir(root().join("book/listings/retry"))
        .stdout(Stdio::piped())
        .spawn();
    listing.map_err(|error| error.to_string()).and_then(outcome)
}

/// Whether the clients do what the table of "When may I try again?" says of them.
fn repeats(command: &[&str], clients: &[Client]) -> Result<(), String> {
    let said = said_of_retries(command)?;
    let chapter =
        std::fs::read_to_string(root().join("book/practice/try-again.md")).map_err(|error| error.to_string())?;
    for (client, begin) in clients {
        let row = chapter.lines().find_map(|line| line.strip_prefix(&format!("| {client} | ")));
        let row = row.ok_or_else(|| format!("the table has no row {client:?}"))?;
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let &[get, post] = &cells[..] else { return Err(format!("the row {row:?} has not two cells")) };
        for (method, cell) in [("GET", get), ("POST", if post == "the same" { get } else { post })] {
            let line = said.lines().find_map(|line| line.strip_prefix(&format!("{begin}{method}: ")));
            let line = line.ok_or_else(|| format!("no line {begin}{method} in:\n{said}"))?;
            let quoted: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
            let is_right = match quoted.is_empty() {
                true => line == cell.trim_matches('*').trim_end_matches(", nothing said"),
                false => quoted.iter().all(|text| line.contains(text.trim_start_matches("IOException: "))),
            };
            if !is_right {
                return Err(format!("{method} is {cell:?} in the table, the listing prints {line:?}"));
            }
        }
    }
    Ok(())
}

fn has_requests() -> bool {
    let import = Command::new("python3").args(["-c", "import requests"]).stderr(Stdio::null()).status();
    import.is_ok_and(|status| status.success())
}

fn installed(program: &str) -> bool {
    let version = if program == "go" { "version" } else { "--version" };
    Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

fn expect(got: &str, right: &str) -> Result<(), String> {
    if got == right { Ok(()) } else { Err(format!("got {got:?}, right would be {right:?}")) }
}
