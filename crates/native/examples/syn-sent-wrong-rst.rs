//! Can a stray RST stop me from connecting?
//!
//! Two resets of the connection before take a long road. They find a SYN that was lost, and neither acknowledges it.

mod lab;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};
use socket2::{Domain, SockRef, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect(from=5000)", || connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;
    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.client("setsockopt(SO_LINGER, 0)", || SockRef::from(&client).set_linger(Some(Duration::ZERO)))?;

    // There will be two RSTs, and the first takes the longer road. The SYN behind them is lost.
    for hold_ms in [600, 300] {
        let hold = Meeting::Hold(Duration::from_millis(hold_ms));
        lab.link(&format!("link hold RST from server {hold_ms}ms"), |link| {
            link.meet(hold, Count::Next(1), Kind::Rst, Host::Server);
        });
    }
    lab.link("link drop SYN from client", |link| link.meet(Meeting::Drop, Count::Next(1), Kind::Syn, Host::Client));

    // One for what was unread, one for what came too late.
    lab.server("close() &", || lab::close(server))?;
    lab.client("write(\"GET /2\") &", || client.write(b"GET /2"))?;
    lab.client("close() &", || lab::close(client))?;

    // "Refused" is a RST that acknowledges our SYN. The one that comes first acknowledges nothing, and the other what
    // the old connection has sent. At that Linux repeats the SYN, and does not wait for the second to be over.
    let retry = lab.client_begins("retry.connect(from=5000) &", move || connect(address));
    lab.pause(Duration::from_millis(450));
    lab.wait(Duration::from_millis(300));
    let _retry = lab.end(retry)?;
    Ok(())
}

/// socket(2), bind(2) to a port of our own choice, connect(2).
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5000)).into())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
