//! How long until a read fails when nobody is there any more?
//!
//! The link is cut. The client only reads.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.link("link cut", |link| link.cut());

    // Nothing is sent, so nothing can be missing. The kernel has no reason to doubt: this read would wait for ever.
    // A program that has something else to do says how long it is ready to wait.
    client.set_read_timeout(Some(Duration::from_secs(3)))?;
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nothing comes");

    // That is this program's own clock, and says nothing about the connection: it is ESTABLISHED as before,
    // and an answer that comes now would be read by the next read.
    println!("# Rust says: {error}");
    Ok(())
}
