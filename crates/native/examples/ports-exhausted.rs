//! Why can I not connect when the server is fine?
//!
//! The client has one port of its own to choose from. The connection before still has it, in TIME-WAIT.

mod lab;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let elsewhere = SocketAddr::new(address.ip(), address.port() + 1);

    lab.client_setting("ip_local_port_range", "5000 5000");
    let listener = lab.server("listen()", || TcpListener::bind(address))?;
    let _other = lab.server("other.listen(port=81)", || TcpListener::bind(elsewhere))?;
    let client = lab.client("connect()", || TcpStream::connect(address))?;
    let (server, _) = lab.server("accept()", || listener.accept())?;
    lab.client("close()", || lab::close(client))?;
    lab.server("close()", || lab::close(server))?;

    // Not even a SYN: the only pair of ports is in TIME-WAIT. To another port the same own port is free.
    let error = lab.client("connect()", || TcpStream::connect(address)).expect_err("no port is left");
    println!("# Rust says: {error}");
    let _elsewhere = lab.client("elsewhere.connect(port=81)", || TcpStream::connect(elsewhere))?;

    // After a second in TIME-WAIT, tcp_tw_reuse lets connect() take the pair.
    lab.client_setting("tcp_tw_reuse", "1");
    lab.wait(Duration::from_secs(1));
    let _client = lab.client("connect()", || TcpStream::connect(address))?;
    Ok(())
}
