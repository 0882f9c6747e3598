//! Why "No route to host", when there is a route?
//!
//! A firewall says no, by ICMP. How it says it decides what connect() calls it; the host itself is never asked.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let _listener = lab.server("listen()", || TcpListener::bind(address))?;

    // The service runs. What connect() says is what the box in front of it says, and how.
    lab.between("link reject SYN from client unreachable");
    let mut socket = None;
    let refused = lab.client("connect()", || {
        let socket = socket.insert(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        socket.connect(&address.into())
    });
    println!("# Rust says: {}", refused.expect_err("the box says no"));
    let client = socket.expect("socket(2) has made it");

    // The error was handed out. What poll(2) still sees is the message itself, in the socket's error queue.
    lab.client_polls("poll()", &client);
    lab.client("getsockopt(SO_ERROR)", || client.take_error())?;

    for (rule, call) in [
        ("link reject SYN from client admin-prohibited", "second.connect()"),
        ("link reject SYN from client port-unreachable", "third.connect()"),
    ] {
        lab.between(rule);
        let error = lab.client(call, || TcpStream::connect(address)).expect_err("the box says no");
        println!("# Rust says: {error}");
    }

    lab.client("fourth.connect()", || TcpStream::connect(address))?;
    Ok(())
}
