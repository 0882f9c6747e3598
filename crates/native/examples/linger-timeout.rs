//! How long does close() wait when SO_LINGER is set?
//!
//! The link is cut, so nobody acknowledges. The server closes with two seconds of linger.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.server("setsockopt(SO_LINGER, 2)", || SockRef::from(&server).set_linger(Some(Duration::from_secs(2))))?;
    lab.link("link cut", |link| link.cut());
    lab.server("write(\"answer\")", || server.write(b"answer"))?;

    // close() waits until the other side has acknowledged everything, and for two seconds at the most.
    // What it returns then is no answer: Rust does not even look, and C gets 0 either way.
    let closing = lab.server_begins("close()", || lab::close(server));
    lab.end(closing)?;
    lab.wait(Duration::from_millis(500));

    // The kernel goes on trying by itself. On Linux SO_LINGER bounds the waiting, not the sending.
    lab.link("link restore", |link| link.restore());
    lab.wait(Duration::from_secs(3));
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
