//! axe-core's rules on every page, in mdBook's five themes.

use serde_json::json;

use crate::book::{chapters, chapters_with_scenarios, origin};
use crate::chrome::{Page, Scripts};
use crate::widget::enliven;

const AXE: &str = include_str!("axe.min.js");
/// Markdown makes a heading of every cell in a table's first row, also of the empty one above the rows' names.
const EVERY_RULE: &str = "rules: { 'empty-table-header': { enabled: false } }";
/// What a theme can change.
const COLOURS: &str = "runOnly: ['color-contrast', 'link-in-text-block']";

/// What is wrong with the page's `main`; mdBook's frame around it has violations of its own.
fn violations(page: &mut Page, chapter: &str, rules: &str) -> Vec<String> {
    page.value(&format!("{AXE}\n;0"));
    let found = page.value(&format!(
        "axe.run('main', {{ {rules} }}).then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) => \
         nodes.map((node) => `${{id}}: ${{node.target}} ${{node.failureSummary}}`)))"
    ));
    let found = found.as_array().expect("axe gives a list");
    found.iter().map(|violation| format!("{chapter}: {violation}")).collect()
}

/// Every page, with its widgets live.
fn live_pages_have_no_violations(theme: &str, rules: &str) {
    let mut found = Vec::new();
    let mut page = in_theme(theme);
    for chapter in chapters() {
        page.open(&format!("{}/{chapter}", origin()));
        assert_eq!(page.value(&format!("document.documentElement.classList.contains('{theme}')")), true);
        enliven(&mut page, &chapter);
        found.extend(violations(&mut page, &chapter, rules));
    }
    assert!(found.is_empty(), "in {theme}: {found:#?}");
}

/// Every page with a picture, where no widget can be loaded.
fn pictures_that_stay_have_no_violations(theme: &str, rules: &str) {
    let mut found = Vec::new();
    let mut page = in_theme(theme);
    page.call("Network.setBlockedURLs", json!({ "urls": ["*/widget/widget-*"] }));
    for chapter in chapters_with_scenarios() {
        page.open(&format!("{}/{chapter}", origin()));
        page.wait_until("document.querySelector('.scenario').dataset.live === 'failed'");
        found.extend(violations(&mut page, &chapter, rules));
    }
    assert!(found.is_empty(), "in {theme}: {found:#?}");
}

fn in_theme(theme: &str) -> Page {
    let mut page = Page::new(Scripts::On);
    page.before_each_page(&format!("localStorage.setItem('mdbook-theme', '{theme}');"));
    page
}

#[test]
fn light() {
    live_pages_have_no_violations("light", EVERY_RULE);
    pictures_that_stay_have_no_violations("light", EVERY_RULE);
}

#[test]
fn rust() {
    live_pages_have_no_violations("rust", COLOURS);
    pictures_that_stay_have_no_violations("rust", COLOURS);
}

#[test]
fn coal() {
    live_pages_have_no_violations("coal", COLOURS);
    pictures_that_stay_have_no_violations("coal", COLOURS);
}

#[test]
fn navy() {
    live_pages_have_no_violations("navy", COLOURS);
    pictures_that_stay_have_no_violations("navy", COLOURS);
}

#[test]
fn ayu() {
    live_pages_have_no_violations("ayu", COLOURS);
    pictures_that_stay_have_no_violations("ayu", COLOURS);
}
