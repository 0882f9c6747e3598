//! How does a server answer early without losing its answer?
//!
//! The lingering close: answer, end the own direction, read what still comes, and close only then.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 65_536];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(3000)", || client.write(&[b'x'; 3000]))?;
    lab.server("read(1000)", || server.read(&mut buffer[..1000]))?;

    // The answer, and "I will send no more" behind it. The client can read both, whatever comes later.
    lab.server("write(\"413\")", || server.write(b"413"))?;
    lab.server("shutdown(WR)", || server.shutdown(Shutdown::Write))?;

    // What still comes is read and thrown away, so that nothing is unread when we close. A server that cannot trust
    // its clients does this for a bounded time and a bounded number of bytes.
    lab.client("write(2000)", || client.write(&[b'x'; 2000]))?;
    lab.server("read()", || server.read(&mut buffer))?;

    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("close()", || lab::close(client))?;

    // 0: the client has closed too. Now close() has nothing to reset.
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("close()", || lab::close(server))?;
    Ok(())
}
