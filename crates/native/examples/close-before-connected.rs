//! What if I give up while connect() is still on its way?
//!
//! The server's answer is lost. The client closes before it is repeated.

mod lab;

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.link("link drop SYN-ACK from server", |link| {
        link.meet(Meeting::Drop, Count::Next(1), Kind::SynAck, Host::Server);
    });

    // socket(2) and connect(2), without waiting for the answer.
    let mut socket = None;
    let begun = lab.client("connect(nonblock)", || {
        let socket = socket.insert(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        socket.set_nonblocking(true)?;
        socket.connect(&address.into())
    });
    begun.expect_err("it takes a while");

    // There is no connection yet, so nothing leaves that would end one.
    lab.client("close()", || lab::close(socket))?;

    // The server repeats its answer, and nobody is there for it any more: RST.
    lab.wait(Duration::from_millis(1200));

    // Its program never hears of all this.
    let accepting = lab.server_begins("accept()", move || listener.accept());
    lab.never_returns(&accepting);
    Ok(())
}
