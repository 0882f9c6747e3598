//! When may two connections of mine have one port?
//!
//! A connection is named by two addresses and two ports, so to two servers one own port would do. bind() does not know
//! the server yet.

mod lab;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use lab::Lab;
use native::bind_no_port;
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let elsewhere = SocketAddr::new(address.ip(), address.port() + 1);
    let own = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5000));
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));

    let _listener = lab.server("listen()", || TcpListener::bind(address))?;
    let _other = lab.server("other.listen(port=81)", || TcpListener::bind(elsewhere))?;

    let first = socket(&mut lab, "first.socket()")?;
    lab.client("first.bind(port=5000)", || first.bind(&own.into()))?;
    lab.client("first.connect()", || first.connect(&address.into()))?;
    let second = socket(&mut lab, "second.socket()")?;
    let error = lab.client("second.bind(port=5000)", || second.bind(&own.into())).expect_err("it is taken");
    println!("# Rust says: {error}");
    // Both must have said that they share.
    lab.client("first.setsockopt(SO_REUSEADDR, 1)", || first.set_reuse_address(true))?;
    lab.client("second.setsockopt(SO_REUSEADDR, 1)", || second.set_reuse_address(true))?;
    lab.client("second.bind(port=5000)", || second.bind(&own.into()))?;
    lab.client("second.connect(port=81)", || second.connect(&elsewhere.into()))?;

    // bind() without a port takes one of those that the kernel chooses from. Here that is one, for all servers together.
    lab.client_setting("ip_local_port_range", "6000 6000");
    let third = socket(&mut lab, "third.socket()")?;
    lab.client("third.bind()", || third.bind(&any.into()))?;
    let fourth = socket(&mut lab, "fourth.socket()")?;
    lab.client("fourth.bind()", || fourth.bind(&any.into())).expect_err("no port is left");
    lab.client("third.close()", || lab::close(third))?;

    // With IP_BIND_ADDRESS_NO_PORT connect() chooses, and it knows the server.
    let fifth = socket(&mut lab, "fifth.socket()")?;
    lab.client("fifth.setsockopt(IP_BIND_ADDRESS_NO_PORT, 1)", || bind_no_port(&fifth))?;
    lab.client("fifth.bind()", || fifth.bind(&any.into()))?;
    let sixth = socket(&mut lab, "sixth.socket()")?;
    lab.client("sixth.setsockopt(IP_BIND_ADDRESS_NO_PORT, 1)", || bind_no_port(&sixth))?;
    lab.client("sixth.bind()", || sixth.bind(&any.into()))?;
    lab.client("fifth.connect()", || fifth.connect(&address.into()))?;
    lab.client("sixth.connect(port=81)", || sixth.connect(&elsewhere.into()))?;
    Ok(())
}

/// socket(2): on the host of whoever calls it.
fn socket(lab: &mut Lab, call: &str) -> io::Result<Socket> {
    let mut socket = None;
    lab.client(call, || {
        socket = Some(Socket::new(Domain::IPV4, Type::STREAM, None)?);
        Ok(())
    })?;
    Ok(socket.expect("socket(2) has made it"))
}
