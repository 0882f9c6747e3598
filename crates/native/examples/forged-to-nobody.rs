//! What does a host answer to a segment of no connection?
//!
//! Somebody sends segments that belong to none: to a port where nobody listens, and to a listener.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::link::Forged;
use scenario::{Flags, Host, Offset, Target};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let _listener = lab.server("listen()", || TcpListener::bind(address))?;

    // Nobody listens there. The answer to a SYN acknowledges it; that to an ACK has the number that was acknowledged.
    let closed = Target::Ports { port: 81, from: Target::FROM };
    forge(&mut lab, "link inject S to server port 81", Flags::SYN, closed, Offset::Exact, None);
    forge(&mut lab, "link inject . to server port 81 ack 7", Flags::ACK, closed, Offset::Exact, Some(7));
    // A reset is never answered: two hosts would go on for ever.
    forge(&mut lab, "link inject R to server port 81", Flags::RST, closed, Offset::Exact, None);

    // A listener knows no connection from there: an ACK is answered as if nobody listened, a SYN begins a handshake.
    let open = Target::Ports { port: 80, from: 6000 };
    forge(&mut lab, "link inject . to server port 80 from 6000 ack 9", Flags::ACK, open, Offset::Exact, Some(9));
    forge(&mut lab, "link inject S to server port 80 from 6000 seq +8", Flags::SYN, open, Offset::Plus(8), None);

    let _client = lab.client("connect()", || TcpStream::connect(address))?;
    Ok(())
}

fn forge(lab: &mut Lab, what: &str, flags: Flags, target: Target, seq: Offset, ack: Option<i64>) {
    lab.link(what, |link| {
        link.forge(Host::Server, Forged { flags, target, seq, ack, len: 0 }).expect("ports were given");
    });
}
