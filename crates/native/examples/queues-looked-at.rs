//! What lies in my socket, and what has not arrived?
//!
//! Two ioctls count the queues, and a peek reads without taking. Nothing is sent for it.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use native::queued;
use scenario::Queue::{Unacknowledged, Unread};
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"GET /\") &", || client.write(b"GET /"))?;
    lab.client("ioctl(SIOCOUTQ) &", || queued(&SockRef::from(&client), Unacknowledged))?;
    lab.wait(Duration::from_secs(1));
    // 0 says that the server's kernel has it all, and nothing of its program.
    lab.client("ioctl(SIOCOUTQ)", || queued(&SockRef::from(&client), Unacknowledged))?;

    // This is what a close() would reset for. A peek shows it, and leaves it there.
    lab.server("ioctl(FIONREAD)", || queued(&SockRef::from(&server), Unread))?;
    lab.server("peek(3)", || server.peek(&mut buffer[..3]))?;
    lab.server("ioctl(FIONREAD)", || queued(&SockRef::from(&server), Unread))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("ioctl(FIONREAD)", || queued(&SockRef::from(&server), Unread))?;

    // The end of the stream is no byte: only a read, or a peek, tells it from "nothing yet".
    lab.client("close()", || lab::close(client))?;
    lab.server("ioctl(FIONREAD)", || queued(&SockRef::from(&server), Unread))?;
    lab.server("peek()", || server.peek(&mut buffer))?;
    Ok(())
}
