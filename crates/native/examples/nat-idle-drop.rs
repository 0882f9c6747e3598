//! Why does the first query after lunch hang?
//!
//! Something in between has forgotten the idle connection and drops what belongs to it, both ways.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // The router between the two remembers for so long what it has seen last.
    lab.between("link forget after 5s drop");
    lab.client("write(\"query 1\")", || client.write(b"query 1"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // Lunch. What comes now belongs to nothing that the router knows.
    lab.wait(Duration::from_secs(6));

    // Neither end knows. Without this the client's kernel tries for a quarter of an hour.
    lab.client("setsockopt(TCP_USER_TIMEOUT, 1s)", || user_timeout(&client, Duration::from_secs(1)))?;
    lab.client("write(\"query 2\")", || client.write(b"query 2"))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("nothing arrives");

    // Keep-alive at shorter intervals than the router's patience prevents all this: nat-idle-kept.
    Ok(())
}

/// TCP_USER_TIMEOUT, which Linux has.
#[cfg(target_os = "linux")]
fn user_timeout(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn user_timeout(_: &TcpStream, _: Duration) -> io::Result<()> {
    Err(io::Error::other("TCP_USER_TIMEOUT is Linux's"))
}
