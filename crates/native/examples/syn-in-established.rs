//! My machine rebooted. How does the server learn that the old connection is dead?
//!
//! The client comes back from the port that it had before. The server still has the old connection on it.

mod lab;

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use lab::Lab;
use scenario::Host;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let _before = lab.client("connect(from=5000)", || connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.link("client crash()", |link| link.crash(Host::Client));
    lab.link("client boot()", |link| link.boot(Host::Client).expect("it could boot before"));

    // For the server this port still belongs to an open connection. It answers the SYN with an ACK for that one:
    // "is that so?" The new kernel knows nothing of it and says RST; that ends the old connection, and the SYN
    // that comes again one second later is welcome.
    let _after = lab.client("connect(from=5000)", || connect(address))?;
    lab.server("read()", || server.read(&mut buffer)).expect_err("the old connection is reset");
    let _server2 = lab.server("server2.accept()", || listener.accept())?;
    Ok(())
}

/// socket(2), bind(2) to a port of our own choice, connect(2).
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5000)).into())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
