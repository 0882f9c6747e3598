//! Which error does a call get at the wrong moment?
//!
//! Before connect() and after close() the errors look as if something had happened on the network. Nothing has.

mod lab;

use std::io::{self, Read};
use std::net::TcpListener;

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut made = None;
    lab.client("socket()", || {
        made = Some(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        Ok(())
    })?;
    let client = made.expect("socket(2) has made it");

    // Nobody is there yet, and nothing is broken.
    let error = lab.client("write(\"hello\")", || client.send(b"hello")).expect_err("it is not connected");
    println!("# Rust says: {error}");
    lab.client("read()", || (&client).read(&mut buffer)).expect_err("it is not connected");
    lab.client_polls("poll()", &client);

    lab.client("connect()", || client.connect(&address.into()))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;
    lab.client("write(\"hello\")", || client.send(b"hello"))?;

    // Rust's types forbid what comes now; in C a number is left that means nothing, or soon somebody else's socket.
    let mut closed = None;
    lab.client("close()", || {
        closed = Some(lab::close_and_keep_the_number(client));
        Ok(())
    })?;
    let closed = closed.expect("it was closed");
    let error = lab.client("write(\"again\")", || closed.send(b"again")).expect_err("there is no such descriptor");
    println!("# Rust says: {error}");
    lab.client("read()", || (&*closed).read(&mut buffer)).expect_err("there is no such descriptor");
    lab.client_polls("poll()", &*closed);

    // The connection knows nothing of it.
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
