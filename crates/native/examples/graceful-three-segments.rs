//! Why are there only three segments at the end of my capture?
//!
//! The client closes as soon as it reads the end of the stream. Its kernel had not yet acknowledged the server's FIN.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.link("link delay 1ms", |link| link.set_delay(Duration::from_millis(1)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.server("write(\"bye\") &", || server.write(b"bye"))?;
    lab.server("close() &", || lab::close(server))?;

    // The server waits for its next client, until this program ends.
    let accepting = lab.server_begins("next.accept() &", move || listener.accept());
    // The client reads the end of the stream and closes in the same moment. Its kernel has not acknowledged the FIN yet:
    // after data an acknowledgement may wait a little.
    lab.client("read() &", || client.read(&mut buffer))?;
    lab.client("read() &", || client.read(&mut buffer))?;

    // So the client's own FIN takes the acknowledgement along. Four things are said, in three segments.
    // The client was in CLOSE-WAIT too shortly for anybody to see it.
    lab.client("close()", || lab::close(client))?;
    lab.never_returns(&accepting);
    Ok(())
}
