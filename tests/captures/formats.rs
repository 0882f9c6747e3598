//! The same run gives the same verdicts in every format of file, whole, in pieces, and with the payload cut.

use capture::{Capture, Connection, Ending, Skip};
use tests::captured::{Captured, File, Form, Link, Place, USUAL, file, run, seen_at, usual_file};

/// Everything that a reader is told of the connections, without packet numbers.
fn verdicts(connections: &[Connection]) -> Vec<String> {
    connections
        .iter()
        .map(|connection| {
            let ending = Ending::of(connection);
            let causes: Vec<&str> = ending.causes.iter().map(|named| named.cause.id()).collect();
            format!(
                "{:?} {} {} {} {causes:?} {:?} {}",
                connection.addresses,
                connection.history(),
                ending.kind.name(),
                ending.by.name(),
                ending.segment,
                connection.times_us[1] - connection.times_us[0],
            )
        })
        .collect()
}

const SCENARIOS: [&str; 4] =
    ["write-after-peer-close", "close-with-unread-data", "time-wait-reopen", "zero-window-stall"];

fn script(id: &str, ipv6: bool) -> String {
    let text = catalogue::scenario(id).expect("a scenario").text;
    if ipv6 { format!("link ipv6\n{text}") } else { text.to_owned() }
}

#[test]
fn every_format_gives_the_same_verdicts() {
    for id in SCENARIOS {
        for ipv6 in [false, true] {
            let run = run(&script(id, ipv6)).expect("it runs");
            let seen = seen_at(&run, Place::Client);
            let usual = file(USUAL, usize::MAX, &seen);
            let (connections, skipped) = Capture::read(&usual);
            assert_eq!(skipped.iter().count(), 0, "{id}: {skipped:?}");
            let right = verdicts(&connections);
            assert!(!right.is_empty());
            for link in Link::ALL {
                for form in File::ALL.map(|file| Form { file, link }) {
                    let bytes = file(form, usize::MAX, &seen);
                    let (connections, skipped) = Capture::read(&bytes);
                    assert_eq!(skipped.iter().count(), 0, "{id} {form:?}: {skipped:?}");
                    assert_eq!(verdicts(&connections), right, "{id} {form:?}");
                    for size in [1, 7, 64, 1000] {
                        let mut capture = Capture::new();
                        bytes.chunks(size).for_each(|piece| capture.push(piece));
                        assert_eq!(verdicts(&capture.finish().0), right, "{id} {form:?} in pieces of {size}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_snap_length_that_cuts_options_and_payload_changes_no_verdict() {
    for id in SCENARIOS {
        let run = run(&script(id, false)).expect("it runs");
        let seen = seen_at(&run, Place::Client);
        let right = verdicts(&Capture::read(&file(USUAL, usize::MAX, &seen)).0);
        // Ethernet and IP take 34, and the TCP header is needed up to its window.
        for snap in 14 + 20 + 16..100 {
            let (connections, skipped) = Capture::read(&file(USUAL, snap, &seen));
            assert_eq!(skipped.iter().count(), 0, "{id} at {snap}: {skipped:?}");
            assert_eq!(verdicts(&connections), right, "{id} at {snap}");
        }
        let (connections, skipped) = Capture::read(&file(USUAL, 40, &seen));
        assert!(connections.is_empty());
        assert_eq!(skipped.of(&Skip::TcpHeader), seen.len() as u64, "what is cut before the flags is counted");
    }
}

/// Changes the packets of each scenario, and expects the verdicts that they have unchanged.
fn expect_same(ipv6: bool, change: impl Fn(&mut Vec<u8>)) {
    for id in SCENARIOS {
        let run = run(&script(id, ipv6)).expect("it runs");
        let mut seen = seen_at(&run, Place::Client);
        let right = verdicts(&Capture::read(&file(USUAL, usize::MAX, &seen)).0);
        seen.iter_mut().for_each(|captured| change(&mut captured.bytes));
        let (connections, skipped) = Capture::read(&file(USUAL, usize::MAX, &seen));
        assert_eq!(skipped.iter().count(), 0, "{id}: {skipped:?}");
        assert_eq!(verdicts(&connections), right, "{id}");
    }
}

fn add_to_length(bytes: &mut [u8], at: usize, more: u16) {
    let length = u16::from_be_bytes([bytes[at], bytes[at + 1]]) + more;
    bytes[at..at + 2].copy_from_slice(&length.to_be_bytes());
}

#[test]
fn options_of_ipv4_and_extension_headers_of_ipv6_are_passed_over() {
    expect_same(false, |bytes| {
        bytes[0] += 1;
        add_to_length(bytes, 2, 4);
        bytes.splice(20..20, [1, 1, 1, 0]);
    });
    // Hop-by-hop options, and behind them destination options of 16 bytes.
    expect_same(true, |bytes| {
        let behind = bytes[6];
        bytes[6] = 0;
        add_to_length(bytes, 4, 24);
        bytes.splice(40..40, [&[60, 0, 1, 4, 0, 0, 0, 0, behind, 1, 1, 12][..], &[0; 12]].concat());
    });
}

#[test]
fn sequence_numbers_may_wrap() {
    const ACK: u8 = 0x10;
    for id in SCENARIOS {
        let run = run(&script(id, false)).expect("it runs");
        let first = seen_at(&run, Place::Client)[0].bytes.clone();
        let isn = u32::from_be_bytes(first[24..28].try_into().expect("four bytes"));
        // The client's numbers wrap behind its third byte.
        let more = 0_u32.wrapping_sub(isn).wrapping_sub(4);
        let client = first[15];
        expect_same(false, |bytes| {
            let is_own = bytes[15] == client;
            let at = if is_own { 24 } else { 28 };
            if is_own || bytes[33] & ACK != 0 {
                let number = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")).wrapping_add(more);
                bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
            }
        });
    }
}

#[test]
fn a_fragmented_segment_has_the_length_of_the_datagram() {
    let run = run("server listen()\nclient connect()\nserver accept()\nclient write(1000)\nserver read()\n")
        .expect("it runs");
    let seen = seen_at(&run, Place::Client);
    let mut packets: Vec<Captured> = Vec::new();
    for captured in &seen {
        let bytes = &captured.bytes;
        if bytes.len() < 1000 {
            packets.push(captured.clone());
            continue;
        }
        // Two parts: 496 bytes behind the IP header, and the rest.
        for (from, to, more) in [(20, 516, 0x20), (516, bytes.len(), 0)] {
            let mut part = [&bytes[..20], &bytes[from..to]].concat();
            let length = part.len() as u16;
            part[2..4].copy_from_slice(&length.to_be_bytes());
            part[6..8].copy_from_slice(&((from as u16 - 20) / 8).to_be_bytes());
            part[6] |= more;
            packets.push(Captured { bytes: part, ..*captured });
        }
    }
    let (connections, skipped) = Capture::read(&usual_file(&packets));
    assert_eq!(connections[0].sides[0].bytes, 1000);
    assert_eq!(skipped.iter().count(), 0, "{skipped:?}");

    packets.retain(|captured| captured.bytes[6] & 0x20 == 0);
    let (connections, skipped) = Capture::read(&usual_file(&packets));
    assert_eq!(connections[0].sides[0].bytes, 0);
    assert_eq!(skipped.of(&Skip::Fragment), 1, "the first part is missing");
}

#[test]
fn what_is_no_tcp_is_named_and_counted() {
    let udp = [&[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2][..], &[0; 8]].concat();
    let gre = [&[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 47, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2][..], &[0; 8]].concat();
    let packets = [&udp, &gre, &gre].map(|bytes| Captured { at_us: 0, bytes: bytes.clone(), frame: 0 });
    let bytes = usual_file(&packets);
    let (connections, skipped) = Capture::read(&bytes);
    assert!(connections.is_empty());
    let named: Vec<(String, u64)> = skipped.iter().map(|(what, count)| (what.to_string(), count)).collect();
    assert_eq!(named, [("UDP".to_owned(), 1), ("a tunnel (IP in IP or GRE)".to_owned(), 2)]);

    let (_, skipped) = Capture::read(&bytes[..bytes.len() - 1]);
    assert_eq!(skipped.of(&Skip::CutOff), 1);
    let (_, skipped) = Capture::read(b"no capture at all");
    assert_eq!(skipped.of(&Skip::NoCapture), 1);
}
