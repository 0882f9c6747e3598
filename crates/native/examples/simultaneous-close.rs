//! What if both sides close at the same moment?
//!
//! The two FINs cross on the way. Each side acknowledges the other's while its own is still unacknowledged.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.link("link delay 80ms", |link| link.set_delay(Duration::from_millis(80)));
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    // Neither has heard of the other's FIN when it sends its own. So both are the one who closes first:
    // FIN-WAIT-1, CLOSING when the other's FIN comes, and TIME-WAIT, on both sides.
    lab.client("close() &", || lab::close(client))?;
    lab.server("close()", || lab::close(server))?;
    Ok(())
}
