//! What if nobody is there to acknowledge the last FIN?
//!
//! The server closes, the link is cut, the client closes.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // Where nobody sets it: eight times.
    lab.client_setting("tcp_orphan_retries", "2");
    lab.server("close()", || lab::close(server))?;
    lab.link("link cut", |link| link.cut());

    // In LAST-ACK, without an owner: the kernel says its FIN a few times, and gives up in silence.
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_secs(5));
    Ok(())
}
