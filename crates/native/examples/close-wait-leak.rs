//! Where do all these CLOSE-WAITs come from?
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
    let mut buffer = [0; 1024];

    // How long the client's kernel keeps a connection that no program owns any more. 60 s where nobody changed it.
    lab.client_setting("tcp_fin_timeout", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("close()", || lab::close(client))?;

    // The server is told: 0. From here on it is its own turn, and nobody else's.
    lab.server("read()", || server.read(&mut buffer))?;

    // The client's kernel gives up waiting for the server's FIN. On the server's side no timer covers CLOSE-WAIT:
    // it lasts until this program closes the socket, or ends.
    lab.wait(Duration::from_millis(1500));

    // Rust closes what goes out of scope. What is kept in a map, or in a task that waits for something else, is not closed.
    std::mem::forget(server);
    Ok(())
}
