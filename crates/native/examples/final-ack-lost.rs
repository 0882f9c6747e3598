//! What if the very last ACK is lost?
//!
//! Both programs have closed. The network loses the acknowledgement of the second FIN.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("close()", || lab::close(server))?;
    lab.client("read()", || client.read(&mut buffer))?;
    lab.link("link drop ACK from server", |link| link.meet(Meeting::Drop, Count::Next(1), Kind::Ack, Host::Server));
    lab.client("close()", || lab::close(client))?;

    // The client waits in LAST-ACK, and says its FIN again. Somebody must be there to acknowledge it again:
    // that is what the server's end stays in TIME-WAIT for.
    lab.wait(Duration::from_millis(400));
    Ok(())
}
