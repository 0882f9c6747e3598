use std::ops::RangeInclusive;

use super::line::{Line, Reader, Token, one_of};
use super::link::link;
use super::names::{Kind, Names, Wrong};
use super::option::socket_option;
use super::values::{BYTES_MAX, choice, duration, number, which};
use super::{Result, ScriptError};
use crate::{
    Action, BufferMemory, Call, Connecting, Errno, Expected, Host, HostAction, How, Network, Opening, Outcome, Payload,
    Place, Queue, Ready, SocketOption, State, Statement, Sysctl, Verb, Whom,
};

const NAME_LENGTH_MAX: usize = 32;

const SUBJECTS: &str = "a line begins with client, server, proxy, a socket's name, link, wait or expect";

/// Every call.
pub const CALLS: [&str; 21] = [
    "listen",
    "socket",
    "bind",
    "connect",
    "disconnect",
    "accept",
    "dup",
    "write",
    "read",
    "peek",
    "ioctl",
    "shutdown",
    "close",
    "setsockopt",
    "getsockopt",
    "poll",
    "getpeername",
    "kill",
    "crash",
    "boot",
    "sysctl",
];

/// Those of them that happen to a whole host.
const WHOLE_HOST: [&str; 4] = ["kill", "crash", "boot", "sysctl"];

/// Calls whose subject is a host.
pub(super) const OF_HOSTS: [&str; 8] = ["listen", "socket", "connect", "accept", "kill", "crash", "boot", "sysctl"];

/// Reads one statement.
pub(super) fn read<'a>(line: &Line<'a>, names: &mut Names<'a>) -> Result<Statement> {
    let mut reader = line.reader();
    let (column, subject) = reader.word(SUBJECTS)?;
    let action = match subject {
        "link" => link(&mut reader, Some(names.network()))?,
        "wait" => wait(&mut reader)?,
        "expect" => expect(&mut reader, names)?,
        _ => call(&mut reader, column, subject, names)?,
    };
    reader.expect_end("nothing more belongs on this line")?;
    Ok(Statement {
        line: line.number,
        text: line.text.to_owned(),
        caption: line.comment.filter(|comment| !comment.is_empty()).map(str::to_owned),
        action,
    })
}

fn host(word: &str, hosts: &[Host]) -> Option<Host> {
    hosts.iter().copied().find(|host| host.name() == word)
}

fn wrong(reader: &Reader<'_, '_>, column: u32) -> impl FnOnce(Wrong) -> Box<ScriptError> {
    let line = reader.line();
    move |(found, right)| Box::new(ScriptError { line, column, found, right })
}

// Calls

fn call<'a>(reader: &mut Reader<'a, '_>, column: u32, subject: &'a str, names: &mut Names<'a>) -> Result<Action> {
    let line = reader.line();
    let right = "`SUBJECT VERB(ARGUMENTS)`, as in `client write(5) = 5`";
    let (verb_column, verb) = reader.word(right)?;
    if !CALLS.contains(&verb) {
        return Err(reader.error(verb_column, format_args!("`{verb}` is no call"), one_of(verb, &CALLS)));
    }
    open_bracket(reader, verb)?;
    if WHOLE_HOST.contains(&verb) {
        let host = whole_host(reader, column, subject, verb, names)?;
        let action = host_action(reader, verb)?;
        names.host_action(host, action, line).map_err(wrong(reader, column))?;
        if let Some(Token::Sign('=' | '&')) = reader.peek() {
            return Err(reader.unexpected(format_args!("{verb}() happens to the host and has no outcome")));
        }
        return Ok(Action::Host(host, action));
    }

    let (host, mut socket, listener) = match verb {
        "connect" | "listen" if host(subject, names.network().hosts()).is_none() => {
            (names.socket(subject).map_err(wrong(reader, column))?, subject, "")
        }
        "listen" | "socket" | "connect" => {
            let host = whole_host(reader, column, subject, verb, names)?;
            if (names.network(), host, verb) == (Network::Proxied, Host::Server, "connect") {
                let right = "behind a proxy the client connects to the proxy, and the proxy to the server";
                return Err(reader.error(column, "found a `connect` of the server", right));
            }
            (host, own_name(host, verb), "")
        }
        "accept" => {
            let host = host(subject, names.network().hosts());
            let (listener, host) = names.listener(subject, host).map_err(wrong(reader, column))?;
            (host, own_name(host, verb), listener)
        }
        _ => (names.socket(subject).map_err(wrong(reader, column))?, subject, ""),
    };
    let is_socket = self::host(subject, names.network().hosts()).is_none();
    let mut verb = arguments_of(reader, verb, listener)?;
    if let Verb::Listen { backlog, place } = verb
        && is_socket
    {
        if place != (Place::New { port: Verb::PORT, reuse_address: false }) {
            let right =
                format!("`{subject} bind(port=…)` gives the socket a port, `setsockopt(SO_REUSEADDR, 1)` the rest");
            return Err(reader.error(column, format_args!("`{subject}` is there already"), right));
        }
        verb = Verb::Listen { backlog, place: Place::Existing };
    }
    if matches!(verb, Verb::SetOption(SocketOption::DeferAccept(_))) && !names.is_listener(socket) {
        // On a socket that connects it holds back the third segment, which the simulator does not do.
        let right = "TCP_DEFER_ACCEPT is for a listener here, behind its listen()";
        return Err(reader.error(column, format_args!("`{socket}` is no listener"), right));
    }
    names.is_up(host).map_err(wrong(reader, column))?;
    let mut name_column = column;
    if reader.peek() == Some(Token::Word("as")) {
        if !verb.makes_socket() && !matches!(verb, Verb::Listen { .. }) {
            return Err(
                reader.unexpected("only socket(), listen(), connect(), accept() and dup() make one to be named")
            );
        }
        if is_socket && matches!(verb, Verb::Connect { .. } | Verb::Listen { .. }) {
            return Err(reader.unexpected(format_args!("`{subject}` has its name; a host makes a new socket")));
        }
        (name_column, socket) = new_name(reader, names)?;
    } else if let Verb::Connect { port, opening: Opening::New { from }, connecting } = verb
        && (is_socket || names.is_open_on(socket, host))
    {
        if from.is_some() {
            let right =
                format!("`{socket} bind(port=…)` before the first connect() gives a port, `as NAME` another socket");
            return Err(reader.error(column, format_args!("there is a socket `{socket}` already"), right));
        }
        verb = Verb::Connect { port, opening: Opening::Existing, connecting };
    }
    if verb.makes_socket() {
        let kind = if matches!(verb, Verb::Listen { .. }) { Kind::Listener } else { Kind::Stream };
        names.bind(socket.into(), host, line, kind).map_err(wrong(reader, name_column))?;
    }
    match &verb {
        Verb::Close => names.close(socket, line),
        Verb::Listen { place: Place::Existing, .. } => names.listens(socket),
        Verb::Dup { copy } => names.copy(socket, copy, line).map_err(wrong(reader, column))?,
        _ => {}
    }
    let expected = if reader.sign('=') { Some(expected(reader, &verb)?) } else { None };
    let in_background = reader.sign('&');
    Ok(Action::Call(Call { host, socket: socket.to_owned(), verb, expected, in_background }))
}

/// The name of a socket for which the script has none.
const fn own_name(host: Host, verb: &str) -> &'static str {
    // socket() makes what connect() would.
    let verb = if verb.as_bytes()[0] == b's' { b'c' } else { verb.as_bytes()[0] };
    match (host, verb) {
        (Host::Proxy, b'l') => "frontend",
        (Host::Proxy, b'c') => "upstream",
        (Host::Proxy, _) => "downstream",
        (_, b'l') => "listener",
        (_, b'c') => "client",
        _ => "server",
    }
}

/// Reads a call without a subject, as [`Verb`]'s `Display` writes it.
pub(super) fn read_verb(line: &Line<'_>, listener: &str) -> Result<Verb> {
    let mut reader = line.reader();
    let right = "`VERB(ARGUMENTS)`, as in `write(5)`";
    let (column, verb) = reader.word(right)?;
    if !CALLS.contains(&verb) || WHOLE_HOST.contains(&verb) {
        return Err(reader.error(column, format_args!("`{verb}` is no call"), right));
    }
    open_bracket(&mut reader, verb)?;
    let verb = arguments_of(&mut reader, verb, listener)?;
    reader.expect_end("nothing more belongs to the call")?;
    Ok(verb)
}

/// Reads a statement of the link or of a host, or a wait, whatever statements stand before it.
pub(super) fn read_action(line: &Line<'_>) -> Result<Action> {
    let mut reader = line.reader();
    let right = "`link …`, `wait …`, or a host's kill(), crash(), boot() or sysctl(…)";
    let (column, subject) = reader.word(right)?;
    let action = match (subject, host(subject, &Host::ALL)) {
        ("link", _) => link(&mut reader, None)?,
        ("wait", _) => wait(&mut reader)?,
        (_, Some(host)) => {
            let (column, verb) = reader.word(right)?;
            if !WHOLE_HOST.contains(&verb) {
                return Err(reader.error(column, format_args!("found `{verb}`"), right));
            }
            open_bracket(&mut reader, verb)?;
            Action::Host(host, host_action(&mut reader, verb)?)
        }
        _ => return Err(reader.error(column, format_args!("found `{subject}`"), right)),
    };
    reader.expect_end("nothing more belongs on this line")?;
    Ok(action)
}

fn wait(reader: &mut Reader<'_, '_>) -> Result<Action> {
    let time = duration(reader, "`wait 5s` or `wait 250ms`")?;
    Ok(if reader.sign('&') { Action::Pause(time) } else { Action::Wait(time) })
}

/// The call of that name, from behind its opening bracket on; `listener` is for `accept`.
fn arguments_of(reader: &mut Reader<'_, '_>, verb: &str, listener: &str) -> Result<Verb> {
    match verb {
        "listen" => listen(reader),
        "connect" => connect(reader),
        "bind" => bind(reader),
        "dup" => {
            close_bracket(reader)?;
            if reader.peek() != Some(Token::Word("as")) {
                return Err(reader.unexpected("the new descriptor needs a name: `dup() as NAME`"));
            }
            Ok(Verb::Dup { copy: new_name(reader, &Names::new(Network::Direct))?.1.to_owned() })
        }
        "accept" => {
            close_bracket(reader)?;
            Ok(Verb::Accept { listener: listener.to_owned() })
        }
        _ => socket_verb(reader, verb),
    }
}

fn whole_host(reader: &Reader<'_, '_>, column: u32, subject: &str, verb: &str, names: &Names<'_>) -> Result<Host> {
    host(subject, names.network().hosts()).ok_or_else(|| {
        reader.error(
            column,
            format_args!("`{subject}` is no host"),
            format_args!("`client {verb}(…)` or `server {verb}(…)` would be right"),
        )
    })
}

fn new_name<'a>(reader: &mut Reader<'a, '_>, names: &Names<'_>) -> Result<(u32, &'a str)> {
    let _as = reader.keyword("as");
    let (column, name) = reader.word("a name follows: `as NAME`")?;
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && name.len() <= NAME_LENGTH_MAX;
    if !plain {
        return Err(reader.error(
            column,
            format_args!("`{name}` is no name"),
            format_args!("a letter, then letters, digits, `_` and `-`, at most {NAME_LENGTH_MAX}"),
        ));
    }
    let is_host = names.network() == Network::Proxied && name == Host::Proxy.name();
    if is_host || ["link", "wait", "expect", "as"].contains(&name) {
        return Err(reader.error(
            column,
            format_args!("`{name}` has a meaning already"),
            "another name would be right",
        ));
    }
    Ok((column, name))
}

fn open_bracket(reader: &mut Reader<'_, '_>, verb: &str) -> Result<()> {
    if reader.sign('(') {
        return Ok(());
    }
    Err(reader.unexpected(format_args!("arguments in brackets follow: `{verb}(…)`")))
}

fn close_bracket(reader: &mut Reader<'_, '_>) -> Result<()> {
    reader.expect_sign(')', "`)` closes the arguments")
}

fn listen(reader: &mut Reader<'_, '_>) -> Result<Verb> {
    let (mut backlog, mut port, mut reuse_address) = (Verb::BACKLOG, Verb::PORT, false);
    arguments(reader, &["backlog", "port", "reuseaddr"], &mut |reader, word| {
        match word {
            "backlog" => backlog = value(reader, 0..=4096)?,
            "port" => port = value(reader, 1..=65_535)?,
            _ => reuse_address = true,
        }
        Ok(())
    })?;
    Ok(Verb::Listen { backlog, place: Place::New { port, reuse_address } })
}

fn connect(reader: &mut Reader<'_, '_>) -> Result<Verb> {
    let (mut port, mut from, mut connecting) = (Verb::PORT, None, Connecting::Blocking);
    arguments(reader, &["port", "from", "nonblock"], &mut |reader, word| {
        match word {
            "port" => port = value(reader, 1..=65_535)?,
            "from" => from = Some(value(reader, 1..=65_535)?),
            _ => connecting = Connecting::Nonblocking,
        }
        Ok(())
    })?;
    Ok(Verb::Connect { port, opening: Opening::New { from }, connecting })
}

fn bind(reader: &mut Reader<'_, '_>) -> Result<Verb> {
    let mut port = 0;
    arguments(reader, &["port"], &mut |reader, _| {
        port = value(reader, 1..=65_535)?;
        Ok(())
    })?;
    Ok(Verb::Bind { port })
}

/// Reads named arguments up to the closing bracket, in any order.
fn arguments(
    reader: &mut Reader<'_, '_>,
    known: &[&str],
    take: &mut dyn FnMut(&mut Reader<'_, '_>, &str) -> Result<()>,
) -> Result<()> {
    while !reader.sign(')') {
        let Some((column, word)) = reader.next_word() else {
            return Err(reader.unexpected(format_args!("`)` closes the arguments; possible are {}", known.join(", "))));
        };
        if !known.contains(&word) {
            return Err(reader.error(column, format_args!("`{word}` is no argument here"), one_of(word, known)));
        }
        take(reader, word)?;
        if !reader.sign(',') && reader.peek() != Some(Token::Sign(')')) {
            return Err(reader.unexpected("`,` or `)` follows an argument"));
        }
    }
    Ok(())
}

fn value<T: TryFrom<i64>>(reader: &mut Reader<'_, '_>, range: RangeInclusive<i64>) -> Result<T> {
    reader.expect_sign('=', "a number follows, as in `port=8080`")?;
    number(reader, range)
}

fn socket_verb(reader: &mut Reader<'_, '_>, verb: &str) -> Result<Verb> {
    let verb = match verb {
        "write" => match reader.text() {
            Some(text) => Verb::Write(Payload::Text(text.to_owned())),
            None => match reader.peek() {
                Some(Token::Word(_)) => Verb::Write(Payload::Length(number(reader, 0..=BYTES_MAX)?)),
                _ => return Err(reader.unexpected("a number of bytes or a \"text\" to write would be right")),
            },
        },
        "read" => Verb::Read { at_most: at_most(reader)? },
        "peek" => Verb::Peek { at_most: at_most(reader)? },
        "ioctl" => Verb::Queued(choice(reader, &Queue::WORDS)?),
        "shutdown" => Verb::Shutdown(choice(reader, &[("RD", How::Rd), ("WR", How::Wr), ("RDWR", How::RdWr)])?),
        "close" => Verb::Close,
        "socket" => Verb::Socket,
        "disconnect" => Verb::Disconnect,
        "setsockopt" => Verb::SetOption(socket_option(reader)?),
        "getsockopt" => choice(reader, &[("SO_ERROR", Verb::GetError)])?,
        "poll" => Verb::Poll,
        _ => Verb::GetPeerName,
    };
    close_bracket(reader)?;
    Ok(verb)
}

fn at_most(reader: &mut Reader<'_, '_>) -> Result<u32> {
    match reader.peek() {
        Some(Token::Word(_)) => number(reader, 1..=BYTES_MAX),
        _ => Ok(Verb::READ_AT_MOST),
    }
}

fn expected(reader: &mut Reader<'_, '_>, verb: &Verb) -> Result<Expected> {
    let column = reader.column();
    if !reader.keyword("blocks") {
        return outcome(reader, verb).map(Expected::Returns);
    }
    let may_block = matches!(
        verb,
        Verb::Connect { .. }
            | Verb::Accept { .. }
            | Verb::Write(_)
            | Verb::Read { .. }
            | Verb::Peek { .. }
            | Verb::Close
    );
    if !may_block {
        return Err(reader.error(column, "found `blocks`", format_args!("{}() never blocks", verb.name())));
    }
    if !reader.sign(',') {
        return Ok(Expected::Blocks { then: None });
    }
    if !reader.keyword("then") {
        return Err(reader.unexpected("`= blocks, then OUTCOME` says how it ends"));
    }
    Ok(Expected::Blocks { then: Some(outcome(reader, verb)?) })
}

fn outcome(reader: &mut Reader<'_, '_>, verb: &Verb) -> Result<Outcome> {
    let right = match verb {
        Verb::Read { .. } | Verb::Peek { .. } | Verb::Queued(_) | Verb::Write(_) => {
            "a number of bytes or an error's name, such as ECONNRESET, would be right"
        }
        Verb::Poll => "of IN|OUT|RDHUP|HUP|ERR|NVAL those that are set, in this order, or 0",
        _ => "0 or an error's name, such as ECONNRESET, would be right",
    };
    let (column, word) = reader.word(right)?;
    let outcome = match verb {
        Verb::Poll if word == "0" => Some(Outcome::Ready(Ready::default())),
        Verb::Poll => Ready::from_text(word).map(Outcome::Ready),
        Verb::Read { .. } | Verb::Peek { .. } | Verb::Queued(_) | Verb::Write(_) => {
            word.parse().ok().map(Outcome::Number)
        }
        _ => (word == "0").then_some(Outcome::ZERO),
    };
    let errno = || Errno::from_name(word).map(Outcome::Errno);
    outcome.or_else(errno).ok_or_else(|| {
        let looks_like_errno = word.starts_with('E') && word.chars().all(|c| c.is_ascii_uppercase());
        if looks_like_errno && !matches!(verb, Verb::Poll) {
            let names: Vec<&str> = Errno::names().collect();
            reader.error(column, format_args!("`{word}` is no error's name"), one_of(word, &names))
        } else {
            reader.error(column, format_args!("found `{word}`"), right)
        }
    })
}

// Hosts

fn host_action(reader: &mut Reader<'_, '_>, verb: &str) -> Result<HostAction> {
    let action = match verb {
        "kill" => HostAction::Kill,
        "crash" => HostAction::Crash,
        "boot" => HostAction::Boot,
        _ => {
            let (name, setting) = SETTINGS[which(reader, SETTINGS.len(), &|at| SETTINGS[at].0)?];
            if !reader.sign(',') {
                return Err(reader.unexpected(format_args!("a value follows: `sysctl({name}, …)`")));
            }
            match setting {
                Setting::OneNumber(sysctl) => HostAction::Sysctl(sysctl, number(reader, sysctl_range(sysctl))?),
                Setting::PortRange => {
                    let first = number(reader, 1..=65_535)?;
                    HostAction::PortRange { first, last: number(reader, i64::from(first)..=65_535)? }
                }
                Setting::BufferMemory(buffer) => buffer_memory(reader, buffer)?,
            }
        }
    };
    close_bracket(reader)?;
    Ok(action)
}

/// The settings, by how many numbers they have.
#[derive(Clone, Copy)]
enum Setting {
    OneNumber(Sysctl),
    PortRange,
    BufferMemory(BufferMemory),
}

/// All of them, by name.
const SETTINGS: [(&str, Setting); Sysctl::ALL.len() + 1 + BufferMemory::ALL.len()] = {
    let mut settings = [(Sysctl::PORT_RANGE, Setting::PortRange); Sysctl::ALL.len() + 1 + BufferMemory::ALL.len()];
    let mut at = 0;
    while at < Sysctl::ALL.len() {
        settings[at] = (Sysctl::ALL[at].name(), Setting::OneNumber(Sysctl::ALL[at]));
        at += 1;
    }
    let mut buffer = 0;
    while buffer < BufferMemory::ALL.len() {
        let memory = BufferMemory::ALL[buffer];
        settings[at + 1 + buffer] = (memory.name(), Setting::BufferMemory(memory));
        buffer += 1;
    }
    settings
};

/// A buffer takes at least what the kernel takes of a smaller SO_SNDBUF (SOCK_MIN_SNDBUF).
const BUFFER_MEMORY: RangeInclusive<i64> = 4_608..=4_194_304;

/// Three numbers, as the setting has them, of which the last two are the same.
fn buffer_memory(reader: &mut Reader<'_, '_>, buffer: BufferMemory) -> Result<HostAction> {
    let least: u32 = number(reader, 1..=*BUFFER_MEMORY.end())?;
    let bytes: u32 = number(reader, i64::from(least).max(*BUFFER_MEMORY.start())..=*BUFFER_MEMORY.end())?;
    let column = reader.column();
    let limit: u32 = number(reader, i64::from(bytes)..=*BUFFER_MEMORY.end())?;
    if limit != bytes {
        let right = format!("the default once more, `{least} {bytes} {bytes}`: a buffer that grows cannot be told");
        return Err(reader.error(column, format_args!("found {limit}, a limit above the default"), right));
    }
    Ok(HostAction::BufferMemory { buffer, least, bytes })
}

/// What the kernel takes, as far as it keeps a run short (net/ipv4/sysctl_net_ipv4.c).
fn sysctl_range(sysctl: Sysctl) -> RangeInclusive<i64> {
    match sysctl {
        Sysctl::TcpFinTimeout => 1..=3_600,
        Sysctl::TcpRfc1337 | Sysctl::TcpAbortOnOverflow | Sysctl::TcpTimestamps => 0..=1,
        Sysctl::TcpOrphanRetries | Sysctl::TcpRetries2 => 0..=255,
        Sysctl::TcpSynRetries => 1..=127,
        Sysctl::TcpSynLinearTimeouts => 0..=127,
        Sysctl::TcpSynackRetries => 0..=255,
        Sysctl::TcpMaxTwBuckets | Sysctl::TcpMaxSynBacklog => 0..=1_000_000,
        Sysctl::TcpSyncookies | Sysctl::TcpTwReuse => 0..=2,
    }
}

// Expectations

fn expect(reader: &mut Reader<'_, '_>, names: &Names<'_>) -> Result<Action> {
    let (column, subject) = reader.word("`expect HOST STATE`, as in `expect server TIME-WAIT`")?;
    let whom = match host(subject, names.network().hosts()) {
        Some(host) => Whom::Newest(host),
        None => Whom::Socket(names.ever(subject).map_err(wrong(reader, column))?, subject.to_owned()),
    };
    let words = State::ALL.map(State::name);
    let Some((column, word)) = reader.next_word() else {
        return Err(reader.unexpected(format_args!("a state follows: {}", words.join(", "))));
    };
    let state = State::from_name(word)
        .ok_or_else(|| reader.error(column, format_args!("`{word}` is no state"), one_of(word, &words)))?;
    Ok(Action::Expect(whom, state))
}
