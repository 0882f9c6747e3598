//! Does SO_LINGER tell me that the other side has everything?
//!
//! The network is down when the server closes. close() waits for one second, and then gives up without a word.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("setsockopt(SO_LINGER, 1)", || SockRef::from(&server).set_linger(Some(Duration::from_secs(1))))?;
    lab.link("link cut", |link| link.cut());

    // close() waits until the other side has acknowledged everything, and for a second at the most.
    // What it returns then is no answer: Rust does not even look, and C gets 0 either way.
    lab.server("close()", || lab::close(server))?;

    // The kernel goes on trying by itself. On Linux SO_LINGER bounds the waiting, not the sending.
    lab.link("link restore", |link| link.restore());
    lab.wait(Duration::from_secs(1));
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
