//! What does "connection refused" mean?
//!
//! The host is there, but nobody listens on that port.

mod lab;

use std::io::{self, Read, Write};

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    // socket(2) and connect(2) apart, because the socket is to be tried again afterwards.
    let mut socket = None;

    // The host is there, and its kernel has answered: no program listens on this port. A firewall can say the same.
    // A host that is not there says nothing at all (syn-blackhole).
    let refused = lab.client("connect()", || {
        let socket = socket.insert(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        socket.connect(&address.into())
    });
    println!("# Rust says: {}", refused.expect_err("nobody listens"));
    let mut client = socket.expect("socket(2) has made it");

    // The error was handed out. What is left is a socket that was never connected.
    lab.client("read()", || client.read(&mut buffer)).expect_err("it is not connected");
    lab.client("write(\"hello\")", || client.write(b"hello")).expect_err("it is not connected");

    // Without waiting, connect() says only that it has begun. The answer is kept for whoever asks, and given once.
    let mut second = None;
    let begun = lab.client("second.connect(nonblock)", || {
        let socket = second.insert(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        socket.set_nonblocking(true)?;
        socket.connect(&address.into())
    });
    begun.expect_err("it takes a while");
    let second = second.expect("socket(2) has made it");
    lab.client_polls("second.poll()", &second);
    for _ in 0..2 {
        lab.client("second.getsockopt(SO_ERROR)", || second.take_error())?;
    }
    Ok(())
}
