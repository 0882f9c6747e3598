//! How do I say "that was my whole request" and still read the answer?
//!
//! The client ends its own direction with shutdown(WR). The other direction stays open for as long as the server likes.

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

    lab.client("write(\"request\")", || client.write(b"request"))?;

    // One direction ends, and only one: a FIN says "I will send no more".
    lab.client("shutdown(WR)", || client.shutdown(Shutdown::Write))?;

    // 0 tells the server that the request is complete: no length and no mark at its end is needed.
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The other direction is as open as before, for as long as the server likes: the client has FIN-WAIT-2
    // and its descriptor, and no timer runs.
    lab.server("write(\"first half\")", || server.write(b"first half"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    let error = lab.client("write(\"one more\")", || client.write(b"one more")).expect_err("we said: no more");
    println!("# Rust says: {error}");

    lab.server("write(\"second half\")", || server.write(b"second half"))?;
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
