//! Can somebody reset my connection by guessing?
//!
//! A forged RST must hit the very next number. One that is only near is questioned, one that is far off is ignored.

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

    // A blind attacker must guess. Far off is not even answered.
    lab.link("link inject R to client seq outside", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Outside, None, 0).expect("there is a connection");
    });

    // A number in the window is not enough either, since RFC 5961: the answer is an ACK that asks the real server,
    // and the real server has nothing to say to it.
    lab.link("link inject R to client seq inside", |link| {
        link.inject(Flags::RST, Host::Client, Offset::Inside, None, 0).expect("there is a connection");
    });

    // Nothing has happened.
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
