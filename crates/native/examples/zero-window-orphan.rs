//! What becomes of data that I wrote before close(), when nobody reads it?
//!
//! The server does not read. The client closes, and its kernel keeps what found no room.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 65_536];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.server("listener.setsockopt(SO_RCVBUF, 3000)", || SockRef::from(&listener).set_recv_buffer_size(3000))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // close() returns at once. A part of the bytes is still in this kernel, behind them stands the FIN, and nobody owns
    // the connection any more: nobody will be told how it ends.
    lab.client("write(4000) &", || client.write(&[b'x'; 4000]))?;
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_secs(1));

    // The server's program makes room at last. The rest comes, and the FIN.
    for _ in 0..3 {
        lab.server("read()", || server.read(&mut buffer))?;
    }
    Ok(())
}
