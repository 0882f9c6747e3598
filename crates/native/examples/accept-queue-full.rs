//! How can I be connected when the server has no room for me?
//!
//! The server does not accept. Two more clients arrive at once, and there is room for one.

mod lab;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    let listener = lab.server("listen(backlog=2)", || listen(address, 2))?;
    let _one = lab.client("one.connect()", || TcpStream::connect(address))?;
    let _two = lab.client("two.connect()", || TcpStream::connect(address))?;

    // There is room for one more, and two come at once: both SYNs are let in.
    let three = lab.client_begins("three.connect() &", move || TcpStream::connect(address));
    let mut four = lab.client("four.connect()", || TcpStream::connect(address))?;
    let _three = lab.end(three)?;

    // When the last ACK of this handshake came, the queue was full. The server's kernel ignored it, and keeps
    // the half of a connection; the client cannot know. What it writes, nobody acknowledges.
    lab.client("four.write(\"hello\")", || four.write(b"hello"))?;

    // There is room again. The client repeats its data, and with that its ACK: the connection is complete at last.
    let _server = lab.server("accept()", || listener.accept().map(|(server, _)| Accepted(server.into())))?;
    lab.wait(Duration::from_secs(1));
    Ok(())
}

/// socket(2), bind(2) and listen(2), with a short queue.
fn listen(address: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket)
}
