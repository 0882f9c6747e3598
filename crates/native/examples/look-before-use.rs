//! Tells an idle connection that is still good from one that has ended in the meantime.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::Duration;

// ANCHOR: still_good
/// Whether an idle connection may be used again. Nothing was asked, so nothing can be there to read:
/// if something is, it is the end of the stream, an error, or an answer that belongs to nobody.
fn still_good(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let nothing_there = matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(nothing_there)
}
// ANCHOR_END: still_good

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    println!("open and idle: still good? {}", still_good(&client)?);

    client.write_all(b"question")?;
    server.read_exact(&mut [0; 8])?;
    drop(server);
    sleep(Duration::from_millis(50));
    println!("after the server's FIN: still good? {}", still_good(&client)?);

    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    client.write_all(b"question")?;
    sleep(Duration::from_millis(50));
    drop(server);
    sleep(Duration::from_millis(50));
    println!("after the server's RST: still good? {}", still_good(&client)?);
    Ok(())
}
