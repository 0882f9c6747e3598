//! Can anybody reset my connection by guessing?
//!
//! A forged RST has a number inside the window, and not the exact one.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Flags, Host, Offset};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // A blind attacker must guess. A number in the window is not enough since RFC 5961: the answer is an ACK
    // that asks the real server, and the real server has nothing to say to it.
    lab.link("link inject R to client seq inside", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Inside, None, 0).expect("there is a connection");
    });
    lab.link("link inject R to client seq outside", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Outside, None, 0).expect("there is a connection");
    });

    // Nothing has happened.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
