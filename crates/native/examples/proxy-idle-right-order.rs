//! Which order of idle timeouts loses no request?
//!
//! The client gives up after 1 s, the proxy after 2 s, the server would after 3 s. Whoever sends requests closes first.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

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

    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.write(\"GET /1\")", || upstream.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;
    lab.proxy("downstream.write(\"200 OK\")", || downstream.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // The pool's timeout: no request of this client's can be on its way.
    lab.wait(Duration::from_secs(1));
    lab.client("close()", || lab::close(client))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("downstream.close()", || lab::close(downstream))?;

    // The proxy's: none of the proxy's can be on its way either. The server only ever hears goodbye.
    lab.wait(Duration::from_secs(1));
    lab.proxy("upstream.close()", || lab::close(upstream))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("close()", || lab::close(server))?;
    Ok(())
}
