//! Each chapter as a reader with a telephone, with a keyboard, with any theme meets it.

use serde_json::json;

use crate::book::{chapters, origin, scenarios_of};
use crate::page::{Page, Scripts};
use crate::widget::{enliven, enliven_playground};

/// The chapters are looked at in four parts, so that a machine can do some of it side by side.
const PARTS: usize = 4;

#[test]
fn first_part() {
    nothing_is_wrong(0);
}

#[test]
fn second_part() {
    nothing_is_wrong(1);
}

#[test]
fn third_part() {
    nothing_is_wrong(2);
}

#[test]
fn fourth_part() {
    nothing_is_wrong(3);
}

fn nothing_is_wrong(part: usize) {
    let mut page = Page::new(Scripts::On);
    let mut wrong = Vec::new();
    for chapter in chapters().iter().skip(part).step_by(PARTS) {
        wrong.extend(wrong_with(&mut page, chapter).into_iter().map(|what| format!("{chapter}: {what}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn wrong_with(page: &mut Page, chapter: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let telephone = json!({ "width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": true });
    page.call("Emulation.setDeviceMetricsOverride", telephone);
    page.open(&format!("{}/{chapter}", origin()));
    wrong.extend(page.list(TOO_WIDE));
    enliven(page, chapter);
    let has_playground = enliven_playground(page);
    wrong.extend(page.list(TOO_WIDE).into_iter().map(|what| format!("live, {what}")));
    page.call("Emulation.clearDeviceMetricsOverride", json!({}));

    wrong.extend(page.list(BROKEN_REFERENCES));
    let (own, foreign): (Vec<String>, Vec<String>) = page
        .requests()
        .into_iter()
        .partition(|address| address.starts_with(&format!("{}/", origin())) || address.starts_with("data:"));
    wrong.extend(foreign.iter().map(|address| format!("asks elsewhere: {address}")));
    wrong.extend(page.complaints().iter().map(|complaint| format!("complains: {complaint}")));
    let programs = own.iter().filter(|address| address.ends_with(".wasm")).count();
    if programs != usize::from(scenarios_of(chapter) > 0 || has_playground) {
        wrong.push(format!("loads {programs} programs: one is right where there is a scenario, else none"));
    }
    wrong.extend(inaccessible(page));
    wrong
}

/// Whatever is wider than the page, or than the widget that it is in.
pub(crate) const TOO_WIDE: &str = r#"
(() => {
  const wide = [];
  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth) wide.push(`the page: ${page.scrollWidth} pixels in ${page.clientWidth}`);
  for (const embed of document.querySelectorAll(".scenario")) {
    for (const element of [embed, ...embed.querySelectorAll("*")]) {
      if (element.closest(".scenario") !== embed || !(element instanceof HTMLElement) || !element.checkVisibility()) continue;
      const { right, width } = element.getBoundingClientRect();
      if (width > 1 && right > page.clientWidth + 1) wide.push(`${embed.dataset.scenario}: ${element.className || element.tagName} ends at ${right}`);
    }
    for (const text of embed.querySelectorAll("svg text")) {
      const { left, right, width } = text.getBoundingClientRect();
      if (width > 0 && (left < -1 || right > page.clientWidth + 1)) wide.push(`${embed.dataset.scenario}: "${text.textContent}" is cut`);
    }
  }
  return wide;
})()"#;

/// Ids that stand twice on a page, and references to ids that stand nowhere.
pub(crate) const BROKEN_REFERENCES: &str = r##"
(() => {
  const ids = [...document.querySelectorAll("main [id]")].map((element) => element.id);
  const wrong = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: ${id}`);
  const known = new Set([...document.querySelectorAll("[id]")].map((element) => element.id));
  for (const element of document.querySelectorAll(".scenario *")) {
    for (const { name, value } of element.attributes) {
      const named = /^(aria-labelledby|aria-describedby|aria-controls|for)$/.test(name)
        ? value.split(/\s+/)
        : [...value.matchAll(/url\(["']?#([^)"']+)/g)].map((match) => match[1]);
      // "#v=1&…" is a state of the widget, in an address to send to someone; "#" stands until there is something to link.
      if (/^(xlink:)?href$/.test(name) && /^#[^=]+$/.test(value)) named.push(value.slice(1));
      for (const id of named) if (!known.has(id)) wrong.push(`nowhere: ${id}`);
    }
  }
  return [...new Set(wrong)];
})()"##;

const AXE: &str = include_str!("axe.min.js");
/// Markdown makes a heading of every cell in a table's first row, also of the empty one above the rows' names.
const EVERY_RULE: &str = "rules: { 'empty-table-header': { enabled: false } }";
/// What a theme can change.
const COLOURS: &str = "runOnly: ['color-contrast', 'link-in-text-block']";

/// What axe-core finds in the page's `main`; mdBook's frame around it has violations of its own.
pub(crate) fn inaccessible(page: &mut Page) -> Vec<String> {
    inaccessible_in(page, "main", EVERY_RULE)
}

/// What cannot be read in the list of chapters.
pub(crate) fn faint_chapters(page: &mut Page) -> Vec<String> {
    inaccessible_in(page, "#mdbook-sidebar", COLOURS)
}

fn inaccessible_in(page: &mut Page, place: &str, in_light: &str) -> Vec<String> {
    let mut found = Vec::new();
    page.value(&format!("{AXE}\n;0"));
    // Half-way between two themes every colour is faint.
    page.value("document.head.insertAdjacentHTML('beforeend', '<style>* { transition: none !important }</style>')");
    for (theme, rules) in
        [("light", in_light), ("rust", COLOURS), ("coal", COLOURS), ("navy", COLOURS), ("ayu", COLOURS)]
    {
        page.value(&format!("document.getElementById('mdbook-theme-{theme}').click()"));
        page.wait_until(&format!("document.documentElement.classList.contains('{theme}')"));
        let violations = page.list(&format!(
            "axe.run('{place}', {{ {rules} }}).then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) => \
             nodes.map((node) => `${{id}}: ${{node.target}} ${{node.failureSummary}}`)))"
        ));
        found.extend(violations.into_iter().map(|violation| format!("in {theme}, {violation}")));
    }
    found
}
