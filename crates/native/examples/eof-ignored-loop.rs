//! Why does my read loop spin after the other side has closed?
//!
//! The server closes. The client does not look for 0.

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

    lab.server("write(\"hello\")", || server.write(b"hello"))?;
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // 0 is not "nothing yet": then read would wait. It is the end, and it comes again each time, without waiting.
    // A loop that goes on here uses a whole processor, and the connection stays in CLOSE-WAIT as long as it does.
    for _ in 0..3 {
        lab.client("read()", || client.read(&mut buffer))?;
    }

    // A loop that is right: `while let count @ 1.. = client.read(&mut buffer)? { … }`, and then close.
    Ok(())
}
