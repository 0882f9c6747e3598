//! What is the other side told when my own timer runs out?
//!
//! The client waits half a second for its answer, then gives up and closes. The server is still at work.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let patience = Some(Duration::from_millis(500));
    lab.client("setsockopt(SO_RCVTIMEO, 500ms)", || client.set_read_timeout(patience))?;
    lab.client("write(\"request\")", || client.write(b"request"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // The timer is the program's own: nothing is sent, and the server cannot know.
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("the answer is not there yet");
    println!("# Rust says: {error}");
    lab.server_polls("poll()", &server);

    // Only now it is told something: that the client sends no more.
    lab.client("close()", || lab::close(client))?;
    lab.server("write(\"answer\")", || server.write(b"answer"))?;
    let error = lab.server("write(\"and more\")", || server.write(b"and more")).expect_err("a reset came back");
    println!("# Rust says: {error}");
    Ok(())
}
