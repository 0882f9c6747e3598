//! Why is the address already in use when I restart my server?
//!
//! The server closed first, so its end is in TIME-WAIT. The server starts again.

mod lab;

use std::io;
use std::net::{SocketAddr, TcpStream};

use lab::{Accepted, Lab};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen(reuseaddr)", || listen(address, Reuse::Yes))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let server = lab.server("accept()", || listener.accept().map(|(server, _)| Accepted(server.into())))?;

    // The server closes first, so the connection's TIME-WAIT is on its side, for a minute.
    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;
    lab.server("listener.close()", || lab::close(listener))?;

    // bind(2) looks at the port, and that is in use by what is in TIME-WAIT.
    let error = lab.server("hasty.listen()", || listen(address, Reuse::No)).expect_err("the port is still in use");
    println!("# Rust says: {error}");

    // SO_REUSEADDR says that TIME-WAIT is no obstacle. It must have been said for the first listener too:
    // its connections have it from there. Rust's TcpListener always says it on Unix; here it is in sight.
    lab.server("again.listen(reuseaddr)", || listen(address, Reuse::Yes))?;
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
