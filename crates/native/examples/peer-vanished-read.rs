//! Why does my read() hang for ever?
//!
//! The server's machine is gone. The client waits for an answer and has nothing to send.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::Host;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.link("server crash()", |link| link.crash(Host::Server));

    // The client has nothing to send, so nothing can be missing. Its kernel has no reason to doubt: this read would wait
    // for ever. A program that has something else to do says how long it is ready to wait.
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nothing comes");

    // That is this program's own clock, and says nothing about the connection: it is ESTABLISHED as before,
    // and an answer that came now would be read by the next read.
    println!("# Rust says: {error}");
    Ok(())
}
