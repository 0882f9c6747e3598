//! Why do I read an orderly end, although the server threw my bytes away?
//!
//! The server closes with bytes unread, but shuts down its sending side first, as Java's `Socket.close()` does.

mod lab;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"hello world\")", || client.write(b"hello world"))?;

    // The FIN leaves at once. Eleven bytes are still unread, so close() sends a RST behind it.
    lab.server("shutdown(WR) &", || server.shutdown(Shutdown::Write))?;
    lab.server("close()", || lab::close(server))?;

    // The FIN was here first, and a read looks no further: it gives 0, as at any orderly end.
    lab.client("read()", || client.read(&mut buffer))?;

    // Only a write tells that something is wrong. The reset met CLOSE-WAIT, so its name is EPIPE.
    let error = lab.client("write(\"anyone?\")", || client.write(b"anyone?")).expect_err("nobody is there");
    println!("# Rust says: {error}");
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
