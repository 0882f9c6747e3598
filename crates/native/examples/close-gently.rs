//! Answers before the question is finished, and closes so that the answer arrives: a lingering close, with its limits.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: close_gently
/// Sends the answer, and closes so that it arrives although the peer may still be sending.
///
/// A peer that takes longer than `patience`, to read or to end its stream, or that sends more than `bytes_max`,
/// is reset after all.
fn close_gently(mut stream: TcpStream, answer: &[u8], patience: Duration, bytes_max: usize) -> io::Result<()> {
    let deadline = Instant::now() + patience;
    let mut unsent = answer;
    while !unsent.is_empty() {
        stream.set_write_timeout(Some(time_left(deadline)?))?;
        unsent = &unsent[stream.write(unsent)?..];
    }
    stream.shutdown(Shutdown::Write)?; // a FIN follows the answer
    let mut left = bytes_max;
    let mut buffer = [0; 16 * 1024];
    while left > 0 {
        stream.set_read_timeout(Some(time_left(deadline)?))?;
        match stream.read(&mut buffer)? {
            0 => return Ok(()), // the peer has ended its stream too: nothing is unread
            count => left = left.saturating_sub(count),
        }
    }
    Err(io::ErrorKind::FileTooLarge.into())
} // the stream is closed here, on every path

fn time_left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
// ANCHOR_END: close_gently

// ANCHOR: upload
/// What came back from an upload.
struct Reply {
    bytes: Vec<u8>,
    /// The first error, of a write or a read. Where it is one, only the answer's own length says whether it is whole.
    error: Option<io::Error>,
}

/// Uploads, and reads the answer even if the upload breaks off.
fn upload(mut stream: TcpStream, body: &[u8], patience: Duration) -> io::Result<Reply> {
    stream.set_write_timeout(Some(patience))?;
    stream.set_read_timeout(Some(patience))?;
    // A reset can also meet the shutdown (ENOTCONN): no reason not to read either.
    let mut error = stream.write_all(body).and_then(|()| stream.shutdown(Shutdown::Write)).err();
    let mut bytes = Vec::new();
    // What had arrived before a reset is read first, and is kept.
    if let Err(met) = stream.read_to_end(&mut bytes) {
        error = error.or(Some(met)); // if the write has taken the error, the read says 0: that is no success
    }
    match error {
        Some(error) if bytes.is_empty() => Err(error),
        error => Ok(Reply { bytes, error }),
    }
}
// ANCHOR_END: upload

fn main() -> io::Result<()> {
    for (what, bytes_max) in [("closes gently", 100_000_000), ("loses patience after 64 KiB", 64 * 1024)] {
        println!("The server {what}:");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            stream.read_exact(&mut [0; 1000])?;
            close_gently(stream, b"413", Duration::from_secs(5), bytes_max)
        });
        match upload(TcpStream::connect(address)?, &vec![b'x'; 30_000_000], Duration::from_secs(5)) {
            Ok(Reply { bytes, error: None }) => println!("  the client got {:?}", String::from_utf8_lossy(&bytes)),
            Ok(Reply { bytes, error: Some(error) }) => {
                println!("  the client got {:?}, and {error}", String::from_utf8_lossy(&bytes));
            }
            Err(error) => println!("  the client got nothing: {error}"),
        }
        println!("  the server's close: {:?}", server.join().expect("the server does not panic"));
    }
    Ok(())
}
