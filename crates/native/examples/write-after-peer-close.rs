//! What happens when I write to someone who has left?
//!
//! The server has read everything and closes. The client goes on writing.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello\")", || client.write(b"hello"))?;
    lab.server("read()", || server.read(&mut buffer))?;

    // Everything was read, so a FIN leaves: "I will send no more". That nobody will read any more it cannot say.
    lab.server("close()", || lab::close(server))?;

    // The client's kernel takes these bytes and sends them: the write succeeds. That nobody is there
    // to receive them is what the answer says, a RST.
    lab.client("write(\"one more\")", || client.write(b"one more"))?;

    // Only now is there an error to report. It is EPIPE and not ECONNRESET, because a FIN came before the RST.
    let error = lab.client("write(\"again\")", || client.write(b"again")).expect_err("the connection is reset");
    println!("# Rust says: {error}");

    // Reading is over since the FIN: 0, for ever, whatever has happened since.
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
