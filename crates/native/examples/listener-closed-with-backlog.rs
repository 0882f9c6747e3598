//! Why are connections reset when I deploy?
//!
//! The client is connected, but nobody has accepted it yet. The server closes its listener.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;

    // connect() and write() succeed without any accept(): the server's kernel does all that.
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;

    // A new version is rolled out. Whoever stands in the queue is reset.
    lab.server("listener.close()", || lab::close(listener))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
