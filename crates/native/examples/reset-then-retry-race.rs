//! Can a late RST of the old connection kill my retry?
//!
//! The server closes early: one RST for what it had not read, and one for what comes after.
//! The client is back from the same port before the second one is.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 1ms", |link| link.set_delay(Duration::from_millis(1)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect(from=5000)", || connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;
    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;

    // There will be two RSTs, and the second takes a longer road.
    for hold_ms in [10, 300] {
        let hold = Meeting::Hold(Duration::from_millis(hold_ms));
        lab.link(&format!("link hold RST from server {hold_ms}ms"), |link| {
            link.meet(hold, Count::Next(1), Kind::Rst, Host::Server);
        });
    }

    // The first for what was unread, the second for what came too late.
    lab.server("close() &", || lab::close(server))?;
    lab.client("write(\"GET /2\") &", || client.write(b"GET /2"))?;
    lab.client("read() &", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("close() &", || lab::close(client))?;

    // The client tries again at once, from the same port. The second RST finds a new connection in its place. Its number
    // is not the one that is expected there, so it is not believed.
    let mut retry = lab.client("retry.connect(from=5000)", || connect(address))?;
    let (mut server2, _) = lab.server("server2.accept()", || listener.accept())?;
    lab.client("retry.write(\"GET /2\")", || retry.write(b"GET /2"))?;
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
