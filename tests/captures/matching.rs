//! Two captures of one connection.

use capture::{Capture, UnseenFate, matched};
use catalogue::CATALOGUE;
use fastrand::Rng;
use tests::captured::{Captured, run, usual_file};
use tests::ends::{Ends, ends_of};
use tests::random::{self, Class, Clock, Forgery};

/// What only one end saw: which capture has it, and why.
fn unseen(id: &str) -> Vec<(usize, UnseenFate)> {
    let text = CATALOGUE.iter().find(|entry| entry.id == id).expect("a scenario").text;
    let ends = ends_of(&run(text).expect("it runs"));
    let [client, server] = ends.each_ref().map(|packets| Capture::read(&usual_file(packets)).0);
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

/// So many random scripts of each kind are drawn.
const RANDOM: u64 = 500;

/// Whatever only one end saw is told, with what became of it; and nothing else is.
#[test]
fn what_the_link_did_is_told_of_scenarios_and_random_scripts() {
    let mut ends = Ends::default();
    for entry in CATALOGUE {
        ends.judge(entry.id, &run(entry.text).expect("it runs"));
    }
    for class in [Class::Plain, Class::Any, Class::Sockets, Class::Boxes] {
        for seed in 0..RANDOM {
            if let Some(run) = run(&random::script(seed, class, Clock::Virtual, Forgery::Any)) {
                ends.judge(&format!("{class:?}, seed {seed}"), &run);
            }
        }
    }
    end(&ends);
}

/// Stopped at any moment, or with packets missing: nothing is called lost or forged that was there.
#[test]
fn captures_that_lack_something_say_nothing_wrong() {
    let mut ends = Ends::default();
    for seed in 0..RANDOM {
        let Some(run) = run(&random::script(seed, Class::Plain, Clock::Virtual, Forgery::Any)) else { continue };
        let mut rng = Rng::with_seed(seed);
        let mut stopped = ends_of(&run);
        let which = &mut stopped[rng.usize(..2)];
        which.truncate(rng.usize(..=which.len()));
        ends.judge_changed(&format!("seed {seed}, stopped"), &run, &stopped);
    }
    end(&ends);
}

/// One card parts what another joins: the same bytes are the same segments.
#[test]
fn segments_that_a_card_has_cut_are_no_others() {
    let script = "server listen()\nclient connect()\nserver accept()\nclient write(60000) &\nserver read(60000)\n\
                  client close()\nserver read()\nserver close()\n";
    let run = run(script).expect("it runs");
    let [client, server] = ends_of(&run);
    let joined = joined(&client);
    assert!(joined.len() + 10 < client.len(), "{} of {}", joined.len(), client.len());
    let [client, server] = [joined, server].map(|packets| Capture::read(&usual_file(&packets)).0);
    let matched = matched(&client, &server);
    assert_eq!(matched.len(), 1);
    assert_eq!(matched[0].unseen, []);
}

/// Data segments of one host that follow each other, joined to one.
fn joined(packets: &[Captured]) -> Vec<Captured> {
    const JOINED_MAX: usize = 20_000;
    let numbers = |bytes: &[u8]| {
        let header = usize::from(bytes[32] >> 4) * 4 + 20;
        let seq = u32::from_be_bytes(bytes[24..28].try_into().expect("four bytes"));
        (bytes[12..16].to_vec(), seq, bytes.len() - header, header)
    };
    let mut joined: Vec<Captured> = Vec::new();
    for packet in packets {
        let (from, seq, len, header) = numbers(&packet.bytes);
        if let Some(last) = joined.last_mut().filter(|last| last.bytes.len() + len < JOINED_MAX) {
            let (last_from, last_seq, last_len, _) = numbers(&last.bytes);
            if last_from == from && len > 0 && last_len > 0 && last_seq.wrapping_add(last_len as u32) == seq {
                last.bytes.extend_from_slice(&packet.bytes[header..]);
                let total = last.bytes.len() as u16;
                last.bytes[2..4].copy_from_slice(&total.to_be_bytes());
                last.bytes[33] |= packet.bytes[33];
                continue;
            }
        }
        joined.push(packet.clone());
    }
    joined
}

fn end(ends: &Ends) {
    let Ends { connections, unseen, beyond, wrong } = ends;
    println!(
        "{connections} connections seen from both ends; {unseen} segments at one end alone, {beyond} of them last"
    );
    assert!(wrong.is_empty(), "{} wrong, such as {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
}
