//! Why is there no answer when I say that my request is over?
//!
//! The client ends its own direction behind the request. The proxy takes the end of the request for the end of the
//! client.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use lab::Lab;

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

    lab.client("write(\"request\")", || client.write(b"request"))?;
    lab.client("shutdown(WR)", || client.shutdown(Shutdown::Write))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.write(\"request\")", || upstream.write(b"request"))?;

    // The end of a stream. It says that the client sends no more; this proxy takes it for a client that has hung up.
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.close()", || lab::close(upstream))?;

    // The answer meets nobody.
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.proxy("downstream.close()", || lab::close(downstream))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
