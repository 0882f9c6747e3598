//! How long does a write to a dead machine take to fail?
//!
//! The cable is pulled. The client writes, and its kernel repeats.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    // How often unacknowledged data is repeated. Where nobody changed it: 15 times, in a quarter of an hour.
    lab.client_setting("tcp_retries2", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    lab.link("link cut", |link| link.cut());
    lab.client("write(\"hello\")", || client.write(b"hello"))?;

    // Nobody acknowledges. Each try comes after twice as long. At the end there is an error, and no RST:
    // it would not arrive either.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nobody is there");
    println!("# Rust says: {error}");
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"hello?\")", || client.write(b"hello?")).expect_err("the connection is over");
    Ok(())
}
