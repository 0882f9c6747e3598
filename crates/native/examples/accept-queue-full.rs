//! Why does connecting take a second when the server is busy?
//!
//! The accept queue is full. The next SYN is dropped, and the client tries again.

mod lab;

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    // A queue for backlog + 1 connections: one.
    let listener = lab.server("listen(backlog=0)", || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&address.into())?;
        socket.listen(0)?;
        Ok(socket)
    })?;
    let _first = lab.client("first.connect()", || TcpStream::connect(address))?;

    // The queue is full, so the server's kernel drops the SYN and says nothing. For the client it looks like a loss.
    let connecting = lab.client_begins("second.connect()", move || TcpStream::connect(address));

    // When the server accepts there is room again, but nobody tells the client: it tries again after one second.
    let _server = lab.server("accept()", || listener.accept().map(|(server, _)| Accepted(server.into())))?;
    lab.wait(Duration::from_millis(1500));
    let _second = lab.end(connecting)?;
    Ok(())
}
