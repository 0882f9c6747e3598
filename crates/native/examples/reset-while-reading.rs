//! What wakes my read() when the other side resets?
//!
//! The client waits for an answer. The server closes with the client's request unread.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"request\")", || client.write(b"request"))?;

    // The client waits for the answer, on a thread of its own, because this one has a server to play.
    let client = Arc::new(client);
    let reading = lab.client_begins("read()", {
        let client = Arc::clone(&client);
        move || (&*client).read(&mut [0; 1024])
    });

    // Seven bytes are unread, so a RST leaves. It wakes the reader: nobody waits for the next call.
    lab.server("close()", || lab::close(server))?;
    lab.end(reading).expect_err("the connection is reset");
    lab.client_polls("poll()", &*client);
    lab.client("read()", || (&*client).read(&mut buffer))?;
    Ok(())
}
