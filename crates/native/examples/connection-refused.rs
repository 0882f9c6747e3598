//! What does "connection refused" mean?
//!
//! Nobody listens on that port.

mod lab;

use std::io::{self, Read, Write};

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    // socket(2) and connect(2) apart, because the socket is to be tried again afterwards.
    let mut socket = None;

    // The host is there, and its kernel has answered: no program listens on this port. A firewall can say the same.
    // A host that is not there says nothing at all (syn-blackhole).
    let refused = lab.client("connect()", || {
        let socket = socket.insert(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        socket.connect(&address.into())
    });
    let error = refused.expect_err("nobody listens");
    println!("# Rust says: {error}");

    let mut socket = socket.expect("socket(2) has made it");

    // The error was handed out. What is left is a socket that was never connected.
    lab.client("read()", || socket.read(&mut [0; 1024])).expect_err("it is not connected");
    lab.client("write(1)", || socket.write(b"x")).expect_err("it is not connected");
    Ok(())
}
