//! A captured ending, played: the way in which it came about is among those that send the same.

use capture::{Capture, Cause, Ending, play};
use catalogue::CATALOGUE;
use tests::captured::{Place, pcap_of, run, seen_at, usual_file};

/// The ways that send what a scenario's first connection sent.
fn ways(id: &str, place: Place) -> Vec<Option<Cause>> {
    let text = CATALOGUE.iter().find(|entry| entry.id == id).expect("a scenario").text;
    let (connections, _) = Capture::read(&usual_file(&seen_at(&run(text).expect("it runs"), place)));
    let ending = Ending::of(&connections[0]);
    let played = play(&connections[0], &ending, pcap_of).expect("its beginning was captured");
    assert!(played.tried > played.same.len(), "{id}: every way sends the same");
    played.same.iter().map(|way| way.cause).collect()
}

#[test]
fn the_true_cause_sends_the_same() {
    for (id, cause) in [
        ("close-with-unread-data", Some(Cause::UnreadData)),
        ("partial-read-then-close", Some(Cause::UnreadData)),
        ("early-reply-reset-read-first", Some(Cause::UnreadData)),
        ("keepalive-race-unread", Some(Cause::UnreadData)),
        ("sigkill-unread", Some(Cause::Killed)),
        ("linger-zero", Some(Cause::LingerZero)),
        ("rst-before-accept", Some(Cause::LingerZero)),
        ("linger2-negative", Some(Cause::Linger2)),
        ("listener-closed-with-backlog", Some(Cause::ListenerClosed)),
        ("write-after-peer-close", Some(Cause::WroteAfterClose)),
        ("stale-pooled-connection", Some(Cause::WroteAfterClose)),
        ("peer-reboot-half-open", Some(Cause::NoSuchConnection)),
        ("connection-refused", Some(Cause::NobodyListens)),
        ("keepalive-dead", Some(Cause::KeepAliveGaveUp)),
        ("graceful-four-segments", None),
        ("half-close-request", None),
    ] {
        let ways = ways(id, Place::Between);
        println!("{id}: {ways:?}");
        assert!(ways.contains(&cause), "{id}: {cause:?} is not among {ways:?}");
    }
}

#[test]
fn a_reset_that_could_not_be_unread_data_is_not_played_as_it() {
    assert!(!ways("linger-zero", Place::Client).contains(&Some(Cause::UnreadData)));
    assert_eq!(
        ways("stale-pooled-connection", Place::Client),
        [Cause::WroteAfterClose, Cause::NoSuchConnection, Cause::Forged].map(Some),
    );
}

/// What was thought about for long is thought about for long again: a script has the connection's own pauses.
#[test]
fn a_script_has_the_connection_s_own_pauses() {
    let text = "link delay 20ms\nserver listen()\nclient connect()\nserver accept()\nwait 300ms\nclient write(300)\n\
                server read(299)\nwait 2s\nserver write(50)\nclient read(50)\nwait 61s\nserver close()\n";
    let times = |file: &[u8]| -> Vec<u64> {
        let (connections, _) = Capture::read(file);
        connections[0].segments().map(|seen| seen.at_us - connections[0].times_us[0]).collect()
    };
    for place in [Place::Client, Place::Server, Place::Between] {
        let file = usual_file(&seen_at(&run(text).expect("it runs"), place));
        let (connections, _) = Capture::read(&file);
        let played = play(&connections[0], &Ending::of(&connections[0]), pcap_of).expect("its beginning was captured");
        assert!(played.shortened, "a minute's pause is enough");
        let unread = played.same.iter().find(|way| way.cause == Some(Cause::UnreadData)).expect("it sends the same");
        println!("{}", unread.script);
        // Of every segment but the last, which came a second later; to a script's own quiet exactly.
        let (was, is) = (times(&file), times(&pcap_of(&unread.script).expect("it runs")));
        assert_eq!(was.len(), is.len(), "at {place:?}");
        for (was, is) in was.iter().zip(&is).take(was.len() - 1) {
            assert!(was.abs_diff(*is) < 100_000, "at {place:?}: {was} µs, played {is} µs");
        }
    }
}
