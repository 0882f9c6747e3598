//! Must I wait out TIME-WAIT before the same two ports can connect again?
//!
//! The client comes back from the port it had before, while the server still remembers the old connection.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect(from=5000)", || connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // The server's end goes to TIME-WAIT, and with it the pair of addresses and ports.
    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;

    // A SYN for that very pair, with newer numbers than the old connection ever had: nothing can be mistaken,
    // so the kernel lets it in at once (RFC 9293 §3.6.1, MAY-2).
    let mut again = lab.client("again.connect(from=5000)", || connect(address))?;
    let (mut server2, _) = lab.server("server2.accept()", || listener.accept())?;
    lab.client("again.write(\"hello\")", || again.write(b"hello"))?;
    lab.server("server2.read()", || server2.read(&mut buffer))?;
    Ok(())
}

/// socket(2), bind(2) to a port of our own choice, connect(2).
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5000)).into())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
