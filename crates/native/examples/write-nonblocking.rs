//! Why has write() taken less than I gave it?
//!
//! A program that does not wait gives the send buffer what it has room for; then comes EAGAIN, until the peer has
//! acknowledged.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let message = [b'a'; 60_000];
    let mut buffer = [0; 65_536];

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("setsockopt(SO_SNDBUF, 20000)", || SockRef::from(&client).set_send_buffer_size(20_000))?;
    lab.client("setsockopt(O_NONBLOCK, 1)", || client.set_nonblocking(true))?;
    let taken = lab.client("write(60000) &", || client.write(&message))?;
    let rest = &message[taken..];
    let error = lab.client("write(13664) &", || client.write(rest)).expect_err("the buffer is full");
    println!("# Rust says: {error}");
    lab.client_polls("poll() &", &client);

    // A real program waits in poll(2) until it says OUT, and goes on where the last write ended.
    lab.wait(Duration::from_secs(1));
    lab.client_polls("poll()", &client);
    lab.client("write(13664)", || client.write(rest))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
