//! What does "No route to host" mean on a connection that was open?
//!
//! A router loses its way and says so. An open connection does not end by that: the kernel notes it, and goes on trying.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    lab.client_setting("tcp_retries2", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    // A router says that the server is out of reach, again and again.
    lab.between("link reject all data from client unreachable");
    lab.client("write(\"hello\")", || client.write(b"hello"))?;

    // The connection stands: the way may come back. Only when the kernel gives up is the message remembered.
    lab.client_polls("poll()", &client);
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("it is given up");
    println!("# Rust says: {error}");
    lab.wait(Duration::from_secs(2));
    Ok(())
}
