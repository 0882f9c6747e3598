//! Who resets my connection, if the server says that it did not?
//!
//! A firewall sends a RST in the server's name.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // Whoever sees the segments can forge this one: the next number, and the bit.
    lab.link("link inject R to client", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Exact, None, 0).expect("there is a connection");
    });

    // "Reset by peer", says the client's library. The peer has no line about it in its log.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    println!("# Rust says: {error}");

    // The server finds out when it sends: its data is for a connection that the client does not have any more.
    lab.server("write(\"hello\")", || server.write(b"hello"))?;
    lab.server("write(\"more\")", || server.write(b"more")).expect_err("the connection is reset");
    Ok(())
}
