use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(100);

fn show(label: &str, result: Result<usize>) {
    match result {
        Ok(n) => println!("{label}: Ok({n})"),
        Err(error) => println!("{label}: {:?}: {error}", error.kind()),
    }
    sleep(PAUSE);
}

fn connection(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the peer listens");
    stream.write_all(b"x").expect("the peer is there");
    sleep(PAUSE);
    stream
}

fn main() {
    let mut buffer = [0; 10];

    let mut s = connection(7001);
    show("reset, read", s.read(&mut buffer));
    show("reset, read again", s.read(&mut buffer));

    let mut s = connection(7001);
    show("reset, write", s.write(b"x"));
    show("reset, write again", s.write(b"x"));
    show("reset, then read", s.read(&mut buffer));

    let mut s = connection(7002);
    show("left, write", s.write(b"x"));
    show("left, write again", s.write(b"x"));
    show("left, then read", s.read(&mut buffer));

    let mut s = connection(7004);
    s.set_read_timeout(Some(PAUSE)).expect("it is not zero");
    show("silent, read", s.read(&mut buffer));

    show("nobody, connect", TcpStream::connect("127.0.0.1:7003").map(|_| 0));
}
