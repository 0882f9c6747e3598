//! Why does it connect, and then hang at the first large message?
//!
//! Something on the way takes no long packets, and does not say so.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.client_setting("tcp_retries2", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // A tunnel on the way has no room for full packets, and a firewall swallows the message that would say so.
    lab.between("link mtu 1400");
    lab.client("write(1000)", || client.write(&[b'a'; 1000]))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The handshake was small, the first message was small. This one fills a segment.
    lab.client("write(1448)", || client.write(&[b'a'; 1448]))?;
    let read = lab.server_begins("read()", move || server.read(&mut [0; 1024]));
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("it is given up");
    println!("# Rust says: {error}");
    lab.wait(Duration::from_secs(3));
    lab.never_returns(&read);
    Ok(())
}
