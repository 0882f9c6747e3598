//! Where do all those CLOSE-WAIT connections come from?
//!
//! The client closes. The server never does.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    let mut buffer = [0; 1024];

    // How long the client's kernel keeps a connection that no program owns any more. 60 s, unless somebody sets it.
    lab.client_setting("tcp_fin_timeout", "1");
    lab.client("close()", || lab::close(client))?;

    // The server is told: 0. From here on it is its own turn, and nobody else's. No timer of the kernel's covers
    // CLOSE-WAIT: the connection stays until this program closes it or ends.
    lab.server("read()", || server.read(&mut buffer))?;
    lab.wait(Duration::from_secs(2));

    // Rust closes what goes out of scope. A socket that is forgotten, in a map or in a task that waits, is not closed.
    std::mem::forget(server);
    Ok(())
}
