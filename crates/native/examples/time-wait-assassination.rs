//! Can TIME-WAIT end early?
//!
//! An old FIN comes late. TIME-WAIT acknowledges it, and that draws a RST.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;

    // A copy of the client's FIN was long on its way. TIME-WAIT acknowledges it, as it should. But the client has
    // forgotten the connection, so it answers that ACK with a RST, and the RST ends TIME-WAIT (RFC 1337).
    // With tcp_rfc1337 = 1 the RST would be ignored.
    lab.link("link inject F. to server seq -1", |link| {
        link.inject(Flags::FIN, Host::Server, Offset::Plus(-1), None, 0).expect("there was a connection");
    });
    Ok(())
}
