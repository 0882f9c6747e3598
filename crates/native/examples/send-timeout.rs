//! How do I bound connect() and write()?
//!
//! SO_SNDTIMEO is the limit of both. When it is over the call returns, and what it began goes on.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::{Domain, SockRef, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let message = [b'a'; 60_000];
    let mut buffer = [0; 1000];

    lab.link("link delay 400ms", |link| link.set_delay(Duration::from_millis(400)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut made = None;
    lab.client("socket()", || {
        made = Some(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        Ok(())
    })?;
    let socket = made.expect("socket(2) has made it");
    let limit = Some(Duration::from_millis(200));
    lab.client("setsockopt(SO_SNDTIMEO, 200ms)", || socket.set_write_timeout(limit))?;
    lab.client("setsockopt(SO_SNDBUF, 20000)", || socket.set_send_buffer_size(20_000))?;

    // The handshake takes 800 ms. connect() does not wait for it so long, and the kernel goes on with it.
    let error = lab.client("connect()", || socket.connect(&address.into())).expect_err("the limit is shorter");
    println!("# Rust says: {error}");
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // A part was taken, so there is no error: the rest is the program's again.
    let mut client = TcpStream::from(socket);
    let taken = lab.client("write(60000) &", || client.write(&message))?;
    let rest = &message[taken..];
    lab.pause(Duration::from_millis(100));
    let error = lab.client("write(13664) &", || client.write(rest)).expect_err("nothing fitted within the limit");
    println!("# Rust says: {error}");

    // The server is told only when the program gives up.
    lab.pause(Duration::from_millis(100));
    lab.client("setsockopt(SO_LINGER, 0) &", || SockRef::from(&client).set_linger(Some(Duration::ZERO)))?;
    lab.client("close()", || lab::close(client))?;
    lab.server("getsockopt(SO_ERROR)", || server.take_error())?;
    lab.server("read(1000)", || server.read(&mut buffer))?;
    Ok(())
}
