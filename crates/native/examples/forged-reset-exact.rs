//! What can somebody do who sees my segments?
//!
//! A forged RST with the very next number is as good as a real one.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // Whoever sees the segments knows the next number. Encryption above TCP does not help: this bit is not encrypted.
    lab.link("link inject R to client", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Exact, None, 0).expect("there is a connection");
    });
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");

    // The server finds out when it sends: its data is for a connection that the client does not have any more.
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.server("read()", || server.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
