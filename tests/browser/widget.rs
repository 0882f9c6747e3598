//! What a reader can do with a picture: step, by mouse, keyboard and finger.

use std::fs;
use std::path::Path;

use catalogue::CATALOGUE;
use serde_json::json;

use crate::book::{chapters_with_scenarios, folder, open, origin, scenarios_of};
use crate::page::{Page, Scripts};

/// Scrolls to every picture of the page, and waits until its widget is live.
pub(crate) fn enliven(page: &mut Page, chapter: &str) {
    enliven_first(scenarios_of(chapter), page, chapter);
}

/// The same for so many pictures from the page's top.
pub(crate) fn enliven_first(count: usize, page: &mut Page, chapter: &str) {
    for index in 0..count {
        let embed = format!("document.querySelectorAll('.scenario')[{index}]");
        page.value(&format!("{embed}.scrollIntoView({{ behavior: 'instant' }})"));
        page.wait_until(&format!("{embed}.dataset.live"));
        assert_eq!(page.value(&format!("{embed}.dataset.live")), "yes", "{chapter}: {:?}", page.complaints());
    }
}

/// Waits until the page's playground, if it has one, can be used.
pub(crate) fn enliven_playground(page: &mut Page) -> bool {
    let is_there = page.value("document.querySelector('.tcp-playground') !== null") == true;
    if is_there {
        page.wait_until("document.querySelector('.tcp-playground').dataset.live");
        let live = page.value("document.querySelector('.tcp-playground').dataset.live");
        assert_eq!(live, "yes", "{:?}", page.complaints());
    }
    is_there
}

/// The chapter that shows a scenario, with its widget live and the whole run in it; in the page it is called `here`.
pub(crate) fn meet(id: &str) -> Page {
    let mut page = open(&chapter_of(id), Scripts::On);
    find_whole(&mut page, id);
    page
}

/// The first chapter that shows a scenario; on the front page there is nothing to open below it.
pub(crate) fn chapter_of(id: &str) -> String {
    let embed = format!("data-scenario=\"{id}\"");
    let shows = |chapter: &String| fs::read_to_string(folder().join(chapter)).is_ok_and(|html| html.contains(&embed));
    let is_chapter = |path: &String| path != "introduction.html";
    chapters_with_scenarios()
        .into_iter()
        .filter(is_chapter)
        .find(shows)
        .unwrap_or_else(|| panic!("no chapter shows {id}"))
}

/// Scrolls to a scenario, and waits until its widget is live; in the page it is called `here`.
pub(crate) fn find(page: &mut Page, id: &str) {
    page.value(&format!("window.here = document.querySelector('.scenario[data-scenario=\"{id}\"]'); 0"));
    page.value("here.scrollIntoView({ behavior: 'instant' })");
    page.wait_until("here.dataset.live");
    assert_eq!(page.value("here.dataset.live"), "yes", "{id}: {:?}", page.complaints());
}

/// The same; a picture that begins with its question is made to show the whole run.
pub(crate) fn find_whole(page: &mut Page, id: &str) {
    find(page, id);
    if page.value("here.dataset.begin") == "predict" {
        page.click(&button("Predict"));
        page.wait_until("!here.querySelector('.sc-quiz')");
    }
}

/// A button of the widget that is called `here`, by its name.
pub(crate) fn button(name: &str) -> String {
    format!(
        "[...here.querySelectorAll('button')].find((button) => (button.ariaLabel ?? button.textContent) === {})",
        json!(name)
    )
}

/// Opens what is under that name below the picture: a drawer, or the table.
pub(crate) fn unfold(page: &mut Page, name: &str) {
    let handle = format!(
        "[...here.querySelectorAll('.sc-handles button, summary')].find((handle) => handle.textContent === '{name}')"
    );
    page.click(&handle);
    page.wait_until(&format!("{handle}.ariaExpanded === 'true' || {handle}.parentElement.open"));
}

/// Presses Tab until an element has the focus.
pub(crate) fn tab_to(page: &mut Page, element: &str) {
    for _ in 0..60 {
        if page.value(&format!("document.activeElement === {element}")) == true {
            return;
        }
        page.press("Tab");
    }
    panic!("Tab never led to {element}");
}

/// At which step it stands, and how many there are.
const POSITION: &str = "(() => { const { value, min, max } = document.querySelector('.scenario input[type=range]'); return [value - min, max - min]; })()";

fn live() -> Page {
    let chapter = &chapters_with_scenarios()[0];
    let mut page = open(chapter, Scripts::On);
    enliven(&mut page, chapter);
    page.value("window.here = document.querySelector('.scenario'); 0");
    page
}

/// The widget's step.
fn step(page: &mut Page) -> i64 {
    page.value(POSITION)[0].as_i64().expect("a number")
}

/// What the widget shows, as markup.
fn shown(page: &mut Page) -> String {
    page.value("here.innerHTML").to_string()
}

#[test]
fn a_reader_steps_with_the_mouse() {
    let mut page = live();
    page.click(&button("First step"));
    page.wait_until(&format!("{POSITION}[0] === 0"));
    let first = shown(&mut page);
    page.click(&button("One step forward"));
    page.wait_until(&format!("{POSITION}[0] === 1"));
    let second = shown(&mut page);
    assert_ne!(first, second, "a step shows");
    page.click(&button("One step back"));
    page.wait_until(&format!("{POSITION}[0] === 0"));
    assert_eq!(shown(&mut page), first, "back is where it was");
    page.click(&button("Last step"));
    page.wait_until(&format!("{POSITION}[0] === {POSITION}[1]"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_reader_steps_with_the_keyboard_and_keeps_the_page() {
    let mut page = live();
    let address = page.value("location.href");
    page.click(&button("First step"));
    page.wait_until(&format!("{POSITION}[0] === 0"));
    for (key, expected) in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)] {
        page.press(key);
        page.wait_until(&format!("{POSITION}[0] === {expected}"));
    }
    // The page follows whoever steps.
    let in_view = "(() => { const { top, bottom } = here.querySelector('.sc-now').getBoundingClientRect(); \
                   return top >= 0 && bottom <= here.querySelector('.sc-desk').getBoundingClientRect().top; })()";
    page.press("End");
    page.wait_until(&format!("{POSITION}[0] === {POSITION}[1]"));
    page.wait_until(in_view);
    page.press("Home");
    page.wait_until(&format!("{POSITION}[0] === 0"));
    page.wait_until(in_view);
    assert_eq!(page.value("location.href"), address, "keys inside the widget turn no page");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn arrow_keys_are_the_picture_s_in_view_or_nobody_s() {
    let mut page = live();
    let address = page.value("location.href");
    page.click("document.querySelector('main p')");
    page.value("here.scrollIntoView({ behavior: 'instant' })");
    page.press("ArrowRight");
    page.wait_until(&format!("{POSITION}[0] === 0"));
    page.press("ArrowRight");
    page.wait_until(&format!("{POSITION}[0] === 1"));
    page.value("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })");
    page.wait_until("here.getBoundingClientRect().bottom < 0");
    let before = step(&mut page);
    page.press("ArrowRight");
    page.press("ArrowLeft");
    page.press("ArrowLeft");
    assert_eq!(step(&mut page), before, "a picture that is not seen does not move");
    assert_eq!(page.value("location.href"), address, "nobody leaves the chapter");
    // A page without a picture keeps mdBook's keys.
    page.open(&format!("{}/reference/glossary.html", origin()));
    page.press("ArrowRight");
    page.wait_until("!location.pathname.endsWith('glossary.html') && document.readyState === 'complete'");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_reader_steps_with_a_finger() {
    let mut page = meet("write-after-peer-close");
    page.tap("here.querySelector('.sc-row[data-step=\"10\"] .sc-label, .sc-row[data-step=\"10\"] .sc-call')");
    page.wait_until("here.querySelector('.sc-now')?.dataset.step === '10'");
    page.tap(&button("One step forward"));
    page.wait_until("here.querySelector('.sc-now')?.dataset.step === '11'");
    page.tap(&button("Play"));
    page.wait_until(&format!("{} && here.querySelector('.sc-now').dataset.step > 11", button("Pause")));
    page.tap(&button("Pause"));
    page.wait_until(&button("Play"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn the_page_s_program_gives_the_golden_traces() {
    let mut page = live();
    // What performs without a picture is loaded at a click; its simulator is the player's.
    let program = format!("import('{}/linux/loaded.js').then(({{ loaded }}) => loaded())", origin());
    for entry in CATALOGUE {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(entry.id).with_extension("trace");
        let golden = fs::read_to_string(&golden).unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
        let trace = page.value(&format!("{program}.then((program) => program.trace({}))", json!(entry.text)));
        assert_eq!(trace.as_str(), Some(golden.as_str()), "{}", entry.id);
    }
}

#[test]
fn the_live_picture_shows_what_the_finished_one_showed() {
    // mdBook writes a line for each element. A number with a handle may begin with another value than the book's.
    let shown = "[...document.querySelectorAll('.scenario:not([data-line]) .sc-ladder')].map((ladder) => { const copy = ladder.cloneNode(true); copy.querySelectorAll('.sc-grip').forEach((grip) => grip.remove()); return copy.textContent.replaceAll(/\\s/g, ''); })";
    for chapter in chapters_with_scenarios() {
        let mut still = open(&chapter, Scripts::Off);
        let mut live = open(&chapter, Scripts::On);
        enliven(&mut live, &chapter);
        assert_eq!(live.list(shown), still.list(shown), "{chapter}");
    }
}

/// The text below a picture stays where it is when the program comes, and nothing above it pushes the reader on.
#[test]
fn a_picture_is_as_high_as_when_it_becomes_live() {
    let heights = "[...document.querySelectorAll('.scenario')].map((embed) => `${embed.dataset.scenario}: ${Math.round(embed.getBoundingClientRect().height)}`)";
    for chapter in chapters_with_scenarios() {
        for (width, height) in [(1440, 900), (375, 812)] {
            let mut page = Page::new(Scripts::On);
            page.resize(width, height);
            page.call("Fetch.enable", json!({ "patterns": [{ "urlPattern": "*.wasm" }] }));
            page.open(&format!("{}/{chapter}", origin()));
            let still = page.list(heights);
            page.call("Fetch.disable", json!({}));
            enliven(&mut page, &chapter);
            assert_eq!(page.list(heights), still, "{chapter} at {width}");
        }
    }
}

#[test]
fn a_widget_that_is_to_begin_with_a_question_does() {
    let chapter = &chapters_with_scenarios()[0];
    let mut page = Page::new(Scripts::On);
    // Before the book's own script looks at the page.
    page.before_each_page(
        "new MutationObserver(() => \
         document.querySelectorAll('.scenario').forEach((embed) => { embed.dataset.begin = 'predict'; }) \
         ).observe(document, { childList: true, subtree: true })",
    );
    page.open(&format!("{}/{chapter}", origin()));
    enliven(&mut page, chapter);
    assert_eq!(page.value("document.querySelector('.scenario .sc-predict').ariaPressed"), "true");
    assert_eq!(page.value("document.querySelector('.scenario .sc-answer').checkVisibility()"), true, "it asks");
}
