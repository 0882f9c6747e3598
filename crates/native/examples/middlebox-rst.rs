//! Who resets my connection, when the server says it did not?
//!
//! A firewall rejects the client's request, in the server's name.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // The firewall takes the request, and answers in the server's name.
    lab.between("link reject all data from client");
    lab.client("write(\"request\")", || client.write(b"request"))?;

    // "Reset by peer", says the client's library. The peer has no line about it in its log.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    println!("# Rust says: {error}");

    // The server finds out when it speaks: the client does not have this connection any more.
    lab.server("write(\"news\")", || server.write(b"news"))?;
    lab.server("read()", || server.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
