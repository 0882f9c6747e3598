//! How does keep-alive notice a reboot?
//!
//! The server restarts and remembers nothing. The client only reads.

mod lab;

use std::io::{self, Read};
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

    // Where nobody sets it: two hours.
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(1));
    lab.client("setsockopt(TCP_KEEPIDLE, 1s) &", || SockRef::from(&client).set_tcp_keepalive(&keepalive))?;
    lab.client("setsockopt(SO_KEEPALIVE, 1) &", || SockRef::from(&client).set_keepalive(true))?;
    lab.link("server crash()", |link| link.crash(Host::Server));
    lab.link("server boot()", |link| link.boot(Host::Server).expect("it could boot before"));

    // The client only reads, so without keep-alive it would never know. The first probe is answered: there is
    // no such connection.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
