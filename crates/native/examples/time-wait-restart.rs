//! How soon can my server have its port again?
//!
//! The server closes first and so keeps TIME-WAIT. It ends, and tries to listen again, without SO_REUSEADDR.

mod lab;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let old = lab.server("old.listen()", || listen(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let server = lab.server("accept()", || old.accept().map(|(server, _)| Accepted(server.into())))?;
    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;
    lab.server("old.close()", || lab::close(old))?;

    // With 65 in place of 2 the port is free: the kernel counts 60 seconds, and its timer may be some seconds late.
    lab.wait(Duration::from_secs(2));
    let error = lab.server("again.listen()", || listen(address)).expect_err("the port is in use");
    println!("# Rust says: {error}");
    Ok(())
}

/// socket(2), bind(2) and listen(2), without SO_REUSEADDR; std's listener sets it.
fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&address.into())?;
    socket.listen(128)?;
    Ok(socket)
}
