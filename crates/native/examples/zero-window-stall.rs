//! Why does write() never return?
//!
//! The server is alive and does not read. The client writes more than fits.

mod lab;

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // Small buffers, so that they are full soon.
    lab.server("setsockopt(SO_RCVBUF, 4096)", || SockRef::from(&server).set_recv_buffer_size(4096))?;
    lab.client("setsockopt(SO_SNDBUF, 8192)", || SockRef::from(&client).set_send_buffer_size(8192))?;

    // The server's queue is full: "no room", it says, a window of 0. The client asks again and again, and gets
    // an answer each time. So nobody is dead, and the connection must stay open (RFC 9293 §3.8.6.1, MUST-37).
    let writing = lab.client_begins("write(1000000)", move || client.write(&[b'x'; 1_000_000]));
    lab.wait(Duration::from_secs(3));

    // Only a program's own clock ends this: TcpStream::set_write_timeout, or TCP_USER_TIMEOUT.
    println!("# write() {}", if writing.has_returned() { "has returned" } else { "has not returned" });
    Ok(())
}
