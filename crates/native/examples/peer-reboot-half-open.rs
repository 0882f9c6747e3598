//! What happens to my connection when the server reboots?
//!
//! Power fails and comes back. The server remembers nothing, the client everything.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::Host;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    lab.link("server crash()", |link| link.crash(Host::Server));
    lab.link("server boot()", |link| link.boot(Host::Server).expect("it could boot before"));

    // For the client's kernel nothing has happened: ESTABLISHED, half open, for as long as nobody sends.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the new kernel knows no such connection");
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"hello?\")", || client.write(b"hello?")).expect_err("the connection is over");
    Ok(())
}
