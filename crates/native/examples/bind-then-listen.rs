//! Why is my client refused while the server holds the port?
//!
//! bind() takes the port from others; only listen() lets somebody in. And listen() may be called again, with another
//! backlog.

mod lab;

use std::io::{self, Read};
use std::net::TcpStream;

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let mut made = None;
    lab.server("listener.socket()", || {
        made = Some(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        Ok(())
    })?;
    let listener = made.expect("socket(2) has made it");
    lab.server("listener.bind(port=80)", || listener.bind(&address.into()))?;
    // The port is taken, and still the kernel says that nobody is there.
    lab.client("early.connect()", || TcpStream::connect(address)).expect_err("nobody listens");

    lab.server("listener.listen(backlog=0)", || listener.listen(0))?;
    let first = lab.client("first.connect()", || TcpStream::connect(address))?;
    // Room for one more than the backlog: it is used up. So the backlog is made longer, on the socket that listens.
    lab.server("listener.listen(backlog=5)", || listener.listen(5))?;
    let second = lab.client("second.connect()", || TcpStream::connect(address))?;

    let accept = || listener.accept().map(|(connection, _)| Accepted(connection.into()));
    let Accepted(mut one) = lab.server("one.accept()", accept)?;
    let Accepted(mut two) = lab.server("two.accept()", accept)?;
    lab.client("first.close()", || lab::close(first))?;
    lab.client("second.close()", || lab::close(second))?;
    lab.server("one.read()", || one.read(&mut buffer))?;
    lab.server("two.read()", || two.read(&mut buffer))?;
    Ok(())
}
