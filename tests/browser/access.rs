//! axe-core's rules on every page, in mdBook's five themes.

use serde_json::{Value, json};

use crate::book::{chapters, chapters_with_scenarios, origin};
use crate::chrome::{Page, Scripts};
use crate::widget::enliven;

const AXE: &str = include_str!("axe.min.js");
const THEMES: [&str; 5] = ["light", "rust", "coal", "navy", "ayu"];
/// mdBook's frame around `main` has violations of its own.
const VIOLATIONS: &str = r#"
axe.run("main", { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`)))"#;

fn in_theme(theme: &str) -> Page {
    let mut page = Page::new(Scripts::On);
    page.before_each_page(&format!("localStorage.setItem('mdbook-theme', '{theme}');"));
    page
}

fn violations(page: &mut Page) -> Value {
    page.value(&format!("{AXE}\n;0"));
    page.value(VIOLATIONS)
}

#[test]
fn live_pages_have_no_violations_in_any_theme() {
    for theme in THEMES {
        let mut page = in_theme(theme);
        for chapter in chapters() {
            page.open(&format!("{}/{chapter}", origin()));
            assert_eq!(page.value(&format!("document.documentElement.classList.contains('{theme}')")), true);
            enliven(&mut page, &chapter);
            assert_eq!(violations(&mut page), json!([]), "{chapter} in {theme}");
        }
    }
}

#[test]
fn pictures_that_stay_have_no_violations_in_any_theme() {
    for theme in THEMES {
        let mut page = in_theme(theme);
        page.call("Network.setBlockedURLs", json!({ "urls": ["*/widget/widget-*"] }));
        for chapter in chapters_with_scenarios() {
            page.open(&format!("{}/{chapter}", origin()));
            page.wait_until("document.querySelector('.scenario').dataset.live === 'failed'");
            assert_eq!(violations(&mut page), json!([]), "{chapter} in {theme}");
        }
    }
}
