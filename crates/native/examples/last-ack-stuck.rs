//! What are the LAST-ACK lines in my list of sockets?
//!
//! The other side closed first and is gone before it can acknowledge our FIN.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    // Where nobody changed it: eight times.
    lab.client_setting("tcp_orphan_retries", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.link("link cut", |link| link.cut());

    // In LAST-ACK, without an owner: the kernel says its FIN a few times, and gives up in silence.
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_millis(2500));
    Ok(())
}
