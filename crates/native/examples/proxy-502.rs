//! Why does the proxy answer 502 when the server is up?
//!
//! The server closes the idle connection while the proxy sends the client's next request on it. The two cross.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Link, LinkAction};

fn main() -> io::Result<()> {
    let mut lab = Lab::proxied();
    let (at_proxy, at_server) = (lab.proxy_address(), lab.address());
    let mut buffer = [0; 1024];

    let delay = LinkAction::Delay(Duration::from_millis(50));
    lab.link("link proxy-server delay 50ms", |hosts| hosts.act(Link::ProxyServer, &delay));
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

    lab.client("write(\"GET /2\")", || client.write(b"GET /2"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;

    // The request and the FIN cross on the link behind the proxy.
    lab.proxy("upstream.write(\"GET /2\") &", || upstream.write(b"GET /2"))?;
    lab.server("close()", || lab::close(server))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;

    // No byte of an answer has come, so the proxy makes one up. The client's own connection is as good as before.
    lab.proxy("downstream.write(\"502\")", || downstream.write(b"502"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
