//! Is a connection in the accept queue still worth serving?
//!
//! The client connects, sends a request and closes before the server accepts.

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

    // The client's own timeout is over before the busy server comes to it.
    lab.client("write(\"request\")", || client.write(b"request"))?;
    lab.client("close()", || lab::close(client))?;

    // For the server it looks like any other request. A read behind the request tells: 0, the client is gone
    // (or has shut down its writing side, which looks the same).
    let (mut server, _) = lab.server("accept()", || listener.accept())?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // All the work for the answer was for nobody.
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.server("write(\"more\")", || server.write(b"more")).expect_err("nobody is there");
    Ok(())
}
