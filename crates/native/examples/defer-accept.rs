//! Why does accept() not return when the client is connected?
//!
//! TCP_DEFER_ACCEPT: the program is woken when there is something to read, and not for the handshake alone.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.server("listener.setsockopt(TCP_DEFER_ACCEPT, 3s)", || defer_accept(&listener, 3))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;

    // The client's connect() has returned. The server's kernel has put the last ACK of the handshake aside.
    let accept = lab.server_begins("accept()", move || listener.accept());
    assert!(!accept.has_returned());

    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;
    let (mut server, _) = lab.end(accept)?;
    lab.server("read()", || server.read(&mut buffer))?;

    lab.client("close()", || lab::close(client))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("close()", || lab::close(server))?;
    Ok(())
}

/// tcp(7) has the option, and neither std nor socket2 nor nix has a name for it.
#[derive(Clone, Copy)]
struct DeferAccept;

nix::setsockopt_impl!(DeferAccept, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, u32, sockopt::SetStruct<'_, u32>);

fn defer_accept(listener: &TcpListener, seconds: u32) -> io::Result<()> {
    Ok(setsockopt(listener, DeferAccept, &seconds)?)
}
