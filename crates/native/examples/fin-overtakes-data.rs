//! What if the FIN arrives before the last bytes?
//!
//! The server writes and closes. On the way its last segment with data falls behind the FIN.

mod lab;

use std::io::{self, Read, Write};
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
    let (mut server, _) = lab.server("accept()", || listener.accept())?;

    // The last bytes take a slower road than the FIN behind them.
    lab.link("link hold data from server 200ms", |link| {
        link.meet(Meeting::Hold(Duration::from_millis(200)), Count::Next(1), Kind::Data, Host::Server);
    });
    lab.server("write(\"answer\") &", || server.write(b"answer"))?;
    lab.server("close()", || lab::close(server))?;

    // The FIN has a number like any byte. It is kept until everything before it is there.
    lab.client("read()", || client.read(&mut buffer))?;
    lab.client("read()", || client.read(&mut buffer))?;
    Ok(())
}
