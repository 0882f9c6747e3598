//! Can a socket be closed politely and still leave no FIN-WAIT-2 behind?
//!
//! TCP_LINGER2 below zero: the server's kernel does not wait for the client's FIN at all.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // The server wants no FIN-WAIT-2: its kernel does not wait for the client's FIN at all.
    lab.server("setsockopt(TCP_LINGER2, -1)", || linger2(&server, -1))?;

    // A FIN leaves, as always, and a RST as soon as it is acknowledged.
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"hello\")", || client.write(b"hello")).expect_err("the connection is over");
    Ok(())
}

/// TCP_LINGER2 (tcp(7)), which Linux alone has.
#[cfg(target_os = "linux")]
fn linger2(stream: &TcpStream, seconds: i32) -> io::Result<()> {
    use nix::libc;
    use nix::sys::socket::{setsockopt, sockopt};

    #[derive(Clone, Copy)]
    struct Linger2;
    nix::setsockopt_impl!(Linger2, libc::IPPROTO_TCP, libc::TCP_LINGER2, i32, sockopt::SetStruct<'_, i32>);
    Ok(setsockopt(stream, Linger2, &seconds)?)
}

#[cfg(not(target_os = "linux"))]
fn linger2(_: &TcpStream, _: i32) -> io::Result<()> {
    Err(io::Error::other("TCP_LINGER2 is Linux's"))
}
