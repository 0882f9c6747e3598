//! `two-machines` between two machines: every ending that it offers, with a network of 40 ms a way between the two.
//!
//! Both programs run in network namespaces of their own, and each call must return what the scenario says.
//! This target has its own `main`: a process may enter a user namespace only while it has one thread.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use native::{Protocol, Rung, Testbed};
use scenario::{Action, Host, Script};

const DELAY: Duration = Duration::from_millis(40);
/// The longest ending takes a tenth of this.
const TIME_MAX: Duration = Duration::from_secs(60);
const PORT_FIRST: u16 = 8001;

fn main() -> ExitCode {
    let mut testbed = match Testbed::new(Protocol::Ipv4, &[Rung::Tun, Rung::Veth]) {
        Ok(testbed) => testbed,
        Err(why) => {
            println!("test two-machines ... FAILED\nNOT CHECKED: {why}");
            return ExitCode::FAILURE;
        }
    };
    testbed.set_delay(DELAY);
    let ids = offered();
    println!("running {} tests\n{}", ids.len(), testbed.notes().join("\n"));

    // All at once, each on a port of its own: most of the time they wait.
    let playing: Vec<Result<[Side; 2], String>> =
        ids.iter().zip(PORT_FIRST..).map(|(id, port)| play(&testbed, id, port)).collect();
    let deadline = Instant::now() + TIME_MAX;
    let mut failed = 0;
    for (id, sides) in ids.iter().zip(playing) {
        match sides.and_then(|sides| judge(id, sides, deadline)) {
            Ok(()) => println!("test two-machines::{id} ... ok"),
            Err(why) => {
                failed += 1;
                println!("test two-machines::{id} ... FAILED\n{why}");
            }
        }
    }
    let verdict = if failed == 0 && !ids.is_empty() { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {} passed; {failed} failed", ids.len() - failed);
    if verdict == "ok" { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The endings in the program's own list.
fn offered() -> Vec<String> {
    let help = Command::new(program()).arg("--help").output();
    let help = help.unwrap_or_else(|error| panic!("{}: {error}; `cargo build --examples`", program().display()));
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    let (_, list) = text.split_once("ID is one of:\n").expect("the help ends with the list");
    list.split_whitespace().map(str::to_owned).collect()
}

/// One of the two programs.
struct Side {
    host: Host,
    child: Child,
    prints: BufReader<ChildStdout>,
    printed: String,
}

/// Starts the listening side, and when it listens the other one.
fn play(testbed: &Testbed, id: &str, port: u16) -> Result<[Side; 2], String> {
    let address = format!("{}:{port}", testbed.address(Host::Server));
    let mut server = Side::start(testbed, Host::Server, &["listen", &address, id])?;
    while !server.printed.contains("listen() = 0") {
        match server.prints.read_line(&mut server.printed) {
            Ok(1..) => {}
            Ok(0) => return Err(format!("it does not listen: {}", server.end(Instant::now() + TIME_MAX)?)),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok([server, Side::start(testbed, Host::Client, &["connect", &address, id])?])
}

impl Side {
    fn start(testbed: &Testbed, host: Host, arguments: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(program());
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = testbed.on(host, || command.spawn()).map_err(|error| error.to_string())?;
        let mut child = child.map_err(|error| format!("{}: {error}", program().display()))?;
        let prints = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Self { host, child, prints, printed: String::new() })
    }

    /// What the program has printed when it has ended.
    fn end(mut self, deadline: Instant) -> Result<String, String> {
        let mut late = "";
        while self.child.try_wait().map_err(|error| error.to_string())?.is_none() {
            if Instant::now() > deadline {
                self.child.kill().map_err(|error| error.to_string())?;
                late = "it has not ended; so far it said:";
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let mut complaint = String::new();
        let stderr = self.child.stderr.as_mut().expect("it was asked for");
        stderr.read_to_string(&mut complaint).map_err(|error| error.to_string())?;
        self.prints.read_to_string(&mut self.printed).map_err(|error| error.to_string())?;
        if late.is_empty() && complaint.is_empty() {
            return Ok(self.printed);
        }
        Err(format!("{}: {late}{complaint}\n{}", self.host, self.printed))
    }
}

/// Every call of the script has returned what the script says, on the machine that made it.
fn judge(id: &str, sides: [Side; 2], deadline: Instant) -> Result<(), String> {
    let entry = catalogue::scenario(id).ok_or_else(|| format!("the book has no scenario {id}"))?;
    let script = Script::parse(entry.text).map_err(|error| error.to_string())?;
    let mut why = String::new();
    for side in sides {
        let host = side.host;
        let expected: Vec<String> = script
            .statements
            .iter()
            .filter_map(|statement| match &statement.action {
                Action::Call(call) if call.host == host => Some(format!("{host}  {} = {}", call.verb, call.expected?)),
                _ => None,
            })
            .collect();
        // Each line of a call begins with its time.
        let printed = side.end(deadline)?;
        let lines = printed.lines().filter_map(|line| Some(line.split_once(' ')?.1));
        let found: Vec<&str> = lines.filter(|call| call.starts_with(host.name())).collect();
        if found != expected {
            why += &format!("  expected {expected:?}\n  found    {found:?}\n");
        }
    }
    if why.is_empty() { Ok(()) } else { Err(why) }
}

/// Cargo builds the examples for this test, beside it.
fn program() -> PathBuf {
    let test = env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("it is in target/PROFILE/deps");
    folder.join("examples/two-machines")
}
