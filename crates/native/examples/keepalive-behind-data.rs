//! Does keep-alive notice a dead peer while data is unacknowledged?
//!
//! Keep-alive alone would give up after three seconds. It has no turn: the retransmissions ask already.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::Host;
use socket2::{SockRef, TcpKeepalive};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    let second = Duration::from_secs(1);
    for (option, keepalive) in [
        ("setsockopt(TCP_KEEPIDLE, 1s) &", TcpKeepalive::new().with_time(second)),
        ("setsockopt(TCP_KEEPINTVL, 1s) &", TcpKeepalive::new().with_interval(second)),
        ("setsockopt(TCP_KEEPCNT, 2) &", TcpKeepalive::new().with_retries(2)),
    ] {
        lab.client(option, || SockRef::from(&client).set_tcp_keepalive(&keepalive))?;
    }
    let patience = 5 * second;
    lab.client("setsockopt(TCP_USER_TIMEOUT, 5s) &", || user_timeout(&client, patience))?;
    lab.client("setsockopt(SO_KEEPALIVE, 1) &", || SockRef::from(&client).set_keepalive(true))?;
    lab.link("server crash()", |link| link.crash(Host::Server));

    // Five bytes are in flight, so the kernel repeats them and sends no probe. The user timeout ends it.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nobody acknowledges");
    println!("# Rust says: {error}");
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
