//! Whose idle timeout must be the shortest?
//!
//! The client's pool keeps connections for 3 s, the proxy for 2 s. The request that comes then meets the proxy's FIN.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Link, LinkAction};

fn main() -> io::Result<()> {
    let mut lab = Lab::proxied();
    let at_proxy = lab.proxy_address();
    let mut buffer = [0; 1024];

    let delay = LinkAction::Delay(Duration::from_millis(50));
    lab.link("link client-proxy delay 50ms", |hosts| hosts.act(Link::ClientProxy, &delay));
    let frontend = lab.proxy("frontend.listen()", || TcpListener::bind(at_proxy))?;
    let mut client = lab.client("connect()", || TcpStream::connect(at_proxy))?;
    let (mut downstream, _) = lab.proxy("downstream.accept()", || frontend.accept())?;

    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.proxy("downstream.read()", || downstream.read(&mut buffer))?;
    lab.proxy("downstream.write(\"200 OK\")", || downstream.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.wait(Duration::from_secs(2));

    // For the client's pool the connection is good for a second more, for the proxy it has been idle for too long.
    lab.client("write(\"GET /2\") &", || client.write(b"GET /2"))?;
    lab.proxy("downstream.close()", || lab::close(downstream))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("write(\"GET /2\")", || client.write(b"GET /2")).expect_err("the connection is over");
    Ok(())
}
