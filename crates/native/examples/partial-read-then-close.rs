//! I have read the request. Why does close() still reset?
//!
//! The server reads five bytes of ten and closes.

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

    lab.client("write(\"helloworld\")", || client.write(b"helloworld"))?;

    // A parser that stops where its message ends leaves what stands behind it: a line's end, a body, a second request.
    lab.server("read(5)", || server.read(&mut buffer[..5]))?;

    // For close() it makes no difference whether all is unread or one byte.
    lab.server("close()", || lab::close(server))?;

    // This time it is a write that comes first, so the write is told.
    lab.client("write(\"more\")", || client.write(b"more")).expect_err("the connection is reset");
    lab.client("write(\"more\")", || client.write(b"more")).expect_err("the connection is over");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
