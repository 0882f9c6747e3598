//! A host's calls in packetdrill's words.

use std::time::Duration;

use scenario::{Call, Connecting, Errno, HostAction, How, Opening, Outcome, Place, Queue, Ready, SocketOption, Verb};

/// Marks a line that prepares a call and returns at once.
pub(super) const FIRST: &str = "\u{1}";

/// The sockets' names with the numbers that stand for them.
#[derive(Default)]
pub(super) struct Descriptors {
    open: Vec<(String, u32)>,
    closed: Vec<(String, u32)>,
    last: u32,
}

impl Descriptors {
    fn of(&self, name: &str) -> u32 {
        // A call that returns after its descriptor was closed was made on it all the same.
        let named = |(known, _): &&(String, u32)| known == name;
        let number = self.open.iter().rfind(named).or_else(|| self.closed.iter().rfind(named));
        number.map_or(0, |(_, number)| *number)
    }

    fn open(&mut self, name: &str) -> u32 {
        self.last += 1;
        let number = self.last + 2;
        self.open.push((name.to_owned(), number));
        number
    }

    /// A call in packetdrill's words, with what has to stand before it.
    pub(super) fn call(&mut self, call: &Call, outcome: Outcome) -> Vec<String> {
        const SOCKET: &str = "socket(..., SOCK_STREAM, IPPROTO_TCP)";
        let result = result(outcome);
        let number = self.of(&call.socket);
        let written = match &call.verb {
            Verb::Listen { backlog, place: Place::Existing } => format!("listen({number}, {backlog}) = {result}"),
            Verb::Listen { backlog, place: Place::New { reuse_address, .. } } => {
                let number = self.open(&call.socket);
                let mut lines = vec![format!("{FIRST}{SOCKET} = {number}")];
                if *reuse_address {
                    lines.push(format!("{FIRST}setsockopt({number}, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0"));
                }
                if outcome == Outcome::ZERO {
                    lines.push(format!("{FIRST}bind({number}, ..., ...) = 0"));
                    lines.push(format!("listen({number}, {backlog}) = 0"));
                } else {
                    lines.push(format!("bind({number}, ..., ...) = {result}"));
                }
                return lines;
            }
            Verb::Socket => {
                let number = self.open(&call.socket);
                format!("{SOCKET} = {number}")
            }
            Verb::Bind { .. } => format!("bind({number}, ..., ...) = {result}"),
            Verb::Dup { .. } => unreachable!("see `refusal`"),
            Verb::Disconnect => {
                format!("connect({number}, {{sa_family = AF_UNSPEC}}, ...) = {result}")
            }
            Verb::Connect { connecting, opening, .. } => {
                let mut lines = Vec::new();
                let number = match opening {
                    Opening::Existing => number,
                    Opening::New { .. } => {
                        let number = self.open(&call.socket);
                        lines.push(format!("{FIRST}{SOCKET} = {number}"));
                        number
                    }
                };
                if *connecting == Connecting::Nonblocking {
                    lines.push(format!("{FIRST}fcntl({number}, F_SETFL, O_RDWR|O_NONBLOCK) = 0"));
                }
                lines.push(format!("connect({number}, ..., ...) = {result}"));
                if *connecting == Connecting::Nonblocking {
                    lines.push(format!("{FIRST}fcntl({number}, F_SETFL, O_RDWR) = 0"));
                }
                return lines;
            }
            Verb::Accept { listener } => {
                let listener = self.of(listener);
                let made = if outcome == Outcome::ZERO { self.open(&call.socket).to_string() } else { result };
                format!("accept({listener}, ..., ...) = {made}")
            }
            Verb::Write(payload) => format!("write({number}, ..., {}) = {result}", payload.len()),
            Verb::Read { at_most } => format!("read({number}, ..., {at_most}) = {result}"),
            Verb::Peek { at_most } => format!("recv({number}, ..., {at_most}, MSG_PEEK) = {result}"),
            Verb::Queued(queue) => {
                let request = match queue {
                    Queue::Unread => "SIOCINQ",
                    // SIOCOUTQ, whose name packetdrill does not know.
                    Queue::Unacknowledged => "0x5411",
                };
                match outcome {
                    Outcome::Errno(_) => format!("ioctl({number}, {request}, [0]) = {result}"),
                    _ => format!("ioctl({number}, {request}, [{result}]) = 0"),
                }
            }
            Verb::Shutdown(how) => {
                let how = match how {
                    How::Rd => "SHUT_RD",
                    How::Wr => "SHUT_WR",
                    How::RdWr => "SHUT_RDWR",
                };
                format!("shutdown({number}, {how}) = {result}")
            }
            Verb::Close => {
                self.closed.extend(self.open.extract_if(.., |(_, open)| *open == number));
                format!("close({number}) = {result}")
            }
            Verb::SetOption(SocketOption::NonBlocking(on)) => {
                let flags = if *on { "O_RDWR|O_NONBLOCK" } else { "O_RDWR" };
                format!("fcntl({number}, F_SETFL, {flags}) = {result}")
            }
            Verb::SetOption(option) => format!("setsockopt({number}, {}) = {result}", self::option(*option)),
            Verb::GetError => {
                let error = match outcome {
                    Outcome::Errno(errno) => errno.to_string(),
                    _ => "0".to_owned(),
                };
                format!("getsockopt({number}, SOL_SOCKET, SO_ERROR, [{error}], [4]) = 0")
            }
            Verb::Poll => {
                let found = match outcome {
                    Outcome::Ready(ready) => flags(ready),
                    _ => "0".to_owned(),
                };
                let count = u8::from(found != "0");
                format!("poll([{{fd={number}, events=POLLIN|POLLOUT|POLLRDHUP, revents={found}}}], 1, 0) = {count}")
            }
            Verb::GetPeerName => {
                return vec![format!("{FIRST}// getpeername({number}) = {result}, which packetdrill cannot call")];
            }
        };
        vec![written]
    }

    /// What happens to the whole host.
    pub(super) fn host(&mut self, action: HostAction) -> Vec<String> {
        match action {
            HostAction::Kill => {
                let mut lines = vec!["// the process is killed: its kernel closes what is open".to_owned()];
                lines.extend(self.open.drain(..).map(|(_, number)| format!("close({number}) = 0")));
                lines
            }
            HostAction::Crash => {
                self.open.clear();
                vec!["// power is cut here: packetdrill's kernel would go on".to_owned()]
            }
            HostAction::Boot => vec!["// the host boots here, and remembers nothing".to_owned()],
            HostAction::PortRange { first, last } => {
                vec![format!("`sysctl -q net.ipv4.ip_local_port_range='{first} {last}'`")]
            }
            HostAction::BufferMemory { buffer, least, bytes } => {
                vec![format!("`sysctl -q net.ipv4.{}='{least} {bytes} {bytes}'`", buffer.name())]
            }
            HostAction::Sysctl(sysctl, value) => vec![format!("`sysctl -q net.ipv4.{}={value}`", sysctl.name())],
        }
    }
}

/// `5`, `-1 EPIPE (Broken pipe)`
fn result(outcome: Outcome) -> String {
    match outcome {
        Outcome::Number(number) => number.to_string(),
        Outcome::Errno(Errno(number)) => match (Errno(number).name(), Errno(number).text()) {
            (Some(name), Some(text)) => format!("-1 {name} ({text})"),
            _ => format!("-1 {number}"),
        },
        Outcome::Ready(ready) => flags(ready),
        Outcome::Blocks => "…".to_owned(),
    }
}

fn flags(ready: Ready) -> String {
    let words = ready.to_string();
    if words == "0" { words } else { words.split('|').map(|word| format!("POLL{word}")).collect::<Vec<_>>().join("|") }
}

/// Level, name, value and its length.
fn option(option: SocketOption) -> String {
    let linger = |on: u8, seconds: u16| format!("SOL_SOCKET, SO_LINGER, {{onoff={on}, linger={seconds}}}, 8");
    let of_socket = |name: &str, value: u64| format!("SOL_SOCKET, {name}, [{value}], 4");
    let of_tcp = |name: &str, value: String| format!("SOL_TCP, {name}, [{value}], 4");
    let whole_seconds = |time: Duration| time.as_secs().to_string();
    match option {
        SocketOption::Linger(None) => linger(0, 0),
        SocketOption::Linger(Some(seconds)) => linger(1, seconds),
        SocketOption::KeepAlive(on) => of_socket("SO_KEEPALIVE", u64::from(on)),
        SocketOption::ReceiveBuffer(bytes) => of_socket("SO_RCVBUF", u64::from(bytes)),
        SocketOption::SendBuffer(bytes) => of_socket("SO_SNDBUF", u64::from(bytes)),
        SocketOption::DeferAccept(time) => of_tcp("TCP_DEFER_ACCEPT", whole_seconds(time)),
        SocketOption::KeepIdle(idle) => of_tcp("TCP_KEEPIDLE", whole_seconds(idle)),
        SocketOption::KeepInterval(interval) => of_tcp("TCP_KEEPINTVL", whole_seconds(interval)),
        SocketOption::KeepCount(count) => of_tcp("TCP_KEEPCNT", count.to_string()),
        SocketOption::UserTimeout(timeout) => {
            of_tcp("TCP_USER_TIMEOUT", (timeout.as_secs() * 1000 + u64::from(timeout.subsec_millis())).to_string())
        }
        SocketOption::Linger2(None) => of_tcp("TCP_LINGER2", "-1".to_owned()),
        SocketOption::Linger2(Some(seconds)) => of_tcp("TCP_LINGER2", seconds.to_string()),
        SocketOption::NoDelay(on) => of_tcp("TCP_NODELAY", u8::from(on).to_string()),
        SocketOption::ReuseAddress(on) => of_socket("SO_REUSEADDR", u64::from(on)),
        SocketOption::BindNoPort(on) => format!("SOL_IP, IP_BIND_ADDRESS_NO_PORT, [{}], 4", u8::from(on)),
        SocketOption::NonBlocking(_) => unreachable!("fcntl sets it"),
        SocketOption::ReceiveTimeout(_) | SocketOption::SendTimeout(_) => unreachable!("see `refusal`"),
    }
}
