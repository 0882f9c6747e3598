//! Why does the answer to a half-closed request never arrive?
//!
//! A box on the way forgets half-closed connections sooner than others. The server needs longer than that to answer.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // Boxes watch for FINs. One that has seen a FIN of one side expects the other's soon.
    lab.between("link forget after 60s drop");
    lab.between("link forget after 2s drop half-closed");
    lab.client("write(\"request\")", || client.write(b"request"))?;
    lab.client("shutdown(WR)", || client.shutdown(Shutdown::Write))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The server works on the answer, for longer than the box waits.
    lab.wait(Duration::from_secs(3));
    lab.server("setsockopt(TCP_USER_TIMEOUT, 1s)", || user_timeout(&server, Duration::from_secs(1)))?;
    lab.server("write(\"answer\")", || server.write(b"answer"))?;

    // The client is in FIN-WAIT-2, with a descriptor: no timer runs there. It reads for ever.
    let read = lab.client_begins("read()", move || client.read(&mut [0; 1024]));
    lab.wait(Duration::from_secs(2));
    let error = lab.server("write(\"more\")", || server.write(b"more")).expect_err("nothing was acknowledged");
    println!("# Rust says: {error}");
    lab.never_returns(&read);
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
