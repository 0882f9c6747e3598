//! Why does connect() hang for minutes?
//!
//! Every SYN is lost, and nobody says so.

mod lab;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    // Two SYNs and three seconds. Where nobody sets it there are eleven, and it takes more than two minutes.
    lab.client_setting("tcp_syn_retries", "1");
    lab.client_setting("tcp_syn_linear_timeouts", "0");
    let _listener = lab.server("listen()", || TcpListener::bind(address))?;
    lab.link("link cut", |link| link.cut());

    // Nobody refuses, nobody answers. Only our own kernel's patience ends this.
    let connecting = lab.client_begins("connect()", move || TcpStream::connect(address));
    lab.wait(Duration::from_secs(4));
    let error = lab.end(connecting).expect_err("nobody answers");
    println!("# Rust says: {error}");

    // A program has its own patience: `TcpStream::connect_timeout`.
    Ok(())
}
