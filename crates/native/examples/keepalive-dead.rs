//! How does a kernel find out that the other side is gone?
//!
//! Keep-alive is set: after one second of silence, every second, twice. The link is cut.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::{SockRef, TcpKeepalive};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // Where nobody sets them: two hours, 75 seconds and nine probes.
    let second = Duration::from_secs(1);
    lab.client("setsockopt(SO_KEEPALIVE, 1)", || SockRef::from(&client).set_keepalive(true))?;
    for (option, keepalive) in [
        ("setsockopt(TCP_KEEPIDLE, 1s)", TcpKeepalive::new().with_time(second)),
        ("setsockopt(TCP_KEEPINTVL, 1s)", TcpKeepalive::new().with_interval(second)),
        ("setsockopt(TCP_KEEPCNT, 2)", TcpKeepalive::new().with_retries(2)),
    ] {
        lab.client(option, || SockRef::from(&client).set_tcp_keepalive(&keepalive))?;
    }
    lab.link("link cut", |link| link.cut());

    // Each probe asks for an answer: it has a number that was acknowledged long ago. When two have had none,
    // the kernel gives up, and says so to the other side too, with a RST.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nobody answers");
    println!("# Rust says: {error}");
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(1)", || client.write(b"x")).expect_err("the connection is over");
    Ok(())
}
