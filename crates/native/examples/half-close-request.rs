//! Can I say that my request is complete, and still read the answer?
//!
//! The client shuts down its writing side. The server answers on the other one.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.client("write(\"request\")", || client.write(b"request"))?;

    // One direction ends, and only one: a FIN says "I will send no more".
    lab.client("shutdown(WR)", || client.shutdown(Shutdown::Write))?;
    let error = lab.client("write(\"more\")", || client.write(b"more")).expect_err("we said that there is no more");
    println!("# Rust says: {error}");

    // 0 tells the server that the request is complete: no length and no mark at its end is needed.
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The other direction is as open as before, for as long as the server likes: the client has FIN-WAIT-2
    // and its descriptor, and no timer runs.
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.client("read()", || client.read(&mut buffer))?;

    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("close()", || lab::close(client))?;
    Ok(())
}
