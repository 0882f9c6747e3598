//! What does SO_LINGER with 0 seconds do?
//!
//! close() becomes an abort: a RST in place of the FIN, and no TIME-WAIT.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("write(\"answer\")", || server.write(b"answer"))?;

    // "Linger for zero seconds" means: do not close, abort. What was not sent is thrown away, and a RST leaves.
    lab.server("setsockopt(SO_LINGER, 0)", || SockRef::from(&server).set_linger(Some(Duration::ZERO)))?;
    lab.server("close()", || lab::close(server))?;

    // The answer had arrived, so it can be read. Had it still been on its way, the RST might have come first.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
