//! A static server: the files of a folder, over HTTP, for this machine alone.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How long a connection may stay idle, and how much of a request is read at most.
const IDLE: Duration = Duration::from_secs(30);
const REQUEST_BYTES_MAX: u64 = 16 * 1024;

/// Serves a folder until the process ends, and says where.
///
/// Port 0 is any free one.
///
/// # Errors
/// The port is taken.
pub fn start(folder: PathBuf, port: u16) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            // A reader who goes away in the middle of an answer is no error of ours.
            thread::spawn(move || answer_all(&stream, &folder));
        }
    });
    Ok(address)
}

/// Answers request after request, until the other side has enough.
fn answer_all(stream: &TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = reader.by_ref().take(REQUEST_BYTES_MAX);
        let mut request = String::new();
        if head.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::from("-");
        while !header.trim_end().is_empty() {
            header.clear();
            if head.read_line(&mut header)? == 0 {
                return Ok(());
            }
        }
        let mut words = request.split_ascii_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        answer(stream, method, target, folder)?;
    }
}

fn answer(mut stream: &TcpStream, method: &str, target: &str, folder: &Path) -> io::Result<()> {
    let (status, kind, body) = match (method, file(target, folder)) {
        ("GET" | "HEAD", Some(path)) => match fs::read(&path) {
            Ok(body) => ("200 OK", kind(&path), body),
            Err(_) => ("404 Not Found", "text/html", fs::read(folder.join("404.html")).unwrap_or_default()),
        },
        ("GET" | "HEAD", None) => ("400 Bad Request", "text/plain", b"no such path\n".to_vec()),
        _ => ("405 Method Not Allowed", "text/plain", b"GET and HEAD only\n".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if method == "HEAD" { Ok(()) } else { stream.write_all(&body) }
}

/// The file that an address means; `None` if it would lie outside of the folder.
fn file(target: &str, folder: &Path) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = PathBuf::from(percent_decoded(path)?);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let path = folder.join(path);
    Some(if path.is_dir() { path.join("index.html") } else { path })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("tcp" | "txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_leaves_the_folder() {
        let folder = Path::new("pages");
        assert_eq!(file("/a%20b.html?q#f", folder), Some("pages/a b.html".into()));
        for outside in ["/../secret", "/a/../../secret", "/%2e%2e/secret", "//etc/passwd", "secret", "/%2"] {
            assert_eq!(file(outside, folder), None, "{outside}");
        }
    }

    #[test]
    fn a_file_is_served_and_a_missing_one_is_not() {
        let address = start(crate::root().join("crates/xtask"), 0).expect("any free port will do");
        let answer = |request: &str| {
            let mut stream = TcpStream::connect(address).expect("the server listens");
            stream.write_all(request.as_bytes()).expect("it reads");
            stream.shutdown(std::net::Shutdown::Write).expect("the stream is open");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("it answers and closes");
            answer
        };
        assert!(answer("GET /Cargo.toml HTTP/1.1\r\n\r\n").contains("name = \"xtask\""));
        assert!(answer("GET /missing HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        assert!(answer("POST /Cargo.toml HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    }
}
