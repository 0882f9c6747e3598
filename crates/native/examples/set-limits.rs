//! Gives a connection its limits: for connecting, for an answer, for data that nobody acknowledges, for silence.

#[cfg(target_os = "linux")]
mod limits {
    use std::io;
    use std::net::{SocketAddr, TcpStream};
    use std::time::Duration;

    use socket2::{SockRef, TcpKeepalive};

    // ANCHOR: connect
    /// A connection that cannot wait for ever, whatever the peer does or does not.
    pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(3))?;
        // Our own patience with the program there. The connection stays open when it ends: close it then.
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_write_timeout(Some(Duration::from_secs(30)))?;
        let socket = SockRef::from(&stream);
        // The kernel's patience with silence: a probe after a minute, then two more ...
        let probes = TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(10));
        socket.set_tcp_keepalive(&probes.with_retries(3))?;
        // ... and with data that is not acknowledged, or not taken. It overrules the number of probes,
        // so it must not be shorter than all of them take: 60 + 3 * 10 seconds.
        socket.set_tcp_user_timeout(Some(Duration::from_secs(90)))?;
        Ok(stream)
    }
    // ANCHOR_END: connect
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use socket2::SockRef;

    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let stream = limits::connect(listener.local_addr()?)?;
    let socket = SockRef::from(&stream);
    println!("read timeout: {:?}", stream.read_timeout()?);
    println!("write timeout: {:?}", stream.write_timeout()?);
    println!("TCP_USER_TIMEOUT: {:?}", socket.tcp_user_timeout()?);
    println!("TCP_KEEPIDLE: {:?}", socket.tcp_keepalive_time()?);
    println!("TCP_KEEPINTVL: {:?}", socket.tcp_keepalive_interval()?);
    println!("TCP_KEEPCNT: {}", socket.tcp_keepalive_retries()?);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("TCP_USER_TIMEOUT is Linux's own: this example runs there.");
}
