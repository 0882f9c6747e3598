//! Writes a large capture, to measure `who-reset` with.
//!
//!     cargo run --release --example large-capture -- OUT.pcap [CONNECTIONS]
//!
//! Each connection carries a request and an answer of about 4.5 KB and ends in one of four ways; 1000 are open at a
//! time. 100,000 connections make 500 MB.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const OPEN_AT_A_TIME: usize = 1000;
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(out), count) = (arguments.next(), arguments.next()) else {
        eprintln!("large-capture OUT.pcap [CONNECTIONS]");
        return ExitCode::from(3);
    };
    let count = count.and_then(|count| count.parse().ok()).unwrap_or(100_000);
    match File::create(&out).and_then(|file| write(BufWriter::with_capacity(1 << 20, file), count)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{out}: {error}");
            ExitCode::from(3)
        }
    }
}

fn write(mut out: impl Write, connections: usize) -> io::Result<()> {
    for field in [0xa1b2_c3d4_u32, 2 | 4 << 16, 0, 0, 65_535, 1] {
        out.write_all(&field.to_le_bytes())?;
    }
    let mut at_us = 0_u64;
    let longest = (0..4).map(|connection| steps(connection).len()).max().unwrap_or(0);
    for first in (0..connections).step_by(OPEN_AT_A_TIME) {
        for step in 0..longest {
            for connection in first..connections.min(first + OPEN_AT_A_TIME) {
                if let Some(segment) = steps(connection).get(step) {
                    at_us += 10;
                    frame(&mut out, at_us, connection, segment)?;
                }
            }
        }
    }
    out.flush()
}

/// From the client or not, flags, sequence number, acknowledgement number, payload.
type Step = (bool, u8, u32, u32, usize);

fn steps(connection: usize) -> Vec<Step> {
    let mut steps = vec![
        (true, SYN, 0, 0, 0),
        (false, SYN | ACK, 0, 1, 0),
        (true, ACK, 1, 1, 0),
        (true, PSH | ACK, 1, 1, 300),
        (false, ACK, 1, 301, 0),
        (false, ACK, 1, 301, 1448),
        (false, ACK, 1449, 301, 1448),
        (true, ACK, 301, 2897, 0),
        (false, PSH | ACK, 2897, 301, 1000),
        (true, ACK, 301, 3897, 0),
    ];
    let ending: &[Step] = match connection % 4 {
        0 => &[(true, FIN | ACK, 301, 3897, 0), (false, FIN | ACK, 3897, 302, 0), (true, ACK, 302, 3898, 0)],
        1 => &[(false, RST | ACK, 3897, 301, 0)],
        2 => &[
            (false, FIN | ACK, 3897, 301, 0),
            (true, ACK, 301, 3898, 0),
            (true, PSH | ACK, 301, 3898, 100),
            (false, RST, 3898, 0, 0),
        ],
        _ => &[(true, RST | ACK, 301, 3897, 0)],
    };
    steps.extend(ending);
    steps
}

fn frame(out: &mut impl Write, at_us: u64, connection: usize, segment: &Step) -> io::Result<()> {
    let &(from_client, flags, seq, ack, len) = segment;
    let total = 20 + 20 + len;
    let client = [10, (connection >> 16) as u8, (connection >> 8) as u8, connection as u8];
    let (server, port) = ([192, 0, 2, 1], 30_000 + (connection % 20_000) as u16);
    let mut bytes = vec![2; 12];
    bytes.extend([8, 0, 0x45, 0]);
    bytes.extend((total as u16).to_be_bytes());
    bytes.extend([(seq >> 8) as u8, seq as u8, 0x40, 0, if from_client { 64 } else { 56 }, 6, 0, 0]);
    bytes.extend(if from_client { [client, server] } else { [server, client] }.concat());
    let ports = if from_client { [port, 443] } else { [443, port] };
    bytes.extend(ports.map(u16::to_be_bytes).concat());
    let isn = (connection as u32).wrapping_mul(0x9e37_79b9);
    bytes.extend([seq, ack].map(|number| number.wrapping_add(isn).to_be_bytes()).concat());
    bytes.extend([5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.resize(14 + total, b'x');
    for field in [(at_us / 1_000_000) as u32, (at_us % 1_000_000) as u32, bytes.len() as u32, bytes.len() as u32] {
        out.write_all(&field.to_le_bytes())?;
    }
    out.write_all(&bytes)
}
