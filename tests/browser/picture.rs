//! The picture as it stands in the page, before and without the widget.

use std::path::Path;

use serde_json::json;

use crate::book::{chapters_with_scenarios, folder, origin, scenarios_of};
use crate::chapter::{BROKEN_REFERENCES, inaccessible};
use crate::late::HIDDEN_TABLES;
use crate::page::{Page, Scripts};
use crate::widget::{button, find, find_whole, unfold};

/// Every picture that cannot be seen whole: too small, hidden, with controls, with a segment's label that another text
/// covers, with a time over the words beside it, or without a result its script names.
const BROKEN_PICTURES: &str = r#"
[...document.querySelectorAll(".scenario")].flatMap((embed) => {
  const picture = embed.querySelector(".scenario-picture > *");
  const box = picture?.getBoundingClientRect();
  const wrong = [];
  if (!box || box.width < 200 || box.height < 100) wrong.push("not to be seen");
  if (embed.querySelector("button, input, select, textarea")) wrong.push("has controls that do nothing");
  for (const row of embed.querySelectorAll(".sc-segment"))
    for (const label of row.querySelectorAll(".sc-label"))
      for (const text of row.querySelectorAll(".sc-side > *")) {
        const [a, b] = [label.getBoundingClientRect(), text.getBoundingClientRect()];
        const covers = b.left < a.right - 1 && b.right > a.left + 1 && b.top < a.bottom - 3 && b.bottom > a.top + 3;
        if (a.width && b.width && covers) wrong.push(`${text.textContent.trim()} covers ${label.textContent}`);
      }
  for (const row of embed.querySelectorAll(".sc-row")) {
    const text = document.createRange(), [time, said] = [".sc-time", ".sc-wire .sc-statement"].map((it) => row.querySelector(it));
    if (!time || !said) continue;
    text.selectNodeContents(said);
    const shown = document.createRange();
    shown.selectNodeContents(time);
    const a = shown.getBoundingClientRect();
    for (const b of text.getClientRects())
      if (a.width && b.left < a.right && b.right > a.left && b.top < a.bottom - 3 && b.bottom > a.top + 3) wrong.push(`${time.textContent} covers ${said.textContent}`);
  }
  const results = embed.dataset.script.replaceAll(/^\s*#.*$/gm, "").match(/(?<== )E[A-Z]+/g) ?? [];
  for (const result of new Set(results)) if (!picture?.textContent.includes(result)) wrong.push(`does not show ${result}`);
  // A number with a handle is a table of its values.
  const values = embed.querySelector(".sc-values");
  if (embed.dataset.line && !(values?.rows.length > 2 && values.checkVisibility())) wrong.push("has no table of what each value gives");
  return wrong.map((why) => `${embed.dataset.scenario}: ${why}`);
})"#;

#[test]
fn without_javascript_every_picture_is_there() {
    let mut page = Page::new(Scripts::Off);
    for chapter in chapters_with_scenarios() {
        page.open(&format!("{}/{chapter}", origin()));
        assert_eq!(page.value("document.querySelectorAll('.scenario').length"), scenarios_of(&chapter), "{chapter}");
        for width in [1440, 375] {
            page.resize(width, 900);
            assert_eq!(page.list(BROKEN_PICTURES), [""; 0], "{chapter} at {width}");
        }
    }
}

/// On a slow network letters, highlighter and program come last; here they never come.
#[test]
fn the_first_picture_waits_for_no_letter_no_highlighter_and_no_program() {
    for chapter in ["introduction.html", "reset/close-sends-reset.html"] {
        let mut page = Page::new(Scripts::On);
        let withheld = ["*/fonts/*.woff2", "*/highlight-*.js", "*.wasm"].map(|part| json!({ "urlPattern": part }));
        page.call("Fetch.enable", json!({ "patterns": withheld }));
        page.call("Page.navigate", json!({ "url": format!("{}/{chapter}", origin()) }));
        page.wait_until(
            "document.querySelector('.scenario-picture .sc-row')?.checkVisibility() \
             && performance.getEntriesByName('first-contentful-paint').length > 0",
        );
        assert_eq!(page.value("document.readyState"), "loading", "{chapter}: the highlighter has come after all");
        assert_eq!(page.list(BROKEN_PICTURES), [""; 0], "{chapter}");
        page.call("Fetch.disable", json!({}));
        page.wait_until("document.querySelector('.scenario').dataset.live === 'yes'");
    }
}

#[test]
fn a_widget_that_cannot_be_loaded_leaves_its_picture() {
    let chapter = &chapters_with_scenarios()[0];
    let mut page = Page::new(Scripts::On);
    page.call("Network.setBlockedURLs", json!({ "urls": ["*/player/player-*"] }));
    page.open(&format!("{}/{chapter}", origin()));
    page.wait_until("document.querySelector('.scenario').dataset.live === 'failed'");
    assert_eq!(page.list(BROKEN_PICTURES), [""; 0], "{chapter}");
    // Where the controls would be it says so.
    let said = "document.querySelector('.scenario > .scenario-note')";
    assert_eq!(page.value(&format!("{said}.textContent.includes('could not be loaded')")), true);
    assert_eq!(
        page.value(&format!(
            "(() => {{ const [note, last] = [{said}, [...document.querySelectorAll('.scenario')][0].querySelector('.sc-table')].map((it) => it.getBoundingClientRect()); \
             return note.top >= last.bottom && note.top - last.bottom < 120; }})()"
        )),
        true,
        "it is below the picture"
    );
    let complaints = page.complaints();
    assert!(complaints.iter().any(|said| said.contains("the picture stays as it is")), "{chapter}: {complaints:?}");
    assert_eq!(inaccessible(&mut page), [""; 0], "{chapter}");
}

#[test]
fn from_a_file_the_picture_stands_beside_a_line_that_says_how_to_serve() {
    let chapter = &chapters_with_scenarios()[0];
    let mut page = Page::new(Scripts::On);
    page.open(&format!("file://{}", folder().join(chapter).display()));
    assert_eq!(page.list(BROKEN_PICTURES), [""; 0], "{chapter}");
    let notes = page.list("[...document.querySelectorAll('.scenario-note')].map((note) => note.textContent)");
    assert_eq!(notes.len(), scenarios_of(chapter), "{chapter}");
    assert!(notes.iter().all(|note| note.contains("cargo xtask serve")), "{notes:?}");
}

#[test]
fn the_book_in_one_file_is_live_without_a_server() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book.html");
    xtask::offline::write(&folder(), &file).expect("the book is built");
    let mut page = Page::new(Scripts::On);
    page.open(&format!("file://{}", file.display()));
    assert_eq!(page.list(BROKEN_REFERENCES), [""; 0]);
    find(&mut page, "write-after-peer-close");
    page.click(&button("Last step"));
    page.wait_until("here.querySelector('.sc-now')");
    page.wait_until("document.querySelector('.tcp-playground').dataset.live === 'yes'");
    unfold(&mut page, "Take away");
    page.value(
        "window.made = []; window.make = URL.createObjectURL; \
         URL.createObjectURL = (file) => { made.push(file.size); return make.call(URL, file); }; 0",
    );
    for (before, form) in [".tcp", ".txt", ".pcap", ".svg", ".client.pkt", ".server.pkt"].into_iter().enumerate() {
        page.value(&format!("here.querySelector('[data-form=\"{form}\"]').click()"));
        page.wait_until(&format!("made[{before}] > 0"));
    }
    assert_eq!(
        page.value("[...document.querySelectorAll('.sc-linux, .captures')].some((e) => e.checkVisibility())"),
        false,
        "what needs a server is not offered"
    );
    assert_eq!(page.value("document.querySelectorAll('.offline a').length > 30"), true, "every chapter is listed");
    assert_eq!(page.list(UNSTYLED), [""; 0], "its style sheets are all there");
    assert_eq!(page.list(HIDDEN_TABLES), [""; 0]);
    assert_eq!(page.value("document.querySelectorAll('.scenario-note').length"), 0, "nothing asks for a server");
    assert_eq!(page.complaints(), [""; 0]);
}

/// Classes of the book's own pages that no style sheet of the document names.
const UNSTYLED: &str = "(() => {
    const rules = (list) => [...list].flatMap((rule) => [rule.selectorText ?? '', ...(rule.cssRules ? rules(rule.cssRules) : [])]);
    const named = [...document.styleSheets].flatMap((sheet) => rules(sheet.cssRules)).join();
    return ['.drawn', '.tree', '.front-doors', '.sc-row', '.one-page', '.ev-card']
      .filter((name) => document.querySelector(name) && !named.includes(name));
  })()";

/// The states in which both sides' diagrams stand.
const STATES: &str = "[...here.querySelectorAll('.sc-states .sc-here')].map((place) => place.textContent).join()";

#[test]
fn where_there_is_room_the_states_of_both_sides_stand_beside_the_picture_and_go_with_its_steps() {
    let mut page = Page::new(Scripts::On);
    let width = |page: &mut Page, width: u32| {
        let window = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        page.call("Emulation.setDeviceMetricsOverride", window);
    };
    width(&mut page, 1440);
    page.open(&format!("{}/reset/write-after-close.html", origin()));
    let ladder = "document.querySelector('.scenario .sc-ladder').getBoundingClientRect().width";
    let before = page.value(ladder);
    find_whole(&mut page, "write-after-peer-close");
    assert_eq!(page.value(ladder), before, "its place was kept");
    assert_eq!(page.value(STATES), "CLOSED,CLOSED", "the whole run is over");
    page.click(&button("First step"));
    page.wait_until(&format!("{STATES} === 'CLOSED,LISTEN'"));
    // A long picture is scrolled under its states.
    page.click(&button("Last step"));
    page.wait_until("[...here.querySelectorAll('.sc-row[data-step]')].at(-1) === here.querySelector('.sc-now')");
    page.wait_until(
        "(() => { const { top, bottom } = here.querySelector('.sc-states .sc-diagram').getBoundingClientRect(); \
         return top >= 0 && bottom <= innerHeight; })()",
    );
    assert_eq!(
        page.value("here.querySelector('.sc-to-states').checkVisibility()"),
        false,
        "nothing leads to them twice"
    );
    width(&mut page, 1000);
    page.wait_until(
        "!here.querySelector('.sc-states').checkVisibility() && here.querySelector('.sc-to-states').checkVisibility()",
    );
    assert_eq!(page.complaints(), [""; 0]);
}
