//! Why does a request on an idle connection fail with an empty answer?
//!
//! The server closed the idle connection some time ago. The client's pool hands it out all the same.

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

    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // The server's idle timeout is over. The FIN arrives while nobody looks at the connection.
    lab.server("close()", || lab::close(server))?;

    // A look would tell: it can be read, though nobody has asked anything.
    lab.client_polls("poll()", &client);

    // The pool hands it out without a look, and the write succeeds. It says nothing about the server.
    lab.client("write(\"GET /2\")", || client.write(b"GET /2"))?;

    // Libraries call this "socket hang up", "failed to respond", "prematurely closed". It is 0: the end of a stream
    // in which there was no answer. No byte of one came, so trying again on another connection is the classic safe case.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"GET /2\")", || client.write(b"GET /2")).expect_err("the connection is over");
    Ok(())
}
