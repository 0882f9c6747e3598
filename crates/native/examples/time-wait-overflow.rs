//! What if there is no room for TIME-WAIT?
//!
//! The server's kernel may keep none.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // 0 is the extreme of a machine that has too many already.
    lab.server_setting("tcp_max_tw_buckets", "0");

    // The server's end is forgotten as soon as its FIN is acknowledged. So the client's FIN meets nobody: RST.
    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;
    Ok(())
}
