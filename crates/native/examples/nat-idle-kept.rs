//! How do I keep a connection in a box's memory?
//!
//! Keep-alive at shorter intervals than the box's patience. A probe is traffic, and so is its answer.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::{SockRef, TcpKeepalive};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.between("link forget after 5s drop");

    // Shorter than the box's patience: each probe, and its answer, is something that it sees of the connection.
    let three = Duration::from_secs(3);
    lab.client("setsockopt(SO_KEEPALIVE, 1)", || SockRef::from(&client).set_keepalive(true))?;
    for (option, keepalive) in [
        ("setsockopt(TCP_KEEPIDLE, 3s)", TcpKeepalive::new().with_time(three)),
        ("setsockopt(TCP_KEEPINTVL, 3s)", TcpKeepalive::new().with_interval(three)),
    ] {
        lab.client(option, || SockRef::from(&client).set_tcp_keepalive(&keepalive))?;
    }
    lab.client("write(\"query 1\")", || client.write(b"query 1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.wait(Duration::from_secs(8));

    // After eight seconds without a word of the programs the box still knows the connection.
    lab.client("write(\"query 2\")", || client.write(b"query 2"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
