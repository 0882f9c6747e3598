//! What does a forged RST with the exact number do?
//!
//! The number is RCV.NXT: it cannot be told from a real one.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.server("write(\"hello\")", || server.write(b"hello"))?;

    // Encryption above TCP does not help: this bit is not encrypted.
    lab.link("link inject R to client", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Exact, None, 0).expect("there is a connection");
    });
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("write(\"hi\")", || client.write(b"hi")).expect_err("the connection is over");
    Ok(())
}
