//! Can a polite close() still end in "connection reset"?
//!
//! The server's FIN is lost. The client's next data reaches a socket that nobody owns any more.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.link("link drop all FIN from server", |link| link.meet(Meeting::Drop, Count::All, Kind::Fin, Host::Server));
    lab.server("close() &", || lab::close(server))?;

    // The server's end has no owner any more. What arrives for it now is answered with a RST.
    lab.client("write(\"more\")", || client.write(b"more"))?;

    // The client has never seen the FIN. So the same story has another error: ECONNRESET in place of 0 and EPIPE.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
