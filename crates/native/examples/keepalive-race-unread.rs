//! Why is the connection reset although the server has got my request?
//!
//! The request is in the server's queue when its idle timer closes the connection.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // The request has arrived and is acknowledged. That the server's program has seen it, it does not mean.
    lab.client("write(\"request\")", || client.write(b"request"))?;

    // The idle timer fires before the program reads. Closing with unread bytes resets.
    lab.server("close()", || lab::close(server))?;

    // One segment earlier, and this would have been 0 (keepalive-race-fin). It is the same race.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
