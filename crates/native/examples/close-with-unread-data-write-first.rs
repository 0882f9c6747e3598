//! Why does my write fail with "connection reset by peer"?
//!
//! The client has sent bytes that the server never reads. The server closes, and the client's next call is a write.

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

    // Eleven bytes are in the receive queue, and nobody will ever read them: a RST leaves in place of the FIN.
    lab.server("close()", || lab::close(server))?;

    // This time a write comes first, so the write is told: ECONNRESET. The next one finds the error gone: EPIPE.
    let error = lab.client("write(\"anyone?\")", || client.write(b"anyone?")).expect_err("the connection is reset");
    println!("# Rust says: {error}");
    let error = lab.client("write(\"anyone?\")", || client.write(b"anyone?")).expect_err("the connection is over");
    println!("# Rust says: {error}");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
