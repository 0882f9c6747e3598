//! Can a stray RST stop me from connecting?
//!
//! The client's SYN is lost. Two forged resets arrive, and neither acknowledges that SYN.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Count, Flags, Host, Kind, Meeting, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let _listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.link("link drop SYN from client", |link| link.meet(Meeting::Drop, Count::Next(1), Kind::Syn, Host::Client));
    let connecting = lab.client_begins("connect()", move || TcpStream::connect(address));

    // "Refused" is a RST that acknowledges our SYN. This one acknowledges nothing, and the next one too much.
    lab.link("link inject R to client", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Exact, None, 0).expect("it is on its way");
    });
    lab.link("link inject R. to client ack 1000", |link| {
        link.inject(Flags::RST_ACK, Host::Client, Offset::Exact, Some(1000), 0).expect("it is on its way");
    });
    let _client = lab.end(connecting)?;
    Ok(())
}
