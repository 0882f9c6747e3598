//! Why does tcp_tw_reuse not help?
//!
//! It lets connect() take a pair of ports out of TIME-WAIT if both ends use timestamps. This server has them switched off.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.server_setting("tcp_timestamps", "0");
    lab.client_setting("tcp_tw_reuse", "1");
    lab.client_setting("ip_local_port_range", "5000 5000");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;
    lab.client("close()", || lab::close(client))?;
    lab.server("close()", || lab::close(server))?;

    // Longer than the second that tcp_tw_reuse waits.
    lab.wait(Duration::from_secs(2));
    let error = lab.client("second.connect()", || TcpStream::connect(address)).expect_err("no port is left");
    println!("# Rust says: {error}");
    Ok(())
}
