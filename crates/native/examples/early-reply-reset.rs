//! Where did the answer go that the server sent before it closed?
//!
//! The server answers before it has read the whole upload, and closes. The client writes on.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.client("write(20000)", || client.write(&[b'x'; 20_000]))?;
    lab.server("read(4096)", || server.read(&mut [0; 4096]))?;

    // "413 Content Too Large", and the server has no wish to read the rest.
    lab.server("write(\"413\")", || server.write(b"413"))?;
    lab.server("close()", || lab::close(server))?;

    // The RST is behind the answer. A client that gives up at this error never sees why.
    lab.client("write(\"more\")", || client.write(b"more")).expect_err("the connection is reset");

    // What has arrived is still there: Linux does not take it back. Read before you give up.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
