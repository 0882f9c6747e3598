//! What if my SYN arrives twice?
//!
//! The network delivers the client's SYN two times.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.link("link twice SYN from client", |link| link.meet(Meeting::Twice, Count::Next(1), Kind::Syn, Host::Client));

    // Two SYNs arrive, with the same number: one connection. Its answer comes twice, and the second one is acknowledged.
    let _client = lab.client("connect()", || TcpStream::connect(address))?;
    let _server = lab.server("accept()", || listener.accept())?;

    // There is no second one to accept.
    let accepting = lab.server_begins("other.accept()", move || listener.accept());
    lab.never_returns(&accepting);
    Ok(())
}
