//! Reads messages from a stream: keeps what is incomplete, and tells an end between two messages from one in the middle.
//!
//! Three peers send the same two lines in odd pieces. The first ends its stream properly, the second in the middle of
//! a line, the third with unread data in its own queue, so with a reset.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, sleep};
use std::time::Duration;

// ANCHOR: read_messages
/// The longest message: a peer that never ends one must not fill our memory.
const MESSAGE_MAX: usize = 64 * 1024;

/// Hands out each line, without its line break. `Ok` means: the stream ended, and between two lines.
fn read_messages(mut stream: impl Read, mut handle: impl FnMut(&str)) -> io::Result<()> {
    let mut rest = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) if rest.is_empty() => return Ok(()),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        rest.extend_from_slice(&buffer[..count]);
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            // Decoded as a whole: a read may end in the middle of a character.
            handle(str::from_utf8(&line[..end]).map_err(io::Error::other)?);
        }
        if rest.len() > MESSAGE_MAX {
            return Err(io::Error::other("a message is too long"));
        }
    }
}
// ANCHOR_END: read_messages

fn main() -> io::Result<()> {
    for (what, send) in PEERS {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut stream = TcpStream::connect(listener.local_addr()?)?;
        let (peer, _) = listener.accept()?;
        stream.write_all(b"?")?;
        println!("The peer {what}:");
        let peer = thread::spawn(move || send(peer));
        let outcome = read_messages(&mut stream, |message| println!("  message: {message}"));
        println!("  then: {outcome:?}");
        peer.join().expect("the peer does not panic")?;
    }
    Ok(())
}

type Peer = fn(TcpStream) -> io::Result<()>;

const PEERS: [(&str, Peer); 3] = [
    ("says all and closes", |mut peer| {
        peer.read_exact(&mut [0])?;
        send_in_pieces(&mut peer, &["first me", "ssage\nsec", "ond message\n"])
    }),
    ("ends in the middle of a message", |mut peer| {
        peer.read_exact(&mut [0])?;
        send_in_pieces(&mut peer, &["first message\nsecond mes"])?;
        peer.shutdown(Shutdown::Write)
    }),
    ("closes with unread data", |mut peer| send_in_pieces(&mut peer, &["first message\nsecond mes"])),
];

fn send_in_pieces(peer: &mut TcpStream, pieces: &[&str]) -> io::Result<()> {
    for piece in pieces {
        peer.write_all(piece.as_bytes())?;
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
