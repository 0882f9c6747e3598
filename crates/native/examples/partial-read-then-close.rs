//! I did read the request. Why does my close() reset the connection?
//!
//! The server reads five bytes of ten, answers nothing and closes.

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

    lab.client("write(\"GET /index\")", || client.write(b"GET /index"))?;

    // A parser that stops where its message ends leaves what stands behind it: a line's end, a body, a second request.
    lab.server("read(5)", || server.read(&mut buffer[..5]))?;

    // For close() it makes no difference whether all is unread or one byte.
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
