//! For whom does the server work when the client has lost patience?
//!
//! The client waits 1 s for its answer, the proxy would wait 3 s, and the server needs 2 s.

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
    lab.client("setsockopt(SO_RCVTIMEO, 1s)", || client.set_read_timeout(short))?;
    lab.proxy("upstream.setsockopt(SO_RCVTIMEO, 3s)", || upstream.set_read_timeout(long))?;
    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("upstream.write(\"GET /1\")", || upstream.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The client's patience is over. All that the proxy hears of it is a FIN.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the answer is not there yet");
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_secs(1));

    // The server has worked on it until now, for nobody.
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.proxy("upstream.read()", || upstream.read(&mut buffer))?;
    lab.proxy("downstream.write(\"200 OK\")", || downstream.write(b"200 OK"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    Ok(())
}
