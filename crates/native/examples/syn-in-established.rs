//! What does a SYN do to a connection that is open?
//!
//! The client loses power, comes back, and connects again from the same port.

mod lab;

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use lab::Lab;
use scenario::Host;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let _client = lab.client("connect(from=4000)", || connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.link("client crash()", |link| link.crash(Host::Client));
    lab.link("client boot()", |link| link.boot(Host::Client).expect("it could boot before"));

    // For the server this port still belongs to an open connection. It answers the SYN with an ACK for that one:
    // "is that so?" The new kernel knows nothing of it and says RST; that ends the old connection, and the SYN
    // that comes again one second later is welcome.
    let _anew = lab.client("anew.connect(from=4000)", || connect(address))?;
    lab.server("read()", || server.read(&mut [0; 1024])).expect_err("the old connection is reset");
    Ok(())
}

/// socket(2), bind(2) to a port of our own choice, connect(2).
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 4000)).into())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
