//! Can TIME-WAIT be cut short by accident?
//!
//! An old FIN turns up again. TIME-WAIT answers it, and the other side, long closed, says: no such connection.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.server_setting("tcp_rfc1337", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;

    // A copy of the client's FIN was long on its way. TIME-WAIT acknowledges it, as it should. But the client has
    // forgotten the connection, so it answers that ACK with a RST. With tcp_rfc1337 = 1 it is ignored here.
    lab.link("link inject FIN to server seq -1", |link| {
        link.inject(Flags::FIN, Host::Server, Offset::Plus(-1), None, 0).expect("there was a connection");
    });
    lab.wait(Duration::from_millis(500));

    // As Linux has it where nobody changed it, the RST ends TIME-WAIT: no attacker is needed for that (RFC 1337).
    lab.server_setting("tcp_rfc1337", "0");
    lab.link("link inject FIN to server seq -1", |link| {
        link.inject(Flags::FIN, Host::Server, Offset::Plus(-1), None, 0).expect("there was a connection");
    });
    Ok(())
}
