//! Answers before the question is finished, and closes so that the answer arrives: a lingering close, with its limits.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: close_gently
/// Sends the answer, and closes so that it arrives although the peer may still be sending.
///
/// Whoever sends more than `bytes_max` or takes longer than `patience` is reset after all.
fn close_gently(mut stream: TcpStream, answer: &[u8], patience: Duration, bytes_max: usize) -> io::Result<()> {
    stream.write_all(answer)?;
    stream.shutdown(Shutdown::Write)?; // a FIN follows the answer
    let deadline = Instant::now() + patience;
    let mut left = bytes_max;
    let mut buffer = [0; 16 * 1024];
    while left > 0 {
        let Some(time) = deadline.checked_duration_since(Instant::now()).filter(|time| !time.is_zero()) else {
            return Err(io::ErrorKind::TimedOut.into());
        };
        stream.set_read_timeout(Some(time))?;
        match stream.read(&mut buffer)? {
            0 => return Ok(()), // the peer has ended its stream too: nothing is unread
            count => left = left.saturating_sub(count),
        }
    }
    Err(io::ErrorKind::FileTooLarge.into())
} // the stream is closed here, on every path
// ANCHOR_END: close_gently

// ANCHOR: upload
/// Uploads, and reads the answer even if the upload breaks off.
fn upload(mut stream: TcpStream, body: &[u8]) -> io::Result<String> {
    // A reset can also meet the shutdown (ENOTCONN): no reason not to read either.
    if let Err(error) = stream.write_all(body).and_then(|()| stream.shutdown(Shutdown::Write)) {
        println!("  the upload broke off: {error}");
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            // What had arrived before a reset has been read by now, and is kept.
            Err(error) if !answer.is_empty() => {
                println!("  after the answer: {error}");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
// ANCHOR_END: upload

fn main() -> io::Result<()> {
    for (what, bytes_max) in [("closes gently", 10_000_000), ("loses patience after 64 KiB", 64 * 1024)] {
        println!("The server {what}:");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            stream.read_exact(&mut [0; 1000])?;
            close_gently(stream, b"413", Duration::from_secs(5), bytes_max)
        });
        let answer = upload(TcpStream::connect(address)?, &vec![b'x'; 3_000_000]);
        println!("  the client got {answer:?}");
        println!("  the server's close: {:?}", server.join().expect("the server does not panic"));
    }
    Ok(())
}
