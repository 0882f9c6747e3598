//! What if the server closes while my request is on its way?
//!
//! The idle timeout of the server and the next request cross.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // The FIN and the request cross on the way. Nobody has done anything wrong, and nobody could have known.
    lab.server("close() &", || lab::close(server))?;
    lab.client("write(\"request\")", || client.write(b"request"))?;

    // The request reaches a socket that nobody owns: RST. But the FIN came first, so reading says 0.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"again\")", || client.write(b"again")).expect_err("the connection is over");
    Ok(())
}
