//! The picture as it stands in the page, before and without the widget.

use serde_json::json;

use crate::book::{chapters, chapters_with_scenarios, folder, open, origin, scenarios_of};
use crate::chrome::{Page, Scripts};

/// Every picture that cannot be seen whole: too small, hidden, with controls, or without a result its script names.
const BROKEN_PICTURES: &str = r#"
[...document.querySelectorAll(".scenario")].flatMap((embed) => {
  const picture = embed.querySelector(".scenario-picture > *");
  const box = picture?.getBoundingClientRect();
  const wrong = [];
  if (!box || box.width < 200 || box.height < 100) wrong.push("not to be seen");
  if (embed.querySelector("button, input, select, textarea")) wrong.push("has controls that do nothing");
  const results = embed.dataset.script.replaceAll(/^\s*#.*$/gm, "").match(/(?<== )E[A-Z]+/g) ?? [];
  for (const result of new Set(results)) if (!picture?.textContent.includes(result)) wrong.push(`does not show ${result}`);
  return wrong.map((why) => `${embed.dataset.scenario}: ${why}`);
})"#;

#[test]
fn without_javascript_every_picture_is_there() {
    for chapter in chapters_with_scenarios() {
        let mut page = open(&chapter, Scripts::Off);
        assert_eq!(page.value("document.querySelectorAll('.scenario').length"), scenarios_of(&chapter), "{chapter}");
        assert_eq!(page.value(BROKEN_PICTURES), json!([]), "{chapter}");
    }
}

#[test]
fn a_widget_that_cannot_be_loaded_leaves_its_picture() {
    for chapter in chapters_with_scenarios() {
        let mut page = Page::new(Scripts::On);
        page.call("Network.setBlockedURLs", json!({ "urls": ["*/widget/widget-*"] }));
        page.open(&format!("{}/{chapter}", origin()));
        page.wait_until("document.querySelector('.scenario').dataset.live === 'failed'");
        assert_eq!(page.value(BROKEN_PICTURES), json!([]), "{chapter}");
        let complaints = page.complaints();
        assert!(complaints.iter().any(|said| said.contains("the picture stays as it is")), "{chapter}: {complaints:?}");
    }
}

#[test]
fn from_a_file_the_picture_stands_beside_a_line_that_says_how_to_serve() {
    let chapter = &chapters_with_scenarios()[0];
    let mut page = Page::new(Scripts::On);
    page.open(&format!("file://{}", folder().join(chapter).display()));
    assert_eq!(page.value(BROKEN_PICTURES), json!([]), "{chapter}");
    let notes = page.value("[...document.querySelectorAll('.scenario-note')].map((note) => note.textContent)");
    let notes = notes.as_array().expect("a list");
    assert_eq!(notes.len(), scenarios_of(chapter), "{chapter}");
    assert!(notes.iter().all(|note| note.to_string().contains("cargo xtask serve")), "{notes:?}");
}

/// Ids that stand twice on a page, and references to ids that stand nowhere.
const BROKEN_REFERENCES: &str = r##"
(() => {
  const ids = [...document.querySelectorAll("main [id]")].map((element) => element.id);
  const wrong = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: ${id}`);
  const known = new Set([...document.querySelectorAll("[id]")].map((element) => element.id));
  for (const element of document.querySelectorAll(".scenario *")) {
    for (const { name, value } of element.attributes) {
      const named = /^(aria-labelledby|aria-describedby|aria-controls|for)$/.test(name)
        ? value.split(/\s+/)
        : [...value.matchAll(/url\(["']?#([^)"']+)/g)].map((match) => match[1]);
      if (/^(xlink:)?href$/.test(name) && value.startsWith("#")) named.push(value.slice(1));
      for (const id of named) if (!known.has(id)) wrong.push(`nowhere: ${id}`);
    }
  }
  return [...new Set(wrong)];
})()"##;

/// Embeds of which paper shows too little, or a control.
const NOT_ON_PAPER: &str = r#"
[...document.querySelectorAll(".scenario")].flatMap((embed) => {
  const { width, height } = embed.getBoundingClientRect();
  const wrong = embed.checkVisibility() && width >= 200 && height >= 100 ? [] : [`${width} × ${height} pixels`];
  for (const control of embed.querySelectorAll("button, input, select, textarea")) {
    if (control.checkVisibility()) wrong.push(`a control: ${control.outerHTML}`);
  }
  return wrong.map((why) => `${embed.dataset.scenario}: ${why}`);
})"#;

#[test]
fn on_paper_every_picture_of_the_book_is_there() {
    let everything: usize = chapters().iter().map(|chapter| scenarios_of(chapter)).sum();
    for scripts in [Scripts::Off, Scripts::On] {
        let mut page = Page::new(scripts);
        // The page opens the printing dialogue by itself.
        page.before_each_page("window.print = () => { window.printed = true; };");
        page.open(&format!("{}/print.html", origin()));
        if scripts == Scripts::On {
            page.wait_until("window.printed");
            crate::widget::enliven(&mut page, "print.html");
        }
        assert_eq!(page.value("document.querySelectorAll('.scenario').length"), everything);
        assert_eq!(page.value(BROKEN_REFERENCES), json!([]));
        page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        assert_eq!(page.value(NOT_ON_PAPER), json!([]));
        let paper = page.call("Page.printToPDF", json!({}));
        assert!(paper["data"].as_str().is_some_and(|data| data.len() > 10_000), "the book on paper has pages");
    }
}

#[test]
fn references_inside_a_page_lead_somewhere() {
    for chapter in chapters_with_scenarios() {
        let mut page = open(&chapter, Scripts::On);
        assert_eq!(page.value(BROKEN_REFERENCES), json!([]), "{chapter}");
        crate::widget::enliven(&mut page, &chapter);
        assert_eq!(page.value(BROKEN_REFERENCES), json!([]), "{chapter}, live");
    }
}

/// Whatever is wider than the page, or than the widget that it is in.
const TOO_WIDE: &str = r#"
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

#[test]
fn nothing_is_too_wide_for_a_telephone() {
    for chapter in chapters() {
        let mut page = Page::new(Scripts::On);
        let size = json!({ "width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": true });
        page.call("Emulation.setDeviceMetricsOverride", size);
        page.open(&format!("{}/{chapter}", origin()));
        assert_eq!(page.value(TOO_WIDE), json!([]), "{chapter}");
        crate::widget::enliven(&mut page, &chapter);
        assert_eq!(page.value(TOO_WIDE), json!([]), "{chapter}, live");
    }
}
