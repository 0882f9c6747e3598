//! What does accept() give me when the client has left already?
//!
//! The client connects, asks and closes before the server gets round to it.

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

    // The client's patience ends before the busy server comes to it.
    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;
    lab.client("close()", || lab::close(client))?;

    // For the server it looks like any other request. poll(2) tells, and so does a read behind the request: RDHUP, and
    // 0. The client is gone (or has shut down its writing direction, which looks the same).
    let (mut server, _) = lab.server("accept()", || listener.accept())?;
    lab.server_polls("poll()", &server);
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // All the work for the answer was for nobody.
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.server("write(\"body\")", || server.write(b"body")).expect_err("nobody is there");
    Ok(())
}
