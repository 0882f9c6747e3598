//! Why did the end of my message never leave?
//!
//! Two small writes, then a close with SO_LINGER 0. The second write waits for the first one's ACK, and is thrown away.

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
    let linger = Some(Duration::ZERO);

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // Nagle's algorithm: what is small waits while something is not acknowledged. The reset does not wait.
    lab.client("write(\"head\") &", || client.write(b"head"))?;
    lab.client("write(\"body\") &", || client.write(b"body"))?;
    lab.client("setsockopt(SO_LINGER, 0) &", || SockRef::from(&client).set_linger(linger))?;
    lab.client("close()", || lab::close(client))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer)).expect_err("the connection is reset");

    // With TCP_NODELAY both leave at once, and are there before the reset.
    let mut quick = lab.client("quick.connect()", || TcpStream::connect(address))?;
    let (mut other, _) = lab.server("other.accept()", || listener.accept())?;
    lab.client("quick.setsockopt(TCP_NODELAY, 1)", || quick.set_nodelay(true))?;
    lab.client("quick.write(\"head\") &", || quick.write(b"head"))?;
    lab.client("quick.write(\"body\") &", || quick.write(b"body"))?;
    lab.client("quick.setsockopt(SO_LINGER, 0) &", || SockRef::from(&quick).set_linger(linger))?;
    lab.client("quick.close()", || lab::close(quick))?;
    lab.server("other.read()", || other.read(&mut buffer))?;
    lab.server("other.read()", || other.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
