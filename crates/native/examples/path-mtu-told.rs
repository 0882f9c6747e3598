//! What does my program notice when a packet is too long for the way, and the box there says so?
//!
//! Nothing: the message comes, the kernel cuts anew, sends again, and remembers.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 65_536];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // Only two machines can have this between them.
    lab.between("link mtu 1300 fragmentation-needed");
    for _ in 0..2 {
        lab.client("write(1448)", || client.write(&[b'a'; 1_448]))?;
        lab.server("read()", || server.read(&mut buffer))?;
    }

    lab.client("close()", || lab::close(client))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("close()", || lab::close(server))?;
    Ok(())
}
