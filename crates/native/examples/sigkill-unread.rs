//! Why does a killed process sometimes reset its connections?
//!
//! A request lies unread in the server's queue when SIGKILL comes.

mod lab;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::Host;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.client("write(\"GET /\")", || client.write(b"GET /"))?;

    // A process of its own holds the connection now, as its stdin, and this program holds it no more.
    let mut process = lab::process_with(server)?;
    lab.link("server kill()", |link| {
        process.kill().and_then(|()| process.wait()).expect("it is our own process");
        link.closed(Host::Server, "server");
    });

    // The kernel closes for the dead program, and closing with unread data resets. So a crash looks like this to clients
    // whose requests were waiting, and like a goodbye to all others (sigkill-clean).
    lab.client("read()", || client.read(&mut buffer)).expect_err("the connection is reset");
    Ok(())
}
