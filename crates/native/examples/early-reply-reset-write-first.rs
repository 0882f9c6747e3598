//! Where did the "413 Content Too Large" go, if the client writes first?
//!
//! The server answers before it has read the whole upload, and closes. The client is busy writing.

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

    lab.client("write(3000)", || client.write(&[b'x'; 3000]))?;
    lab.server("read(1000)", || server.read(&mut buffer[..1000]))?;

    // "413 Content Too Large", and the server has no wish to read the rest.
    lab.server("write(\"413\")", || server.write(b"413"))?;
    lab.server("close()", || lab::close(server))?;

    // The RST is behind the answer. A client that gives up at this error never sees why.
    lab.client("write(3000)", || client.write(&[b'x'; 3000])).expect_err("the connection is reset");

    // What has arrived is still there: Linux does not take it back. Read before you give up.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
