//! Plays an ending between two machines, over a real network: one of them listens, the other one connects.
//!
//! Both play the same scenario of the book, each its own host's calls. They keep time by the clock: each statement
//! has its moment, counted from when the connection stands. What is between the two machines does what it does;
//! watch it with tcpdump.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use catalogue::CATALOGUE;
use scenario::{Action, Call, Errno, Expected, Host, How, Outcome, Place, Script, SocketOption, Statement, Verb};
use socket2::{Domain, Socket, Type};

const USAGE: &str = "\
Plays an ending between two machines, over a real network.

    cargo run --example two-machines -- listen  ADDRESS:PORT ID    on the one, first
    cargo run --example two-machines -- connect ADDRESS:PORT ID    on the other, with the first one's address

ID is one of:";

/// Each statement has so long: more than a round trip, less than patience.
const BEAT: Duration = Duration::from_millis(400);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let played = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["listen", address, id] => play(Host::Server, address, id),
        ["connect", address, id] => play(Host::Client, address, id),
        _ => {
            println!("{USAGE}");
            CATALOGUE.iter().filter(|entry| script(entry.id).is_ok()).for_each(|entry| println!("    {}", entry.id));
            return if arguments == ["--help"] { ExitCode::SUCCESS } else { ExitCode::from(3) };
        }
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(3)
        }
    }
}

/// The scenario's script, if two programs can perform it without a link of their own between them.
fn script(id: &str) -> Result<Script, String> {
    let entry =
        catalogue::scenario(id).ok_or_else(|| format!("{id}: the book has no such scenario; --help has a list"))?;
    let script = Script::parse(entry.text).map_err(|error| format!("{id}.tcp:{error}"))?;
    let takes_lab = script.statements.iter().find(|statement| !is_playable(&statement.action));
    // The two keep time from when the connection stands, and both know that only if accept() waits for it.
    let names: Vec<&str> = script.statements.iter().map(|statement| verb(&statement.action)).collect();
    let late = if names.starts_with(&["listen", "connect", "accept"]) { None } else { script.statements.get(2) };
    match takes_lab.or(late) {
        None => Ok(script),
        Some(Statement { line, text, .. }) => Err(format!(
            "{id}.tcp:{line}: `{text}` takes the lab: cargo run --example native -- book/scenarios/{id}.tcp"
        )),
    }
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Call(call) => call.verb.name(),
        _ => "",
    }
}

fn is_playable(action: &Action) -> bool {
    match action {
        Action::Wait(_) | Action::Expect(..) => true,
        Action::Call(Call { in_background: true, .. } | Call { expected: Some(Expected::Blocks { .. }), .. }) => false,
        Action::Call(call) => match &call.verb {
            Verb::Listen { .. } | Verb::Connect { .. } => call.socket == "listener" || call.socket == "client",
            Verb::Accept { .. } => call.socket == "server",
            Verb::SetOption(option) => matches!(option, SocketOption::Linger(_) | SocketOption::KeepAlive(_)),
            Verb::Socket
            | Verb::Bind { .. }
            | Verb::Disconnect
            | Verb::Dup { .. }
            | Verb::Poll
            | Verb::Peek { .. }
            | Verb::Queued(_) => false,
            _ => true,
        },
        _ => false,
    }
}

fn play(own: Host, address: &str, id: &str) -> Result<(), String> {
    let address: SocketAddr = address.parse().map_err(|_| format!("{address}: 192.0.2.7:8080 would be an address"))?;
    let script = script(id)?;
    println!("# {}", script.title);
    let mut sockets = BTreeMap::new();
    let mut stands: Option<Instant> = None;
    let mut due = Duration::ZERO;
    for statement in &script.statements {
        let call = match &statement.action {
            Action::Call(call) => call,
            Action::Wait(time) => {
                due += *time;
                continue;
            }
            _ => continue,
        };
        if let Some(stands) = stands
            && call.verb.name() != "accept"
        {
            due += BEAT;
            thread::sleep((stands + due).saturating_duration_since(Instant::now()));
        }
        if call.host != own {
            continue;
        }
        let began = Instant::now();
        let returned = perform(&mut sockets, call, address);
        let at = stands.map_or(Duration::ZERO, |stands| stands.elapsed());
        println!("{}.{:03} {own}  {} = {}", at.as_secs(), at.subsec_millis(), call.verb, shown(&returned, call));
        // The connection stands when connect() and accept() have returned: about one moment on both sides.
        match call.verb.name() {
            "connect" => {
                let trip = began.elapsed();
                if trip > BEAT {
                    let [trip, beat] = [trip, BEAT].map(|time| time.as_millis());
                    println!("# connect() took {trip} ms, a statement has {beat}: what follows may be another story.");
                }
                stands = Some(Instant::now());
            }
            "accept" => stands = Some(Instant::now()),
            _ => {}
        }
    }
    Ok(())
}

fn perform(sockets: &mut BTreeMap<String, Socket>, call: &Call, address: SocketAddr) -> io::Result<u64> {
    let socket = |sockets: &BTreeMap<String, Socket>, name: &str| -> io::Result<Socket> {
        sockets.get(name).ok_or_else(|| io::Error::other("there is no such socket"))?.try_clone()
    };
    match &call.verb {
        Verb::Listen { backlog, place: Place::New { .. } } => {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            socket.listen(i32::try_from(*backlog).unwrap_or(i32::MAX))?;
            sockets.insert(call.socket.clone(), socket);
        }
        Verb::Connect { .. } => {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            let connected = socket.connect(&address.into());
            sockets.insert(call.socket.clone(), socket);
            connected?;
        }
        Verb::Accept { listener } => {
            let (accepted, _) = socket(sockets, listener)?.accept()?;
            sockets.insert(call.socket.clone(), accepted);
        }
        Verb::Write(payload) => return Ok(socket(sockets, &call.socket)?.write(&payload.bytes())? as u64),
        Verb::Read { at_most } => {
            return Ok(socket(sockets, &call.socket)?.read(&mut vec![0; *at_most as usize])? as u64);
        }
        Verb::Shutdown(how) => socket(sockets, &call.socket)?.shutdown(match how {
            How::Rd => Shutdown::Read,
            How::Wr => Shutdown::Write,
            How::RdWr => Shutdown::Both,
        })?,
        Verb::Close => drop(sockets.remove(&call.socket)),
        Verb::SetOption(SocketOption::Linger(seconds)) => {
            let linger = seconds.map(|seconds| Duration::from_secs(seconds.into()));
            socket(sockets, &call.socket)?.set_linger(linger)?;
        }
        Verb::SetOption(SocketOption::KeepAlive(on)) => socket(sockets, &call.socket)?.set_keepalive(*on)?,
        Verb::GetError => {
            if let Some(pending) = socket(sockets, &call.socket)?.take_error()? {
                return Err(pending);
            }
        }
        Verb::GetPeerName => {
            socket(sockets, &call.socket)?.peer_addr()?;
        }
        Verb::Listen { place: Place::Existing, .. }
        | Verb::SetOption(_)
        | Verb::Poll
        | Verb::Peek { .. }
        | Verb::Queued(_)
        | Verb::Socket
        | Verb::Bind { .. }
        | Verb::Disconnect
        | Verb::Dup { .. } => {
            return Err(io::Error::other("this takes the lab"));
        }
    }
    Ok(0)
}

/// What the call returned, and what it returned on the book's kernel if that was something else.
fn shown(returned: &io::Result<u64>, call: &Call) -> String {
    let text = match returned {
        Ok(count) => count.to_string(),
        Err(error) => match error.raw_os_error().and_then(|errno| u16::try_from(errno).ok()) {
            Some(errno) if cfg!(target_os = "linux") => Outcome::Errno(Errno(errno)).to_string(),
            _ => error.to_string(),
        },
    };
    match call.expected {
        Some(expected) if expected.to_string() != text => format!("{text}    ({expected} in the book)"),
        _ => text,
    }
}
