//! Can a socket be connected a second time?
//!
//! The first attempt is refused. Then the service is up.

mod lab;

use std::io::{self, Read};
use std::net::TcpListener;

use lab::Lab;
use socket2::{Domain, SockAddr, SockAddrStorage, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let mut socket = None;
    let refused = lab.client("connect()", || {
        let socket = socket.insert(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        socket.connect(&address.into())
    });
    println!("# Rust says: {}", refused.expect_err("nobody listens yet"));
    let client = socket.expect("socket(2) has made it");

    // A socket that was refused is as new.
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.client("connect()", || client.connect(&address.into()))?;
    let (mut first, _) = lab.server("first.accept()", || listener.accept())?;
    lab.client("connect()", || client.connect(&address.into())).expect_err("it is connected");

    // connect() with AF_UNSPEC ends the connection with a reset, and the socket can be used once more.
    lab.client("disconnect()", || client.connect(&nobody()))?;
    lab.server("first.read()", || first.read(&mut buffer)).expect_err("it was reset");
    lab.client("connect()", || client.connect(&address.into()))?;
    let _second = lab.server("second.accept()", || listener.accept())?;
    Ok(())
}

/// An address of the family AF_UNSPEC.
fn nobody() -> SockAddr {
    let storage = SockAddrStorage::zeroed();
    let length = storage.size_of();
    // SAFETY: of this family, which is 0, there is no more than the family.
    #[expect(unsafe_code, reason = "socket2 makes no such address")]
    unsafe {
        SockAddr::new(storage, length)
    }
}
