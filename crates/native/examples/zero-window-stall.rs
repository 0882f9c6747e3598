//! What if the other side is alive and never reads?
//!
//! The window of the server is full. Its kernel answers every probe, and so the connection stays.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.server("listener.setsockopt(SO_RCVBUF, 3000)", || SockRef::from(&listener).set_recv_buffer_size(3000))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let _server = lab.server("accept()", || listener.accept())?;

    // The server's queue is full: "no room", it says, a window of 0. The client's kernel asks again and again, and gets
    // an answer each time. So nobody is dead, and the connection must stay open (RFC 9293 §3.8.6.1, MUST-37).
    lab.client("write(4000)", || client.write(&[b'x'; 4000]))?;
    lab.wait(Duration::from_millis(300));

    // Only a limit of the program's own ends this, and it ends without a RST: the server is not told.
    lab.client("setsockopt(TCP_USER_TIMEOUT, 300ms) &", || user_timeout(&client, Duration::from_millis(300)))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the limit is reached");
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
