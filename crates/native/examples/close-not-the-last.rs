//! Why does my close() send nothing?
//!
//! The server hands its connection to a child, as fork() does, and closes its own descriptor.

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
    let client = Arc::new(lab.client("connect()", || TcpStream::connect(address))?);
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // try_clone() is dup(2): two descriptors, one socket.
    let mut child = None;
    lab.server("dup() as child", || {
        child = Some(server.try_clone()?);
        Ok(())
    })?;
    let mut child = child.expect("dup(2) has made it");

    // Not the last descriptor: no FIN, and the connection is as it was.
    lab.server("close()", || lab::close(server))?;
    lab.server("child.write(\"hello\")", || child.write(b"hello"))?;
    lab.client("read()", || (&*client).read(&mut buffer))?;

    // The client waits for an end that the first close() was not.
    let reader = Arc::clone(&client);
    let reading = lab.client_begins("read()", move || (&*reader).read(&mut [0; 16]));
    lab.server("child.close()", || lab::close(child))?;
    lab.end(reading)?;
    Ok(())
}
