//! How does a connection end when both sides behave?
//!
//! Each side closes in its own time. Each FIN is acknowledged.

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

    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // "I will send no more": a FIN, and its acknowledgement. The server's end is nobody's now, an orphan in FIN-WAIT-2;
    // the client's is in CLOSE-WAIT until the client closes too, however long that takes.
    lab.server("close()", || lab::close(server))?;

    // 0 bytes: the end of the stream. Whoever gets this has nothing left to read, and should close.
    lab.client("read()", || client.read(&mut buffer))?;

    // The other FIN, and its acknowledgement. The client is done at once. The server, who closed first, stays
    // in TIME-WAIT for a minute, to acknowledge the client's FIN again if that last acknowledgement was lost.
    lab.client("close()", || lab::close(client))?;
    Ok(())
}
