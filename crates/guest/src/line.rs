//! The serial line, by which scripts come and answers leave.
//!
//! A request is `ID LENGTH trace\n` or `ID LENGTH reasons\n`, and LENGTH bytes of script. An answer is a byte 2, then
//! `ID CODE TRACE NOTES MICROSECONDS\n`, then TRACE bytes of JSON and NOTES bytes of text. Before the first answer
//! the line says `ready`, behind a byte 2 as well.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write};

use native::Reasons;
use nix::sys::termios::{BaudRate, SetArg, cfmakeraw, cfsetspeed, tcdrain, tcgetattr, tcsetattr};

use crate::answer::{Answer, Request};

/// No script is longer, nor is a request's first line.
const SCRIPT_MAX: usize = 1 << 20;
const HEAD_MAX: usize = 200;
/// What begins everything that is for whoever asks: the kernel's own words never have it.
const MARK: u8 = 2;

/// A serial line, both ways.
pub(crate) struct Line {
    file: File,
    input: BufReader<File>,
}

impl Line {
    /// Opens it for bytes as they are, as fast as it can be.
    pub(crate) fn open(path: &str) -> Result<Self, String> {
        let broken = |error: io::Error| format!("{path}: {error}");
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(broken)?;
        let mut settings = tcgetattr(&file).map_err(|error| broken(error.into()))?;
        cfmakeraw(&mut settings);
        cfsetspeed(&mut settings, BaudRate::B4000000).map_err(|error| broken(error.into()))?;
        tcsetattr(&file, SetArg::TCSANOW, &settings).map_err(|error| broken(error.into()))?;
        let input = BufReader::new(file.try_clone().map_err(broken)?);
        Ok(Self { file, input })
    }

    pub(crate) fn say(&mut self, text: &str) -> Result<(), String> {
        let mut bytes = vec![MARK];
        bytes.extend(text.bytes());
        self.file.write_all(&bytes).map_err(|error| error.to_string())
    }

    pub(crate) fn answer(&mut self, answer: &Answer) -> Result<(), String> {
        let Answer { id, code, trace, notes, took_us } = answer;
        self.say(&format!("{id} {code} {} {} {took_us}\n{trace}{notes}", trace.len(), notes.len()))
    }

    /// Waits until everything has left.
    pub(crate) fn drain(&self) -> Result<(), String> {
        tcdrain(&self.file).map_err(|error| error.to_string())
    }

    /// Waits for a request; what is none gives why.
    pub(crate) fn ask(&mut self) -> Result<Result<Request, String>, String> {
        request(&mut self.input).map_err(|error| format!("the serial line: {error}"))
    }
}

fn request(input: &mut impl Read) -> io::Result<Result<Request, String>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while byte != *b"\n" {
        input.read_exact(&mut byte)?;
        if head.len() < HEAD_MAX {
            head.push(byte[0]);
        }
    }
    let head = String::from_utf8_lossy(&head).trim_end().to_owned();
    let found = |why: &str| Ok(Err(format!("found `{head}`, {why}")));
    let words: Vec<&str> = head.split(' ').collect();
    let &[id, length, wish] = &words[..] else { return found("expected `ID LENGTH trace|reasons`") };
    let reasons = match wish {
        "trace" => Reasons::Ignored,
        "reasons" => Reasons::Traced,
        _ => return found("expected `trace` or `reasons` behind the length"),
    };
    let Ok(length) = length.parse::<usize>() else { return found("expected a number of bytes") };
    if length > SCRIPT_MAX {
        // What follows is the script: it must not be read as requests.
        io::copy(&mut input.take(length as u64), &mut io::sink())?;
        return found(&format!("expected at most {SCRIPT_MAX} bytes"));
    }
    let mut script = vec![0; length];
    input.read_exact(&mut script)?;
    Ok(Ok(Request { id: id.to_owned(), reasons, script }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_line_and_so_many_bytes() {
        let mut input = &b"linger-zero 5 reasons\nhello"[..];
        let expected = Request { id: "linger-zero".to_owned(), reasons: Reasons::Traced, script: b"hello".to_vec() };
        assert_eq!(request(&mut input).expect("bytes in memory can be read"), Ok(expected));
        assert!(request(&mut input).is_err(), "nothing is left");
    }

    #[test]
    fn what_is_no_request_is_answered_and_the_next_one_still_read() {
        let length = SCRIPT_MAX + 1;
        let long = format!("x {length} trace\n{}", "\n".repeat(length));
        let text = format!("\nx y trace\nx 5\nx 0 both\n{long}ok 0 trace\n");
        let mut input = text.as_bytes();
        for _ in 0..5 {
            assert!(request(&mut input).expect("bytes in memory can be read").is_err());
        }
        assert!(request(&mut input).expect("bytes in memory can be read").is_ok_and(|request| request.id == "ok"));
    }
}
