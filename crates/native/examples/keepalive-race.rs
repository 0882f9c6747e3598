//! Who is faster: the next request, or the server's idle timer?
//!
//! The request leaves 100 ms behind the answer before it. The server's program looks at it 40 ms after it has come.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"GET /1\")", || client.write(b"GET /1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\")", || server.write(b"200 OK"))?;
    lab.client("read()", || client.read(&mut buffer))?;

    lab.pause(Duration::from_millis(100)); // the connection is idle
    lab.client("write(\"GET /2\") &", || client.write(b"GET /2"))?;
    lab.pause(Duration::from_millis(90)); // 50 ms on its way, 40 ms in the queue
    lab.server("read() &", || server.read(&mut buffer))?;
    lab.server("write(\"200 OK\") &", || server.write(b"200 OK"))?;
    lab.pause(Duration::from_millis(60));
    // The idle timer. Before the read this would have been a reset; before the request came, a FIN that crosses it.
    lab.server("close() &", || lab::close(server))?;

    lab.client("read()", || client.read(&mut buffer))?;
    // The next race, and this one is lost: a reset is on its way back.
    lab.client("write(\"GET /3\")", || client.write(b"GET /3"))?;
    Ok(())
}
