//! Why are there two resets in a row?
//!
//! The server closes with unread data while more of it is on its way.

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

    // Two requests behind each other: when the first has arrived, the second is still on its way.
    lab.client("write(\"first\")", || client.write(b"first"))?;
    lab.client("write(\"second\") &", || client.write(b"second"))?;

    // Closing with unread bytes resets. Then the second request arrives, for a connection that is gone: another RST.
    // One for each segment that was in flight: two in a row in a capture are nothing strange.
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
