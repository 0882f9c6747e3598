//! Why does one request in a thousand fail on a connection that was fine a moment ago?
//!
//! The server closes the idle connection while the next request is on its way. The two cross.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 80ms", |link| link.set_delay(Duration::from_millis(80)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // The second request and the FIN cross on the way. Nobody has done anything wrong, and nobody could have known.
    lab.client("write(\"GET /2\") &", || client.write(b"GET /2"))?;
    lab.server("close()", || lab::close(server))?;

    // The request reaches a socket that nobody owns: RST. But the FIN came first, so reading says 0.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"GET /2\")", || client.write(b"GET /2")).expect_err("the connection is over");
    Ok(())
}
