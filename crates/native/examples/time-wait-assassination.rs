//! Can TIME-WAIT be cut short by accident?
//!
//! Two FINs of the client are late, the third is in time. TIME-WAIT answers the late ones,
//! and the other side, long closed, says: no such connection.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.server_setting("tcp_rfc1337", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;
    lab.server("close()", || lab::close(server))?;

    for hold_s in [1, 2] {
        let hold = Meeting::Hold(Duration::from_secs(hold_s));
        lab.link(&format!("link hold FIN from client {hold_s}s"), |link| {
            link.meet(hold, Count::Next(1), Kind::Fin, Host::Client);
        });
    }

    // Two FINs are on their way for long, so the client's kernel sends a third one. With that both sides are done.
    lab.client("close() &", || lab::close(client))?;
    lab.pause(Duration::from_millis(800));

    // The first comes. TIME-WAIT acknowledges it, as it should. But the client has forgotten the connection, so it
    // answers that ACK with a RST. With tcp_rfc1337 = 1 it is ignored here.
    lab.pause(Duration::from_millis(700));

    // The second comes. As Linux has it where nobody changed it, the RST ends TIME-WAIT: no attacker is needed for that
    // (RFC 1337).
    lab.server_setting("tcp_rfc1337", "0");
    Ok(())
}
