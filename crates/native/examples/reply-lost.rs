//! Why is the answer cut off in the middle?
//!
//! The end of the answer is still in the send queue when the server closes with unread input.

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

    let mut buffer = [0; 65_536];

    // A request, and a line's end behind it that the server does not expect.
    lab.client("write(\"request\")", || client.write(b"request"))?;
    lab.client("write(\"more\")", || client.write(b"more"))?;
    lab.server("read(7)", || server.read(&mut buffer[..7]))?;

    // The answer is longer than what may leave before the first acknowledgement. write() has taken it all.
    lab.server("write(20000) &", || server.write(&[b'x'; 20_000]))?;

    // A RST takes the place of everything that has not left yet. There is no error on this side, here or later.
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
