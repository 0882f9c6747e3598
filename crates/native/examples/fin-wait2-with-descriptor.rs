//! Does tcp_fin_timeout end my half-closed connection?
//!
//! The client has shut its own direction down and keeps the socket. The server takes its time.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.client_setting("tcp_fin_timeout", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("shutdown(WR)", || client.shutdown(Shutdown::Write))?;

    // The timer is for connections that nobody owns any more. This one is owned, and reads: it may take as long as it takes.
    lab.wait(Duration::from_millis(1500));
    lab.server("write(\"late answer\")", || server.write(b"late answer"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
