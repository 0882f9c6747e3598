//! What does tcp_abort_on_overflow change?
//!
//! Two SYNs are let in while there is room for one connection. It is full when the second ACK comes.

mod lab;

use std::io::{self, Read};
use std::net::TcpStream;

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.server_setting("tcp_abort_on_overflow", "1");
    let _listener = lab.server("listen(backlog=1)", || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&address.into())?;
        socket.listen(1)?;
        Ok(socket)
    })?;
    let _first = lab.client("first.connect()", || TcpStream::connect(address))?;

    // Two at once: while the queue has room for one more, both SYNs are let in.
    let second = lab.client_begins("second.connect() &", move || TcpStream::connect(address));
    let mut third = lab.client("third.connect()", || TcpStream::connect(address))?;
    let _second = lab.end(second)?;

    // The client believed itself connected: its ACK was the last step. It met a full queue, and the setting says
    // to reset then. Without it the server's kernel would ignore that ACK, and wait for room.
    lab.client("third.read()", || third.read(&mut [0; 1024])).expect_err("the connection is reset");
    Ok(())
}
