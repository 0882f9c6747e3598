//! Why does a write fail minutes after the other side left?
//!
//! The client has closed, and its kernel has forgotten the connection. Then the server writes.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    // How long the client's kernel keeps a connection that no program owns any more. 60 s where nobody changed it.
    lab.client_setting("tcp_fin_timeout", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_millis(1500));

    // Nothing was sent when the client's kernel forgot the connection, so the server knows nothing of that.
    // Its write succeeds, and draws a RST.
    lab.server("write(\"hello?\")", || server.write(b"hello?"))?;
    let error = lab.server("write(\"hello??\")", || server.write(b"hello??")).expect_err("nobody knows the connection");
    println!("# Rust says: {error}");
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
