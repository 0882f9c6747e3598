//! Why does connect() hang?
//!
//! Something on the way swallows every SYN, and nobody says no.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    // Two SYNs and three seconds. Where nobody changed it there are eleven, and it takes more than two minutes.
    lab.client_setting("tcp_syn_linear_timeouts", "0");
    lab.client_setting("tcp_syn_retries", "1");
    let _listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.link("link drop all SYN from client", |link| link.meet(Meeting::Drop, Count::All, Kind::Syn, Host::Client));

    // Nobody refuses, nobody answers. Only our own kernel's patience ends this. A program has its own:
    // `TcpStream::connect_timeout`.
    let error = lab.client("connect()", || TcpStream::connect(address)).expect_err("nobody answers");
    println!("# Rust says: {error}");
    Ok(())
}
