//! What happens to a connection when the other machine restarts?
//!
//! The server loses power and comes back. The client writes.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::Host;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.link("server crash()", |link| link.crash(Host::Server));
    lab.link("server boot()", |link| link.boot(Host::Server).expect("it could boot before"));

    // For the client's kernel nothing has happened: ESTABLISHED, half open, for as long as nobody sends.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the new kernel knows no such connection");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
