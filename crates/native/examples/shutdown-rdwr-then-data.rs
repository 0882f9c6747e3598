//! Can I get "reset by peer" for a RST that I sent myself?
//!
//! The server shuts both directions down and keeps the socket. The client writes.

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

    // Both directions end, the descriptor stays: a FIN, and the promise that nothing will be read.
    lab.server("shutdown(RDWR)", || server.shutdown(Shutdown::Both))?;

    // Data that nobody will read draws a RST. It ends the connection on the side that sends it, too, and that side
    // is told so with the only error there is for it.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server_polls("poll()", &server);
    let error = lab.server("read()", || server.read(&mut buffer)).expect_err("we reset it ourselves");
    println!("# Rust says: {error}");

    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"again\")", || client.write(b"again")).expect_err("the connection is over");
    Ok(())
}
