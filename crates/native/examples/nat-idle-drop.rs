//! Why does the first query after lunch hang?
//!
//! A router has forgotten the idle connection, and drops both directions without a word.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

#[cfg(target_os = "linux")]
use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // The program has been told to give up after three seconds. Without that it would be a quarter of an hour.
    lab.client("setsockopt(TCP_USER_TIMEOUT, 3s)", || user_timeout(&client, Duration::from_secs(3)))?;
    lab.client("write(\"morning\")", || client.write(b"morning"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // Lunch. The router between the two needed the room in its table.
    for host in Host::BOTH {
        let what = format!("link drop all any from {host}");
        lab.link(&what, |link| link.meet(Meeting::Drop, Count::All, Kind::Any, host));
    }

    // Neither end knows. Keep-alive at shorter intervals than the router's patience prevents it, and finds it out.
    lab.client("write(\"afternoon\")", || client.write(b"afternoon"))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("nothing arrives");
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
