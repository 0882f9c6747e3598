//! Why do I see only three segments when a connection closes?
//!
//! The server waits in read() and closes as soon as it returns 0.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    lab.link("link delay 2ms", |link| link.set_delay(Duration::from_millis(2)));

    // The server waits for the end of the stream, and closes in the moment in which it comes.
    lab.client("close() &", || lab::close(client))?;
    lab.server("read() &", || server.read(&mut buffer))?;

    // The acknowledgement of a FIN may wait a little. Here it need not travel alone: the server's own FIN carries it.
    // Four things are said, in three segments. The server was in CLOSE-WAIT too shortly for anybody to see it.
    lab.server("close()", || lab::close(server))?;
    Ok(())
}
