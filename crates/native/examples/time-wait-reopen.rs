//! May I connect again from the same port while the old connection is in TIME-WAIT?
//!
//! The server closed first. The client connects again, from the port that it had.

mod lab;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect(from=4000)", || connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // The server's end goes to TIME-WAIT, and with it the pair of addresses and ports.
    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;

    // A SYN for that very pair, with newer numbers than the old connection ever had: nothing can be mistaken,
    // so the kernel lets it in at once (RFC 9293 §3.6.1, MAY-2).
    let _again = lab.client("again.connect(from=4000)", || connect(address))?;
    let _anew = lab.server("anew.accept()", || listener.accept())?;
    Ok(())
}

/// socket(2), bind(2) to a port of our own choice, connect(2).
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 4000)).into())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
