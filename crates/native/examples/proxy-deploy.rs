//! What may a balancer try again when a server restarts?
//!
//! The server's listener closes while a request waits in its queue. Nothing was read, so the next server may have it.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::proxied();
    let (at_proxy, at_server) = (lab.proxy_address(), lab.address());
    let mut buffer = [0; 1024];

    let frontend = lab.proxy("frontend.listen()", || TcpListener::bind(at_proxy))?;
    let listener = lab.server("listen()", || TcpListener::bind(at_server))?;
    let mut client = lab.client("connect()", || TcpStream::connect(at_proxy))?;
    let (mut downstream, _) = lab.proxy("downstream.accept()", || frontend.accept())?;

    // The old server's kernel has agreed; its program has not called accept(). The request lies in the queue.
    let mut upstream = lab.proxy("upstream.connect()", || TcpStream::connect(at_server))?;
    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.write(\"GET /\")", || upstream.write(b"GET /"))?;

    // The old server stops. What nobody has accepted is reset, and no byte of an answer has come.
    lab.server("listener.close()", || lab::close(listener))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer)).expect_err("the connection is reset");
    lab.proxy("upstream.close()", || lab::close(upstream))?;

    // Once more, to the new server: nobody has read the first.
    let listener = lab.server("listen()", || TcpListener::bind(at_server))?;
    let mut upstream = lab.proxy("upstream.connect()", || TcpStream::connect(at_server))?;
    lab.proxy("upstream.write(\"GET /\")", || upstream.write(b"GET /"))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;
    lab.proxy("downstream.write(\"200 OK\")", || downstream.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
