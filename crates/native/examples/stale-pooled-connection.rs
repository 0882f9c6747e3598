//! Why does the first request on a pooled connection fail?
//!
//! The server closed the idle connection long ago. The pool hands it out.

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

    // The server's idle timeout is over. The FIN arrives while nobody looks at the connection.
    lab.server("close()", || lab::close(server))?;
    lab.wait(Duration::from_secs(1));

    // The pool hands the connection out without a look, and the write succeeds. It says nothing about the server.
    lab.client("write(\"request\")", || client.write(b"request"))?;

    // Libraries call this "socket hang up", "failed to respond", "prematurely closed". It is 0: the end of a stream
    // in which there was no answer. No byte of one came, so trying again on another connection is the classic safe case.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"again\")", || client.write(b"again")).expect_err("the connection is over");
    Ok(())
}
