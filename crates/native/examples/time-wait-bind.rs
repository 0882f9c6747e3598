//! Why can my server not restart: "Address already in use"?
//!
//! The server closes first and so keeps TIME-WAIT. Then it starts again on the same port.

mod lab;

use std::io;
use std::net::{SocketAddr, TcpStream};

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let mut address = lab.address();

    let old = lab.server("old.listen()", || listen(address, Reuse::No))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let server = lab.server("accept()", || old.accept().map(|(server, _)| Accepted(server.into())))?;

    // The server closes first, so the connection's TIME-WAIT is on its side, for a minute.
    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;
    lab.server("old.close()", || lab::close(old))?;

    // bind(2) looks at the port, and that is in use by what is in TIME-WAIT. SO_REUSEADDR says that it is no obstacle;
    // but the old listener must have said so too, because its connections have it from there.
    let error = lab.server("second.listen()", || listen(address, Reuse::No)).expect_err("the port is in use");
    println!("# Rust says: {error}");
    lab.server("third.listen(reuseaddr)", || listen(address, Reuse::Yes)).expect_err("the old one lacked it");

    // The same again, with a listener that says it from the start. std's listener always does on Unix.
    address.set_port(address.port() + 1);
    let careful = lab.server("careful.listen(port=81, reuseaddr)", || listen(address, Reuse::Yes))?;
    let client2 = lab.client("client2.connect(port=81)", || TcpStream::connect(address))?;
    let server2 = lab.server("server2.accept()", || careful.accept().map(|(server, _)| Accepted(server.into())))?;
    lab.server("server2.close()", || lab::close(server2))?;
    lab.client("client2.close()", || lab::close(client2))?;
    lab.server("careful.close()", || lab::close(careful))?;
    lab.server("again.listen(port=81, reuseaddr)", || listen(address, Reuse::Yes))?;
    Ok(())
}

#[derive(PartialEq)]
enum Reuse {
    Yes,
    No,
}

/// socket(2), bind(2) and listen(2), with or without SO_REUSEADDR.
fn listen(address: SocketAddr, reuse: Reuse) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(reuse == Reuse::Yes)?;
    socket.bind(&address.into())?;
    socket.listen(128)?;
    Ok(socket)
}
