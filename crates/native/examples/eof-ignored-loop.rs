//! Why does my reading loop take a whole CPU when the other side is gone?
//!
//! The server says its last words and closes. The client's loop does not look for 0.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("write(\"bye\")", || server.write(b"bye"))?;
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // 0 is not "nothing yet": then read would wait. It is the end, and it comes again each time, without waiting.
    // A loop that goes on here uses a whole processor, and the connection stays in CLOSE-WAIT as long as it does.
    for _ in 0..3 {
        lab.client("read()", || client.read(&mut buffer))?;
    }

    // A loop that is right: `while let count @ 1.. = client.read(&mut buffer)? { … }`, and then close.
    Ok(())
}
