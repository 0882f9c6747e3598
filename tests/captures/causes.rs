//! Each ending and each cause is shown by a run, with the packets that say so; what is harmless is called so.

use std::collections::BTreeSet;

use capture::{Capture, Cause, Ending, EndingKind, Sure};
use catalogue::CATALOGUE;
use tests::captured::{Captured, Place, run, seen_at, usual_file};

const FLAGS: usize = 33;
const RST: u8 = 4;

/// A capture of one script at one place.
fn captured(script: &str, place: Place) -> Vec<Captured> {
    seen_at(&run(script).unwrap_or_else(|| panic!("it does not run:\n{script}")), place)
}

fn endings(packets: &[Captured]) -> Vec<Ending> {
    Capture::read(&usual_file(packets)).0.iter().map(Ending::of).collect()
}

/// The place of a host's data in an IPv4 packet.
fn payload(packet: &Captured) -> usize {
    20 + usize::from(packet.bytes[32] >> 4) * 4
}

/// The client closes, and the server's last words come then: as many bytes, and a TLS alert.
fn goodbye(length: usize) -> Vec<Captured> {
    let script =
        format!("server listen()\nclient connect()\nserver accept()\nclient close()\nserver write({length})\n");
    let mut packets = captured(&script, Place::Client);
    let words = packets.iter_mut().find(|packet| packet.bytes.len() > payload(packet)).expect("there is data");
    let at = payload(words);
    words.bytes[at..at + 3].copy_from_slice(&[21, 3, 3]);
    packets
}

/// A client that aborts with MP_FASTCLOSE (RFC 8684 §3.5).
fn fast_close() -> Vec<Captured> {
    let script =
        "server listen()\nclient connect()\nserver accept()\nclient setsockopt(SO_LINGER, 0)\nclient close()\n";
    let mut packets = captured(script, Place::Client);
    let reset = &mut packets.last_mut().expect("a reset").bytes;
    reset.truncate(40);
    reset.extend([30, 12, 0x70, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    reset[32] = 8 << 4;
    let length = reset.len() as u16;
    reset[2..4].copy_from_slice(&length.to_be_bytes());
    packets
}

#[test]
fn each_is_shown_by_a_run_with_the_numbers_of_its_packets() {
    let mut captures: Vec<Vec<Captured>> = vec![goodbye(31), fast_close()];
    for entry in CATALOGUE {
        let run = run(entry.text).expect("it runs");
        for place in Place::of(&run) {
            let packets = seen_at(&run, *place);
            // A capture that began too late, and stopped too early.
            captures.push(packets.iter().skip(2).take(1).cloned().collect());
            captures.push(packets);
        }
    }
    let (mut kinds, mut causes) = (BTreeSet::new(), BTreeSet::new());
    for packets in &captures {
        for ending in endings(packets) {
            kinds.insert(ending.kind);
            let numbers = 1..=packets.len() as u64;
            assert!(ending.segment.is_none_or(|number| numbers.contains(&number)), "{ending:?}");
            for named in &ending.causes {
                causes.insert(named.cause);
                for evidence in &named.evidence {
                    assert!(!evidence.packets.is_empty() && !evidence.why.is_empty(), "{ending:?}");
                    assert!(evidence.packets.iter().all(|number| numbers.contains(number)), "{ending:?}");
                }
            }
        }
    }
    assert_eq!(kinds, EndingKind::ALL.into_iter().collect());
    let missing: Vec<&str> = Cause::ALL.into_iter().filter(|cause| !causes.contains(cause)).map(Cause::id).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn mp_fastclose_that_came_another_way_is_forged() {
    let mut packets = fast_close();
    assert_eq!(endings(&packets)[0].causes[0].cause, Cause::FastClose);
    packets.last_mut().expect("a reset").bytes[8] -= 3;
    let ending = &endings(&packets)[0];
    assert_eq!(ending.causes[0].cause, Cause::Forged, "{ending:?}");
    assert!(ending.causes.iter().all(|named| named.sure != Sure::Certain), "{ending:?}");
}

#[test]
fn goodbye_of_tls_to_a_closed_socket_is_harmless() {
    let ending = &endings(&goodbye(31))[0];
    assert_eq!(ending.kind, EndingKind::Reset);
    assert_eq!(ending.causes[0].cause, Cause::CloseNotify, "{ending:?}");
    assert!(Cause::CloseNotify.sentence().contains("harmless"));
    assert_ne!(endings(&goodbye(300))[0].causes[0].cause, Cause::CloseNotify, "no alert is so long");
}

#[test]
fn a_reset_behind_both_fins_is_harmless() {
    let text = CATALOGUE.iter().find(|entry| entry.id == "time-wait-assassination").expect("a scenario").text;
    let packets = captured(text, Place::Between);
    assert!(packets.iter().any(|packet| packet.bytes[FLAGS] & RST != 0));
    let ending = &endings(&packets)[0];
    assert_eq!(ending.kind, EndingKind::Orderly, "{ending:?}");
    assert_eq!(ending.causes[0].cause, Cause::LateSegment, "{ending:?}");
    assert!(Cause::LateSegment.sentence().contains("harmless"));
}

#[test]
fn an_abort_behind_the_other_side_s_end_is_harmless() {
    let script = "server listen()\nclient connect()\nserver accept()\nserver write(500)\nserver shutdown(WR)\n\
                  client read(500)\nclient read() = 0\nclient setsockopt(SO_LINGER, 0)\nclient close()\n";
    let says = |script: &str| {
        let ending = endings(&captured(script, Place::Between)).remove(0);
        assert_eq!((ending.kind, ending.causes[0].cause), (EndingKind::Reset, Cause::Abort), "{ending:?}");
        ending.causes[0].evidence.iter().any(|evidence| evidence.why.contains("harmless"))
    };
    assert!(says(script));
    assert!(!says(&script.replace("server shutdown(WR)\n", "").replace("client read() = 0\n", "")));
}
