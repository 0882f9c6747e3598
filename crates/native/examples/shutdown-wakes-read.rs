//! How do I end a read() that waits in another thread?
//!
//! One thread of the client waits for an answer. Another calls shutdown(), and then closes.

mod lab;

use std::io::{self, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = Arc::new(lab.client("connect()", || TcpStream::connect(address))?);
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // The read is woken, and finds the end of the stream; for the other side it is a FIN.
    let reader = Arc::clone(&client);
    let reading = lab.client_begins("read()", move || (&*reader).read(&mut [0; 16]));
    lab.client("shutdown(RDWR)", || client.shutdown(Shutdown::Both))?;
    lab.end(reading)?;

    lab.client("close()", || lab::close(client))?;
    lab.server("read()", || server.read(&mut buffer))?;
    Ok(())
}
