//! Can one lost probe end a healthy connection?
//!
//! The user timeout is shorter than the silence before the first probe. Linux counts the silence, not the probes.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};
use socket2::{SockRef, TcpKeepalive};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    for (option, keepalive) in [
        ("setsockopt(TCP_KEEPIDLE, 2s) &", TcpKeepalive::new().with_time(Duration::from_secs(2))),
        ("setsockopt(TCP_KEEPINTVL, 1s) &", TcpKeepalive::new().with_interval(Duration::from_secs(1))),
        ("setsockopt(TCP_KEEPCNT, 5) &", TcpKeepalive::new().with_retries(5)),
    ] {
        lab.client(option, || SockRef::from(&client).set_tcp_keepalive(&keepalive))?;
    }
    // Shorter than the two seconds before the first probe: this is the mistake.
    let patience = Duration::from_secs(1);
    lab.client("setsockopt(TCP_USER_TIMEOUT, 1s) &", || user_timeout(&client, patience))?;
    lab.client("setsockopt(SO_KEEPALIVE, 1) &", || SockRef::from(&client).set_keepalive(true))?;
    lab.link("link drop next ACK from client", |link| {
        link.meet(Meeting::Drop, Count::Next(1), Kind::Ack, Host::Client);
    });

    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("one probe was lost");
    println!("# Rust says: {error}");
    lab.server("read()", || server.read(&mut buffer)).expect_err("the client's kernel has reset");
    Ok(())
}

/// TCP_USER_TIMEOUT, which Linux has.
#[cfg(target_os = "linux")]
fn user_timeout(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    SockRef::from(stream).set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn user_timeout(_: &TcpStream, _: Duration) -> io::Result<()> {
    Err(io::Error::other("TCP_USER_TIMEOUT is Linux's"))
}
