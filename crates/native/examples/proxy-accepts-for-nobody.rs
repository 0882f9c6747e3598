//! Why am I connected to a port where nobody listens?
//!
//! A forwarder accepts first and connects then. What would have been a refusal comes later, as a reset.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::proxied();
    let (at_proxy, at_server) = (lab.proxy_address(), lab.address());
    let mut buffer = [0; 1024];

    let frontend = lab.proxy("frontend.listen()", || TcpListener::bind(at_proxy))?;

    // The forwarder's kernel has agreed, nobody else.
    let mut client = lab.client("connect()", || TcpStream::connect(at_proxy))?;
    let (downstream, _) = lab.proxy("downstream.accept()", || frontend.accept())?;
    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;
    lab.proxy("upstream.connect()", || TcpStream::connect(at_server)).expect_err("nobody listens there");

    // All that a forwarder can still say. The request is unread, so a reset leaves and no FIN.
    lab.proxy("downstream.close()", || lab::close(downstream))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
