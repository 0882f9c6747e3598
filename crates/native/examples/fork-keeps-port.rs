//! Why is the port still taken, though my server has ended?
//!
//! A child has inherited the listener, as fork() does it. The server ends, and the child lives on.

mod lab;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};

use lab::Lab;

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();
    let mut buffer = [0; 1024];

    // std's listener sets SO_REUSEADDR on Unix. try_clone() is dup(2): two descriptors, one listener.
    let listener = lab.server("listen(reuseaddr)", || TcpListener::bind(address))?;
    let mut child = None;
    lab.server("listener.dup() as child", || {
        child = Some(listener.try_clone()?);
        Ok(())
    })?;
    let child = child.expect("dup(2) has made it");

    // Not the last descriptor: the port stays taken, and clients are let in.
    lab.server("listener.close()", || lab::close(listener))?;
    let error = lab.server("new.listen(reuseaddr)", || TcpListener::bind(address)).expect_err("it is taken");
    println!("# Rust says: {error}");
    let mut client = lab.client("connect()", || TcpStream::connect(address))?;

    // The last one: who waits in the queue is reset, and the port is free.
    lab.server("child.close()", || lab::close(child))?;
    lab.client("read()", || client.read(&mut buffer)).expect_err("it was reset");
    let _next = lab.server("next.listen(reuseaddr)", || TcpListener::bind(address))?;
    Ok(())
}
