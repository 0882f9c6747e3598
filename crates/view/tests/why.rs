//! Every step of the book says why, and says it of what happened there.

use catalogue::CATALOGUE;
use scenario::{RuleId, Script};
use view::layout::{Layout, Thing};
use view::step::Step;
use view::{rules, texts, why::why};

fn layout(id: &str) -> Layout {
    let entry = catalogue::scenario(id).unwrap_or_else(|| panic!("{id} is not in the book"));
    let script = Script::parse(entry.text).expect("it is a script");
    Layout::of(&script, &sim::run(id, &script, sim::Stack::Linux).expect("it runs"))
}

fn because(id: &str, step: &str) -> String {
    let layout = layout(id);
    let at = Step::parse(step).and_then(|step| step.find(&layout)).unwrap_or_else(|error| panic!("{id}: {error}"));
    why(&layout, at).unwrap_or_else(|| panic!("{id} says nothing of {step}"))
}

#[test]
fn every_step_of_the_book_says_why() {
    let mut silent = Vec::new();
    let mut steps = 0;
    for entry in CATALOGUE {
        let layout = layout(entry.id);
        for (at, row) in layout.rows.iter().enumerate() {
            steps += 1;
            let sentence = why(&layout, at);
            if let Some(sentence) = &sentence {
                assert!(sentence.ends_with('.') && sentence.chars().count() < 250, "{}: {sentence}", entry.id);
            }
            // A caption is the author's own sentence, and link rules say what they do.
            let speaks = sentence.is_some() || !row.rules.is_empty() || row.caption.is_some();
            if !speaks && !matches!(row.thing, Thing::Statement { .. }) {
                silent.push(format!("{} {}: {}", entry.id, at + 1, texts::sentence(&layout, row)));
            }
        }
    }
    assert!(steps > 1000, "only {steps}");
    assert!(silent.len() * 20 < steps, "{} of {steps} say nothing:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn a_sentence_is_about_the_run_and_not_about_the_kind_of_step() {
    let same = |id, step, words: &str| {
        let sentence = because(id, step);
        assert!(sentence.contains(words), "{id} {step}: {sentence}");
    };
    same("write-after-peer-close", "client.write", "Our kernel has taken the bytes");
    same("write-after-peer-close", "client.write.2", "whether it still reads, it does not say");
    same("write-after-peer-close", "client.write.3", "First a FIN came, then a reset");
    same("close-with-unread-data", "server.RST", rules::sentence(RuleId::UnreadClose));
    same("write-after-peer-close", "server.FIN", "close() says goodbye");
    // The proxy's other connection is half closed, this one is not.
    same("proxy-half-close", "upstream.write", "Our kernel has taken the bytes");
    same("proxy-half-close", "downstream.read.2", "The other side's FIN has come");
    same("connection-refused", "server.RST", "No socket listens on this port");
    same("connection-refused", "client.connect", "A reset has answered the SYN");
    same("close-with-unread-data", "client.read", "A reset has come, and no FIN before it");
    same("fin-lost-data-first", "server.FIN", "It is lost on the way");
    same("final-ack-lost", "client.FIN.2", "The FIN again");
    same("sigkill-clean", "server.FIN", "The process has ended");
    same("linger-acknowledged", "server.FIN", "close() says goodbye");
    same("linger-acknowledged", "server.data", "leaves at once");
    // The same two ports, another connection.
    same("time-wait-reopen", "client.SYN.2", "It asks for a connection");
    same("time-wait-reopen", "client.ACK.3", "With it the handshake is complete");
    same("reset-then-retry-race", "client.data.2", "leaves at once");
    // A host that answers late segments with resets has not reset its own connection.
    same("reply-lost", "client.read", "A reset has come, and no FIN before it");
    same("shutdown-rdwr-then-data", "server.read", "here by this side's own kernel");
}

#[test]
fn every_rule_has_a_sentence_of_its_own_and_a_few_words() {
    for rule in RuleId::ALL {
        let (short, sentence) = (rules::short(*rule), rules::sentence(*rule));
        assert!(short.chars().count() <= 60, "{short}");
        assert!(sentence.ends_with('.') && sentence != short, "{sentence}");
        for insider in ["orphan", "SOCK_DEAD", "descriptor", "rcv_nxt", "minisocket"] {
            assert!(!short.contains(insider) && !sentence.contains(insider), "{insider} in {sentence}");
        }
    }
}
