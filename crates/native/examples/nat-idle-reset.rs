//! Why does the first query after lunch get a reset?
//!
//! Something in between has forgotten the idle connection, and says so in the other side's name to whoever sends.

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

    lab.between("link forget after 5s reset");
    lab.client("write(\"query 1\")", || client.write(b"query 1"))?;
    lab.server("read()", || server.read(&mut buffer))?;
    lab.wait(Duration::from_secs(6));

    // The box takes the query and answers in the server's name. The server sees nothing of it.
    lab.client("write(\"query 2\")", || client.write(b"query 2"))?;
    let error = lab.client("read()", || client.read(&mut buffer)).expect_err("the box resets");
    println!("# Rust says: {error}");

    // Until it sends something itself.
    lab.server("write(\"news\")", || server.write(b"news"))?;
    lab.server("read()", || server.read(&mut buffer)).expect_err("the box resets");
    Ok(())
}
