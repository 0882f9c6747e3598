//! The book on paper: every picture whole, the same as a table, in black on white whatever the theme.

use serde_json::json;

use crate::book::{chapters, origin, scenarios_of};
use crate::chapter::BROKEN_REFERENCES;
use crate::hands::ID;
use crate::page::{Page, Scripts};
use crate::widget::{button, chapter_of, enliven, enliven_first, find, unfold};

/// Embeds of which paper shows too little, or a control.
const NOT_ON_PAPER: &str = r#"
[...document.querySelectorAll(".scenario")].flatMap((embed) => {
  const { width, height } = embed.getBoundingClientRect();
  const wrong = embed.checkVisibility() && width >= 200 && height >= 100 ? [] : [`${width} × ${height} pixels`];
  // What each value of a number gives is a text as well.
  // On each sheet of a long picture its heads stand again, above their lifelines.
  const heads = embed.querySelector(".sc-heads");
  if (embed.querySelector(".scenario-picture, .sc-live")?.clientWidth > 600) {
    if (getComputedStyle(heads).display !== "table-header-group") wrong.push("its heads stand on the first sheet alone");
    const right = (it) => it.getBoundingClientRect().right;
    const lines = [...embed.querySelectorAll(".sc-row[data-step]")].find((row) => row.checkVisibility());
    const away = right(heads.querySelector(".sc-client")) - right(lines.querySelector(".sc-life.sc-client"));
    const other = heads.querySelector(".sc-server").getBoundingClientRect().left - lines.querySelector(".sc-life.sc-server").getBoundingClientRect().left;
    if (Math.abs(away) > 12 || Math.abs(other) > 12) wrong.push(`its heads are ${away} and ${other} pixels beside their lifelines`);
  }
  for (const control of embed.querySelectorAll("button:not(.sc-piece), input, select, textarea")) {
    if (control.checkVisibility()) wrong.push(`a control: ${control.outerHTML}`);
  }
  for (const row of embed.querySelectorAll(".sc-row, .sc-table tr")) {
    const seen = row.getBoundingClientRect().height > 0 && row.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
    if (!seen && !row.closest("summary")) wrong.push(`a row is not seen: ${row.textContent.trim().slice(0, 40)}`);
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
            enliven_first(3, &mut page, "print.html");
        }
        assert_eq!(page.value("document.querySelectorAll('.scenario').length"), everything);
        assert_eq!(page.list(BROKEN_REFERENCES), [""; 0]);
        page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        assert_eq!(page.list(NOT_ON_PAPER), [""; 0]);
    }
}

/// What would not be black on white: grounds that are not light, letters that are too faint for them, and empty places
/// that are kept for controls.
pub(crate) const UNLIKE_PAPER: &str = r##"
(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  // Paper is white; on it lies whatever has a ground.
  const ground = (it) => {
    for (; it; it = it.parentElement) {
      const colour = rgb(getComputedStyle(it).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return [255, 255, 255];
  };
  const wrong = new Set();
  const named = (it) => `${it.tagName} .${it.className.baseVal ?? it.className}`;
  for (const it of [document.documentElement, document.body, ...document.querySelectorAll("main, main *")]) {
    if (!it.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue;
    const { color, backgroundColor, fill } = getComputedStyle(it);
    const own = rgb(backgroundColor);
    const says = [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    // What holds no letters is a mark.
    if (own[3] > 200 && light(own) < 0.6 && it.textContent.trim()) wrong.add(`${named(it)} has a dark ground: ${backgroundColor}`);
    if (!says) continue;
    const [a, b] = [light(rgb(it.closest("svg text") ? fill : color)), light(ground(it))].sort((one, other) => other - one);
    if ((a + 0.05) / (b + 0.05) < 4.5) wrong.add(`${named(it)} is too faint: ${color} on ${ground(it)}`);
  }
  for (const picture of document.querySelectorAll(".scenario")) {
    const { bottom } = picture.getBoundingClientRect();
    const last = Math.max(...[...picture.querySelectorAll(".sc-row, .sc-table, .sc-values")].map((part) => part.getBoundingClientRect().bottom));
    if (bottom - last > 60) wrong.add(`${picture.dataset.scenario}: ${Math.round(bottom - last)} pixels of nothing below it`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.add(`wider than the paper: ${document.documentElement.scrollWidth}`);
  return [...wrong];
})()"##;

#[test]
fn on_paper_every_theme_is_black_on_white_and_nothing_is_missing() {
    let mut wrong = Vec::new();
    for chapter in [
        &*chapter_of(ID),
        "orderly/close-wait.html",
        "reset/keep-alive-race.html",
        "practice/proxies.html",
        "reference/bytes.html",
        "messages.html",
    ] {
        let mut page = Page::new(Scripts::On);
        // A4 between its margins.
        page.resize(718, 1046);
        page.open(&format!("{}/{chapter}", origin()));
        enliven(&mut page, chapter);
        page.value("document.head.insertAdjacentHTML('beforeend', '<style>* { transition: none !important }</style>')");
        for theme in ["light", "rust", "coal", "navy", "ayu"] {
            page.call("Emulation.setEmulatedMedia", json!({ "media": "screen" }));
            page.value(&format!("document.getElementById('mdbook-theme-{theme}').click()"));
            page.wait_until(&format!("document.documentElement.classList.contains('{theme}')"));
            page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
            let found = [page.list(UNLIKE_PAPER), page.list(NOT_ON_PAPER)].concat();
            wrong.extend(found.into_iter().map(|what| format!("{chapter} in {theme}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The book's own letters, which a page that was drawn before they came does without: a reader has them from the next one
/// on.
const LETTERS: &str = "
Promise.all([...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].filter((rule) => rule instanceof CSSFontFaceRule).map(async (rule) => {
  const said = (name) => rule.style.getPropertyValue(name).replaceAll('\"', '');
  const file = said('src').match(/url\\(([^)]+)/)[1];
  const face = new FontFace(said('font-family'), `url(${new URL(file, sheet.href)})`, { weight: said('font-weight'), style: said('font-style') });
  document.fonts.add(await face.load());
}))).then((faces) => faces.length)";

#[test]
fn the_handout_is_one_page() {
    let mut page = Page::new(Scripts::On);
    // A4 between its margins.
    page.resize(718, 1046);
    page.open(&format!("{}/teaching/handout.html", origin()));
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(page.number(LETTERS), 5.0);
    let height = page.number("document.querySelector('main').getBoundingClientRect().height");
    // US Letter is shorter.
    assert!((500.0..979.0).contains(&height), "the handout is {height} pixels high, the shorter page 979");
}

const TOGETHER: &str = "[...document.querySelectorAll('main h2 + p')].every((said) => getComputedStyle(said).breakAfter === 'avoid') \
                        && [...document.querySelectorAll('main pre + p')].every((said) => getComputedStyle(said).breakBefore === 'avoid')";

/// A task is not split between its heading and its script, nor between its script and the line to write on.
#[test]
fn what_a_class_is_given_takes_few_sheets() {
    for (name, sheets) in [("sheet", 3), ("captures", 3), ("handout", 1)] {
        let mut page = Page::new(Scripts::On);
        page.open(&format!("{}/teaching/{name}.html", origin()));
        // A4, in inches.
        let printed = page.call("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 }));
        let count = page.number(&format!("atob({}).match(/\\/Type \\/Page\\b/g).length", printed["data"]));
        assert_eq!(count, f64::from(sheets), "{name}");
        page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        assert_eq!(page.value(TOGETHER), true, "{name}");
    }
}

#[test]
fn after_printing_the_page_is_as_it_was() {
    let mut page = Page::new(Scripts::On);
    page.open(&format!("{}/{}", origin(), chapter_of(ID)));
    find(&mut page, ID);
    page.click(&button("Last step"));
    unfold(&mut page, "States");
    let open = "[...document.querySelectorAll('main details')].map((details) => details.open).join()";
    let before = page.value(open);
    page.value("void dispatchEvent(new Event('beforeprint'))");
    assert_eq!(
        page.value("[...document.querySelectorAll('.sc-fold, .sc-table')].every((details) => details.open)"),
        true
    );
    page.value("void dispatchEvent(new Event('afterprint'))");
    assert_eq!(page.value(open), before);
}
