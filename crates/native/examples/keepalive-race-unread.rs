//! Why is the reused connection reset before any answer?
//!
//! The next request is already in the server's queue when its idle timer closes the connection.

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

    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // The second request has arrived and is acknowledged. It does not follow that the server's program has seen it.
    lab.client("write(\"GET /2\")", || client.write(b"GET /2"))?;

    // The idle timer fires before the program reads. Closing with unread bytes resets.
    lab.server("close()", || lab::close(server))?;

    // A moment earlier, and this would have been 0 (keepalive-race-fin). It is the same race.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
