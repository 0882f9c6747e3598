use std::collections::BTreeSet;

use capture::{By, EndingKind};

use super::*;

fn capture_of(id: &str) -> Vec<u8> {
    let script = Script::parse(catalogue::scenario(id).expect("a scenario").text).expect("it is a script");
    let (_, frames) = sim::capture(id, &script, sim::Stack::Linux).expect("it runs");
    sim::pcap(&frames)
}

/// As the page's worker does it.
fn played(analyzer: &mut Analyzer, at: u32) -> String {
    for (place, script) in analyzer.ways(at).iter().enumerate() {
        let script = Script::parse(script).expect("it is a script");
        if let Ok((_, frames)) = sim::capture("played", &script, sim::Stack::Linux) {
            analyzer.compare(place, &sim::pcap(&frames));
        }
    }
    analyzer.played()
}

fn analyzed(files: &[(&str, Vec<u8>)]) -> Analyzer {
    let mut analyzer = Analyzer::new();
    for (name, bytes) in files {
        analyzer.begin(name);
        bytes.chunks(100).for_each(|piece| analyzer.push(piece));
        analyzer.finish();
    }
    while analyzer.judge() {}
    analyzer
}

#[test]
fn a_card_says_who_and_why_with_packets_and_links() {
    let mut analyzer = analyzed(&[("a.pcap", capture_of("close-with-unread-data"))]);
    assert_eq!(analyzer.select("worst", "", "", ""), 1);
    let rows = analyzer.rows(0, 50);
    assert!(rows.contains("<td>reset</td><td>server</td>"), "{rows}");
    analyzer.runtime("Python 3.11");
    let card = analyzer.card(0);
    for part in [
        "Reset by the server</h2>",
        "reference/causes.html#unread-data",
        "reset/close-sends-reset.html\">Why did a plain close() send a reset?",
        "ConnectionResetError",
        "What this capture does not show",
        "<svg ",
    ] {
        assert!(card.contains(part), "{part} in {card}");
    }
    let played = played(&mut analyzer, 0);
    assert!(played.contains("playground.html#v=1&script=") && played.contains("<code>unread-data</code>"), "{played}");
}

#[test]
fn every_scenario_has_a_card_and_a_picture() {
    for entry in catalogue::CATALOGUE {
        let mut analyzer = analyzed(&[(entry.id, capture_of(entry.id))]);
        for at in 0..analyzer.select("began", "", "", "") {
            let card = analyzer.card(at);
            assert!(card.contains("<h2") && card.contains("</svg>"), "{}: {card}", entry.id);
        }
    }
}

#[test]
fn rows_are_sorted_and_filtered() {
    let files = ["graceful-four-segments", "linger-zero", "connection-refused"].map(|id| (id, capture_of(id)));
    let mut analyzer = analyzed(&files);
    // One of the three scenarios has two connections.
    assert_eq!(analyzer.select("worst", "", "", ""), 4);
    let rows = analyzer.rows(0, 4);
    let at = |word: &str| rows.find(word).unwrap_or_else(|| panic!("{word} in {rows}"));
    assert!(at("<td>reset</td>") < at("<td>refused</td>") && at("<td>refused</td>") < at("<td>orderly</td>"));
    assert_eq!(analyzer.select("worst", "linger-zero", "", ""), 1);
    assert_eq!(analyzer.select("worst", ":80 reset", "", ""), 1);
    assert_eq!(analyzer.select("worst", "", "orderly", ""), 1);
    assert_eq!(analyzer.select("worst", "", "orderly", "between"), 0);
    assert!(analyzer.summary().contains("1 reset"));
}

#[test]
fn hidden_addresses_are_nowhere() {
    let mut analyzer = analyzed(&[("a.pcap", capture_of("linger-zero"))]);
    let real = analyzer.files[0].connections[0].addresses[0].ip().to_string();
    analyzer.select("worst", "", "", "");
    assert!(analyzer.rows(0, 1).contains(&real) && analyzer.card(0).contains(&real));
    // Those of the book's hosts are documentation's already: another address is put in.
    analyzer.files[0].connections[0].addresses[0].set_ip("10.9.8.7".parse().expect("an address"));
    analyzer.listed.clear();
    while analyzer.judge() {}
    analyzer.addresses("hidden");
    analyzer.select("worst", "", "", "");
    for text in [analyzer.rows(0, 1), analyzer.card(0), played(&mut analyzer, 0)] {
        assert!(!text.contains("10.9.8.7"), "{text}");
    }
    assert_eq!(analyzer.select("worst", "10.9.8.7", "", ""), 0, "what is hidden is not found");
}

#[test]
fn two_ends_are_matched() {
    let bytes = capture_of("linger-zero");
    let analyzer = analyzed(&[("client.pcap", bytes.clone()), ("server.pcap", bytes)]);
    assert!(analyzer.card(0).contains("Both ends saw the same segments"));
    assert!(analyzer.summary().contains("In both files: 1 connection;"));
}

#[test]
fn a_file_s_name_is_text() {
    let analyzer = analyzed(&[("<img src=x>", capture_of("linger-zero")), ("<b>", capture_of("linger-zero"))]);
    for html in [analyzer.summary(), analyzer.card(0)] {
        assert!(!html.contains("<img") && !html.contains("<b><b>"), "{html}");
    }
}

#[test]
fn what_is_no_capture_has_no_connections_and_says_so() {
    let mut analyzer = Analyzer::new();
    analyzer.begin("notes.txt");
    analyzer.text("nothing of the kind\n");
    assert!(!analyzer.judge());
    assert_eq!(analyzer.select("worst", "", "", ""), 0);
    assert!(analyzer.summary().contains("not read: 1"), "{}", analyzer.summary());
    assert_eq!(analyzer.card(7), "");
}

/// The page's menus have the words by which the table is filtered: each ending, and each who.
#[test]
fn the_page_s_menus_have_every_word_of_the_table() {
    let page = include_str!("../../../book/capture.js");
    let menu = |name: &str| -> BTreeSet<&str> {
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("const {name} = ["))).expect("a list");
        line.trim_end_matches("];").split(", ").map(|word| word.trim_matches('"')).collect()
    };
    assert_eq!(menu("KINDS"), EndingKind::ALL.into_iter().map(EndingKind::name).collect());
    let who = [By::Client, By::Server, By::Between, By::Both, By::Unknown];
    assert_eq!(menu("WHO"), who.into_iter().map(By::name).collect());
}
