//! Why does connect() sometimes take one second, or three?
//!
//! The server does not accept, and its queue is full. A SYN that comes now is dropped without a word.

mod lab;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen(backlog=1)", || listen(address, 1))?;
    let _one = lab.client("one.connect()", || TcpStream::connect(address))?;
    let _two = lab.client("two.connect()", || TcpStream::connect(address))?;

    // The queue is full, so the server's kernel drops this SYN and says nothing. For the client it looks like a loss.
    let three = lab.client_begins("three.connect()", move || TcpStream::connect(address));

    // There is room again, but nobody tells the client. It tries again when a second is over; then after two, after four.
    let _server = lab.server("accept()", || listener.accept().map(|(server, _)| Accepted(server.into())))?;
    lab.wait(Duration::from_millis(1200));
    let _three = lab.end(three)?;
    Ok(())
}

/// socket(2), bind(2) and listen(2), with a short queue.
fn listen(address: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket)
}
