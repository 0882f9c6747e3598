//! How long does TIME-WAIT last?
//!
//! Nothing shortens it: tcp_fin_timeout is for FIN-WAIT-2.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    // It is for FIN-WAIT-2, whatever else one reads.
    lab.server_setting("tcp_fin_timeout", "1");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;

    lab.server("close()", || lab::close(server))?;
    lab.client("close()", || lab::close(client))?;

    // 60 seconds, built into Linux (TCP_TIMEWAIT_LEN). The RFC asks for twice the longest life of a segment, four minutes.
    lab.wait(Duration::from_secs(55));
    lab.wait(Duration::from_secs(7));
    Ok(())
}
