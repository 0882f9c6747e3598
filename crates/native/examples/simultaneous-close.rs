//! What happens when both sides close at the same moment?
//!
//! Two FINs cross on the way.

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

    // Neither has heard of the other's FIN when it sends its own. So both are the one who closes first:
    // FIN-WAIT-1, CLOSING when the other's FIN comes, and TIME-WAIT, on both sides.
    lab.client("close() &", || lab::close(client))?;
    lab.server("close()", || lab::close(server))?;
    Ok(())
}
