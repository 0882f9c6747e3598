//! Can somebody slip bytes into my connection?
//!
//! Somebody who knows the numbers sends five bytes to the server, in the client's name.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // Whoever knows the numbers can put bytes into the stream. TCP cannot tell; what is above it can, such as TLS.
    lab.link("link inject data to server len 5", |link| {
        link.inject(Flags::DATA, Host::Server, Offset::Exact, None, 5).expect("there is a connection");
    });
    lab.server("read()", || server.read(&mut buffer))?;

    // The client's own bytes have the same numbers. The server's kernel has those already: acknowledged, and thrown away.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    let reading = lab.server_begins("read()", move || server.read(&mut [0; 1024]));
    lab.never_returns(&reading);
    Ok(())
}
