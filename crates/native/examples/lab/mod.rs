//! Two hosts and a link for a plain program, or a proxy between them and two links, and a record of what happens there,
//! in the notation of the book's traces.
//!
//! Each call is made by the program itself, in a closure, on the host whose name stands before it:
//! `lab.client("write(5)", || client.write(b"hello"))`. When it has returned, the lab waits until the link is quiet,
//! and prints the call, the segments and the states. With ` &` behind the call it does not wait.

#![allow(dead_code, reason = "each program uses what it needs")]

use std::io;
use std::mem::ManuallyDrop;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Child;
#[cfg(unix)]
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use native::{Making, Protocol, Rung, Testbed};
use scenario::{Action, Errno, Host, LinkAction, Network, Outcome, Ready, Trace, Verb, Witness};
use socket2::{SockRef, Socket};

/// Two hosts with a link between them; or, where this machine allows no such thing, this machine alone.
pub(crate) struct Lab {
    testbed: Option<Testbed>,
    began: Instant,
    server: SocketAddr,
    proxy: SocketAddr,
    /// How many calls were begun that may wait.
    begun: u32,
}

/// The link is quiet when nothing was sent for so long.
const QUIET: Duration = Duration::from_millis(100);

impl Lab {
    /// Boots the hosts. First thing in `main`, while the program has one thread.
    pub(crate) fn new() -> Self {
        Self::of(Network::Direct)
    }

    /// The same with a proxy between client and server.
    pub(crate) fn proxied() -> Self {
        Self::of(Network::Proxied)
    }

    fn of(network: Network) -> Self {
        let testbed = match Testbed::of(network, Protocol::Ipv4, &[Rung::Tun, Rung::Veth]) {
            Ok(testbed) => {
                testbed.notes().iter().for_each(|note| println!("# {note}"));
                Some(testbed)
            }
            Err(error) => {
                println!("# {error}");
                println!("# So all hosts are this machine. What its TCP sends and which states it is in is not shown");
                println!("# here, only what the calls return; and nothing can be done to the link.");
                None
            }
        };
        let [server, proxy] = [Host::Server, Host::Proxy].map(|host| match &testbed {
            Some(testbed) => SocketAddr::new(testbed.address(host), 80),
            None => free_address().expect("this machine can talk to itself"),
        });
        Self { testbed, began: Instant::now(), server, proxy, begun: 0 }
    }

    /// Where the server listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.server
    }

    /// Where the proxy listens.
    pub(crate) const fn proxy_address(&self) -> SocketAddr {
        self.proxy
    }

    /// The client makes a call. `call` is what it is called in the record, `NAME.write(5)` on a socket with a name.
    pub(crate) fn client<T: Returned>(&mut self, call: &str, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.call(Host::Client, call, make)
    }

    /// The server makes a call.
    pub(crate) fn server<T: Returned>(&mut self, call: &str, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.call(Host::Server, call, make)
    }

    /// The proxy makes a call, on the socket that is named in `call`: its two connections are `downstream`, which the
    /// client has begun, and `upstream`.
    pub(crate) fn proxy<T: Returned>(&mut self, call: &str, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.call(Host::Proxy, call, make)
    }

    /// The proxy asks poll(2) what a socket of its own is ready for.
    pub(crate) fn proxy_polls<'s, S>(&mut self, call: &str, socket: &'s S)
    where
        SockRef<'s>: From<&'s S>,
    {
        self.poll(Host::Proxy, call, &SockRef::from(socket));
    }

    /// The client begins a call that is going to block; [`Lab::end`] waits until it returns.
    pub(crate) fn client_begins<T: Returned + Send + 'static>(
        &mut self,
        call: &'static str,
        make: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Begun<T> {
        self.begin(Host::Client, call, make)
    }

    /// The server begins a call that is going to block.
    pub(crate) fn server_begins<T: Returned + Send + 'static>(
        &mut self,
        call: &'static str,
        make: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Begun<T> {
        self.begin(Host::Server, call, make)
    }

    /// The client asks poll(2) what its socket is ready for.
    pub(crate) fn client_polls<'s, S>(&mut self, call: &str, socket: &'s S)
    where
        SockRef<'s>: From<&'s S>,
    {
        self.poll(Host::Client, call, &SockRef::from(socket));
    }

    /// The server asks poll(2) what its socket is ready for.
    pub(crate) fn server_polls<'s, S>(&mut self, call: &str, socket: &'s S)
    where
        SockRef<'s>: From<&'s S>,
    {
        self.poll(Host::Server, call, &SockRef::from(socket));
    }

    /// std does not have this call, and not every system has it alike.
    fn poll(&mut self, host: Host, call: &str, socket: &Socket) {
        if self.testbed.is_none() {
            println!("# {host} {call}: not here");
        } else if let Err(error) = self.call(host, call, || native::poll(socket)) {
            println!("# poll(2): {error}");
        }
    }

    /// A call that was begun has not returned, and waits for something that will not come. It ends with the program.
    pub(crate) fn never_returns<T: Returned>(&mut self, begun: &Begun<T>) {
        assert!(!begun.has_returned(), "{} {} has returned", begun.host, begun.call);
        self.record_outcome(begun.host, begun.call, begun.began, Instant::now(), Outcome::Blocks);
        self.settle();
    }

    /// Waits until a call that was begun returns.
    pub(crate) fn end<T: Returned>(&mut self, begun: Begun<T>) -> io::Result<T> {
        let Begun { host, call, began, id, thread } = begun;
        let (ended, returned) = thread.join().expect("a call does not panic");
        self.record(host, call, began, ended, &returned);
        if let Some(testbed) = &mut self.testbed {
            testbed.ended(id);
        }
        self.settle();
        returned
    }

    /// A setting of the client's kernel, in /proc/sys/net/ipv4.
    pub(crate) fn client_setting(&mut self, name: &str, value: &str) {
        self.set(Host::Client, name, value);
    }

    /// A setting of the server's kernel.
    pub(crate) fn server_setting(&mut self, name: &str, value: &str) {
        self.set(Host::Server, name, value);
    }

    fn set(&mut self, host: Host, name: &str, value: &str) {
        self.link(&format!("{host} sysctl({name}, {value})"), |testbed| {
            let set = testbed.on(host, || std::fs::write(format!("/proc/sys/net/ipv4/{name}"), value));
            match set.expect("the host is up") {
                // Linux before 6.5 has no such setting, and its SYNs wait as with 0.
                Err(error) if error.kind() == io::ErrorKind::NotFound && name == "tcp_syn_linear_timeouts" => {
                    assert_eq!(value, "0", "{name}: this kernel has no other value");
                }
                set => set.expect("the kernel has this setting"),
            }
        });
    }

    /// Something is done to the link or to a host, that this machine alone cannot do.
    pub(crate) fn link(&mut self, what: &str, act: impl FnOnce(&mut Testbed)) {
        match &mut self.testbed {
            Some(testbed) => {
                testbed.record_statement(action(what), what);
                act(testbed);
                self.settle();
            }
            None => {
                println!("# {what}: not here. What follows in this program would be another story.");
                std::process::exit(0);
            }
        }
    }

    /// A box on the link does something from now on, as a script says it: `link forget after 5s drop`.
    pub(crate) fn between(&mut self, what: &str) {
        let Action::Link(_, act) = action(what) else { panic!("`{what}` is no statement of the link") };
        let is_sent = matches!(act, LinkAction::Icmp { .. } | LinkAction::Inject { .. });
        assert!(!is_sent, "`{what}` is sent at once: `send_icmp` and `inject` do that");
        self.link(what, |link| link.act_on_link(&act));
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, time: Duration) {
        if let Some(testbed) = &mut self.testbed {
            testbed.record_statement(Action::Wait(time), &format!("wait {}ms", time.as_millis()));
        }
        thread::sleep(time);
        self.settle();
    }

    /// Time passes, whatever is on its way.
    pub(crate) fn pause(&mut self, time: Duration) {
        if let Some(testbed) = &mut self.testbed {
            testbed.record_statement(Action::Pause(time), &format!("wait {}ms &", time.as_millis()));
        }
        thread::sleep(time);
    }

    fn call<T: Returned>(&mut self, host: Host, call: &str, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let (call, waits) = call.strip_suffix(" &").map_or((call, true), |call| (call, false));
        let began = Instant::now();
        let returned = self.on(host, make);
        self.record(host, call, began, Instant::now(), &returned);
        if waits {
            self.settle();
        }
        returned
    }

    fn begin<T: Returned + Send + 'static>(
        &mut self,
        host: Host,
        call: &'static str,
        make: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Begun<T> {
        let (call, waits) = call.strip_suffix(" &").map_or((call, true), |call| (call, false));
        let began = Instant::now();
        let id = self.begun;
        self.begun += 1;
        if let Some(testbed) = &mut self.testbed {
            testbed.begun(host, parts(host, call).0, id);
        }
        // The thread inherits the host on which it is started.
        let thread = self.on(host, || {
            thread::spawn(move || {
                let returned = make();
                (Instant::now(), returned)
            })
        });
        thread::sleep(Duration::from_millis(10));
        if waits {
            self.settle();
        }
        Begun { host, call, began, id, thread }
    }

    fn on<T>(&self, host: Host, make: impl FnOnce() -> T) -> T {
        match &self.testbed {
            Some(testbed) => testbed.on(host, make).expect("programs call only on hosts that are up"),
            None => make(),
        }
    }

    fn record<T: Returned>(&mut self, host: Host, call: &str, began: Instant, ended: Instant, made: &io::Result<T>) {
        if self.testbed.is_none() {
            let shown = made.as_ref().map_or_else(io::Error::to_string, |value| value.outcome().to_string());
            return self.print_call(host, call, ended, &shown);
        }
        let (socket, verb) = parts(host, call);
        if let (Some(testbed), Ok(value)) = (&mut self.testbed, made)
            && let Some((made, making)) = value.made()
        {
            let making = match making {
                Making::Accepting(_) => Making::Accepting(listener(host)),
                making => making,
            };
            testbed.made(host, socket, &made, making).expect("a socket of the program's own");
        }
        self.record_outcome(host, call, began, ended, outcome(made));
        match (&mut self.testbed, verb) {
            (Some(testbed), Verb::Close) => testbed.closed(host, socket),
            (Some(testbed), Verb::Dup { copy }) => testbed.copied(host, socket, &copy),
            _ => {}
        }
    }

    fn record_outcome(&mut self, host: Host, call: &str, began: Instant, ended: Instant, outcome: Outcome) {
        let Some(testbed) = &mut self.testbed else { return self.print_call(host, call, ended, &outcome.to_string()) };
        let (now, now_us) = (Instant::now(), testbed.now_us());
        let ago_us = |at: Instant| u64::try_from((now - at).as_micros()).unwrap_or(u64::MAX);
        let times_us = [began, ended].map(|at| now_us.saturating_sub(ago_us(at)));
        let (socket, verb) = parts(host, call);
        testbed.record_call(host, socket, verb, times_us, outcome);
    }

    /// Where there is no lab: this is all that is known.
    fn print_call(&self, host: Host, call: &str, ended: Instant, shown: &str) {
        let at = ended - self.began;
        println!("{}.{:03} {host:6}  {call} = {shown}", at.as_secs(), at.subsec_millis());
    }

    fn settle(&mut self) {
        let Some(testbed) = &mut self.testbed else {
            thread::sleep(QUIET / 5);
            return;
        };
        let events = testbed.settle(QUIET).unwrap_or_else(|error| panic!("{error}"));
        let trace = Trace {
            version: Trace::VERSION,
            scenario: String::new(),
            witness: Witness::Linux,
            backend: testbed.rung().into(),
            kernel: String::new(),
            sockets: testbed.sockets().clone(),
            events,
            failed: Vec::new(),
        };
        print!("{trace}");
    }
}

/// A call that has not returned.
pub(crate) struct Begun<T> {
    host: Host,
    call: &'static str,
    began: Instant,
    id: u32,
    thread: JoinHandle<(Instant, io::Result<T>)>,
}

impl<T> Begun<T> {
    /// Whether it has returned by now.
    pub(crate) fn has_returned(&self) -> bool {
        self.thread.is_finished()
    }
}

/// The name of a host's only listener.
const fn listener(host: Host) -> &'static str {
    match host {
        Host::Proxy => "frontend",
        Host::Client | Host::Server => "listener",
    }
}

/// The socket's name, and the call.
fn parts(host: Host, call: &str) -> (&str, Verb) {
    let (socket, text) = match call.split_once('.') {
        Some((socket, text)) if !socket.contains('(') => (Some(socket), text),
        _ => (None, call),
    };
    let verb = Verb::from_text(text, listener(host)).unwrap_or_else(|error| panic!("`{call}` is no call: {error}"));
    let usual = if matches!(verb, Verb::Listen { .. }) { listener(host) } else { host.name() };
    (socket.unwrap_or(usual), verb)
}

fn action(text: &str) -> Action {
    Action::from_text(text).unwrap_or_else(|error| panic!("`{text}` is no statement: {error}"))
}

/// A process that holds the connection as its stdin, and does nothing with it.
#[cfg(unix)]
pub(crate) fn process_with(connection: TcpStream) -> io::Result<Child> {
    Command::new("sleep").arg("60").stdin(OwnedFd::from(connection)).spawn()
}

/// A process that holds the connection: only Unix hands sockets to other programs like that.
#[cfg(not(unix))]
pub(crate) fn process_with(_: TcpStream) -> io::Result<Child> {
    Err(io::Error::other("a connection cannot be another program's stdin on this system"))
}

/// close(2): Rust closes a socket when its owner lets go of it.
pub(crate) fn close<T>(socket: T) -> io::Result<()> {
    drop(socket);
    Ok(())
}

/// The same, and what is left of it in a program that goes on with its number: each call on it is one on no descriptor.
#[cfg(unix)]
pub(crate) fn close_and_keep_the_number(socket: Socket) -> ManuallyDrop<Socket> {
    let number = socket.as_raw_fd();
    drop(socket);
    // SAFETY: nothing but calls that shall fail is done with it, and it is never closed.
    #[expect(unsafe_code, reason = "a program that uses what it has closed is what is shown")]
    ManuallyDrop::new(unsafe { Socket::from_raw_fd(number) })
}

/// The same: only on Unix a socket is a small number, and a closed one is told as such.
#[cfg(not(unix))]
pub(crate) fn close_and_keep_the_number(socket: Socket) -> ManuallyDrop<Socket> {
    println!("# a socket that was closed is shown on Unix alone. What follows in this program would be another story.");
    drop(socket);
    std::process::exit(0)
}

/// A port of this machine's that nobody listens on.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn outcome<T: Returned>(returned: &io::Result<T>) -> Outcome {
    match returned {
        Ok(value) => value.outcome(),
        Err(error) => Outcome::Errno(errno(error)),
    }
}

fn errno(error: &io::Error) -> Errno {
    let number = error.raw_os_error().and_then(|number| u16::try_from(number).ok());
    number.map(Errno).expect("the programs make system calls only")
}

/// What calls return, and how it is recorded.
pub(crate) trait Returned {
    /// A count of bytes; 0 where there is nothing to count.
    fn outcome(&self) -> Outcome {
        Outcome::ZERO
    }

    /// The socket that the call has made, if that was its purpose.
    fn made(&self) -> Option<(SockRef<'_>, Making<'static>)> {
        None
    }
}

impl Returned for () {}

impl Returned for usize {
    fn outcome(&self) -> Outcome {
        Outcome::Number(*self as u64)
    }
}

/// `poll`
impl Returned for Ready {
    fn outcome(&self) -> Outcome {
        Outcome::Ready(*self)
    }
}

/// `peer_addr`
impl Returned for SocketAddr {}

/// `take_error`: getsockopt(2) with SO_ERROR.
impl Returned for Option<io::Error> {
    fn outcome(&self) -> Outcome {
        self.as_ref().map_or(Outcome::ZERO, |error| Outcome::Errno(errno(error)))
    }
}

impl Returned for TcpListener {
    fn made(&self) -> Option<(SockRef<'_>, Making<'static>)> {
        Some((SockRef::from(self), Making::Listening))
    }
}

/// A connection that `socket2` has accepted.
pub(crate) struct Accepted(pub(crate) TcpStream);

impl Returned for Accepted {
    fn made(&self) -> Option<(SockRef<'_>, Making<'static>)> {
        Some((SockRef::from(&self.0), Making::Accepting("listener")))
    }
}

/// `socket2` gives one type for all: here a listener.
impl Returned for Socket {
    fn made(&self) -> Option<(SockRef<'_>, Making<'static>)> {
        Some((SockRef::from(self), Making::Listening))
    }
}

impl Returned for TcpStream {
    fn made(&self) -> Option<(SockRef<'_>, Making<'static>)> {
        Some((SockRef::from(self), Making::Connecting))
    }
}

/// `accept`
impl Returned for (TcpStream, SocketAddr) {
    fn made(&self) -> Option<(SockRef<'_>, Making<'static>)> {
        Some((SockRef::from(&self.0), Making::Accepting("listener")))
    }
}
