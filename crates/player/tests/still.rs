//! Still pictures of real runs.

use player::still::picture;
use scenario::{CATALOGUE, Event, Outcome, Script, Trace};

fn run(text: &str) -> (Script, Trace) {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let trace = sim::run("test", &script, sim::Rules::Linux).unwrap_or_else(|error| panic!("{error}"));
    (script, trace)
}

#[test]
fn the_still_picture_stands_alone() {
    for entry in CATALOGUE {
        let (script, trace) = run(entry.text);
        let html = picture(entry.id, &script, &trace);
        assert!(html.contains("<figure") && html.contains("<table>"), "{}", entry.id);
        for unwanted in ["<button", "<input", " id=", "style=", "url(#", "<!--", "\n"] {
            assert!(!html.contains(unwanted), "{}: {unwanted:?}", entry.id);
        }
        for event in &trace.events {
            if let Event::Call { outcome, .. } = event {
                let shown =
                    if *outcome == Outcome::Blocks { "blocks</b>".to_owned() } else { format!("= {outcome}</b>") };
                assert!(html.contains(&shown), "{}: {outcome}", entry.id);
            }
        }
    }
}

#[test]
fn a_hostile_title_stays_text() {
    let (script, trace) = run("# <script>alert(1)</script>\nserver listen() # <b>\n");
    let html = picture("test", &script, &trace);
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;") && html.contains("&lt;b&gt;"), "{html}");
}
