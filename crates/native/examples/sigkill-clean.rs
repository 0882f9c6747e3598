//! What does the other side see when a process is killed?
//!
//! The server has read everything when SIGKILL comes. Its kernel closes its sockets for it.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::Host;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // A process of its own holds the connection now, as its stdin, and this program holds it no more.
    let mut process = lab::process_with(server)?;
    lab.link("server kill()", |link| {
        process.kill().and_then(|()| process.wait()).expect("it is our own process");
        link.closed(Host::Server, "server");
    });

    // A killed program closes nothing, but its kernel does, as for any program that ends. The client cannot tell it from
    // a polite goodbye: 0. That everything was said must be part of what is said.
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
