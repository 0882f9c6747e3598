//! How can a pool know that a connection is dead?
//!
//! The server closed the idle connection. The pool looks before it hands it out.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.server("close()", || lab::close(server))?;
    lab.wait(Duration::from_secs(1));

    // On an idle connection nothing can be waiting. So whatever a read without waiting finds, but "nothing yet",
    // speaks against the connection: the end of the stream, an error, or bytes that nobody asked for.
    client.set_nonblocking(true)?;
    let idle = lab.client("read()", || client.read(&mut buffer));
    let is_usable = idle.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);

    // A server that closes in this very moment is missed all the same: see keepalive-race-fin.
    assert!(!is_usable, "the server has closed it");
    lab.client("close()", || lab::close(client))?;
    let mut fresh = lab.client("fresh.connect()", || TcpStream::connect(address))?;
    let (mut next, _) = lab.server("next.accept()", || listener.accept())?;
    lab.client("fresh.write(\"request\")", || fresh.write(b"request"))?;
    lab.server("next.read()", || next.read(&mut buffer))?;
    Ok(())
}
