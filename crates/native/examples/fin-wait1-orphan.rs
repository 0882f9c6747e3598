//! What are the FIN-WAIT-1 lines in my list of sockets?
//!
//! We close when the other side is out of reach. Our FIN is never acknowledged.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    // Where nobody changed it: eight times.
    lab.client_setting("tcp_orphan_retries", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (_server, _) = lab.server("accept()", || listener.accept())?;

    lab.link("link cut", |link| link.cut());

    // The program has closed and may end: the kernel goes on alone. It says its FIN a few times, and gives up in silence.
    // Nobody is left who could be told, and the server has no idea.
    lab.client("close()", || lab::close(client))?;
    lab.wait(Duration::from_millis(2500));
    Ok(())
}
