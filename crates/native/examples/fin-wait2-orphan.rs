//! Why does my write fail a minute after the other side has closed?
//!
//! The client closed long ago, and its kernel has forgotten the connection. The server writes.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // How long the client's kernel keeps a connection that no program owns any more. 60 s, unless somebody sets it.
    lab.client_setting("tcp_fin_timeout", "1");
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_secs(2));

    // Nothing was sent when it was forgotten, so the server knows nothing of it. The write succeeds, and draws a RST.
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    let error = lab.server("write(\"more\")", || server.write(b"more")).expect_err("there is no such connection");
    println!("# Rust says: {error}");
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
