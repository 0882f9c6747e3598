//! Two captures of one connection.

use capture::{Capture, UnseenFate, matched};
use catalogue::CATALOGUE;
use tests::captured::{Place, run, seen_at, usual_file};

/// What only one end saw: which capture has it, and why.
fn unseen(id: &str) -> Vec<(usize, UnseenFate)> {
    let text = CATALOGUE.iter().find(|entry| entry.id == id).expect("a scenario").text;
    let run = run(text).expect("it runs");
    let [client, server] =
        [Place::Client, Place::Server].map(|place| Capture::read(&usual_file(&seen_at(&run, place))).0);
    let matched = matched(&client, &server);
    assert_eq!(matched.len(), 1, "{id}");
    assert_eq!(matched[0].at_client, 0, "{id}");
    matched[0].unseen.iter().map(|unseen| (unseen.capture, unseen.fate)).collect()
}

#[test]
fn a_forged_reset_never_left_the_other_end() {
    assert_eq!(unseen("forged-reset-exact"), [(0, UnseenFate::Forged)]);
}

#[test]
fn what_was_lost_left_and_did_not_arrive() {
    assert_eq!(unseen("final-ack-lost"), [(1, UnseenFate::Lost)]);
    assert_eq!(unseen("middlebox-rst"), [(0, UnseenFate::Lost), (0, UnseenFate::Forged)]);
}

#[test]
fn both_ends_see_the_same_where_nothing_happens_between() {
    assert_eq!(unseen("graceful-four-segments"), []);
}
