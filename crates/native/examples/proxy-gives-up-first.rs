//! Who should lose patience first?
//!
//! The proxy waits 1 s for an answer, the client 3 s. The server needs longer than the proxy waits.

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

    let (short, long) = (Some(Duration::from_secs(1)), Some(Duration::from_secs(3)));
    lab.client("setsockopt(SO_RCVTIMEO, 3s)", || client.set_read_timeout(long))?;
    lab.proxy("upstream.setsockopt(SO_RCVTIMEO, 1s)", || upstream.set_read_timeout(short))?;
    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.write(\"GET /1\")", || upstream.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The proxy's patience is over. Its connection to the server may carry no other request: the answer may still come.
    lab.proxy("upstream.read()", || upstream.read(&mut buffer)).expect_err("the answer is not there yet");
    lab.proxy("upstream.close()", || lab::close(upstream))?;
    lab.proxy("downstream.write(\"504\")", || downstream.write(b"504"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.wait(Duration::from_secs(1));

    // Too late. Had the server looked, it would have read 0 a second ago.
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
