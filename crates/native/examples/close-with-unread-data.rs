//! Why does a plain close() reset the connection?
//!
//! The client has sent bytes that the server never reads. The server closes.

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
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello world\")", || client.write(b"hello world"))?;

    // Eleven bytes are in the receive queue, and nobody will ever read them. The kernel knows that data is lost here,
    // and says so: a RST leaves in place of the FIN (RFC 9293 §3.6.1).
    lab.server("close()", || lab::close(server))?;

    // No FIN came first, so the error is ECONNRESET. It is kept in one place and handed out once.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    println!("# Rust says: {error}");

    // After that the connection is simply over: reading gives 0, writing gives EPIPE.
    lab.client("read()", || client.read(&mut buffer))?;
    let error = lab.client("write(\"anyone?\")", || client.write(b"anyone?")).expect_err("nobody is there");
    println!("# Rust says: {error}");
    Ok(())
}
