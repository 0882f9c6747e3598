//! How much of what I wrote has left my machine?
//!
//! Where no program sets a size, tcp_wmem and tcp_rmem do, for each new socket. Here they are small, and the server does
//! not read.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use native::queued;
use scenario::Queue::Unacknowledged;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let message = [b'a'; 60_000];
    let mut buffer = [0; 1024];

    // The least, what a new socket gets, and how far that may grow.
    lab.server_setting("tcp_rmem", "4096 6000 6000");
    lab.client_setting("tcp_wmem", "4096 5000 5000");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("setsockopt(O_NONBLOCK, 1)", || client.set_nonblocking(true))?;
    lab.client("write(60000)", || client.write(&message))?;

    // The reset throws away both queues. How far the stream had come, the client can still ask.
    lab.server("close()", || lab::close(server))?;
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("it was reset");
    println!("# Rust says: {error}");
    lab.client("ioctl(SIOCOUTQ)", || queued(&SockRef::from(&client), Unacknowledged))?;
    Ok(())
}
