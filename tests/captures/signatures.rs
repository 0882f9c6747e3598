//! The nineteen ways in which a third party ends a connection, seen at the server, that were found in the traffic of a
//! large network ("Global, Passive Detection of Connection Tampering", SIGCOMM 2023, table 1): each from a script.

use capture::{By, Capture, Cause, Ending, EndingKind, Sure};
use tests::captured::{Captured, Place, run, seen_at, usual_file};

const SYN: &str = "server listen()\nlink drop all SYN-ACK from server\nclient connect(nonblock)\n";
const ACK: &str = "server listen()\nclient connect()\n";
const PSH: &str = "server listen()\nclient connect()\nclient write(300)\n";
const DATA: &str = "server listen()\nclient connect()\nclient write(300)\nclient write(700)\n";
const SILENT_SYN: &str = "link drop all SYN-ACK from server\nserver listen()\nclient connect(nonblock)\nwait 20s\n";
const SILENT_ACK: &str = "server listen()\nclient connect()\nlink drop all any from client\nserver accept()\n\
                          server write(5)\nwait 20s\n";
const SILENT_PSH: &str = "server listen()\nclient connect()\nclient write(300)\nlink drop all any from client\n\
                          server accept()\nserver write(5)\nwait 20s\n";

/// Behind what, which forged segments come in the client's name; none where the third party drops.
const SIGNATURES: [(&str, &str, &[&str]); 19] = [
    ("SYN → ∅", SILENT_SYN, &[]),
    ("SYN → RST", SYN, &["R"]),
    ("SYN → RST+ACK", SYN, &["R."]),
    ("SYN → RST; RST+ACK", SYN, &["R", "R."]),
    ("SYN; ACK → ∅", SILENT_ACK, &[]),
    ("SYN; ACK → RST", ACK, &["R"]),
    ("SYN; ACK → RST; RST", ACK, &["R", "R"]),
    ("SYN; ACK → RST+ACK", ACK, &["R."]),
    ("SYN; ACK → RST+ACK; RST+ACK", ACK, &["R.", "R."]),
    ("PSH+ACK → ∅", SILENT_PSH, &[]),
    ("PSH+ACK → RST", PSH, &["R"]),
    ("PSH+ACK → RST+ACK", PSH, &["R."]),
    ("PSH+ACK → RST; RST+ACK", PSH, &["R", "R."]),
    ("PSH+ACK → RST+ACK; RST+ACK", PSH, &["R.", "R."]),
    ("PSH+ACK → RST = RST", PSH, &["R", "R"]),
    ("PSH+ACK → RST ≠ RST", PSH, &["R ack 1", "R ack -5"]),
    ("PSH+ACK → RST; RST₀", PSH, &["R ack 1", "R ack 0"]),
    ("PSH+ACK; Data → RST", DATA, &["R"]),
    ("PSH+ACK; Data → RST+ACK", DATA, &["R."]),
];

fn script(before: &str, forged: &[&str]) -> String {
    let inject = |segment: &&str| {
        let (flags, rest) = segment.split_once(' ').unwrap_or((segment, ""));
        format!("link inject {flags} to server {rest}\n").replace(" \n", "\n")
    };
    before.to_owned() + &forged.iter().map(inject).collect::<String>()
}

fn endings(packets: &[Captured]) -> Vec<Ending> {
    Capture::read(&usual_file(packets)).0.iter().map(Ending::of).collect()
}

#[test]
fn a_forged_reset_is_never_the_clients() {
    for (name, before, forged) in SIGNATURES {
        let run = run(&script(before, forged)).unwrap_or_else(|| panic!("{name}: it does not run"));
        for place in [Place::Server, Place::Between] {
            let endings = endings(&seen_at(&run, place));
            let ending = endings.first().unwrap_or_else(|| panic!("{name} at {place:?}: no connection"));
            println!("{name} at {place:?}: {} by {}", ending.kind.name(), ending.by.name());
            if forged.is_empty() {
                assert!(!matches!(ending.kind, EndingKind::Reset | EndingKind::Refused), "{name}: {ending:?}");
                assert_eq!(ending.by, By::Unknown, "{name} at {place:?}");
                continue;
            }
            assert_eq!(ending.kind, EndingKind::Reset, "{name} at {place:?}");
            assert_eq!(ending.causes.first().map(|named| named.cause), Some(Cause::Forged), "{name} at {place:?}");
            // Of a client that has sent its SYN alone nobody can say which way is its own.
            let right = if before == SYN { By::Unknown } else { By::Between };
            assert_eq!(ending.by, right, "{name} at {place:?}: {ending:?}");
        }
    }
}

/// A forger who knows the way's length: he writes the TTL that the client's segments have there.
fn with_the_clients_ttl(packets: &mut [Captured]) {
    let client = packets[0].bytes[8];
    for packet in packets.iter_mut().filter(|packet| packet.bytes[4..6] == [0x77, 0x77]) {
        packet.bytes[8] = client;
    }
}

#[test]
fn an_ip_id_that_is_not_the_clients_next_makes_who_unknown() {
    let before = "server listen()\nclient connect()\nserver accept()\nclient write(300)\nclient write(700)\n";
    let run = run(&script(before, &["R."])).expect("it runs");
    let mut packets = seen_at(&run, Place::Server);
    with_the_clients_ttl(&mut packets);
    let ending = &endings(&packets)[0];
    assert_eq!((ending.kind, ending.by), (EndingKind::Reset, By::Unknown), "{ending:?}");
    assert_eq!(ending.causes[0].cause, Cause::Forged, "{ending:?}");
    assert!(ending.causes[0].evidence[0].why.contains("IP-ID"), "{ending:?}");

    // The client's own next number, and nothing speaks against the client.
    let own: Vec<u16> = packets.iter().filter(|packet| packet.bytes[15] == packets[0].bytes[15]).map(id).collect();
    let next = own[own.len() - 2].wrapping_add(1);
    packets.last_mut().expect("the reset").bytes[4..6].copy_from_slice(&next.to_be_bytes());
    assert_eq!(endings(&packets)[0].by, By::Client);
}

fn id(packet: &Captured) -> u16 {
    u16::from_be_bytes([packet.bytes[4], packet.bytes[5]])
}

/// Linux never takes back what it has offered of its window: a reset that does is another's.
#[test]
fn a_window_that_is_taken_back_is_not_a_linux_host_s() {
    const OPTIONS: [u8; 20] = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
    let before = "server listen()\nclient connect()\nserver accept()\nclient write(300)\nclient write(700)\n";
    let run = run(&script(before, &["R."])).expect("it runs");
    let mut packets = seen_at(&run, Place::Server);
    with_the_clients_ttl(&mut packets);
    let own: Vec<u16> = packets.iter().filter(|packet| packet.bytes[15] == packets[0].bytes[15]).map(id).collect();
    let reset = packets.len() - 1;
    packets[reset].bytes[4..6].copy_from_slice(&own[own.len() - 2].wrapping_add(1).to_be_bytes());
    let by = |packets: &[Captured]| endings(packets)[0].by;
    assert_eq!(by(&packets), By::Client, "it imitates all");

    packets[reset].bytes[34..36].fill(0);
    assert_eq!(by(&packets), By::Client, "other systems may do so");
    let syn = &mut packets[0].bytes;
    syn.truncate(40);
    syn.extend(OPTIONS);
    syn[2..4].copy_from_slice(&60_u16.to_be_bytes());
    syn[32] = 10 << 4;
    assert_eq!(by(&packets), By::Between);
    assert!(endings(&packets)[0].causes[0].evidence[0].why.contains("window"), "{:?}", endings(&packets)[0]);
}

/// Windows answers data for a socket that is closed with a reset that has ACK, where Linux sends a bare one.
#[test]
fn windows_answer_to_data_behind_a_close_is_known() {
    const OPTIONS: [u8; 12] = [2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2];
    const FLAGS: usize = 33;
    let script = "server listen()\nclient connect()\nserver accept()\nclient close()\nserver write(10)\n";
    let packets = seen_at(&run(script).expect("it runs"), Place::Client);
    let first = |packets: &[Captured]| endings(packets)[0].causes[0].cause;
    assert_eq!(first(&packets), Cause::WroteAfterClose);

    let mut changed = packets;
    let reset = changed.iter().position(|packet| packet.bytes[FLAGS] & 4 != 0).expect("there is a reset");
    let data = changed[reset - 1].bytes.clone();
    let number = |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().expect("four bytes"));
    let reset = &mut changed[reset].bytes;
    reset[FLAGS] = 4 | 16;
    reset[28..32].copy_from_slice(&(number(24) + 10).to_be_bytes());
    assert_eq!(first(&changed), Cause::Abort, "Linux does not answer so");

    changed[0].bytes[40..].copy_from_slice(&OPTIONS);
    assert_eq!(first(&changed), Cause::WroteAfterClose);
    assert_eq!(endings(&changed)[0].by, By::Client);
}

/// Segments that no kernel sends, by a forger who writes the client's TTL and next IP-ID: nothing is certain of them.
#[test]
fn of_a_crafted_segment_nothing_is_certain() {
    let before = "server listen()\nclient connect()\nserver accept()\nclient write(300)\nserver write(50)\n";
    for (crafted, ends) in [
        ("SR.", true),
        ("FR.", true),
        ("SFR.", true),
        ("R", true),
        ("R. seq outside", false),
        ("R. seq inside", false),
        ("SF seq outside", false),
        ("P. seq -5 len 100", false),
    ] {
        let run = run(&script(before, &[crafted])).unwrap_or_else(|| panic!("{crafted}: it does not run"));
        for place in [Place::Server, Place::Between] {
            let mut packets = seen_at(&run, place);
            with_the_clients_ttl(&mut packets);
            let forged = packets.iter().position(|packet| id(packet) == 0x7777).expect("it was captured");
            let last = packets[..forged].iter().rposition(|packet| packet.bytes[15] == packets[0].bytes[15]);
            let next = id(&packets[last.expect("the client's")]).wrapping_add(1);
            packets[forged].bytes[4..6].copy_from_slice(&next.to_be_bytes());
            let ending = &endings(&packets)[0];
            assert_eq!(ending.segment == Some(forged as u64 + 1), ends, "{crafted} at {place:?}: {ending:?}");
            let certain = ending.causes.iter().find(|named| named.sure == Sure::Certain);
            assert_eq!(certain, None, "{crafted} at {place:?}: {ending:?}");
            let is_doubted = ending.by != By::Client || ending.names(Cause::Forged);
            assert!(is_doubted, "{crafted} at {place:?}: {ending:?}");
        }
    }
}
