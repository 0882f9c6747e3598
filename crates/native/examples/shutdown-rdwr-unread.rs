//! Does shutdown(RDWR) reset the connection when data is unread?
//!
//! Five bytes are unread when the server shuts both directions down. It reads them, then closes.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello\")", || client.write(b"hello"))?;

    // Five bytes are unread, and this is no close(): they can still be read. So nothing is lost, and nothing is reset.
    lab.server("shutdown(RDWR)", || server.shutdown(Shutdown::Both))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("close()", || lab::close(server))?;

    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("close()", || lab::close(client))?;
    Ok(())
}
