//! Does the client get the answer if it reads before it writes on?
//!
//! The server answers before it has read the whole upload, and closes. The client reads.

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
    lab.server("write(\"413\")", || server.write(b"413"))?;
    lab.server("close()", || lab::close(server))?;

    // A read gives first what has arrived, and looks for an error when there is nothing left.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
