//! Can a clean close() still give the other side ECONNRESET?
//!
//! The server's FIN is lost, and the client writes before it comes again.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.link("link drop FIN from server", |link| link.meet(Meeting::Drop, Count::Next(1), Kind::Fin, Host::Server));
    lab.server("close() &", || lab::close(server))?;

    // The server's end has no owner any more. What arrives for it now is answered with a RST.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;

    // The client has never seen the FIN. So the same story has another error: ECONNRESET in place of 0 and EPIPE.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
