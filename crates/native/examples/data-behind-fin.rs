//! Can anything come behind the end of the stream?
//!
//! The server has closed. Then a segment with data arrives, with the number behind the FIN. No host sends that: it is
//! forged.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("close()", || lab::close(server))?;

    // The number behind the FIN.
    lab.link("link inject data to client len 5", |link| {
        link.inject(Flags::DATA, Host::Client, Offset::Exact, None, 5).expect("there is a connection");
    });

    // The end of the stream stays the end.
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
