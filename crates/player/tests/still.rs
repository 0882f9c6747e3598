//! Still pictures of real runs.

use std::rc::Rc;

use catalogue::CATALOGUE;
use player::still;
use scenario::{Event, Outcome, Script, Trace};
use view::fold::Fold;
use view::layout::{Layout, Look};
use view::palette::Phase;

fn run(text: &str) -> (Script, Trace) {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let trace = sim::run("test", &script, sim::Stack::Linux).unwrap_or_else(|error| panic!("{error}"));
    (script, trace)
}

fn picture(script: &Script, trace: &Trace) -> String {
    let layout = Rc::new(Layout::of(script, trace));
    let fold = Fold::of(&layout, &[]);
    still::picture(layout, "page.one", fold)
}

#[test]
fn the_page_and_the_svg_have_the_same_colours() {
    let style = include_str!("../player.css");
    let (light, _) = style.split_once('}').expect("the first rule is the light theme's");
    for look in Look::ALL {
        assert!(light.contains(&format!("-{}: {};", look.class(), look.on_white())), "{look:?}");
        let dashes = look.dashes().map(|dashes| format!("--sc-dash: {dashes};")).unwrap_or_default();
        let rule = style.lines().find(|line| line.starts_with(&format!(".{} {{ --sc-flag", look.class())));
        assert!(rule.is_some_and(|rule| rule.contains(&dashes)), "{look:?}: {rule:?}");
    }
    for phase in Phase::ALL.into_iter().filter(|phase| *phase != Phase::None) {
        assert!(light.contains(&format!("-{}: {};", phase.class(), phase.on_white())), "{phase:?}");
    }
}

#[test]
fn the_still_picture_stands_alone() {
    for entry in CATALOGUE {
        let (script, trace) = run(entry.text);
        let html = picture(&script, &trace);
        assert!(html.contains("<figure") && html.contains("<table>"), "{}", entry.id);
        for unwanted in ["<button", "<input", "style=", "url(#", "<!--", "\n"] {
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
    let html = picture(&script, &trace);
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;") && html.contains("&lt;b&gt;"), "{html}");
}
