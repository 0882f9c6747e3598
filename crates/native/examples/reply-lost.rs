//! How can a reply vanish that the server wrote before it closed?
//!
//! Something of the request is unread when the server closes. Its RST overtakes the reply.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"request\")", || client.write(b"request"))?;
    lab.server("read(3)", || server.read(&mut buffer[..3]))?;

    // The reply takes a slower road than what is sent after it.
    lab.link("link hold data from server 400ms", |link| {
        link.meet(Meeting::Hold(Duration::from_millis(400)), Count::Next(1), Kind::Data, Host::Server);
    });
    lab.server("write(\"reply\") &", || server.write(b"reply"))?;

    // Four bytes are unread, so this resets. Whoever resets sends nothing again: the reply that is on its way is all
    // there is of it.
    lab.server("close()", || lab::close(server))?;

    // The RST came ahead of its turn. It was questioned first, and its sender, who knows nothing any more, said it again,
    // this time with the exact number. When the reply arrived, there was no connection left for it.
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
