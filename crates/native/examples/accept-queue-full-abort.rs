//! Connected, and reset at once: why?
//!
//! The server's queue is full, and tcp_abort_on_overflow is set.

mod lab;

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    lab.server_setting("tcp_abort_on_overflow", "1");
    let _listener = lab.server("listen(backlog=2)", || listen(address, 2))?;
    let _one = lab.client("one.connect()", || TcpStream::connect(address))?;
    let _two = lab.client("two.connect()", || TcpStream::connect(address))?;

    // There is room for one more, and two come at once: both SYNs are let in.
    let three = lab.client_begins("three.connect() &", move || TcpStream::connect(address));
    let mut four = lab.client("four.connect()", || TcpStream::connect(address))?;
    let _three = lab.end(three)?;

    // The client believes that it is connected: its ACK was the last step. It met a full queue, and the setting says
    // to reset then. Without it the server's kernel ignores the ACK, and waits for room (accept-queue-full).
    lab.client("four.read()", || four.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}

/// socket(2), bind(2) and listen(2), with a short queue.
fn listen(address: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket)
}
