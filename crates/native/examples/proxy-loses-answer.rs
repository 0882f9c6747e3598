//! Where is the answer that the server has sent?
//!
//! The server answers without reading all of the request, and closes. The proxy passes on the reset, not the answer.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use socket2::SockRef;

fn main() -> io::Result<()> {
    let mut lab = Lab::proxied();
    let (at_proxy, at_server) = (lab.proxy_address(), lab.address());
    let mut buffer = [0; 1024];

    let frontend = lab.proxy("frontend.listen()", || TcpListener::bind(at_proxy))?;
    let listener = lab.server("listen()", || TcpListener::bind(at_server))?;
    let mut client = lab.client("connect()", || TcpStream::connect(at_proxy))?;
    let (mut downstream, _) = lab.proxy("downstream.accept()", || frontend.accept())?;
    let mut upstream = lab.proxy("upstream.connect()", || TcpStream::connect(at_server))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"POST + body\")", || client.write(b"POST + body"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.write(\"POST + body\")", || upstream.write(b"POST + body"))?;
    lab.server("read(4)", || server.read(&mut buffer[..4]))?;
    lab.server("write(\"413, and why\")", || server.write(b"413, and why"))?;

    // The body is unread: a reset leaves, behind the answer.
    lab.server("close()", || lab::close(server))?;
    lab.proxy_polls("upstream.poll()", &upstream);

    // This proxy looks at the error alone, and hands it on.
    lab.proxy("downstream.setsockopt(SO_LINGER, 0)", || SockRef::from(&downstream).set_linger(Some(Duration::ZERO)))?;
    lab.proxy("downstream.close()", || lab::close(downstream))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");

    // Here the answer lies, and it is complete.
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer)).expect_err("now the error comes");
    Ok(())
}
