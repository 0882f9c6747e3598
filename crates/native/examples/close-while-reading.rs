//! Does close() wake a read() that waits in another thread?
//!
//! One thread of the client waits for an answer. Another closes the socket.

mod lab;

use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // It is closed by hand, below.
    let client = Arc::new(ManuallyDrop::new(client));
    let reader = Arc::clone(&client);
    let reading = lab.client_begins("read()", move || (&**reader).read(&mut [0; 16]));

    // The descriptor is gone, the socket is not: the read holds it, so no FIN leaves.
    lab.client("close()", || close(&client))?;

    // The read returns, and with it the socket ends.
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.end(reading)?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}

/// close(2) itself, whoever else knows the number. Rust forbids this race by its types, other languages do not.
#[cfg(target_os = "linux")]
fn close(stream: &TcpStream) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    Ok(nix::unistd::close(stream.as_raw_fd())?)
}

#[cfg(not(target_os = "linux"))]
fn close(_: &TcpStream) -> io::Result<()> {
    Err(io::Error::other("this is about Linux's descriptors"))
}
