//! What if there are too many TIME-WAITs?
//!
//! The table is full. The server's kernel does without.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    // None at all: the extreme of a machine that has too many already.
    lab.server_setting("tcp_max_tw_buckets", "0");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // The server's end is forgotten as soon as its FIN is acknowledged: an orphan in FIN-WAIT-2 lives in the same table.
    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;

    // So the client's FIN meets nobody: RST.
    lab.client("close()", || lab::close(client))?;
    Ok(())
}
