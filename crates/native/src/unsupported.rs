//! What programs find in place of a testbed on a system without network namespaces: an error that says so.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use scenario::link::Forged;
use scenario::{
    Action, Count, Event, Flags, Host, Icmp, Kind, Link, LinkAction, Meeting, Network, Offset, Outcome, Queue, Ready,
    Sockets, Verb,
};
use socket2::{SockRef, Socket};

use crate::{Error, Making, Protocol, Rung};

/// poll(2) on a socket, for IN, OUT and RDHUP, without waiting.
///
/// # Errors
/// Always: it is made for Linux only.
pub fn poll(_socket: &Socket) -> io::Result<Ready> {
    Err(io::ErrorKind::Unsupported.into())
}

/// ioctl(2) with FIONREAD or SIOCOUTQ: the bytes in a queue.
///
/// # Errors
/// Always: it is made for Linux only.
pub fn queued(_socket: &Socket, _queue: Queue) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// IP_BIND_ADDRESS_NO_PORT.
///
/// # Errors
/// Always: it is Linux's.
pub fn bind_no_port(_socket: &Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A testbed, of which there is none on this system: it takes Linux's network namespaces.
#[derive(Debug)]
pub struct Testbed(Infallible);

#[expect(missing_docs, clippy::missing_errors_doc, reason = "the same as on Linux, and never called")]
impl Testbed {
    /// # Errors
    /// Always: it takes Linux.
    pub fn new(_protocol: Protocol, _rungs: &[Rung]) -> Result<Self, Error> {
        Err(Error::not_linux())
    }

    /// # Errors
    /// Always: it takes Linux.
    pub fn of(_network: Network, _protocol: Protocol, _rungs: &[Rung]) -> Result<Self, Error> {
        Err(Error::not_linux())
    }

    pub const fn rung(&self) -> Rung {
        match self.0 {}
    }

    pub fn notes(&self) -> Vec<String> {
        match self.0 {}
    }

    pub const fn address(&self, _host: Host) -> IpAddr {
        match self.0 {}
    }

    pub fn on<T>(&self, _host: Host, _job: impl FnOnce() -> T) -> Result<T, Error> {
        match self.0 {}
    }

    pub fn now_us(&self) -> u64 {
        match self.0 {}
    }

    pub fn made(&mut self, _host: Host, _name: &str, _socket: &SockRef<'_>, _making: Making<'_>) -> io::Result<()> {
        match self.0 {}
    }

    pub fn closed(&mut self, _host: Host, _name: &str) {
        match self.0 {}
    }

    pub fn copied(&mut self, _host: Host, _name: &str, _copy: &str) {
        match self.0 {}
    }

    pub fn begun(&mut self, _host: Host, _name: &str, _call: u32) {
        match self.0 {}
    }

    pub fn ended(&mut self, _call: u32) {
        match self.0 {}
    }

    pub fn record_call(&mut self, _host: Host, _socket: &str, _call: Verb, _times_us: [u64; 2], _outcome: Outcome) {
        match self.0 {}
    }

    pub fn record_statement(&mut self, _action: Action, _text: &str) {
        match self.0 {}
    }

    pub const fn sockets(&self) -> &Sockets {
        match self.0 {}
    }

    pub fn settle(&mut self, _quiet: Duration) -> Result<Vec<Event>, Error> {
        match self.0 {}
    }

    pub fn crash(&mut self, _host: Host) {
        match self.0 {}
    }

    pub fn boot(&mut self, _host: Host) -> Result<(), Error> {
        match self.0 {}
    }

    pub fn act(&mut self, _link: Link, _action: &LinkAction) {
        match self.0 {}
    }

    pub fn set_delay(&mut self, _delay: Duration) {
        match self.0 {}
    }

    pub fn cut(&mut self) {
        match self.0 {}
    }

    pub fn restore(&mut self) {
        match self.0 {}
    }

    pub fn meet(&mut self, _meeting: Meeting, _count: Count, _kind: Kind, _from: Host) {
        match self.0 {}
    }

    pub fn inject(&mut self, _flags: Flags, _to: Host, _seq: Offset, _ack: Option<i64>, _len: u32) -> Option<()> {
        match self.0 {}
    }

    pub fn forge(&mut self, _to: Host, _forged: Forged) -> Option<()> {
        match self.0 {}
    }

    pub fn send_icmp(&mut self, _icmp: Icmp, _to: Host) -> Option<()> {
        match self.0 {}
    }
}
