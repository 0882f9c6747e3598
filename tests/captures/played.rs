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
