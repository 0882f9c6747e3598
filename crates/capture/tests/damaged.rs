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

/// An IPv4 packet with a segment of no payload, on raw IP.
fn segment(at_us: u32, from_client: bool, flags: u8, seq: u32, ack: u32) -> Vec<u8> {
    let (ends, ports) = ([[192, 0, 2, 1], [192, 0, 2, 2]], [40_000_u16, 80]);
    let [from, to] = if from_client { [0, 1] } else { [1, 0] };
    let mut bytes: Vec<u8> = [0, at_us, 40, 40].iter().flat_map(|field: &u32| field.to_le_bytes()).collect();
    bytes.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    bytes.extend([ends[from], ends[to]].concat());
    bytes.extend([ports[from], ports[to]].map(u16::to_be_bytes).concat());
    bytes.extend([seq, ack].map(u32::to_be_bytes).concat());
    bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes
}

fn header(link: u8) -> Vec<u8> {
    [&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0][..], &[0; 8], &[0xff, 0xff, 0, 0, link, 0, 0, 0]].concat()
}

#[test]
fn a_flood_of_syns_to_a_living_connection_is_a_part_of_it_and_takes_no_time() {
    const SYN: u8 = 2;
    const ACK: u8 = 16;
    const FLOOD: u32 = 200_000;
    let mut file = header(101);
    file.extend(segment(0, true, SYN, 1000, 0));
    file.extend(segment(1, false, SYN | ACK, 5000, 1001));
    file.extend(segment(2, true, ACK, 1001, 5001));
    for place in 0..FLOOD {
        file.extend(segment(3, true, SYN, place.wrapping_mul(0x9e37_79b9), 0));
    }
    file.extend(segment(4, true, ACK | 1, 1001, 5001));
    let began = std::time::Instant::now();
    let (connections, _) = Capture::read(&file);
    // Seconds; each with each other it would be minutes, and a busy machine is slow.
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
    assert_eq!(connections.len(), 1);
    let ending = Ending::of(&connections[0]);
    assert_eq!((ending.kind, ending.by), (capture::EndingKind::HalfClosed, capture::By::Client), "{ending:?}");
    let challenged = ending.causes.iter().find(|named| named.cause == capture::Cause::Challenged).expect("it is noted");
    let packets: usize = challenged.evidence.iter().map(|evidence| evidence.packets.len()).sum();
    assert!(packets as u32 > FLOOD / 2, "{packets}");
}

#[test]
fn noise_of_sixty_thousand_protocols_is_counted_and_not_listed() {
    let mut file = header(1);
    for protocol in 0..60_000_u16 {
        file.extend([0_u32, 0, 14, 14].iter().flat_map(|field| field.to_le_bytes()));
        file.extend([&[2; 12][..], &protocol.to_be_bytes()].concat());
    }
    let (connections, skipped) = Capture::read(&file);
    assert!(connections.is_empty());
    assert!(skipped.iter().count() < 80, "{}", skipped.iter().count());
    assert_eq!(skipped.iter().map(|(_, count)| count).sum::<u64>(), 60_000);
}
