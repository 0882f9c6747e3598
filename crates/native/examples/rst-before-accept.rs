//! Can accept() give me a connection that is dead already?
//!
//! A health check connects and resets at once. The server accepts afterwards.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    lab.client("setsockopt(SO_LINGER, 0)", || SockRef::from(&client).set_linger(Some(Duration::ZERO)))?;
    lab.client("close()", || lab::close(client))?;

    // Linux hands out a connection that is dead already. (BSD says ECONNABORTED here.)
    let (mut server, _) = lab.server("accept()", || listener.accept())?;
    lab.server("getpeername()", || server.peer_addr()).expect_err("there is no peer any more");

    // Then the usual order: the error, once, then 0.
    lab.server("read()", || server.read(&mut buffer)).expect_err("the connection is reset");
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
