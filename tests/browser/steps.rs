//! Links from a sentence to a row of a picture, each of them; and numbers with a handle.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::book::{chapters, folder, open, origin};
use crate::page::{Page, Scripts};
use crate::widget::{button, find};

/// The chapters with links to rows.
fn linked() -> Vec<String> {
    let links = |chapter: &String| {
        fs::read_to_string(folder().join(chapter)).is_ok_and(|html| html.contains("<a class=\"sc-step "))
    };
    chapters().into_iter().filter(links).collect()
}

/// A link to a row of its own page; others lead to the chapter that shows the run.
const HERE: &str = "a.sc-step[href^='#']";

const IN_VIEW: &str = "row().getBoundingClientRect().top < innerHeight && row().getBoundingClientRect().bottom > 0";

/// Whether the beginning or the end of an element is seen: it is in view, and nothing lies over it. (mdBook's bar may come
/// to rest some pixels below the page's top.)
const SEEN: &str = "window.seen = (it) => {
  const { left, top, bottom } = [...it.getClientRects()].find(({ width }) => width > 0) ?? { left: -1 };
  return [top + 8, bottom - 8].some((y) => it.contains(document.elementFromPoint(left + 8, y)));
}; 0";

/// Its row and the sentence are seen together, on a desk and on a telephone; where they are too far from each other, the
/// picture comes to the sentence.
#[test]
fn every_link_makes_its_row_the_current_one_and_both_are_seen() {
    let (mut followed, mut aloft) = (0, 0);
    let mut wrong = Vec::new();
    for (index, chapter) in linked().into_iter().enumerate() {
        let mut page = Page::new(Scripts::On);
        // Each chapter at one of the two: a link that holds at one width seldom breaks at the other.
        let (width, height) = [(1440, 900), (375, 812)][index % 2];
        page.resize(width, height);
        page.open(&format!("{}/{chapter}", origin()));
        page.value(SEEN);
        let links = page.value(&format!("document.querySelectorAll(\"{HERE}\").length")).as_u64().expect("a number");
        for index in 0..links {
            page.value(&format!("window.link = document.querySelectorAll(\"{HERE}\")[{index}]; 0"));
            page.value("window.row = () => document.getElementById(decodeURIComponent(link.hash.slice(1))); 0");
            // A reader follows a link when the page has come to rest. Where it is broken in two lines, its middle may not
            // be on it.
            page.middle("link");
            page.value("link.click()");
            page.wait_until("row()?.classList.contains('sc-now')");
            let began = Instant::now();
            while page.value("seen(row()) && seen(link)") != true {
                if began.elapsed() > Duration::from_secs(10) {
                    let what = page.value(
                        "`${link.textContent}: ${[row(), link].map((it) => `${seen(it)} at ${it.getBoundingClientRect().top}`)}`",
                    );
                    wrong.push(format!("{chapter} at {width}: {what}"));
                    break;
                }
            }
            assert_eq!(page.value("location.hash === link.hash"), true, "{chapter}");
            followed += 1;
            if page.value("document.querySelector('.sc-aloft') !== null") == true {
                aloft += 1;
                // The next link finds every second picture in its place.
                if aloft % 2 == 0 {
                    let moved = put_back(&mut page);
                    if moved.abs() > 2.0 {
                        wrong.push(format!(
                            "{chapter} at {width}: putting it back moves the sentence by {moved} pixels"
                        ));
                    }
                }
            }
        }
        assert_eq!(page.complaints(), [""; 0], "{chapter}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(followed > 30 && aloft > 10, "only {followed}, {aloft} of them far away");
}

/// Puts the picture back that was brought to the sentence `link`; by how many pixels the sentence has moved then.
fn put_back(page: &mut Page) -> f64 {
    // It has come to rest first.
    page.value(
        "(async () => { let top; do { ({ top } = link.getBoundingClientRect()); await new Promise((resolve) => setTimeout(resolve, 150)); } \
         while (link.getBoundingClientRect().top !== top); })()",
    );
    page.value("window.before = link.getBoundingClientRect().top; 0");
    page.press("Escape");
    page.wait_until("!document.querySelector('.sc-aloft')");
    page.number(
        "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(link.getBoundingClientRect().top - before))))",
    )
}

#[test]
fn every_link_to_a_run_of_another_chapter_leads_to_its_row() {
    let elsewhere = "a.sc-step:not([href^='#'])";
    let row = "document.getElementById(decodeURIComponent(location.hash.slice(1)))";
    let mut addresses = BTreeSet::new();
    let mut pages = 0;
    for chapter in linked() {
        let mut page = open(&chapter, Scripts::On);
        let links = page.list(&format!("[...document.querySelectorAll(\"{elsewhere}\")].map(({{ href }}) => href)"));
        if let Some(first) = links.first() {
            page.follow(&format!("document.querySelector(\"{elsewhere}\")"));
            assert_eq!(page.value("location.href"), first.as_str(), "{chapter}");
            pages += 1;
        }
        addresses.extend(links);
    }
    let mut wrong = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let mut page = Page::new(Scripts::On);
        let (width, height) = [(1440, 900), (375, 812)][index % 2];
        page.resize(width, height);
        page.open(address);
        page.value(SEEN);
        page.wait_until(&format!("{row}?.classList.contains('sc-now')"));
        let began = Instant::now();
        while page.value(&format!("seen({row})")) != true {
            if began.elapsed() > Duration::from_secs(10) {
                wrong.push(format!("{address} at {width}"));
                break;
            }
        }
        assert_eq!(page.complaints(), [""; 0], "{address}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(pages >= 10 && addresses.len() > 35, "only {} on {pages} pages", addresses.len());
}

#[test]
fn a_picture_above_the_text_goes_back_to_its_place() {
    picture_goes_back(open("reset/write-after-close.html", Scripts::On));
}

/// The page is the chapter about writing to someone who has left.
pub(crate) fn picture_goes_back(mut page: Page) {
    let far = "[...document.querySelectorAll('a.sc-step')].at(-1)";
    let aloft = "document.querySelector('.sc-aloft')";
    let heights = "[...document.querySelectorAll('main > *')].map((part) => Math.round(part.getBoundingClientRect().top + scrollY)).join()";
    find(&mut page, "write-after-peer-close");
    for back in ["escape", "button", "scroll", "paper"] {
        page.middle(far);
        let places = page.value(heights);
        page.click(far);
        page.wait_until(&format!("{aloft}?.matches(':popover-open')"));
        assert_eq!(page.value(heights), places, "nothing else of the page has moved");
        page.value(&format!("window.link = {far}; 0"));
        match back {
            "escape" => {
                let moved = put_back(&mut page);
                assert!(moved.abs() <= 2.0, "the sentence has moved by {moved} pixels");
            }
            "button" => {
                page.click("document.querySelector('.sc-back')");
                page.wait_until(&format!("document.activeElement === {far}"));
            }
            "scroll" => {
                page.value("document.querySelector('.scenario').scrollIntoView({ behavior: 'instant' })");
            }
            _ => {
                page.value("void dispatchEvent(new Event('beforeprint'))");
            }
        }
        page.wait_until(&format!("!{aloft}"));
        assert_eq!(page.value("document.querySelector('.sc-back')"), json!(null));
        assert_eq!(page.value("document.querySelector('.scenario .sc-now').checkVisibility()"), true);
        page.value("void dispatchEvent(new Event('afterprint'))");
    }
    assert_eq!(page.complaints(), [""; 0]);
}

/// A slow machine draws in several turns of the browser's: the page waits for the last of them.
#[test]
fn a_link_to_a_picture_that_is_not_live_yet_brings_its_row_into_view_on_a_slow_machine() {
    let mut page = open("reset/lost-reply.html", Scripts::On);
    page.call("Emulation.setCPUThrottlingRate", json!({ "rate": 8 }));
    page.value("window.link = document.querySelector('a.sc-step'); 0");
    page.value("window.row = () => document.getElementById(decodeURIComponent(link.hash.slice(1))); 0");
    page.value("link.scrollIntoView({ block: 'center', behavior: 'instant' }); link.click()");
    page.wait_until("row()?.classList.contains('sc-now')");
    page.wait_until(IN_VIEW);
}

#[test]
fn an_address_leads_to_its_row_and_so_does_going_back() {
    let mut page = open("reset/write-after-close.html#reset-write-after-close.write-after-peer-close.20", Scripts::On);
    let now = "document.querySelector('.sc-now')?.id.split('.').pop()";
    page.wait_until(&format!("{now} === '20'"));
    page.click("document.querySelector('a.sc-step')");
    page.wait_until(&format!("{now} !== '20'"));
    page.value("history.back()");
    page.wait_until(&format!("{now} === '20'"));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn from_the_row_a_button_leads_back_to_its_sentence() {
    let mut page = open("reset/write-after-close.html", Scripts::On);
    page.click("document.querySelector('a.sc-step')");
    page.wait_until("document.querySelector('.sc-now')");
    page.press("Escape");
    page.value("window.here = document.querySelector('.sc-now').closest('.scenario'); 0");
    // Far from the sentence, as a reader is who has stepped on.
    page.value("window.link = document.querySelector('a.sc-step'); 0");
    page.value("here.querySelector('.sc-desk').scrollIntoView({ block: 'end', behavior: 'instant' })");
    page.click(&button("To its sentence"));
    page.wait_until("document.activeElement === link");
    let place = "link.getBoundingClientRect()";
    page.wait_until(&format!("{place}.top > innerHeight * 0.2 && {place}.bottom < innerHeight * 0.8"));
    // A row of which no sentence speaks has no way back.
    page.click(&button("First step"));
    page.wait_until("here.querySelector('.sc-now')?.dataset.step === '0'");
    assert_eq!(page.value(&button("To its sentence")), json!(null));
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn without_javascript_a_link_leads_to_its_row() {
    let mut page = open("reset/write-after-close.html", Scripts::Off);
    let link = page.value("document.querySelector('a.sc-step.sc-rst').getAttribute('href')");
    let link = link.as_str().expect("it has an address").to_owned();
    let mut page = open(&format!("reset/write-after-close.html{link}"), Scripts::Off);
    let place = format!("document.getElementById('{}').getBoundingClientRect()", link.trim_start_matches('#'));
    assert_eq!(page.value(&format!("{place}.top < innerHeight && {place}.bottom > 0")), true);
}

#[test]
fn a_number_with_a_handle_is_moved_by_mouse_and_keyboard_and_the_picture_follows() {
    let mut page = open("reset/keep-alive-race.html", Scripts::On);
    find(&mut page, "keepalive-race");
    let gives = "here.querySelector('.sc-errno')?.textContent ?? ''";
    assert_eq!(page.value(gives), "", "the book's own value does no harm");
    page.click("here.querySelector('.sc-piece.sc-fails')");
    page.wait_until(&format!("({gives}).includes('ECONNRESET')"));
    assert_eq!(page.value("here.querySelector('.sc-vary input').ariaValueText.includes('ECONNRESET')"), true);
    page.value("here.querySelector('.sc-vary input').focus()");
    page.press("Home");
    page.wait_until("here.querySelector('.sc-vary input').value === '0'");
    page.wait_until(&format!("({gives}).includes('EPIPE')"));
    page.press("ArrowRight");
    page.wait_until("here.querySelector('.sc-vary input').value === '10'");
    assert_eq!(page.value("location.pathname.endsWith('/reset/keep-alive-race.html')"), true, "mdBook keeps its page");
    assert_eq!(page.complaints(), [""; 0]);
}

/// Every number with a handle in the book: what the slider says at each of its values stands in the table that was there
/// before it, and in the one that can be opened.
#[test]
fn whoever_hears_a_number_s_handle_is_told_what_every_value_gives() {
    let rows =
        "(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join(' | '))";
    let has_handle =
        |chapter: &String| fs::read_to_string(folder().join(chapter)).is_ok_and(|html| html.contains(" data-line=\""));
    let mut handles = 0;
    for chapter in chapters().into_iter().filter(has_handle) {
        let mut page = open(&chapter, Scripts::On);
        let count = page.value("document.querySelectorAll('.scenario[data-line]').length").as_u64().expect("a number");
        for index in 0..count {
            page.value(&format!("window.here = document.querySelectorAll('.scenario[data-line]')[{index}]; 0"));
            page.value(&format!("window.rows = {rows}; window.still = rows(here.querySelector('.sc-values')); 0"));
            page.value("here.scrollIntoView({ behavior: 'instant' })");
            page.wait_until("here.dataset.live === 'yes'");
            page.click("here.querySelector('.sc-vary > .sc-table > summary')");
            page.wait_until("here.querySelector('.sc-values').checkVisibility()");
            assert_eq!(page.list("rows(here.querySelector('.sc-values'))"), page.list("still"), "{chapter}");
            // The slider is moved as a key moves it; each band has its outcome in words.
            let silent = page.list(
                "(async () => { const silent = [], input = here.querySelector('.sc-vary input'); \
                 for (const [at, piece] of [...here.querySelectorAll('.sc-piece')].entries()) { \
                 const [, from] = /^(\\d+)/.exec(piece.textContent); input.value = from; \
                 input.dispatchEvent(new InputEvent('input', { bubbles: true })); \
                 await new Promise((drawn) => setTimeout(drawn, 100)); \
                 const cells = [...here.querySelector('.sc-values').rows[at + 1].cells].slice(1); \
                 for (const { textContent } of cells) if (textContent !== '–' && !input.ariaValueText.includes(textContent)) \
                 silent.push(`${from}: ${textContent} is not in ${input.ariaValueText}`); } return silent; })()",
            );
            assert_eq!(silent, [""; 0], "{chapter}");
            handles += 1;
        }
    }
    assert!(handles >= 4, "only {handles} numbers of the book have a handle");
}
