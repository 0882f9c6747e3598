//! What does shutdown(RD) tell the other side?
//!
//! Nothing. The server shuts its reading direction down, and the client writes on.

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

    // TCP has no message for "I will read no more", and Linux sends none. (macOS answers the next data with a RST.)
    lab.server("shutdown(RD)", || server.shutdown(Shutdown::Read))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The bytes are acknowledged and queued, and whoever reads gets them: behind shutdown(RD) a read does not wait,
    // and that is all.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
