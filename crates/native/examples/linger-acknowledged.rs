//! What does close() wait for with SO_LINGER?
//!
//! The link is slow. close() returns when the FIN is acknowledged, whether or not anybody has read anything.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 30ms", |link| link.set_delay(Duration::from_millis(30)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("setsockopt(SO_LINGER, 5)", || SockRef::from(&server).set_linger(Some(Duration::from_secs(5))))?;
    lab.server("write(\"answer\") &", || server.write(b"answer"))?;

    // close() returns when the FIN is acknowledged: one round trip. The client's kernel has everything then,
    // and the client's program nothing.
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
