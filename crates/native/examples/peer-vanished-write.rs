//! How long until a write fails when nobody is there any more?
//!
//! The link is cut. The client writes, with a user timeout of two seconds.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

#[cfg(target_os = "linux")]
use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // Without it Linux goes on trying for a quarter of an hour (tcp_retries2).
    lab.client("setsockopt(TCP_USER_TIMEOUT, 2s)", || user_timeout(&client, Duration::from_secs(2)))?;
    lab.link("link cut", |link| link.cut());
    lab.client("write(\"hello\")", || client.write(b"hello"))?;

    // Nobody acknowledges. Each try comes after twice as long. When the time is over there is an error, and no RST:
    // it would not arrive either.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nobody is there");
    println!("# Rust says: {error}");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}

/// TCP_USER_TIMEOUT (RFC 5482's local half), which Linux has.
#[cfg(target_os = "linux")]
fn user_timeout(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    SockRef::from(stream).set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn user_timeout(_: &TcpStream, _: Duration) -> io::Result<()> {
    Err(io::Error::other("TCP_USER_TIMEOUT is Linux's"))
}
