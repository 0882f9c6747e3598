//! How does keep-alive notice that nobody is there?
//!
//! Nobody answers two probes. The defaults: two hours of silence, then nine probes.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::Host;
use socket2::{SockRef, TcpKeepalive};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    // Where nobody sets them: two hours, 75 seconds and nine probes.
    let second = Duration::from_secs(1);
    for (option, keepalive) in [
        ("setsockopt(TCP_KEEPIDLE, 1s) &", TcpKeepalive::new().with_time(second)),
        ("setsockopt(TCP_KEEPINTVL, 1s) &", TcpKeepalive::new().with_interval(second)),
        ("setsockopt(TCP_KEEPCNT, 2) &", TcpKeepalive::new().with_retries(2)),
    ] {
        lab.client(option, || SockRef::from(&client).set_tcp_keepalive(&keepalive))?;
    }
    lab.client("setsockopt(SO_KEEPALIVE, 1) &", || SockRef::from(&client).set_keepalive(true))?;
    lab.link("server crash()", |link| link.crash(Host::Server));

    // Each probe asks for an answer: it has a number that was acknowledged long ago. When two have had none,
    // the kernel gives up, and says so to the other side too, with a RST.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("nobody answers");
    println!("# Rust says: {error}");
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"hello\")", || client.write(b"hello")).expect_err("the connection is over");
    Ok(())
}
