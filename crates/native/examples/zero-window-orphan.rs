//! What becomes of unsent data when a program closes and ends?
//!
//! The server does not read. The client has data in its queue, and closes.

mod lab;

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("setsockopt(SO_RCVBUF, 4096)", || SockRef::from(&server).set_recv_buffer_size(4096))?;
    lab.client("write(50000)", || client.write(&[b'x'; 50_000]))?;

    // close() returns at once. Most of the bytes are still in this kernel, behind them stands the FIN, and nobody owns
    // the connection any more. Nobody will be told how it ends.
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_secs(2));
    Ok(())
}
