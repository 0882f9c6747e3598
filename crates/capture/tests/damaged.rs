//! Damaged and hostile files: no panic, and memory bounded by what was read.

#[allow(dead_code, unreachable_pub, reason = "shared with the tests across crates, which use more of it")]
#[path = "../../../tests/src/captured.rs"]
mod captured;

use capture::{Capture, Ending, Kind, told};
use captured::{File, Form, Link, Place, file, run, seen_at};
use fastrand::Rng;

/// So many damaged files are read; `CAPTURES_FUZZ=10000000` reads more, `CAPTURES_SEED=7` others.
const FILES: u64 = 4_000;

fn samples() -> Vec<Vec<u8>> {
    let ids =
        ["write-after-peer-close", "reset-then-retry-race", "keepalive-dead", "time-wait-reopen", "half-close-request"];
    let mut samples = Vec::new();
    for (place, id) in ids.into_iter().enumerate() {
        let path = format!("{}/../../book/scenarios/{id}.tcp", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a scenario");
        let ipv6 = if place % 2 == 0 { "" } else { "link ipv6\n" };
        let run = run(&format!("{ipv6}{text}")).expect("it runs");
        let seen = seen_at(&run, Place::Both);
        for (file_form, link) in File::ALL.into_iter().zip(Link::ALL.into_iter().cycle().skip(place)) {
            samples.push(file(Form { file: file_form, link }, usize::MAX, &seen));
        }
    }
    samples
}

/// Reads a file to its end, and everything that is said of it.
fn read(bytes: &[u8]) {
    let (connections, skipped) = Capture::read(bytes);
    let packets: u64 = connections.iter().map(|connection| connection.packets).sum();
    // The smallest record takes 16 bytes of header and 34 of packet.
    assert!(packets as usize <= bytes.len() / 40, "{packets} packets in {} bytes", bytes.len());
    for connection in &connections {
        let ending = Ending::of(connection);
        for named in &ending.causes {
            assert!(!named.evidence.is_empty());
        }
        let _ = (connection.history(), connection.conn_state(), told(connection, &ending));
    }
    let _ = skipped.iter().map(|(what, count)| format!("{what} {count}")).count();
}

#[test]
fn every_beginning_of_a_file_is_read() {
    for sample in samples().iter().step_by(5) {
        for length in 0..sample.len() {
            read(&sample[..length]);
        }
    }
}

#[test]
fn damaged_files_are_read() {
    let number =
        |name: &str, else_: u64| std::env::var(name).ok().map_or(else_, |text| text.parse().expect("a number"));
    let mut rng = Rng::with_seed(number("CAPTURES_SEED", 1));
    let samples = samples();
    for _ in 0..number("CAPTURES_FUZZ", FILES) {
        let mut bytes = samples[rng.usize(..samples.len())].clone();
        for _ in 0..rng.usize(1..20) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..6) {
                0 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][rng.usize(..5)],
                1 => bytes[at] ^= 1 << rng.u8(..8),
                2 => drop(bytes.drain(at..(at + rng.usize(..60)).min(bytes.len()))),
                3 => {
                    let piece: Vec<u8> = bytes[at..(at + rng.usize(..60)).min(bytes.len())].to_vec();
                    let to = rng.usize(..bytes.len());
                    bytes.splice(to..to, piece);
                }
                4 => bytes.truncate(at.max(1)),
                _ => bytes[at] = rng.u8(..),
            }
            if bytes.is_empty() {
                break;
            }
        }
        read(&bytes);
    }
}

#[test]
fn noise_behind_a_good_beginning_is_read() {
    let mut rng = Rng::with_seed(3);
    for sample in samples() {
        let kind = capture::kind(&sample);
        assert!(matches!(kind, Kind::Pcap | Kind::PcapNg));
        for _ in 0..10 {
            let mut bytes = sample[..sample.len().min(60)].to_vec();
            let length = rng.usize(..2000);
            bytes.extend(std::iter::repeat_with(|| rng.u8(..)).take(length));
            read(&bytes);
        }
    }
}

#[test]
fn a_record_that_says_it_has_gigabytes_is_damage_and_not_waited_for() {
    for sample in samples().into_iter().take(8) {
        let mut capture = Capture::new();
        let mut bytes = sample;
        // The first record's length, in pcap's 16 bytes behind 24, or in pcapng's second block.
        bytes[28..60].fill(0xff);
        capture.push(&bytes);
        for _ in 0..40 {
            capture.push(&[0; 1 << 20]);
        }
        let (_, skipped) = capture.finish();
        assert!(skipped.iter().count() > 0);
    }
}
