//! How do I learn what became of a connect() that did not wait?
//!
//! The first connection opens. To the second port nobody listens.

mod lab;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use lab::Lab;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let nobody = SocketAddr::new(address.ip(), address.port() + 1);

    let _listener = lab.server("listen()", || TcpListener::bind(address))?;

    let one = socket(&mut lab, "one.socket()")?;
    lab.client("one.setsockopt(O_NONBLOCK, 1)", || one.set_nonblocking(true))?;
    lab.client("one.connect() &", || one.connect(&address.into())).expect_err("the SYN is on its way");
    lab.client_polls("one.poll() &", &one);
    lab.wait(Duration::from_millis(100));
    // Writable: the handshake is over. How it went, SO_ERROR says.
    lab.client_polls("one.poll()", &one);
    lab.client("one.getsockopt(SO_ERROR)", || one.take_error())?;

    let two = socket(&mut lab, "two.socket()")?;
    lab.client("two.setsockopt(O_NONBLOCK, 1)", || two.set_nonblocking(true))?;
    lab.client("two.connect(port=81)", || two.connect(&nobody.into())).expect_err("it takes a while");
    lab.client_polls("two.poll()", &two);
    lab.client("two.getsockopt(SO_ERROR)", || two.take_error())?;
    Ok(())
}

/// socket(2): on the host of whoever calls it.
fn socket(lab: &mut Lab, call: &str) -> io::Result<Socket> {
    let mut socket = None;
    lab.client(call, || {
        socket = Some(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        Ok(())
    })?;
    Ok(socket.expect("socket(2) has made it"))
}
