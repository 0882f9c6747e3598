//! Can a forged ICMP message end my connection?
//!
//! Somebody who reads the client's segments says that the server is out of reach: once of an open connection, once of one
//! that begins.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Host, Icmp};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // A message counts if it quotes what is not acknowledged yet. An open connection goes on all the same.
    lab.between("link drop data from client");
    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.link("link icmp unreachable to client", |link| {
        link.send_icmp(Icmp::Unreachable, Host::Client).expect("there is a connection");
    });
    lab.server("read()", || server.read(&mut buffer))?;
    lab.client_polls("poll()", &client);
    lab.client("getsockopt(SO_ERROR)", || client.take_error())?;

    // While connect() waits for its answer, the message is the answer.
    lab.between("link drop SYN from client");
    let mut made = None;
    lab.client("second.socket()", || {
        made = Some(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        Ok(())
    })?;
    let second = made.expect("socket(2) has made it");
    lab.client("second.setsockopt(O_NONBLOCK, 1)", || second.set_nonblocking(true))?;
    lab.client("second.connect()", || second.connect(&address.into())).expect_err("the SYN is on its way");
    lab.link("link icmp admin-prohibited to client", |link| {
        link.send_icmp(Icmp::AdminProhibited, Host::Client).expect("there is a connection");
    });
    lab.client_polls("second.poll()", &second);
    let error = lab.client("second.getsockopt(SO_ERROR)", || second.take_error())?;
    println!("# Rust says: {}", error.expect("it is told here, once"));
    Ok(())
}
