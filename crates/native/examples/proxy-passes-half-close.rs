//! How does a proxy pass on the end of a request?
//!
//! The client ends its own direction behind the request. The proxy does the same to the server, and waits for the answer.

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

    // The end of this direction, and of no other. So that is what is passed on.
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.shutdown(WR)", || upstream.shutdown(Shutdown::Write))?;

    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    lab.server("close()", || lab::close(server))?;

    // Now the other direction ends.
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;
    lab.proxy("downstream.write(\"answer\")", || downstream.write(b"answer"))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;
    lab.proxy("downstream.close()", || lab::close(downstream))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
